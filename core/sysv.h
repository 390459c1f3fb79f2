/* SPDX-License-Identifier: MIT */
/*
 * System V's limits, and ids that are asked for: the instance's, for all of its
 * processes.  The limits are those that Linux keeps in /proc/sys/kernel,
 * by the same names and with the same meaning (proc(5)); portico-limits(1)
 * and a preloaded program's writes to those files change them.
 */
#ifndef PK_SYSV_H
#define PK_SYSV_H

#include "kernel.h"

enum pk_sysv_limit {
	PK_MSGMAX, /* bytes in a message */
	PK_MSGMNB, /* bytes in a new queue */
	PK_MSGMNI, /* queues */
	PK_SEMMSL, /* semaphores in a set */
	PK_SEMMNS, /* semaphores in all */
	PK_SEMOPM, /* parts of an operation */
	PK_SEMMNI, /* sets */
	PK_SHMMAX, /* bytes in a segment */
	PK_SHMALL, /* pages of segments in all */
	PK_SHMMNI, /* segments */
};

/* What holds where nobody said otherwise: written when the region is made. */
void pk_sysv_init(struct pk_header *header);
uint64_t pk_sysv_default(enum pk_sysv_limit limit);

/* The most that a limit may be: what the instance's tables, and an int in a status, can hold. */
uint64_t pk_sysv_most(enum pk_sysv_limit limit);

/* How much there is of what that limits; 0 for what is no number of things. */
void pk_sysv_used(struct portico *k, uint64_t used[PK_SYSV_LIMITS]);

static inline uint64_t pk_sysv_limit(struct portico *k, enum pk_sysv_limit limit)
{
	return pk_load_relaxed(&pk_header(k)->sysv_limits[limit]);
}

/*
 * Claim a slot of that table for a queue, a set or a segment: the one whose id
 * was asked for by msg_next_id and its like, or if it is taken the next above,
 * with the same sequence; and else any.  As Linux, who asked has been served then.
 */
int pk_sysv_claim(struct portico *k, unsigned table, uint32_t *slot);

/* Under the names' lock: may there be one more of the objects in that table, as that limit says? */
bool pk_sysv_has_room(struct portico *k, unsigned table, enum pk_sysv_limit limit);

#endif
