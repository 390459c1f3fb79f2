/* SPDX-License-Identifier: MIT */
/* Files that are streams: reading and writing what may wait. */
#include "platform.h"
#include "syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <time.h>

#define SECOND_NS 1000000000

int64_t pk_file_take(int fd, void *bytes, size_t size)
{
	return pk_syscall3(SYS_read, fd, bytes, size);
}

int64_t pk_file_put(int fd, const void *bytes, size_t size)
{
	return pk_syscall3(SYS_write, fd, bytes, size);
}

int pk_file_await(int fd, bool to_write, int64_t until_ns)
{
	struct pollfd wanted = { .fd = fd, .events = to_write ? POLLOUT : POLLIN };
	int64_t left_ns = until_ns - pk_monotonic_ns();
	struct timespec left = { left_ns / SECOND_NS, left_ns % SECOND_NS };
	if (left_ns <= 0)
		return -ETIMEDOUT;
	long ready = pk_syscall5(SYS_ppoll, &wanted, 1, &left, NULL, 0);
	return ready < 0 ? (int)ready : ready == 0 ? -ETIMEDOUT : 0;
}

int pk_make_file(const char *path, unsigned mode)
{
	int error = (int)pk_syscall4(SYS_mknodat, AT_FDCWD, path, S_IFREG | mode, 0);
	return error ? error : (int)pk_syscall3(SYS_fchmodat, AT_FDCWD, path, mode); /* as if without umask */
}
