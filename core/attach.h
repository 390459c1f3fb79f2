/* SPDX-License-Identifier: MIT */
/*
 * Attachments: who has which segment mapped.
 *
 * A record in the region says that a task has a piece of a segment mapped; it
 * is the task's, so its death drops it, and shm_nattch is the count of those
 * that name the segment.  Where the pieces lie each process knows itself
 * (mapping.h); a piece and its record come and go together:
 *
 *  M8  A piece is counted before it is mapped, so that the segment stays while
 *      it is being mapped, and until it is unmapped.
 *  M9  Each task counts its own.  A fork's child has what its parent had mapped,
 *      and counts it when it registers: in fork(), before that returns, where
 *      the libc tells us of it (posix/fork.c), else with its first call.
 *  M10  A record counts for its segment while it names it: that store is the
 *      commit point of attaching and of detaching.
 */
#ifndef PK_ATTACH_H
#define PK_ATTACH_H

#include "segment.h"

/* Map it; `how` is of enum pk_map, *address the place wanted and got.  -EACCES, -EINVAL, -EIDRM, -ENOMEM. */
int pk_segment_attach(struct portico *k, pk_id segment, unsigned how, void **address);

/* Unmap all that is left of what this process attached there.  -EINVAL: nothing. */
int pk_segment_detach(struct portico *k, const void *address);

/*
 * The program changes its mappings itself: do so, with the list locked, and then
 * count what is left.  `from` to `to` is unmapped by it, or mapped anew.  What
 * `act` returns, where that is below 0 and above -4096 nothing has changed.
 */
long pk_attach_unmap(struct portico *k, uint64_t from, uint64_t to, long (*act)(void *context),
		     void *context);

/* The same, of a piece that is moved: from there to where `act` returns. */
long pk_attach_move(struct portico *k, uint64_t from, uint64_t size, uint64_t new_size,
		    long (*act)(void *context), void *context);

/* A fork's child: count what it has of its parent (M9). */
void pk_attach_inherit(struct portico *k);

/* Forget that record of a task that has ended, or ends; what it mapped is gone with it.  Called by reap.c. */
void pk_attach_drop(struct portico *k, uint32_t record);

/* How many records name the segment. */
uint32_t pk_attach_count(struct portico *k, pk_id segment);

#endif
