/* SPDX-License-Identifier: MIT */
/*
 * What most operations on semaphores are that semaphore_quick.h hasn't done: on
 * the set that this thread used last, with nobody in line, of a few parts that
 * can be done.  Nothing is looked up, and no lock is waited for.  Whatever isn't
 * like that is left as it was, to semaphore.c.
 */
#include "semaphore_quick.h"
#include "spin.h"
#include "task.h"

#define RESERVE_AFTER 64
#define RESERVE_AFTER_MOST (1u << 20)

_Thread_local struct pk_recent_set pk_recent_set;
#define recent pk_recent_set

/* A handler may come in between that enters another instance: then this is of no use any more. */
void pk_set_remember(struct portico *k, const struct pk_set_view *view)
{
	if (recent.changing || recent.id == view->id)
		return;
	recent.changing = true;
	recent.id = 0;
	atomic_signal_fence(memory_order_seq_cst);
	recent.set = view->set;
	recent.values = view->values;
	recent.count = view->count;
	recent.sysv_id = pk_sysv_id(view->id);
	recent.streak = 0;
	recent.enough = RESERVE_AFTER;
	atomic_signal_fence(memory_order_seq_cst);
	recent.id = view->id;
	atomic_signal_fence(memory_order_seq_cst);
	if (!pk_entered(k))
		pk_set_forget();
	recent.changing = false;
}

void pk_set_forget(void)
{
	recent.id = 0;
}

/* ---- the lock, which this thread may come to have for itself */

_Static_assert(offsetof(struct pk_set, inside) - offsetof(struct pk_set, lock) ==
		       offsetof(struct pk_reservable, inside),
	       "pk_reservable");
_Static_assert(offsetof(struct pk_set, taker) - offsetof(struct pk_set, lock) ==
			       offsetof(struct pk_reservable, taker) &&
		       offsetof(struct pk_set, reserver) - offsetof(struct pk_set, lock) ==
			       offsetof(struct pk_reservable, reserver),
	       "pk_reservable");

static __attribute__((noinline)) bool lock_if_free(struct pk_set *set)
{
	uint64_t mine = pk_thread.owner & ~(uint64_t)UINT32_MAX;
	bool again = (uint64_t)pk_lock_high(&set->lock) << 32 == mine;
	if (!pk_lock_free(&set->lock))
		return false;
	recent.streak = again ? recent.streak + 1 : 0;
	return true;
}

/* Without waiting, and with nothing to be repaired. */
static inline bool lock_at_once(struct pk_set *set)
{
	return __builtin_expect(pk_reserved_enter(pk_set_reservable(set)), 1) || lock_if_free(set);
}

/* Whether it may be reserved costs a system call at times, so that is asked more and more rarely. */
static __attribute__((noinline)) void reserve_or_unlock(struct portico *k, struct pk_set *set)
{
	if (recent.streak >= recent.enough) {
		recent.streak = 0;
		recent.enough = recent.enough < RESERVE_AFTER_MOST ? recent.enough * 2 : RESERVE_AFTER_MOST;
		if (pk_reserve(k, pk_set_reservable(set)))
			return;
	}
	pk_unlock(&set->lock);
}

/* Nobody else can have made it reserved, or no more, meanwhile. */
static inline void unlock(struct portico *k, struct pk_set *set)
{
	if (__builtin_expect((pk_lock_low(&set->lock) & PK_LOCK_RESERVED) != 0, 1))
		pk_reserved_leave(pk_set_reservable(set));
	else
		reserve_or_unlock(k, set);
}

/* ---- on it */

static inline bool possible(int change, int64_t before, int64_t after)
{
	return (uint64_t)after <= PK_SEMAPHORE_MOST && (change != 0 || before == 0);
}

