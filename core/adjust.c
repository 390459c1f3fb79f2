/* SPDX-License-Identifier: MIT */
/* Adjustments (semadj): what the end of a task does to a semaphore.  semaphore.h is the essay. */
#include "set.h"
#include "task.h"

#include <errno.h>

static struct pk_adjust *adjust_at(struct portico *k, uint32_t slot)
{
	return pk_slot(k, PK_ADJUSTS, slot);
}

/* ---- finding */

/* Where this thread last found its own; each is looked at again before it is believed. */
static _Thread_local struct {
	pk_id set;
	uint32_t semaphore, slot;
} hints[8];

static bool is_it(const struct pk_adjust *adjust, uint64_t claimed, pk_id set, uint32_t semaphore)
{
	return adjust && pk_load_relaxed(&adjust->head.word) == claimed && adjust->set == set &&
	       adjust->semaphore == semaphore;
}

static uint32_t find_listed(struct portico *k, const struct pk_set_view *view, uint64_t claimed,
			    uint32_t semaphore)
{
	uint32_t slot = view->set->adjusts;
	for (uint32_t most = pk_committed(k, PK_ADJUSTS); most > 0; most--) {
		struct pk_adjust *adjust = adjust_at(k, slot);
		if (!adjust || is_it(adjust, claimed, view->id, semaphore))
			return adjust ? slot : 0;
		slot = adjust->next_adjust;
	}
	return 0;
}

uint32_t pk_adjust_find(struct portico *k, const struct pk_set_view *view, uint64_t claimed,
			uint32_t semaphore)
{
	unsigned i = (pk_id_slot(view->id) + semaphore) % (sizeof hints / sizeof hints[0]);
	if (hints[i].set == view->id && hints[i].semaphore == semaphore &&
	    is_it(adjust_at(k, hints[i].slot), claimed, view->id, semaphore))
		return hints[i].slot;
	uint32_t slot = find_listed(k, view, claimed, semaphore);
	if (slot && pk_word_id(claimed) == pk_self(k)) {
		hints[i].set = view->id;
		hints[i].semaphore = semaphore;
		hints[i].slot = slot;
	}
	return slot;
}

/* ---- making and freeing: `set` is 0 whenever the slot is on no list */

int pk_adjust_claim(struct portico *k, const struct pk_set_view *view, uint32_t semaphore)
{
	uint32_t slot;
	if (pk_adjust_find(k, view, pk_word(PK_CLAIMED, pk_self(k)), semaphore))
		return 0;
	int error = pk_claim(k, PK_ADJUSTS, &slot);
	if (error)
		return error;
	struct pk_adjust *adjust = adjust_at(k, slot);
	adjust->semaphore = semaphore;
	pk_store(&adjust->value, 0);
	adjust->next_adjust = view->set->adjusts;
	PK_POINT("adjust: filled in, of no set");
	adjust->set = view->id;
	PK_POINT("adjust: of its set, on no list");
	view->set->adjusts = slot;
	return 0;
}

static void unlink_adjust(struct portico *k, struct pk_set *set, uint32_t slot)
{
	uint32_t *link = &set->adjusts;
	for (uint32_t most = pk_committed(k, PK_ADJUSTS); most > 0; most--) {
		struct pk_adjust *at = adjust_at(k, *link);
		if (!at)
			break;
		if (*link == slot) {
			*link = at->next_adjust;
			break;
		}
		link = &at->next_adjust;
	}
}

void pk_adjust_release(struct portico *k, struct pk_set *set, uint32_t slot)
{
	struct pk_adjust *adjust = adjust_at(k, slot);
	if (!adjust)
		return;
	unlink_adjust(k, set, slot);
	adjust->set = 0;
	PK_POINT("adjust: of no set, not freed");
	pk_release(k, PK_ADJUSTS, slot);
}

