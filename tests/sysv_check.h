/* SPDX-License-Identifier: MIT */
/* What all tests of System V IPC share: plain programs that know nothing of Portico. */
#ifndef SYSV_CHECK_H
#define SYSV_CHECK_H

#include "check.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#ifndef MSG_STAT_ANY /* musl has none of these */
#define MSG_STAT_ANY 13
#endif
#ifndef SEM_STAT_ANY
#define SEM_STAT_ANY 20
#endif
#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15
#endif

/* The call fails with that error. */
#define FAILS(call, error)                                                                                   \
	do {                                                                                                 \
		errno = 0;                                                                                   \
		CHECK_EQUAL((call), -1);                                                                     \
		CHECK_EQUAL(errno, (error));                                                                 \
	} while (0)

/* On the real kernel limits are changed in a namespace of their own: nobody else's. */
static inline void enter_ipc_namespace(void)
{
	if (unshare(CLONE_NEWIPC) != 0)
		SKIP("no namespace for limits of its own");
}

/* Whoever calls this looks whether it holds: a static program on Portico writes the real kernel's. */
static inline void set_limit(const char *name, const char *value)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/sys/kernel/%s", name);
	int fd = open(path, O_WRONLY);
	if (fd < 0)
		SKIP("the limit can't be set");
	CHECK_EQUAL(write(fd, value, strlen(value)), (long)strlen(value));
	CHECK_EQUAL(close(fd), 0);
}

/* Preloaded or linked with Portico, or the real kernel: for what is meant to differ, once there is an
 * object.
 */
static inline bool on_portico(void)
{
	const char *instance = getenv("PORTICO_KERNEL");
	int before = errno;
	char path[256];
	snprintf(path, sizeof path, "%s/region", instance ? instance : "");
	bool there = access(path, F_OK) == 0;
	errno = before;
	return there;
}

#endif