static __attribute__((noinline)) bool do_one(struct portico *k, uint32_t semaphore, int change)
{
	struct pk_set_view view;
	if (!pk_set_recall(k, &view) || semaphore >= view.count || !lock_at_once(view.set))
		return false;
	int64_t before = pk_semaphore_value(&view, semaphore), after = before + change;
	bool done = pk_set_is_quiet(&view) && possible(change, before, after) &&
		    pk_permission_check(k, &view.set->permission, change ? 0222 : 0444) == 0;
	if (done) {
		pk_set_store_one(k, &view, semaphore, (uint64_t)after);
		view.set->operation_time = pk_realtime_seconds();
	}
	unlock(k, view.set);
	return done;
}

/* ---- several at once, or with adjustments */

/* The bits that a task needs who may do those parts. */
static uint32_t bits_of(const volatile struct pk_semaphore_part *parts, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (parts[i].change != 0)
			return 0222;
	return 0444;
}

static __attribute__((noinline)) bool do_several(struct portico *k, const struct pk_semaphore_part *parts,
						 uint32_t count)
{
	struct pk_set_view view;
	if (count > PK_PARTS_QUICK || !pk_set_recall(k, &view) || count > view.count)
		return false;
	uint32_t bits = bits_of(parts, count);
	pk_parts_touch(parts, count);
	if (!lock_at_once(view.set))
		return false;
	bool done = pk_set_is_quiet(&view) && pk_permission_check(k, &view.set->permission, bits) == 0 &&
		    pk_plan_parts(k, &view, parts, count, true);
	if (done) {
		pk_intent_write(&view, count);
		pk_intent_do_steps(k, &view, count, true);
		pk_intent_clear(&view);
		view.set->operation_time = pk_realtime_seconds();
	}
	unlock(k, view.set);
	return done;
}

static inline bool try(struct portico *k, const struct pk_semaphore_part *parts, uint32_t count)
{
	const volatile struct pk_semaphore_part *first = parts;
	if (count == 1 && !(first->flags & SEM_UNDO))
		return do_one(k, first->semaphore, first->change);
	return do_several(k, parts, count);
}

static bool at_a_glance(struct portico *k, const struct pk_semaphore_part *parts, uint32_t count)
{
	struct pk_set *done = count != 1		? pk_set_operate_on_several(k, parts, count)
			      : parts->flags & SEM_UNDO ? pk_set_operate_on_one(k, parts, true)
							: pk_set_operate_on_one(k, parts, false);
	if (done)
		pk_set_finish(done);
	return done != NULL;
}

bool pk_set_operate_quickly(struct portico *k, pk_id id, const struct pk_semaphore_part *parts,
			    uint32_t count)
{
	return recent.id == id && (at_a_glance(k, parts, count) || try(k, parts, count));
}

bool pk_set_operate_again(struct portico *k, int sysv_id, const struct pk_semaphore_part *parts,
			  uint32_t count)
{
	return recent.sysv_id == sysv_id && recent.id != 0 && try(k, parts, count);
}

/* ---- for a moment, before standing in line */

#define LOOKS 4
#define TRIES 64 /* while whoever raised it is about to leave the lock */

/* It may be done, as far as can be seen without the lock: by now its value may be another. */
static bool seems_possible(uint64_t word, int change)
{
	int64_t before = (uint32_t)word;
	return possible(change, before, before + change);
}

/*
 * Where another process took it last that will give it back, or give it to
 * others: it is fought over, and does most if its lines stay where it is used.
 */
bool pk_set_operate_soon(struct portico *k, pk_id id, const struct pk_semaphore_part *parts, uint32_t count)
{
	if (count != 1 || parts->flags & IPC_NOWAIT || recent.id != id || parts->semaphore >= recent.count)
		return false;
	pk_semaphore *semaphore = &recent.values[parts->semaphore];
	for (int look = 0, tries = 0; look < LOOKS && tries < TRIES;) {
		uint64_t word = pk_load_relaxed(semaphore);
		bool fought = word >> 32 != k->mine->process.pid;
		if (seems_possible(word, parts->change)) {
			if (pk_set_operate_quickly(k, id, parts, count))
				return true;
			pk_pause();
			tries++;
		} else {
			if (!pk_spin_first(k, (const _Atomic uint32_t *)semaphore, (uint32_t)word, fought))
				return false;
			look++;
		}
	}
	return false;
}
