/* SPDX-License-Identifier: MIT */
/* Descriptors of processes, readable once those are dead.  Not every libc has the calls. */
#ifndef TOOL_PIDFD_H
#define TOOL_PIDFD_H

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

/* Close-on-exec by itself.  -1 and errno. */
static inline int open_pidfd(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

static inline int signal_pidfd(int pidfd, int signal)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

#endif
