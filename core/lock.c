/* SPDX-License-Identifier: MIT */
#include "lock.h"
#include "control.h"
#include "log.h"
#include "reserve.h"
#include "task.h"

#include <errno.h>

#define SPIN_TURNS 40
#define SPIN_DOUBLINGS 3
#define NAP_NS 1000000

_Atomic bool pk_fences;

static bool is_free(uint64_t word)
{
	return (uint32_t)word == 0;
}

static uint32_t owner_slot(uint64_t word)
{
	return (uint32_t)(word >> 32) & 0x7fff;
}

static uint32_t owner_thread(uint64_t word)
{
	return (uint32_t)(word & PK_LOCK_THREAD);
}

static uint32_t owner_generation(uint64_t word)
{
	return (uint32_t)(word >> 48);
}

static bool owner_lives(struct portico *k, uint64_t word)
{
	return pk_task_lives(k, owner_slot(word), owner_generation(word));
}

static struct pk_reservable *reservable(pk_lock_word *lock)
{
	return (struct pk_reservable *)lock;
}

bool pk_lock_owned(struct portico *k, pk_lock_word *lock)
{
	uint64_t word = pk_load(lock);
	if (pk_is_reserved(word) && pk_load(&reservable(lock)->inside) == 0)
		return false;
	return !is_free(word) && owner_lives(k, word);
}

bool pk_lock_held_by(pk_lock_word *lock, pk_id task)
{
	uint64_t word = pk_load(lock);
	return !is_free(word) && owner_slot(word) == pk_id_slot(task) &&
	       owner_generation(word) == (pk_id_generation(task) & 0xffff);
}

/*
 * Looking more and more rarely: a lock that is wanted on several processors does
 * most if its line, and what it guards, stays on one for a few turns.
 */
static bool spin(struct portico *k, pk_lock_word *lock, uint64_t *word)
{
	if (k->cpus == 1)
		return false;
	for (int turn = 0; turn < SPIN_TURNS; turn++) {
		*word = pk_load_relaxed(lock);
		if (is_free(*word) && pk_swap_if(lock, word, pk_thread.owner | (*word & PK_LOCK_WAITERS)))
			return true;
		for (int i = 0; i < 1 << (turn < SPIN_DOUBLINGS ? turn : SPIN_DOUBLINGS); i++)
			pk_pause();
	}
	return false;
}

bool pk_lock_owner_exists(struct portico *k, uint64_t word)
{
	const struct pk_task *task = pk_task_of(k, owner_slot(word));
	return !task || task->pid_namespace != k->mine->process.pid_namespace ||
	       pk_thread_exists(task->pid, owner_thread(word));
}

/*
 * Nothing sleeps for long while it holds a lock, but for another lock.  So
 * where the word has named the same thread for STUCK_NS, and that was asleep
 * each time, it was scribbled; where a thread of its task sleeps for a lock,
 * perhaps it only waits its turn, and has some times longer.
 */
#define STUCK_NS INT64_C(2000000000)
#define STUCK_IN_TURN_NS INT64_C(8000000000)

/* The word as it was before and after a sleep that nobody ended. */
bool pk_lock_owner_stuck(struct portico *k, uint64_t word, struct pk_patience *patience)
{
	const struct pk_task *task = pk_task_of(k, owner_slot(word));
	int64_t now = pk_monotonic_ns();
	if (!task || task->pid_namespace != k->mine->process.pid_namespace ||
	    !pk_thread_sleeps(task->pid, owner_thread(word)) ||
	    (patience->word & ~PK_LOCK_WAITERS) != (word & ~PK_LOCK_WAITERS)) {
		*patience = (struct pk_patience){ .word = word, .since_ns = now };
		return false;
	}
	return now - patience->since_ns >= (pk_load(&task->locking) != 0 ? STUCK_IN_TURN_NS : STUCK_NS);
}

/*
 * Sleep for the lock, on the half with the flag: the low half may name the same
 * thread again, which took it meanwhile without the flag, and would wake nobody.
 * Counted, so that nobody takes this thread for one that sleeps while it holds another.
 */
