/* SPDX-License-Identifier: MIT */
/* Adjustments (semadj): what the end of a task does to a semaphore.  semaphore.h is the essay. */
#include "operation.h"
#include "set_bell.h"
#include "task.h"

#include <errno.h>

static struct pk_adjust *adjust_at(struct portico *k, uint32_t slot)
{
	return pk_slot(k, PK_ADJUSTS, slot);
}

/* ---- finding */

_Thread_local uint32_t pk_adjust_hints[PK_ADJUST_HINTS];

static uint32_t find_listed(struct portico *k, const struct pk_set_view *view, uint64_t claimed,
			    uint32_t semaphore)
{
	uint32_t slot = view->set->adjusts;
	for (uint32_t most = pk_committed(k, PK_ADJUSTS); most > 0; most--) {
		struct pk_adjust *adjust = adjust_at(k, slot);
		if (!adjust || pk_adjust_is(adjust, claimed, view->id, semaphore))
			return adjust ? slot : 0;
		slot = adjust->next_adjust;
	}
	return 0;
}

uint32_t pk_adjust_find(struct portico *k, const struct pk_set_view *view, uint64_t claimed,
			uint32_t semaphore)
{
	bool own = pk_word_id(claimed) == pk_self(k);
	uint32_t slot;
	if (own && pk_adjust_recent(k, view->id, semaphore, &slot))
		return slot;
	slot = find_listed(k, view, claimed, semaphore);
	if (slot && own)
		*pk_adjust_hint(view->id, semaphore) = slot;
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

/* Free those that this task has claimed; 0: everybody's. */
static void release(struct portico *k, struct pk_set *set, uint64_t claimed)
{
	uint32_t *link = &set->adjusts;
	for (uint32_t most = pk_committed(k, PK_ADJUSTS); most > 0; most--) {
		uint32_t slot = *link;
		struct pk_adjust *adjust = adjust_at(k, slot);
		if (!adjust)
			break;
		if (claimed != 0 && pk_load(&adjust->head.word) != claimed) {
			link = &adjust->next_adjust;
			continue;
		}
		*link = adjust->next_adjust;
		adjust->set = 0;
		PK_POINT("adjust: of no set, not freed");
		pk_release(k, PK_ADJUSTS, slot);
	}
}

void pk_adjust_release_all(struct portico *k, struct pk_set *set)
{
	release(k, set, 0);
	set->adjusts = 0;
}

/* ---- changing */

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

/* ---- a task's end */

static uint32_t undone(int64_t value)
{
	return value < 0 ? 0 : value > PK_SEMAPHORE_MOST ? PK_SEMAPHORE_MOST : (uint32_t)value;
}

/* What all of a task's adjustments of the set come to, as the steps of one operation. */
static uint32_t plan_end(struct portico *k, const struct pk_set_view *view, uint64_t claimed, bool *zero)
{
	struct pk_task *task = pk_slot(k, PK_TASKS, pk_id_slot(pk_word_id(claimed)));
	uint32_t slot = view->set->adjusts, steps = 0;
	for (uint32_t most = pk_committed(k, PK_ADJUSTS); most > 0 && steps < view->count; most--) {
		struct pk_adjust *adjust = adjust_at(k, slot);
		if (!adjust)
			break;
		int32_t change = pk_load(&adjust->value);
		if (pk_load(&adjust->head.word) == claimed && change != 0 &&
		    adjust->semaphore < view->count) {
			int64_t value = (int64_t)pk_semaphore_value(view, adjust->semaphore) + change;
			view->steps[steps++] = (struct pk_step){
				.word = pk_semaphore_word(undone(value), task ? task->pid : 0),
				.undo = slot,
				.semaphore = (uint16_t)adjust->semaphore,
			};
			*zero |= value <= 0;
		}
		slot = adjust->next_adjust;
	}
	return steps;
}

static void end_of(struct portico *k, const struct pk_set_view *view, uint64_t claimed,
		   struct pk_wakes *wakes)
{
	bool zero = false;
	uint32_t steps = plan_end(k, view, claimed, &zero);
	view->set->operation_time = pk_realtime_seconds(); /* also where it comes to nothing */
	if (steps == 0)
		return;
	pk_commit(k, view, steps);
	PK_POINT("set: undone, adjustment not freed");
	pk_set_advance(k, view, zero, wakes);
}

/*
 * Whoever frees an adjustment of a set holds the lock of the set's slot; so it
 * is taken whether the set still lives or not, and all is looked at again.
 */
void pk_set_undo(struct portico *k, uint32_t slot)
{
	struct pk_adjust *adjust = adjust_at(k, slot);
	struct pk_wakes wakes = { 0 };
	struct pk_set_view view;
	if (!adjust)
		return;
	uint64_t word = pk_load(&adjust->head.word);
	pk_id id = adjust->set;
	struct pk_set *set = (struct pk_set *)pk_object_lock_slot(k, PK_SETS, pk_id_slot(id));
	if (!set) {
		/* another thread of this task may be filling it in; nobody is where its task has died */
		if (id == 0 && pk_word_id(word) != pk_self(k))
			pk_release(k, PK_ADJUSTS, slot);
		return;
	}
	if (pk_load(&adjust->head.word) == word && adjust->set == id) {
		bool lives = pk_load(&set->head.word) == pk_word(PK_LIVE, id) &&
			     pk_set_look(k, set, pk_id_slot(id), &view);
		if (lives)
			end_of(k, &view, word, &wakes);
		release(k, set, word);
		if (lives && set->special != 0)
			pk_set_bells_settle(k, &view);
	}
	pk_object_unlock(set);
	pk_wakes_flush(k, &wakes);
}

/* ---- the dead */

#define TASKS_MOST 32768
#define BITS 64

/* A bit for each slot of a task. */
static void note(uint64_t *owners, uint64_t word)
{
	uint32_t owner = pk_id_slot(pk_word_id(word)) % TASKS_MOST;
	owners[owner / BITS] |= UINT64_C(1) << owner % BITS;
}

/* Those whose end would change a value; `all`: or the time of the last operation, or how many wait. */
static void owners_of(struct portico *k, struct pk_set *set, bool all, uint64_t owners[TASKS_MOST / BITS])
{
	uint32_t slot = set->adjusts;
	for (uint32_t most = pk_committed(k, PK_ADJUSTS); most > 0; most--) {
		struct pk_adjust *adjust = adjust_at(k, slot);
		if (!adjust)
			break;
		if (all || pk_load(&adjust->value) != 0)
			note(owners, pk_load(&adjust->head.word));
		slot = adjust->next_adjust;
	}
	slot = all ? set->waiters.first : 0;
	for (uint32_t most = pk_committed(k, PK_WAITS); most > 0; most--) {
		struct pk_wait *wait = pk_wait_at(k, slot);
		if (!wait)
			break;
		note(owners, pk_load(&wait->head.word));
		slot = wait->next;
	}
}

/* Each is asked once, and each list walked once, however long. */
bool pk_set_reap(struct portico *k, pk_id id, bool all)
{
	uint64_t owners[TASKS_MOST / BITS] = { 0 };
	struct pk_set *set;
	bool reaped = false;
	if (pk_object_lock(k, PK_SETS, id, &set) != 0)
		return false;
	if (!set->adjusts && !(all && set->waiters.first)) {
		pk_object_unlock(set);
		return false;
	}
	owners_of(k, set, all, owners);
	pk_object_unlock(set);
	for (uint32_t i = 0; i < TASKS_MOST / BITS; i++)
		for (; owners[i] != 0; owners[i] &= owners[i] - 1)
			reaped |= pk_task_reap_if_dead(k, i * BITS + (uint32_t)__builtin_ctzll(owners[i]));
	return reaped;
}
