/* SPDX-License-Identifier: MIT */
/*
 * What nearly all operations on semaphores are: on the set that the thread used
 * last, whose lock it has to itself (reserve.h), with nobody in line, of parts
 * that can be done.  semaphore_quick.c has what is a little less simple.
 *
 * All this is in line, and calls nothing but for the time, at the end, for the
 * sake of semop(2).  What is to be done is so little that a frame with what it
 * saves would be a third of it; and of several parts the most is what is stored,
 * by a processor that finishes one store a cycle.  So no copy is kept of what is
 * planned: it's done from the steps, as by whoever inherits the lock.
 */
#ifndef PK_SEMAPHORE_QUICK_H
#define PK_SEMAPHORE_QUICK_H

#include "operation.h"
#include "reserve.h"

#include <sys/sem.h>

/*
 * A set's body is its own for as long as its id lives, so a word that names the
 * id as living proves the rest.  A signal handler that uses another set may come
 * between any two lines that use this; `id` is 0 while it is half changed, and
 * from when the thread enters another instance.
 */
struct pk_recent_set {
	pk_id id; /* or 0: none */
	struct pk_set *set;
	pk_semaphore *values;
	uint32_t count;
	int sysv_id;
	uint32_t streak; /* how often in a row its lock was this task's before, too */
	uint32_t enough; /* of that to reserve it: more each time */
	bool changing;
};
extern _Thread_local struct pk_recent_set pk_recent_set;

/* What this thread uses, as it is in one instant.  False: it has none here. */
static inline bool pk_set_recall(struct portico *k, struct pk_set_view *view)
{
	const struct pk_recent_set *recent = &pk_recent_set;
	*view = pk_set_view_of(recent->set, recent->id, recent->values, recent->count);
	atomic_signal_fence(memory_order_seq_cst);
	return view->id != 0 && recent->id == view->id && pk_entered(k);
}

static inline struct pk_reservable *pk_set_reservable(struct pk_set *set)
{
	return (struct pk_reservable *)&set->lock;
}

/* It lives, nobody waits, and nobody polls it? */
static inline bool pk_set_is_quiet(const struct pk_set_view *view)
{
	return pk_load_relaxed(&view->set->head.word) == pk_word(PK_LIVE, view->id) &&
	       view->set->waiters.first == 0 && view->set->special == 0;
}

/* Under the lock: one part that needs no adjustment is one word, and S1 to S3 come by themselves. */
static inline void pk_set_store_one(struct portico *k, const struct pk_set_view *view, uint32_t semaphore,
				    uint64_t value)
{
	PK_POINT("semaphore: at once, before the store");
	pk_store(&view->values[semaphore], pk_semaphore_word(value, k->mine->process.pid));
	PK_POINT("semaphore: at once, after the store");
}

/* Where that semaphore's value would come to; negative: it can't, or isn't to be found out here. */
static inline int64_t pk_set_after(struct portico *k, const struct pk_set_view *view, uint32_t semaphore,
				   int change)
{
	int64_t after = (int64_t)pk_semaphore_value(view, semaphore) + change;
	bool possible = change != 0 && (uint64_t)after <= PK_SEMAPHORE_MOST && pk_set_is_quiet(view) &&
			pk_permission_at_a_glance(k, &view->set->permission, 0222);
	return __builtin_expect(possible, 1) ? after : -1;
}

__attribute__((always_inline)) static inline bool
pk_set_change_one(struct portico *k, const struct pk_set_view *view, uint32_t semaphore, int change)
{
	int64_t after = pk_set_after(k, view, semaphore, change);
	if (after < 0)
		return false;
	pk_set_store_one(k, view, semaphore, (uint64_t)after);
	return true;
}

/* The adjustment that a part needs, and what it comes to.  NULL: it isn't there yet, or would leave its
 * range. */
__attribute__((always_inline)) static inline struct pk_adjust *pk_plan_adjust(struct portico *k,
									      const struct pk_set_view *view,
									      uint32_t semaphore, int change,
									      struct pk_step *step)
{
	struct pk_adjust *adjust = pk_adjust_recent(k, view->id, semaphore, &step->undo);
	int value = adjust ? pk_load_relaxed(&adjust->value) - change : 0;
	step->adjust = (int16_t)value;
	return value >= -PK_SEMAPHORE_MOST - 1 && value <= PK_SEMAPHORE_MOST ? adjust : NULL;
}

