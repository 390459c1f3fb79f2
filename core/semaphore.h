/* SPDX-License-Identifier: MIT */
/*
 * System V semaphore sets: several semaphores changed by one operation, all
 * or none, and adjusted when a task ends (semadj, SEM_UNDO).
 *
 * A semaphore is one word: its value, and who changed it last.  So an operation
 * of one part is one store.  One that changes more than a word (several
 * semaphores, or one and its adjustment, or one on behalf of a wait) is first
 * written down as an intent: steps of absolute values in the set's body, then
 * their count, which commits it.  Then the steps are done, then the count is
 * cleared.  Whoever inherits the lock finds a committed intent and does all its
 * steps again, which is the same as doing them once; or finds none, and nothing
 * happened.
 *
 *  S1  Between operations `steps` is 0.
 *  S2  A step holds new values, never differences.
 *  S3  An intent on behalf of a wait is done if and only if that wait could be
 *      granted: committed, then the wait's swap, then the steps.  The owner of
 *      a granted wait locks the set once before it ends the wait; so repair
 *      can still tell whether the swap was made.
 *  S4  After any change of values the line of waits is gone through as Linux
 *      does it.  Where a semaphore came to be zero all go on who only wait for
 *      that, and can; then, from the beginning, who changes something, and after
 *      each of them the same again, until none can go on.
 *  S5  An adjustment belongs to one task and one semaphore; its slot is claimed
 *      before the operation that needs it, so a committed operation can't fail.
 *  S6  All that the end of a task does to a set is one operation.
 *  S7  Who was dead before a change takes nothing of it: a waiter that has slept
 *      for longer than it takes to be seen is looked at before it is granted
 *      anything.
 *
 * The files: operation.c plans and commits, semaphore.c does operations or has
 * them wait, semaphore_line.c is the line of those, semaphore_quick.c does what
 * is simple without all that, semaphore_value.c reads and sets values, adjust.c
 * has the adjustments and the ends of tasks, set.c the life of a set, set_bell.c
 * its descriptors.
 */
#ifndef PK_SEMAPHORE_H
#define PK_SEMAPHORE_H

#include "object.h"

#define PK_SEMAPHORE_MOST 32767 /* SEMVMX */
#define PK_SET_MOST 32000	/* SEMMSL: semaphores in a set */
#define PK_OPERATION_MOST 500	/* SEMOPM: parts of an operation */

/* One part of an operation; as struct sembuf. */
struct pk_semaphore_part {
	uint16_t semaphore;
	int16_t change; /* 0: wait for zero */
	int16_t flags;	/* IPC_NOWAIT, SEM_UNDO */
};

struct pk_set_status {
	pk_id id;
	struct pk_permission permission;
	uint32_t count;
	uint32_t waiting; /* operations in line */
	int64_t operation_time, change_time;
};

/* key 0 (IPC_PRIVATE) makes one without a name.  -EEXIST, -EINVAL, -ENOBUFS, -ENOSPC. */
int pk_set_create(struct portico *k, int32_t key, uint32_t count, uint32_t mode, pk_id *set);
int pk_set_destroy(struct portico *k, pk_id set);
int pk_set_end(struct portico *k, pk_id set); /* whoever may: lifetime.h */
int pk_set_inspect(struct portico *k, pk_id set, struct pk_set_status *status);
int pk_set_adjust(struct portico *k, pk_id set, const struct pk_permission *permission);

/*
 * Do the operation, waiting until until_ns where it can't be done at once.
 * 0, or -EAGAIN (a part says IPC_NOWAIT, or the time came), -EINTR, -EIDRM,
 * -EINVAL, -EFBIG (no such semaphore), -E2BIG, -ERANGE, -EACCES, -ENOSPC.
 */
int pk_set_operate(struct portico *k, pk_id set, const struct pk_semaphore_part *parts, uint32_t count,
		   int64_t until_ns);

/* One semaphore: its value, sempid, and how many wait for it to rise (ncnt) or to be zero (zcnt). */
struct pk_semaphore_status {
	uint32_t value, pid, rising, zero;
};
int pk_semaphore_inspect(struct portico *k, pk_id set, uint32_t semaphore,
			 struct pk_semaphore_status *status);

/* SETVAL and SETALL: set values, forget the adjustments of all tasks for them, and let go on who can. */
int pk_set_store(struct portico *k, pk_id set, uint32_t first, uint32_t count, const uint16_t *values);
int pk_set_load(struct portico *k, pk_id set, uint16_t *values); /* GETALL */

/* A task ends: apply that adjustment of its, and free it.  Called by reap.c. */
void pk_set_undo(struct portico *k, uint32_t adjust);

void pk_set_repair(struct portico *k, uint32_t slot);
bool pk_set_valid(struct portico *k, pk_id set);

#endif
