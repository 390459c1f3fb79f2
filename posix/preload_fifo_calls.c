/* SPDX-License-Identifier: MIT */
/*
 * read(), write() and their kin in the preload object: the next definition's, but
 * for the descriptors of preload_fifo.h.  None of a libc's headers that would define
 * them away is used.
 */
#include "preload_fifo.h"

#include <string.h>
#include <sys/uio.h>

typedef ssize_t read_function(int fd, void *data, size_t size);
typedef ssize_t write_function(int fd, const void *data, size_t size);
typedef ssize_t vector_function(int fd, const struct iovec *parts, int count);
typedef ssize_t checked_read_function(int fd, void *data, size_t size, size_t room);
typedef int close_function(int fd);
typedef int dup_function(int fd);
typedef int dup2_function(int fd, int to);

read_function read;
write_function write;
checked_read_function __read_chk;
close_function close;
dup_function dup;
dup2_function dup2;

static _Atomic(void *) next_read, next_write, next_close;

/* Found before they are wanted: they may be called where dlsym() may not. */
__attribute__((constructor)) static void find_next(void)
{
	pk_next(&next_read, "read");
	pk_next(&next_write, "write");
	pk_next(&next_close, "close");
}

/* ---- the real calls */

static ssize_t really_read(int fd, void *data, size_t size)
{
	read_function *next = (read_function *)pk_next(&next_read, "read");
	return next ? next(fd, data, size) : pk_result(pk_syscall3(SYS_read, fd, data, size));
}

static ssize_t really_write(int fd, const void *data, size_t size)
{
	write_function *next = (write_function *)pk_next(&next_write, "write");
	return next ? next(fd, data, size) : pk_result(pk_syscall3(SYS_write, fd, data, size));
}

/* ---- reading and writing */

static ssize_t read_marked(int fd, void *data, size_t size)
{
	long result = pk_fifo_read(fd, data, size);
	return result == PK_FIFO_ASK ? really_read(fd, data, size) : pk_result(result);
}

/* Of a write that was begun here the rest may be refused: then it is as long as it got. */
static ssize_t write_marked(int fd, const void *data, size_t size)
{
	size_t done;
	long result = pk_fifo_write(fd, data, size, &done);
	if (result != PK_FIFO_ASK)
		return pk_result(result);
	int error = errno;
	ssize_t rest = really_write(fd, (const char *)data + done, size - done);
	if (done == 0)
		return rest;
	errno = error;
	return (ssize_t)done + (rest > 0 ? rest : 0);
}

PK_EXPORT ssize_t read(int fd, void *data, size_t size)
{
	return pk_fifo_marked(fd) ? read_marked(fd, data, size) : really_read(fd, data, size);
}

PK_EXPORT ssize_t write(int fd, const void *data, size_t size)
{
	return pk_fifo_marked(fd) ? write_marked(fd, data, size) : really_write(fd, data, size);
}

PK_EXPORT ssize_t __read_chk(int fd, void *data, size_t size, size_t room)
{
	static _Atomic(void *) found;
	if (size <= room)
		return read(fd, data, size);
	checked_read_function *next = (checked_read_function *)pk_next(&found, "__read_chk");
	if (!next)
		__builtin_trap();
	return next(fd, data, size, room);
}

/* ---- by parts: what is to stay together goes by way of the stack, and what is more by the real call */

#define TOGETHER 4096 /* PIPE_BUF */

/* How many bytes that is; SIZE_MAX: too many, or what only the kernel can refuse. */
static size_t length_of(const struct iovec *parts, int count)
{
	size_t length = 0;
	for (int i = 0; i < count && length <= TOGETHER; i++) {
		if (parts[i].iov_len > TOGETHER ||
		    (parts[i].iov_len > 0 && pk_bad_address(parts[i].iov_base)))
			return SIZE_MAX;
		length += parts[i].iov_len;
	}
	return count > 0 && length <= TOGETHER ? length : SIZE_MAX;
}

PK_EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
	static _Atomic(void *) found;
	size_t length = pk_fifo_marked(fd) && !pk_bad_address(parts) ? length_of(parts, count) : SIZE_MAX;
	if (length != SIZE_MAX) {
		char whole[TOGETHER], *end = whole;
		for (int i = 0; i < count; end += parts[i++].iov_len)
			memmove(end, parts[i].iov_base, parts[i].iov_len);
		return write_marked(fd, whole, length);
	}
	vector_function *next = (vector_function *)pk_next(&found, "writev");
	return next ? next(fd, parts, count) : pk_result(pk_syscall3(SYS_writev, fd, parts, count));
}

PK_EXPORT ssize_t readv(int fd, const struct iovec *parts, int count)
{
	static _Atomic(void *) found;
	size_t length = pk_fifo_marked(fd) && !pk_bad_address(parts) ? length_of(parts, count) : SIZE_MAX;
	if (length != SIZE_MAX) {
		char whole[TOGETHER];
		ssize_t got = read_marked(fd, whole, length);
		size_t at = 0;
		for (int i = 0; got > 0 && i < count && at < (size_t)got; i++) {
			size_t part =
				parts[i].iov_len < (size_t)got - at ? parts[i].iov_len : (size_t)got - at;
			memmove(parts[i].iov_base, whole + at, part);
			at += part;
		}
		return got;
	}
	vector_function *next = (vector_function *)pk_next(&found, "readv");
	return next ? next(fd, parts, count) : pk_result(pk_syscall3(SYS_readv, fd, parts, count));
}

/* ---- closing, and other numbers for the same */

static int really_close(int fd)
{
	close_function *next = (close_function *)pk_next(&next_close, "close");
	return next ? next(fd) : (int)pk_result(pk_syscall1(SYS_close, fd));
}

PK_EXPORT int close(int fd)
{
	if (!pk_fifo_marked(fd))
		return really_close(fd);
	int file = pk_fifo_before_close(fd), result = really_close(fd);
	pk_fifo_after_close(file);
	return result;
}

PK_EXPORT int dup(int fd)
{
	static _Atomic(void *) found;
	dup_function *next = (dup_function *)pk_next(&found, "dup");
	int copy = next ? next(fd) : (int)pk_result(pk_syscall1(SYS_dup, fd));
	if (pk_fifo_marked(fd) && copy >= 0 && copy < PK_FIFO_NUMBERS)
		pk_fifo_mark(copy);
	return copy;
}

PK_EXPORT int dup2(int fd, int to)
{
	static _Atomic(void *) found;
	bool marked = pk_fifo_marked(fd);
	int file = pk_fifo_marked(to) && fd != to ? pk_fifo_before_close(to) : -1;
	dup2_function *next = (dup2_function *)pk_next(&found, "dup2");
	int copy = next ? next(fd, to) : (int)pk_result(pk_syscall3(SYS_dup3, fd, to, 0));
	if (marked && copy >= 0 && copy < PK_FIFO_NUMBERS)
		pk_fifo_mark(copy);
	pk_fifo_after_close(file);
	return copy;
}
