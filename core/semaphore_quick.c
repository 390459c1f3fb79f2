/* SPDX-License-Identifier: MIT */
/*
 * What most operations on semaphores are: on the set that this thread used
 * last, with nobody in line, of a few parts that can be done.  Nothing is looked
 * up, and mostly not even a lock is taken (reserve.h).  Whatever isn't like that
 * is left as it was, to semaphore.c.
 */
#include "operation.h"
#include "reserve.h"
#include "spin.h"
#include "task.h"

#include <sys/sem.h>

#define PARTS_MOST 8
#define RESERVE_AFTER 64
#define RESERVE_AFTER_MOST (1u << 20)

/*
 * A set's body is its own for as long as its id lives, so a word that names the
 * id as living proves the rest.  A signal handler that uses another set may come
 * between any two lines that use this.
 */
static _Thread_local struct {
	uint64_t serial; /* of which instance */
	pk_id id;
	struct pk_set *set;
	pk_semaphore *values;
	uint32_t count;
	int sysv_id;
	bool changing;
	uint32_t streak; /* how often in a row its lock was this task's before, too */
	uint32_t enough; /* of that to reserve it: more each time */
} recent;

void pk_set_remember(struct portico *k, const struct pk_set_view *view)
{
	if (recent.changing || (recent.id == view->id && recent.serial == k->serial))
		return;
	recent.changing = true;
	atomic_signal_fence(memory_order_seq_cst);
	recent.serial = k->serial;
	recent.id = view->id;
	recent.set = view->set;
	recent.values = view->values;
	recent.count = view->count;
	recent.sysv_id = pk_sysv_id(view->id);
	recent.streak = 0;
	recent.enough = RESERVE_AFTER;
	atomic_signal_fence(memory_order_seq_cst);
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

static inline struct pk_reservable *reservable(struct pk_set *set)
{
	return (struct pk_reservable *)&set->lock;
}

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
	return __builtin_expect(pk_reserved_enter(reservable(set)), 1) || lock_if_free(set);
}

/* Whether it may be reserved costs a system call at times, so that is asked more and more rarely. */
static __attribute__((noinline)) void reserve_or_unlock(struct portico *k, struct pk_set *set)
{
	if (recent.streak >= recent.enough) {
		recent.streak = 0;
		recent.enough = recent.enough < RESERVE_AFTER_MOST ? recent.enough * 2 : RESERVE_AFTER_MOST;
		if (pk_reserve(k, reservable(set)))
			return;
	}
	pk_unlock(&set->lock);
}

/* Nobody else can have made it reserved, or no more, meanwhile. */
static inline void unlock(struct portico *k, struct pk_set *set)
{
	if (__builtin_expect((pk_lock_low(&set->lock) & PK_LOCK_RESERVED) != 0, 1))
		pk_reserved_leave(reservable(set));
	else
		reserve_or_unlock(k, set);
}

/* ---- on it */

/* What this thread uses, as it is in one instant.  False: it has none here, or a handler is changing it. */
static inline bool recall(struct portico *k, struct pk_set_view *view)
{
	*view = pk_set_view_of(recent.set, recent.id, recent.values, recent.count);
	atomic_signal_fence(memory_order_seq_cst);
	return recent.id == view->id && recent.serial == k->serial && !recent.changing && pk_entered(k);
}

/* It lives, nobody waits, and nobody polls it? */
static inline bool is_quiet(const struct pk_set_view *view)
{
	return pk_load_relaxed(&view->set->head.word) == pk_word(PK_LIVE, view->id) &&
	       view->set->waiters.first == 0 && view->set->special == 0;
}

static inline bool possible(int change, int64_t before, int64_t after)
{
	return (uint64_t)after <= PK_SEMAPHORE_MOST && (change != 0 || before == 0);
}

/* One part that needs no adjustment is one word: S1 to S3 come by themselves. */
static inline bool do_one(struct portico *k, uint32_t semaphore, int change)
{
	struct pk_set_view view;
	if (!recall(k, &view) || semaphore >= view.count || !lock_at_once(view.set))
		return false;
	int64_t before = pk_semaphore_value(&view, semaphore), after = before + change;
	bool done = is_quiet(&view) && possible(change, before, after) &&
		    pk_permission_check(k, &view.set->permission, change ? 0222 : 0444) == 0;
	if (done) {
		view.set->operation_time = pk_realtime_seconds();
		PK_POINT("semaphore: at once, before the store");
		pk_store(&view.values[semaphore], pk_semaphore_word((uint32_t)after, k->mine->process.pid));
		PK_POINT("semaphore: at once, after the store");
	}
	unlock(k, view.set);
	return done;
}