/* With SEM_UNDO: a step of an intent. */
__attribute__((always_inline)) static inline bool
pk_set_change_for_now(struct portico *k, const struct pk_set_view *view, uint32_t semaphore, int change)
{
	struct pk_step step;
	int64_t after = pk_set_after(k, view, semaphore, change);
	struct pk_adjust *adjust = after < 0 ? NULL : pk_plan_adjust(k, view, semaphore, change, &step);
	if (!adjust)
		return false;
	uint64_t word = pk_semaphore_word((uint64_t)after, k->mine->process.pid);
	view->steps[0] = (struct pk_step){ word, step.undo, step.adjust, (uint16_t)semaphore };
	pk_intent_write(view, 1);
	pk_store(&view->values[semaphore], word);
	PK_POINT("semaphore: value stored, adjustment not");
	pk_adjust_set(adjust, step.adjust);
	pk_intent_clear(view);
	return true;
}

/* Done but for pk_set_finish(): the set, still locked.  NULL: it isn't like that, and nothing happened. */
__attribute__((always_inline)) static inline struct pk_set *
pk_set_operate_on_one(struct portico *k, const volatile struct pk_semaphore_part *part, bool undo)
{
	struct pk_set_view view;
	uint32_t semaphore = part->semaphore;
	int change = part->change;
	if (((part->flags & SEM_UNDO) != 0) != undo || !pk_set_recall(k, &view) || semaphore >= view.count ||
	    !pk_reserved_enter(pk_set_reservable(view.set)))
		return NULL;
	bool done = undo ? pk_set_change_for_now(k, &view, semaphore, change)
			 : pk_set_change_one(k, &view, semaphore, change);
	if (__builtin_expect(done, 1))
		return view.set;
	pk_reserved_leave(pk_set_reservable(view.set));
	return NULL;
}

/* ---- several at once */

#define PK_PARTS_QUICK 8

/* The caller's memory is touched before a lock is held: it may be no memory. */
static inline void pk_parts_touch(const struct pk_semaphore_part *parts, uint32_t count)
{
	const volatile struct pk_semaphore_part *first = parts, *last = parts + count - 1;
	(void)first->semaphore, (void)last->flags;
}

/*
 * As pk_plan(), of parts of different semaphores, with adjustments only where those are allowed.
 * False: it can't be done, or not so simply.
 */
__attribute__((always_inline)) static inline bool
pk_plan_parts(struct portico *k, const struct pk_set_view *view,
	      const volatile struct pk_semaphore_part *parts, uint32_t count, bool with_adjustments)
{
	uint64_t seen = 0;
	uint32_t pid = k->mine->process.pid;
	for (uint32_t i = 0; i < count; i++) {
		size_t semaphore = parts[i].semaphore;
		int64_t change = parts[i].change;
		uint64_t bit = UINT64_C(1) << semaphore % 64;
		if (semaphore >= view->count || seen & bit)
			return false;
		int64_t before = (uint32_t)pk_load_relaxed(&view->values[semaphore]), after = before + change;
		if ((uint64_t)after > PK_SEMAPHORE_MOST || (change == 0 && before != 0))
			return false;
		seen |= bit;
		struct pk_step *step = &view->steps[i];
		step->word = pk_semaphore_word((uint64_t)after, pid);
		step->undo = 0;
		step->semaphore = (uint16_t)semaphore;
		if (parts[i].flags & SEM_UNDO && change != 0 &&
		    !(with_adjustments && pk_plan_adjust(k, view, (uint32_t)semaphore, (int)change, step)))
			return false;
	}
	return true;
}

/* As pk_set_operate_on_one(). */
__attribute__((always_inline)) static inline struct pk_set *
pk_set_operate_on_several(struct portico *k, const struct pk_semaphore_part *parts, uint32_t count)
{
	struct pk_set_view view;
	if (count > PK_PARTS_QUICK || !pk_set_recall(k, &view) || count > view.count)
		return NULL;
	pk_parts_touch(parts, count);
	if (!pk_reserved_enter(pk_set_reservable(view.set)))
		return NULL;
	if (pk_set_is_quiet(&view) && pk_permission_at_a_glance(k, &view.set->permission, 0666) &&
	    pk_plan_parts(k, &view, parts, count, false)) {
		pk_intent_write(&view, count);
		pk_intent_do_steps(k, &view, count, false);
		pk_intent_clear(&view);
		return view.set;
	}
	pk_reserved_leave(pk_set_reservable(view.set));
	return NULL;
}

/* Its time comes last: to ask for that is a call, which has now little to keep. */
static inline void pk_set_finish(struct pk_set *set)
{
	set->operation_time = pk_realtime_seconds();
	pk_reserved_leave(pk_set_reservable(set));
}

#endif
