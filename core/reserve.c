/* SPDX-License-Identifier: MIT */
#include "reserve.h"
#include "task.h"

#include <errno.h>

#define TURNS 200
#define NAP_NS 1000000

static uint64_t owner_of(uint64_t word)
{
	return word & ~(PK_LOCK_RESERVED | PK_LOCK_WAITERS);
}

static bool owner_lives(struct portico *k, uint64_t word)
{
	return pk_task_lives(k, (uint32_t)(word >> 32) & 0x7fff, (uint32_t)(word >> 48));
}

/* Every store that was made before is seen from here on. */
static void fence(const struct pk_reservable *held)
{
	if (!pk_fence_all()) /* processors keep nothing back for so long */
		pk_sleep(&held->inside, pk_load_relaxed(&held->inside), pk_monotonic_ns() + NAP_NS);
}

/*
 * Until the owner is outside, or can't get there.  It comes out in an instant,
 * unless it lost its processor.  0: it is, or another has the lock; PK_INHERITED:
 * it died inside; -EIO: it has slept there, where nobody does.
 */
static int until_outside(struct portico *k, struct pk_reservable *held, uint64_t word)
{
	struct pk_patience patience = { 0 };
	for (unsigned turn = 0; pk_load(&held->inside) != 0; turn++) {
		if (pk_load_relaxed(&held->lock) != word)
			return 0; /* another took it */
		if (turn < TURNS) {
			pk_pause();
			continue;
		}
		if (!owner_lives(k, word) || !pk_lock_owner_exists(k, word))
			return pk_load(&held->inside) == 0 ? 0 : PK_INHERITED;
		if (pk_lock_owner_stuck(k, word, &patience))
			return -EIO;
		pk_sleep(&held->inside, 1, pk_monotonic_ns() + NAP_NS / 10);
	}
	return 0;
}

bool pk_reserve(struct pk_reservable *held)
{
	uint64_t word = pk_thread.owner;
	if (!pk_load_relaxed(&pk_fences) || pk_load_relaxed(&held->takers) != 0)
		return false;
	pk_store(&held->inside, 0);
	PK_POINT("reserve: not reserved yet");
	if (!pk_swap_if(&held->lock, &word, word | PK_LOCK_RESERVED))
		return false;
	PK_POINT("reserve: reserved");
	word |= PK_LOCK_RESERVED;
	/* RS2; where that fails a taker has found it reserved, and not inside */
	return pk_load(&held->takers) == 0 || !pk_swap_if(&held->lock, &word, pk_thread.owner);
}

static int take_from(struct portico *k, struct pk_reservable *held, uint64_t word)
{
	if (!pk_is_reserved(word))
		return PK_AGAIN;
	if (!(word & PK_LOCK_WAITERS)) {
		if (!pk_swap_if(&held->lock, &word, word | PK_LOCK_WAITERS))
			return PK_AGAIN;
		word |= PK_LOCK_WAITERS;
	}
	PK_POINT("reserve: asked for, not taken");
	fence(held);
	int left = until_outside(k, held, word);
	PK_POINT("reserve: before it is taken");
	if (left < 0)
		return left;
	if (!pk_swap_if(&held->lock, &word, pk_thread.owner))
		return PK_AGAIN;
	if (left == PK_INHERITED)
		pk_add(&pk_header(k)->repairs, 1);
	return left;
}

/* This thread's own, asked for meanwhile or not, to be held like any other. */
static int take_back(struct pk_reservable *held, uint64_t word)
{
	if (pk_load_relaxed(&held->inside) != 0)
		return -EDEADLK;
	return pk_swap_if(&held->lock, &word, pk_thread.owner | (word & PK_LOCK_WAITERS)) ? 0 : PK_AGAIN;
}

int pk_reserved_take(struct portico *k, struct pk_reservable *held)
{
	uint64_t word = pk_load(&held->lock);
	if (pk_is_reserved(word) && owner_of(word) == pk_thread.owner)
		return take_back(held, word);
	pk_add(&held->takers, 1); /* RS2: before the word is looked at that the swap expects */
	int result = take_from(k, held, pk_load(&held->lock));
	pk_add(&held->takers, (uint32_t)-1);
	return result;
}