/* ---- several at once, or with adjustments */

/* What is to be stored: as the steps say, but where nobody else can write. */
struct stores {
	uint32_t semaphores[PARTS_MOST];
	uint64_t words[PARTS_MOST];
	_Atomic int32_t *adjusts[PARTS_MOST];
	int32_t adjusted[PARTS_MOST];
	uint32_t undone; /* a bit for each that has an adjustment */
};

/* The adjustment that a part needs, as it will be.  False: it isn't there yet, or would leave its range. */
static __attribute__((noinline)) bool plan_undo(struct portico *k, const struct pk_set_view *view,
						struct pk_step *step, int change, struct stores *stores,
						uint32_t i)
{
	struct pk_adjust *adjust = pk_adjust_recent(k, view->id, step->semaphore, &step->undo);
	if (!adjust)
		return false;
	int before = pk_load_relaxed(&adjust->value), adjusted = before - change;
	if (before == 0)
		pk_store_relaxed(&adjust->since, pk_realtime_seconds());
	step->adjust = (int16_t)adjusted;
	stores->adjusts[i] = &adjust->value;
	stores->adjusted[i] = adjusted;
	stores->undone |= 1u << i;
	return adjusted >= -PK_SEMAPHORE_MOST - 1 && adjusted <= PK_SEMAPHORE_MOST;
}

/* As pk_plan(), of parts of different semaphores. */
static inline bool plan(struct portico *k, const struct pk_set_view *view,
			const volatile struct pk_semaphore_part *parts, uint32_t count, struct stores *stores)
{
	uint64_t seen = 0;
	uint32_t pid = k->mine->process.pid;
	int changes = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t semaphore = parts[i].semaphore;
		int change = parts[i].change;
		uint64_t bit = UINT64_C(1) << semaphore % 64;
		if (semaphore >= view->count || seen & bit)
			return false;
		int64_t before = pk_semaphore_value(view, semaphore), after = before + change;
		if (!possible(change, before, after))
			return false;
		seen |= bit;
		changes |= change;
		struct pk_step *step = &view->steps[i];
		stores->semaphores[i] = semaphore;
		stores->words[i] = pk_semaphore_word((uint32_t)after, pid);
		*step = (struct pk_step){ .word = stores->words[i], .semaphore = (uint16_t)semaphore };
		if (parts[i].flags & SEM_UNDO && change != 0 && !plan_undo(k, view, step, change, stores, i))
			return false;
	}
	return pk_permission_check(k, &view->set->permission, changes ? 0222 : 0444) == 0;
}

static inline void do_stores(const struct pk_set_view *view, const struct stores *stores, uint32_t count)
{
	uint32_t undone = stores->undone;
	pk_intent_write(view, count);
	for (uint32_t i = 0; i < count; i++) {
		pk_store(&view->values[stores->semaphores[i]], stores->words[i]);
		PK_POINT("semaphore: value stored, adjustment not");
		if (undone >> i & 1)
			pk_store(stores->adjusts[i], stores->adjusted[i]);
	}
	pk_intent_clear(view);
}

static bool do_several(struct portico *k, const struct pk_semaphore_part *parts, uint32_t count)
{
	const volatile struct pk_semaphore_part *first = parts, *last = parts + count - 1;
	struct stores stores;
	struct pk_set_view view;
	if (count > PARTS_MOST || !recall(k, &view) || count > view.count)
		return false;
	/* the caller's memory is touched before a lock is held: it may be no memory */
	(void)first->semaphore, (void)last->flags;
	if (!lock_at_once(view.set))
		return false;
	stores.undone = 0;
	bool done = is_quiet(&view) && plan(k, &view, parts, count, &stores);
	if (done) {
		view.set->operation_time = pk_realtime_seconds();
		do_stores(&view, &stores, count);
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

bool pk_set_operate_quickly(struct portico *k, pk_id id, const struct pk_semaphore_part *parts,
			    uint32_t count)
{
	return recent.id == id && try(k, parts, count);
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
