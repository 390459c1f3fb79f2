/* SPDX-License-Identifier: MIT */
/*
 * Locks that know their owner.
 *
 * A lock is a word in the region (layout.h): zero, or the thread and task that
 * hold it, and whether somebody sleeps for it.  Taking a free lock and leaving
 * one that nobody sleeps for are one atomic operation each, and no system call.
 *
 * A contender spins for a moment, then sets the waiters flag and sleeps on the
 * word, looking every PK_TICK whether the owner still lives.  If not, it swaps
 * itself in for the dead owner and is told PK_INHERITED: what the lock guards
 * may be half changed, and the new owner must repair it before anything else.
 * Should it die while it repairs, the next contender finds it dead in turn; so
 * every repair must be one that can be started over.
 *
 *  L1  A word that names a live task is changed by that task's thread only.
 *  L2  A word that names no live task is changed only by a swap that names the
 *      swapper; so of many contenders one inherits.
 *  L3  Whoever sleeps has set PK_LOCK_WAITERS after its last look; whoever
 *      unlocks such a word wakes one, and that one sets the flag again.
 *  L4  A task's slot isn't given to another before no lock names its old
 *      generation (task.c reaps it), and lock words carry 16 bits of it.
 *
 * Order, outermost first: a task's lock (reaping), the names, one object (port,
 * set, segment, pipe), a table.  Never two objects at once.
 */
#ifndef PK_LOCK_H
#define PK_LOCK_H

#include "kernel.h"

#define PK_INHERITED 1
#define PK_TICK_NS 100000000 /* how soon a death is noticed where nobody supervises */

int pk_lock_slowly(struct portico *k, pk_lock_word *lock);

/*
 * 0, or PK_INHERITED, or -EDEADLK: this very thread holds it (a signal handler
 * came in between), or -EIO: it names a thread that lives and has slept for
 * seconds, so the word was scribbled.
 */
static inline int pk_lock(struct portico *k, pk_lock_word *lock)
{
	uint64_t nobody = 0;
	if (__builtin_expect(pk_swap_if(lock, &nobody, pk_thread.owner), 1))
		return 0;
	return pk_lock_slowly(k, lock);
}

static inline void pk_unlock(pk_lock_word *lock)
{
	if (__builtin_expect(pk_exchange(lock, 0) & PK_LOCK_WAITERS, 0))
		pk_wake((_Atomic uint32_t *)lock, 1);
}

/* Is it held by somebody who lives? */
bool pk_lock_owned(struct portico *k, pk_lock_word *lock);

/* Is it held by that task, alive or dead? */
bool pk_lock_held_by(pk_lock_word *lock, pk_id task);

#endif