void pk_adjust_release_all(struct portico *k, struct pk_set *set)
{
	for (uint32_t most = pk_committed(k, PK_ADJUSTS); most > 0 && adjust_at(k, set->adjusts); most--)
		pk_adjust_release(k, set, set->adjusts);
	set->adjusts = 0;
}

/* ---- changing */

void pk_adjust_store(struct portico *k, const struct pk_set_view *view, uint32_t slot, uint32_t semaphore,
		     int32_t value)
{
	struct pk_adjust *adjust = adjust_at(k, slot);
	if (adjust && adjust->set == view->id && adjust->semaphore == semaphore)
		pk_store(&adjust->value, value);
}

void pk_adjust_forget(struct portico *k, const struct pk_set_view *view, uint32_t first, uint32_t count)
{
	uint32_t slot = view->set->adjusts;
	for (uint32_t most = pk_committed(k, PK_ADJUSTS); most > 0; most--) {
		struct pk_adjust *adjust = adjust_at(k, slot);
		if (!adjust)
			break;
		if (adjust->set == view->id && adjust->semaphore >= first &&
		    adjust->semaphore - first < count)
			pk_store(&adjust->value, 0);
		slot = adjust->next_adjust;
	}
}

/* ---- valid and repair */

static bool belongs(const struct pk_adjust *adjust, pk_id id)
{
	return adjust && adjust->set == id && pk_word_kind(pk_load(&adjust->head.word)) == PK_CLAIMED;
}

void pk_adjust_rebuild(struct portico *k, struct pk_set *set, pk_id id)
{
	uint32_t committed = pk_committed(k, PK_ADJUSTS);
	set->adjusts = 0;
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_adjust *adjust = adjust_at(k, slot);
		if (!belongs(adjust, id))
			continue;
		adjust->next_adjust = set->adjusts;
		set->adjusts = slot;
	}
}

bool pk_adjust_valid(struct portico *k, struct pk_set *set, pk_id id)
{
	uint32_t committed = pk_committed(k, PK_ADJUSTS), listed = 0, there = 0;
	for (uint32_t slot = set->adjusts; slot != 0 && listed < committed; listed++) {
		struct pk_adjust *adjust = adjust_at(k, slot);
		if (!belongs(adjust, id))
			return false;
		slot = adjust->next_adjust;
	}
	for (uint32_t slot = 1; slot < committed; slot++)
		there += belongs(adjust_at(k, slot), id);
	return listed == there;
}

/* ---- the dead */

#define TASKS_MOST 32768
#define BITS 64

/* Others whose end would change a value: a bit for each slot of a task. */
static void owners_of(struct portico *k, struct pk_set *set, uint64_t owners[TASKS_MOST / BITS])
{
	uint32_t slot = set->adjusts;
	for (uint32_t most = pk_committed(k, PK_ADJUSTS); most > 0; most--) {
		struct pk_adjust *adjust = adjust_at(k, slot);
		if (!adjust)
			break;
		uint32_t owner = pk_id_slot(pk_word_id(pk_load(&adjust->head.word))) % TASKS_MOST;
		if (pk_load(&adjust->value) != 0)
			owners[owner / BITS] |= UINT64_C(1) << owner % BITS;
		slot = adjust->next_adjust;
	}
}

/* Each is asked once, and the list walked once, however many adjustments there are. */
bool pk_adjust_reap(struct portico *k, pk_id id)
{
	uint64_t owners[TASKS_MOST / BITS] = { 0 };
	struct pk_set *set;
	bool reaped = false;
	if (pk_object_lock(k, PK_SETS, id, &set) != 0)
		return false;
	if (!set->adjusts) {
		pk_object_unlock(set);
		return false;
	}
	owners_of(k, set, owners);
	pk_object_unlock(set);
	for (uint32_t i = 0; i < TASKS_MOST / BITS; i++)
		for (; owners[i] != 0; owners[i] &= owners[i] - 1)
			reaped |= pk_task_reap_if_dead(k, i * BITS + (uint32_t)__builtin_ctzll(owners[i]));
	return reaped;
}