static int sleep_for(struct portico *k, pk_lock_word *lock, uint64_t word, int64_t nap_ns)
{
	struct pk_task *task = pk_task_of(k, owner_slot(pk_thread.owner));
	if (task)
		pk_add(&task->locking, 1);
	int error = pk_sleep((_Atomic uint32_t *)lock + 1, (uint32_t)((word | PK_LOCK_WAITERS) >> 32),
			     pk_monotonic_ns() + nap_ns);
	if (task)
		pk_add(&task->locking, (uint32_t)-1);
	return error;
}

int pk_lock_slowly(struct portico *k, pk_lock_word *lock)
{
	uint64_t word = pk_load(lock), flag = 0;
	int64_t nap_ns = NAP_NS;
	struct pk_patience patience = { 0 };
	if ((word & ~PK_LOCK_WAITERS) == pk_thread.owner) {
		pk_thread.missed = true;
		return -EDEADLK;
	}
	if (!pk_is_reserved(word) && spin(k, lock, &word))
		return 0;
	for (;;) {
		word = pk_load(lock);
		if (pk_is_reserved(word)) {
			int taken = pk_reserved_take(k, reservable(lock));
			pk_thread.missed |= taken < 0;
			if (taken != PK_AGAIN)
				return taken;
			continue;
		}
		if (is_free(word)) {
			if (pk_swap_if(lock, &word, pk_thread.owner | flag | (word & PK_LOCK_WAITERS)))
				return 0;
			continue;
		}
		const struct pk_task *task = flag ? pk_task_of(k, owner_slot(word)) : NULL;
		if (!owner_lives(k, word) || (task && !pk_lock_owner_exists(k, word))) {
			PK_POINT("lock: before inheriting");
			if (pk_swap_if(lock, &word, pk_thread.owner | PK_LOCK_WAITERS)) {
				pk_add(&pk_header(k)->repairs, 1);
				return PK_INHERITED;
			}
			continue;
		}
		if (!(word & PK_LOCK_WAITERS) && !pk_swap_if(lock, &word, word | PK_LOCK_WAITERS))
			continue;
		flag = PK_LOCK_WAITERS; /* L3: from here on assume that others sleep, too */
		bool fenced = pk_fence_all();
		if (pk_lock_low(lock) != (uint32_t)word)
			continue;
		int error = sleep_for(k, lock, word, fenced ? nap_ns : NAP_NS);
		if (task && error == -ETIMEDOUT)
			pk_control_rescue(k, task);
		nap_ns = nap_ns * 2 < PK_TICK_NS ? nap_ns * 2 : PK_TICK_NS;
		if (task && error == -ETIMEDOUT && pk_lock_owner_stuck(k, pk_load(lock), &patience)) {
			pk_log(k, PK_LOG_STUCK, PK_TABLES, (pk_id)((unsigned char *)lock - k->base), EIO);
			pk_thread.missed = true;
			return -EIO;
		}
	}
}

int pk_lock_try(struct portico *k, pk_lock_word *lock)
{
	uint64_t word;
	if (pk_lock_free(lock))
		return 0;
	word = pk_load(lock);
	if ((word & ~PK_LOCK_WAITERS) == pk_thread.owner)
		return -EDEADLK;
	if (spin(k, lock, &word))
		return 0;
	word = pk_load(lock);
	bool left = is_free(word);
	if (!left && owner_lives(k, word) && pk_lock_owner_exists(k, word))
		return -EAGAIN;
	if (!pk_swap_if(lock, &word, pk_thread.owner | (word & PK_LOCK_WAITERS)))
		return -EAGAIN;
	return left ? 0 : PK_INHERITED;
}

void pk_unlock_slowly(pk_lock_word *lock)
{
	uint64_t word = pk_load(lock);
	/* where another has it already, that one wakes the next */
	while (is_free(word) && word & PK_LOCK_WAITERS)
		if (pk_swap_if(lock, &word, word & ~PK_LOCK_WAITERS)) {
			pk_wake((_Atomic uint32_t *)lock + 1, 1);
			return;
		}
}
