/* SPDX-License-Identifier: MIT */
/*
 * Named pipes of a mount, used through the region.
 *
 * What a program has is a real descriptor of a file on the mount, so fork(), dup(),
 * passing it by a socket, select() and the end of the process are as they always
 * are.  A read or write of it goes through the daemon; or, where the program calls it by
 * name, and the descriptor is one that open() here has returned, to the ring in the
 * region (core/pipe.h), which both use.  Whatever isn't plain (O_NONBLOCK, a
 * descriptor that came by other ways, an end of which the daemon must be asked) is
 * done by the real call, which is always right.
 *
 * A libc closes descriptors and uses their numbers again, unseen.  So a number's
 * mark says only that it is worth to look, and each operation proves its
 * descriptor:
 *
 *  FF1  The file is on a mount of this process's instance: its device is one whose
 *       daemon said so (PK_PIPE_ASK) when a file there was opened, and the pipe is
 *       still kept by that very daemon.
 *  FF2  It is that pipe: its inode's number holds the pipe's id, generation and all.
 *  FF3  It is open that way, and blocks: its flags, now.
 *
 * Which open file description it is doesn't matter then: all that one could have of
 * its own, FF3 has looked at.
 *
 * The kernel tells a daemon of the last close of a file some time later.  So close()
 * here asks the daemon something, and comes back when it has seen that: who learns of
 * the close sees its consequences.
 */
#ifndef PK_PRELOAD_FIFO_H
#define PK_PRELOAD_FIFO_H

#include "posix.h"

#define PK_FIFO_NUMBERS 1024 /* descriptors from there on aren't looked at */

extern _Atomic uint64_t pk_fifo_marks[PK_FIFO_NUMBERS / 64];

/* May that be a descriptor of a FIFO of ours? */
static inline bool pk_fifo_marked(int fd)
{
	return (unsigned)fd < PK_FIFO_NUMBERS &&
	       __builtin_expect(pk_load_relaxed(&pk_fifo_marks[(unsigned)fd / 64]) >> ((unsigned)fd % 64) & 1,
				0);
}

void pk_fifo_mark(int fd);
void pk_fifo_unmark(int fd);

bool pk_fifo_may_be(const char *path);
void pk_fifo_look(int fd);

/* open() returns that; mark it, if it is one. */
static inline int pk_fifo_opened(const char *path, int fd)
{
	if (fd >= 0 && fd < PK_FIFO_NUMBERS) {
		if (__builtin_expect(pk_fifo_may_be(path), 0))
			pk_fifo_look(fd);
		else if (__builtin_expect(pk_fifo_marked(fd), 0))
			pk_fifo_unmark(fd);
	}
	return fd;
}

/*
 * As read() and write(), with -errno for errors.  PK_FIFO_ASK: by the real call.
 * A write may have got some bytes there before it has to be asked: *done.
 */
#define PK_FIFO_ASK (-4096)
long pk_fifo_read(int fd, void *data, size_t size);
long pk_fifo_write(int fd, const void *data, size_t size, size_t *done);

/* Around the real close(). */
int pk_fifo_before_close(int fd);
void pk_fifo_after_close(int file);

#endif
