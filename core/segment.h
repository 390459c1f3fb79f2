/* SPDX-License-Identifier: MIT */
/*
 * System V shared memory segments: a file in the instance each (segment_file.h),
 * and a record for every mapping of it (attach.h).
 *
 * The memory is the file's, so the real kernel keeps it for as long as anybody
 * maps it.  The records say who does; the count of them is a cache.
 *
 *  M1  A segment's file exists, with memory behind all of it, before the
 *      segment is published; it is unlinked before the segment's slot is freed.
 *      Only of one that was asked for without that (SHM_NORESERVE) the memory
 *      comes when it is touched.
 *  M2  A removed segment (IPC_RMID) keeps its id, not its key, until its last
 *      attachment is gone.
 *  M3  The file of a segment of which some process may keep a page is emptied
 *      before it is unlinked; but not by a process that ends, and may touch it
 *      still.
 */
#ifndef PK_SEGMENT_H
#define PK_SEGMENT_H

#include "object.h"

struct pk_segment_status {
	pk_id id;
	struct pk_permission permission;
	uint64_t size;
	uint32_t attached, removed, pinned;
	uint32_t creator_pid, last_pid;
	int64_t attach_time, detach_time, change_time;
};

#define PK_SEGMENT_SPARSE 010000u /* with the mode: memory comes when it is touched, if there is any */

/*
 * key 0 (IPC_PRIVATE) makes one without a name.  -EEXIST, -EINVAL (size 0), -ENOSPC (no memory), -ENOBUFS (as
 * many segments, or pages, as the limits allow).
 */
int pk_segment_create(struct portico *k, int32_t key, uint64_t size_bytes, uint32_t mode, pk_id *segment);
/* The segment of that key, unless it is removed.  -ENOENT. */
int pk_segment_find(struct portico *k, int32_t key, pk_id *segment);
int pk_segment_remove(struct portico *k, pk_id segment); /* now, or with its last detach */
int pk_segment_end(struct portico *k, pk_id segment);	 /* the same, whoever may: lifetime.h */
/* What it is, now that the dead were looked for among those who had it attached. */
int pk_segment_inspect(struct portico *k, pk_id segment, struct pk_segment_status *status);
/* The same at once; so some of those that it counts may be dead. */
int pk_segment_look(struct portico *k, pk_id segment, struct pk_segment_status *status);
int pk_segment_adjust(struct portico *k, pk_id segment, const struct pk_permission *permission);
/* Note that its memory shall not be swapped out, or may be.  -EPERM. */
int pk_segment_pin(struct portico *k, pk_id segment, bool pinned);

/* Its maker died: free a segment that was still being made, and its file.  Called by reap.c. */
void pk_segment_abandon(struct portico *k, uint32_t slot);

void pk_segment_repair(struct portico *k, uint32_t slot);

/* ---- for attach.c */

/* Nobody waits for a segment; so one that is no more is none, as System V has it: -EINVAL. */
int pk_segment_lock(struct portico *k, pk_id id, struct pk_segment **segment);

/* Under its lock: free one that is removed and attached nowhere, from any point on. */
void pk_segment_finish(struct portico *k, struct pk_segment *segment, uint32_t slot, bool empty);

#endif
