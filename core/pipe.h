/* SPDX-License-Identifier: MIT */
/*
 * Pipes: a ring of bytes in the region.
 *
 * `written` and `taken` count bytes since the beginning; the ring holds the
 * difference.  Bytes exist when the count that covers them is stored.
 *
 * Bytes are copied without the pipe's lock, for that may take long, and whoever
 * copies may be stopped in the middle.  Readers need none: each copies what it
 * finds, and then swaps `taken`; of several the first one has the bytes, and the
 * others, who copied in vain, look again.  Writers exclude each other by a lock of
 * their own, for which nobody ever waits: where it can't be had the pipe is
 * as if full, and its holder tells the watchers when it leaves it.
 *
 *  B1  taken <= written <= taken + size.  A writer stores written, holding the
 *      write lock, and after the copying; a reader swaps taken, after the copying.
 *  B2  A write of at most PK_PIPE_ATOMIC bytes goes in whole, or not at all.  What
 *      one read returns stood side by side.
 *  B3  Any change settles every watcher: each looks again, and posts again if
 *      it must.  Look, post, look again: no change is missed.  Who moves bytes has
 *      left its bit in `touched`, and who reaps it tells the watchers in its place.
 *  B4  Counts only grow, from one pipe in a slot to the next, too; so the swap of a
 *      reader whose pipe was destroyed under it fails.  A ring is freed by who
 *      holds the write lock, or with it left behind: by the writer that leaves it.
 *      It is changed for another while it is empty, which to a reader that is about
 *      to copy from it is as if another had read that.
 *
 * How many readers and writers a pipe has is said by its keeper, the daemon
 * through whose mount it is open (fuse/), for those who are on the mount but read
 * and write here (posix/preload_fifo.c).  They do so only
 *
 *  B5  while the keeper is the one through which they opened it, and lives;
 *      there is a reader for what is to be written, and a writer for what isn't
 *      there to read; and nobody waits for the same at the keeper.
 *
 * In any other case the keeper is asked, by the real call: it alone says
 * end-of-file and EPIPE.
 */
#ifndef PK_PIPE_H
#define PK_PIPE_H

#include "message.h"
#include "name.h"
#include "object.h"

#include <sys/ioctl.h>

#define PK_PIPE_ATOMIC 4096			/* PIPE_BUF */
#define PK_PIPE_BYTES 65536			/* the ring, unless told otherwise */
#define PK_PIPE_BULK 1048576			/* where much is written at once, */
#define PK_PIPE_BULK_AFTER (UINT64_C(16) << 20) /* and so much has been, since it was opened */

struct pk_pipe_status {
	pk_id id;
	struct pk_permission permission;
	uint32_t size;
	uint64_t queued_bytes;
	uint32_t watchers;
	int64_t write_time, read_time, change_time;
	char name[PK_NAME_MAX + 1];
};

/* -EEXIST, -ENAMETOOLONG, -EACCES (names lie in the root: directory.h), -ENOBUFS, -ENOSPC. */
int pk_pipe_create(struct portico *k, const char *name, uint32_t size, uint32_t mode, pk_id *pipe);
int pk_pipe_destroy(struct portico *k, pk_id pipe);

/*
 * May a pipe of that owner be taken away, by name or whole?  As of a directory with the sticky bit: by its
 * owner, by the directory's, who is the instance's, and by root.  0 or -EPERM.
 */
int pk_pipe_may_take(struct portico *k, const struct pk_permission *permission);

/* Take its name away; it lasts until it is destroyed.  -EPERM. */
int pk_pipe_unname(struct portico *k, pk_id pipe);

int pk_pipe_inspect(struct portico *k, pk_id pipe, struct pk_pipe_status *status);
int pk_pipe_adjust(struct portico *k, pk_id pipe, const struct pk_permission *permission);

/*
 * What there is, up to size_bytes.  Bytes read, or -EAGAIN (empty), -EINVAL, -EIDRM.
 */
