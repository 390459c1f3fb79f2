/* SPDX-License-Identifier: MIT */
/*
 * System V shared memory segments: a file in the instance each, and a record
 * for every mapping of it.
 *
 * The memory is the file's, so the real kernel keeps it for as long as anybody
 * maps it.  The records say who does; the count of them is a cache.
 *
 *  M1  A segment's file exists, with memory behind all of it, before the
 *      segment is published; it is unlinked before the segment's slot is freed.
 *  M2  A removed segment (IPC_RMID) keeps its id, not its key, until its last
 *      attachment is gone.
 */
#ifndef PK_SEGMENT_H
#define PK_SEGMENT_H

#include "object.h"

struct pk_segment_status {
	pk_id id;
	struct pk_permission permission;
	uint64_t size;
	uint32_t attached, removed;
	uint32_t creator_pid, last_pid;
	int64_t attach_time, detach_time, change_time;
};

/* key 0 (IPC_PRIVATE) makes one without a name.  -EEXIST, -EINVAL (size 0), -ENOSPC (no memory), -ENOBUFS. */
int pk_segment_create(struct portico *k, int32_t key, uint64_t size_bytes, uint32_t mode, pk_id *segment);
/* The segment of that key, unless it is removed.  -ENOENT. */
int pk_segment_find(struct portico *k, int32_t key, pk_id *segment);
int pk_segment_remove(struct portico *k, pk_id segment); /* now, or with its last detach */
int pk_segment_inspect(struct portico *k, pk_id segment, struct pk_segment_status *status);
int pk_segment_adjust(struct portico *k, pk_id segment, const struct pk_permission *permission);

/* Map it; `how` is of enum pk_map, *address the place wanted and got.  -EACCES, -EINVAL, -EIDRM, -ENOMEM. */
int pk_segment_attach(struct portico *k, pk_id segment, unsigned how, void **address);

/* Unmap what this task attached there.  -EINVAL: nothing. */
int pk_segment_detach(struct portico *k, const void *address);

/* Forget that attachment of a task that ended; what it mapped is gone with it.  Called by task.c. */
void pk_segment_drop(struct portico *k, uint32_t attach);

/* Record for this task what `parent` has attached: fork() has mapped it here, too. */
int pk_segment_inherit(struct portico *k, pk_id parent);

/* Its maker died: free a segment that was still being made, and its file.  Called by task.c. */
void pk_segment_abandon(struct portico *k, uint32_t slot);

void pk_segment_repair(struct portico *k, uint32_t slot);

#endif
