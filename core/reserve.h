/* SPDX-License-Identifier: MIT */
/*
 * Locks that one thread has to itself until another wants them.
 *
 * A locked instruction costs more than all else that an operation on a
 * semaphore does.  So a thread that took such a lock again and again, and
 * nobody else between, keeps it: it reserves it.  From then on the lock's word
 * stays as it is, its owner's with PK_LOCK_RESERVED, and the owner says by plain
 * stores to a second word, `inside`, that it is at work.
 *
 * To all others a reserved lock is one that is held, so they come to
 * pk_lock_slowly(), which asks for it: it sets PK_LOCK_WAITERS in the word, has
 * every processor finish its stores (membarrier(2)), and then looks whether the
 * owner is inside.  The owner says that it is inside, and then looks at the word.
 * So either it sees that the lock is asked for, and goes out again, or whoever
 * asks sees it inside, and waits until it isn't.  What is fenced is the one way
 * that is gone rarely.
 *
 *  RS1  Only the thread that `reserver` names writes `inside`; and it works while
 *      the word, looked at after `inside` was set, is its own with
 *      PK_LOCK_RESERVED and no more.
 *  RS2  A reserved lock is taken from its owner by a swap that follows, in this
 *      order: PK_LOCK_WAITERS is set, a fence on all processors, `inside` is 0.
 *      Meanwhile `taker` names who does that, and no other sets that flag: else
 *      the swap might find the same word, which its owner has given up, reserved
 *      anew and is inside of.
 *  RS3  An owner that died inside left what a dead holder leaves: who takes the
 *      lock has inherited it.  One that died outside left all in order.  It is the
 *      thread that dies, be it alone (pthread_cancel(3) ends some anywhere).
 *  RS4  What `inside` holds means nothing while the lock isn't reserved.
 *  RS5  `reserver` is changed by who holds the lock, and only where it names no
 *      living thread: one that lost its lock may have been stopped just before
 *      it says that it is inside, and stores that, and then 0, long after.  So
 *      no other reserves that lock while it lives.  For the same reason these
 *      words outlive the object: its slot's next one has them, too.
 *
 * It takes a process that can be asked for its stores (pk_fences); a process
 * that can't ask gives them a millisecond.
 */
#ifndef PK_RESERVE_H
#define PK_RESERVE_H

#include "lock.h"

/* A lock that may be reserved: how such an object goes on after its head. */
struct pk_reservable {
	pk_lock_word lock;
	_Atomic uint64_t taker;	   /* truth: who is about to take it from its owner, as its lock word, or 0 */
	_Atomic uint64_t reserver; /* truth: who alone may reserve it while it lives, likewise */
	_Atomic uint32_t inside;   /* truth, while it is reserved */
};

/* RS1.  False: it isn't this thread's, or is asked for, or this is a handler that came in between. */
static inline bool pk_reserved_enter(struct pk_reservable *held)
{
	uint64_t mine = pk_thread.owner | PK_LOCK_RESERVED;
	if (pk_load_relaxed(&held->lock) != mine || pk_load_relaxed(&held->inside) != 0)
		return false;
	pk_store_relaxed(&held->inside, 1);
	atomic_signal_fence(memory_order_seq_cst);
	if (__builtin_expect(pk_load(&held->lock) == mine, 1))
		return true;
	pk_store(&held->inside, 0);
	return false;
}

static inline void pk_reserved_leave(struct pk_reservable *held)
{
	pk_store(&held->inside, 0);
}

/* Instead of unlocking it.  False: somebody wants it; it is still to be unlocked. */
bool pk_reserve(struct portico *k, struct pk_reservable *held);

static inline bool pk_is_reserved(uint64_t word)
{
	return (word & PK_LOCK_RESERVED) != 0;
}

/*
 * Take a lock that was found reserved.  0; PK_INHERITED: its owner died inside;
 * PK_AGAIN: it isn't ours, so look again; -EDEADLK: this thread is inside, or
 * taking it; -EIO: as pk_lock().
 */
#define PK_AGAIN 2
int pk_reserved_take(struct portico *k, struct pk_reservable *held);

#endif