int64_t pk_pipe_read(struct portico *k, pk_id pipe, void *data, uint64_t size_bytes);

/* What fits (B2).  Bytes written, or -EAGAIN (no room, or another is writing), -EINVAL, -EIDRM. */
int64_t pk_pipe_write(struct portico *k, pk_id pipe, const void *data, uint64_t size_bytes);

/* For its keeper: bytes went from a writer to a reader now, but not through it. */
void pk_pipe_passed(struct portico *k, pk_id pipe);

/* At a glance: bytes in it; and whether a write of so many could put in any. */
uint64_t pk_pipe_queued(struct portico *k, pk_id pipe);
bool pk_pipe_has_room(struct portico *k, pk_id pipe, uint64_t size_bytes);

/* Have it hold so many bytes, a power of two.  -EBUSY: it isn't empty.  -EAGAIN: another is writing. */
int pk_pipe_resize(struct portico *k, pk_id pipe, uint32_t size);

/* Throw away what it holds: its last reader and writer are gone. */
int pk_pipe_empty(struct portico *k, pk_id pipe);

/* Be told of the next change. */
int pk_pipe_watch(struct portico *k, pk_id pipe, const struct pk_post *post, uint32_t *wait);
/* The same, and others see that it waits to read or to write: enum pk_pipe_end. */
int pk_pipe_watch_for(struct portico *k, pk_id pipe, unsigned end, const struct pk_post *post,
		      uint32_t *wait);

/* ---- pipe_keeper.c: its readers and writers */

enum pk_pipe_end { PK_PIPE_READ = 1, PK_PIPE_WRITE = 2 };

/* For the keeper: how many have it open now; 0 and 0: it keeps it no more.  -EBUSY: it is another's that
 * lives. */
int pk_pipe_keep(struct portico *k, pk_id pipe, uint32_t readers, uint32_t writers);
/* Who waits there: a set of enum pk_pipe_end. */
void pk_pipe_keep_line(struct portico *k, pk_id pipe, unsigned ends);

/* For others, who have that end open through that keeper.  B5. */
bool pk_pipe_usable(struct portico *k, pk_id pipe, pk_id keeper, enum pk_pipe_end end);

/* Much is to be written at once: give it a larger ring, if it is time for that, and until it is closed. */
void pk_pipe_enlarge(struct portico *k, pk_id pipe);

/*
 * Wait until it may be worth to look again, to read or to write so many bytes.
 * 0, -EINTR, -ERESTART (a handler ran after which calls are begun again); any
 * other error: ask the keeper.
 */
int pk_pipe_await(struct portico *k, pk_id pipe, pk_id keeper, enum pk_pipe_end end, uint64_t size_bytes);

/* Is that such a wait, though the keeper has died?  Nobody may have reaped it. */
bool pk_pipe_in_vain(struct portico *k, uint32_t wait);

/*
 * What a keeper answers to this ioctl on a pipe's file: which pipe it is, and, so
 * that nobody takes it for one of another instance, which file the region is.
 */
struct pk_pipe_card {
	uint64_t device, inode; /* of the region */
	pk_id keeper, pipe;
};
#define PK_PIPE_ASK _IOR('K', 0x70, struct pk_pipe_card)

/* ---- within core */

/* Where its bytes lie, and how many there may be; NULL where what the region says can't be. */
unsigned char *pk_pipe_ring(struct portico *k, const struct pk_pipe *pipe, uint32_t *size);

/* Under the lock: settle every watcher. */
void pk_pipe_tell(struct portico *k, struct pk_pipe *pipe, struct pk_wakes *wakes);

/* Leave the write lock; tell those who wait for it, or do what couldn't be done while it was held. */
void pk_pipe_leave(struct portico *k, struct pk_pipe *pipe, pk_id id);

/* That task is dead: do what it may not have done any more.  B3. */
void pk_pipe_reap(struct portico *k, pk_id dead);

void pk_pipe_repair(struct portico *k, uint32_t slot);

#endif
