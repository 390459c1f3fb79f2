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

/* Can that thread still do anything?  Where that can't be told, it can. */
static bool thread_lives(struct portico *k, uint64_t owner)
{
	return owner_lives(k, owner) && pk_lock_owner_exists(k, owner);
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
		if (!thread_lives(k, word))
			return pk_load(&held->inside) == 0 ? 0 : PK_INHERITED;
		if (pk_lock_owner_stuck(k, word, &patience))
			return -EIO;
		pk_sleep(&held->inside, 1, pk_monotonic_ns() + NAP_NS / 10);
	}
	return 0;
}

/* RS5.  Under the lock. */
static bool become_reserver(struct portico *k, struct pk_reservable *held)
{
	uint64_t reserver = pk_load_relaxed(&held->reserver);
	if (reserver != pk_thread.owner && reserver != 0 && thread_lives(k, reserver))
		return false;
	pk_store(&held->reserver, pk_thread.owner);
	return true;
}

bool pk_reserve(struct portico *k, struct pk_reservable *held)
{
	uint64_t word = pk_thread.owner;
	if (!pk_load_relaxed(&pk_fences) || !become_reserver(k, held))
		return false;
	pk_store(&held->inside, 0);
	PK_POINT("reserve: not reserved yet");
	bool reserved = pk_swap_if(&held->lock, &word, word | PK_LOCK_RESERVED);
	PK_POINT("reserve: reserved, or wanted");
	return reserved;
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

/* RS2.  Another is about to take it for an instant only; PK_AGAIN: and has. */
static int become_taker(struct portico *k, struct pk_reservable *held)
{
	struct pk_patience patience = { 0 };
	uint64_t taker = pk_load(&held->taker);
	while (taker != 0 && thread_lives(k, taker)) {
		if (taker == pk_thread.owner)
			return -EDEADLK;
		if (!pk_is_reserved(pk_load(&held->lock)))
			return PK_AGAIN;
		if (pk_lock_owner_stuck(k, taker, &patience))
			return -EIO; /* it was scribbled */
		pk_sleep(&held->inside, pk_load_relaxed(&held->inside), pk_monotonic_ns() + NAP_NS / 10);
		taker = pk_load(&held->taker);
	}
	return pk_swap_if(&held->taker, &taker, pk_thread.owner) ? 0 : PK_AGAIN;
}

int pk_reserved_take(struct portico *k, struct pk_reservable *held)
{
	uint64_t word = pk_load(&held->lock);
	if (pk_is_reserved(word) && owner_of(word) == pk_thread.owner)
		return take_back(held, word);
	int result = become_taker(k, held);
	if (result != 0)
		return result;
	result = take_from(k, held, pk_load(&held->lock));
	pk_store(&held->taker, 0);
	return result;
}
