/* SPDX-License-Identifier: MIT */
/*
 * Locks that know their owner.
 *
 * A lock is a word in the region (layout.h): the thread and task that hold it,
 * and whether somebody sleeps for it.  Taking a free lock is one atomic
 * operation, leaving one that nobody sleeps for a store, and neither a system
 * call.
 *
 * A store alone may be seen by others after the owner has looked for sleepers;
 * so a sleeper, which has the time, says that it sleeps, makes every processor
 * finish its stores (membarrier(2)), looks once more, and only then sleeps.
 * Where a process can't take part in that it leaves locks by an atomic
 * exchange; where it can't ask for it, it naps for a millisecond at a time.
 *
 * A contender spins for a moment, then sets the waiters flag and sleeps on the
 * word, looking every PK_TICK_NS whether the owner still lives.  If not, it swaps
 * itself in for the dead owner and is told PK_INHERITED: what the lock guards
 * may be half changed, and the new owner must repair it before anything else.
 * Should it die while it repairs, the next contender finds it dead in turn; so
 * every repair must be one that can be started over.
 *
 *  L1  A word that names a live task is changed by that task's thread only.
 *  L2  A word that names no live task is changed only by a swap that names the
 *      swapper; so of many contenders one inherits.
 *  L3  Whoever sleeps has set PK_LOCK_WAITERS, fenced, then looked, and sleeps
 *      while the half of the word with the flag stays as it is; whoever unlocks
 *      stores, then looks, clears the flag and wakes one; and that one sets it
 *      again, for others may sleep, too.
 *  L4  A task's slot isn't given to another before no lock names its old
 *      generation (reap.c reaps it), and lock words carry 16 bits of it.
 *
 * Order, outermost first: a task's lock (reaping), the names, one object (port,
 * set, segment, pipe), a port for completions, the runs or a table.  Never two
 * objects at once, but for one and the port that is told of it, and a port that
 * joins a set and then that (guard.h).  Under the control lock (control.h) no
 * other is taken.
 */
#ifndef PK_LOCK_H
#define PK_LOCK_H

#include "kernel.h"

#define PK_INHERITED 1
#define PK_TICK_NS 100000000 /* how soon a death is noticed where nobody supervises */

/* Does this process finish its stores when another asks?  Set when it becomes a task. */
extern _Atomic bool pk_fences;

int pk_lock_slowly(struct portico *k, pk_lock_word *lock);
void pk_unlock_slowly(pk_lock_word *lock);

/* The halves are looked at one by one: a load of both would wait for a store to one. */
static inline uint32_t pk_lock_low(pk_lock_word *lock)
{
	return pk_load_relaxed((_Atomic uint32_t *)lock);
}
static inline uint32_t pk_lock_high(pk_lock_word *lock)
{
	return pk_load_relaxed((_Atomic uint32_t *)lock + 1);
}

/* One attempt on a free lock that nobody sleeps for. */
static inline bool pk_lock_free(pk_lock_word *lock)
{
	uint64_t high = (uint64_t)pk_lock_high(lock) << 32;
	return pk_lock_low(lock) == 0 && !(high & PK_LOCK_WAITERS) &&
	       pk_swap_if(lock, &high, pk_thread.owner);
}

/*
 * 0, or PK_INHERITED, or -EDEADLK: this very thread holds it (a signal handler
 * came in between), or -EIO: it names a thread that lives and has slept for
 * seconds, so the word was scribbled.
 */
static inline int pk_lock(struct portico *k, pk_lock_word *lock)
{
	return __builtin_expect(pk_lock_free(lock), 1) ? 0 : pk_lock_slowly(k, lock);
}

/* The same, but not for long: -EAGAIN where one that lives holds it. */
int pk_lock_try(struct portico *k, pk_lock_word *lock);

static inline void pk_unlock(pk_lock_word *lock)
{
	if (__builtin_expect(pk_load_relaxed(&pk_fences), 1))
		pk_store((_Atomic uint32_t *)lock, 0);
	else
		pk_exchange((_Atomic uint32_t *)lock, 0), pk_fence();
	if (__builtin_expect(pk_lock_high(lock) & (uint32_t)(PK_LOCK_WAITERS >> 32), 0))
		pk_unlock_slowly(lock);
}

/* Is it held by somebody who lives? */
bool pk_lock_owned(struct portico *k, pk_lock_word *lock);

/*
 * Does the thread that a lock's word names exist?  Where it doesn't, it was ended in here without its
 * process, or the word was scribbled: nobody will ever leave that lock.
 */
bool pk_lock_owner_exists(struct portico *k, uint64_t word);

/* What who waits for a lock remembers of its owner; at first all 0. */
struct pk_patience {
	uint64_t word;
	int64_t since_ns;
};

/* Has the thread that the word still names been asleep for longer than who holds a lock ever is? */
bool pk_lock_owner_stuck(struct portico *k, uint64_t word, struct pk_patience *patience);

/* Is it held by that task, alive or dead? */
bool pk_lock_held_by(pk_lock_word *lock, pk_id task);

#endif
