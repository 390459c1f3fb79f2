/* SPDX-License-Identifier: MIT */
/*
 * Pipes: a ring of bytes in the region.
 *
 * `written` and `taken` count bytes since the beginning; the ring holds the
 * difference.  Bytes exist when the count that covers them is stored.
 *
 *  B1  taken <= written <= taken + size.  A reader stores taken, a writer
 *      written, each under the lock and after the copying.
 *  B2  A write of at most PK_PIPE_ATOMIC bytes goes in whole, or not at all.
 *  B3  Any change settles every watcher: each looks again, and posts again if
 *      it must.  Look, post, look again: no change is missed.
 *
 * How many readers and writers a pipe has is not the ring's business, but that
 * of whoever opens it (fuse/).
 */
#ifndef PK_PIPE_H
#define PK_PIPE_H

#include "message.h"
#include "name.h"
#include "object.h"

#define PK_PIPE_ATOMIC 4096 /* PIPE_BUF */
#define PK_PIPE_BYTES 65536 /* the ring, unless told otherwise */

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

/* Take its name away; it lasts until it is destroyed.  -EPERM. */
int pk_pipe_unname(struct portico *k, pk_id pipe);

int pk_pipe_inspect(struct portico *k, pk_id pipe, struct pk_pipe_status *status);
int pk_pipe_adjust(struct portico *k, pk_id pipe, const struct pk_permission *permission);

/* What there is, up to size_bytes.  Bytes read, or -EAGAIN (empty), -EINVAL, -EIDRM. */
int64_t pk_pipe_read(struct portico *k, pk_id pipe, void *data, uint64_t size_bytes);

/* What fits (B2).  Bytes written, or -EAGAIN (no room), -EINVAL, -EIDRM. */
int64_t pk_pipe_write(struct portico *k, pk_id pipe, const void *data, uint64_t size_bytes);

/* Throw away what it holds: its last reader and writer are gone. */
int pk_pipe_empty(struct portico *k, pk_id pipe);

/* Be told of the next change. */
int pk_pipe_watch(struct portico *k, pk_id pipe, const struct pk_post *post, uint32_t *wait);

void pk_pipe_repair(struct portico *k, uint32_t slot);

#endif
