/* SPDX-License-Identifier: MIT */
/*
 * What the files of semaphore sets share of a set whose lock they hold.
 * semaphore.h is the essay.
 */
#ifndef PK_SET_H
#define PK_SET_H

#include "message.h"
#include "semaphore.h"

/* A locked set and its body, bounds checked. */
struct pk_set_view {
	struct pk_set *set;
	pk_id id;
	uint32_t count;
	pk_semaphore *values;  /* [count] */
	struct pk_step *steps; /* [count]: a plan, and once set->steps is stored, the intent */
	uint8_t *bells;	       /* [count]: enum pk_set_bell_state */
};

/* A step that makes all tasks forget their adjustments; such steps are of consecutive semaphores. */
#define PK_FORGET UINT32_MAX

static inline uint64_t pk_body_bytes(uint32_t count)
{
	return count * (uint64_t)(sizeof(pk_semaphore) + sizeof(struct pk_step) + sizeof(uint8_t));
}

static inline struct pk_set_view pk_set_view_of(struct pk_set *set, pk_id id, pk_semaphore *values,
						uint32_t count)
{
	struct pk_step *steps = (struct pk_step *)(values + count);
	return (struct pk_set_view){ set, id, count, values, steps, (uint8_t *)(steps + count) };
}

/* ---- set.c */

/* Lock it and look at its body.  -EINVAL, -EIDRM, -EIO (scribbled). */
int pk_set_lock(struct portico *k, pk_id id, struct pk_set_view *view);

/* The same of a set that is locked already.  False: scribbled. */
static inline bool pk_set_look(struct portico *k, struct pk_set *set, uint32_t slot, struct pk_set_view *view)
{
	struct pk_message *body = pk_message_at(k, set->body);
	uint32_t count = set->count;
	pk_id id = pk_id_make(slot, pk_load_relaxed(&set->head.generation));
	if (!body || pk_load_relaxed(&body->head.word) != pk_word(PK_BODY, id) || count == 0 ||
	    pk_body_bytes(count) != body->length || pk_body_bytes(count) > pk_message_room(set->body))
		return false;
	*view = pk_set_view_of(set, id, (pk_semaphore *)(body + 1), count);
	return true;
}

/* ---- semaphore_line.c */

struct pk_operation;

/* Have it wait, at the end of the line.  PK_POSTED, or a negative errno. */
int pk_set_post(struct portico *k, const struct pk_set_view *view, const struct pk_operation *operation,
		int64_t until_ns, uint32_t *wait);
/* S4.  `zero`: one that was changed is zero now. */
void pk_set_advance(struct portico *k, const struct pk_set_view *view, bool zero, struct pk_wakes *wakes);
/* The part that a wait in line waits for.  False: it waits for none, or was scribbled. */
bool pk_set_blocking(struct portico *k, const struct pk_set_view *view, const struct pk_wait *wait,
		     struct pk_semaphore_part *part);
/* How many wait for that one to rise, and to be zero. */
void pk_set_count_waits(struct portico *k, const struct pk_set_view *view, uint32_t semaphore,
			uint32_t *rising, uint32_t *zero);
/* No wait in line could go on? */
bool pk_set_settled(struct portico *k, const struct pk_set_view *view);

/* ---- semaphore_quick.c */

/* This thread used that set: it will again. */
void pk_set_remember(struct portico *k, const struct pk_set_view *view);

/* This thread is in a new task, whose first use of each set is to be noted (lifetime.h). */
void pk_set_forget(void);

/* An operation as most are, done at once.  False: it isn't, or not so simply, and nothing happened. */
bool pk_set_operate_quickly(struct portico *k, pk_id set, const struct pk_semaphore_part *parts,
			    uint32_t count);
/* The same of one that it couldn't do at once, if that is worth looking for a moment whether it can. */
bool pk_set_operate_soon(struct portico *k, pk_id set, const struct pk_semaphore_part *parts, uint32_t count);
/* The first by System V's id, of one that is no more what semaphore_quick.h does. */
bool pk_set_operate_again(struct portico *k, int sysv_id, const struct pk_semaphore_part *parts,
			  uint32_t count);

/* ---- adjust.c */

/* Where this thread last found its own; each is looked at again before it is believed. */
#define PK_ADJUST_HINTS 8
extern _Thread_local uint32_t pk_adjust_hints[PK_ADJUST_HINTS];

static inline uint32_t *pk_adjust_hint(pk_id set, uint32_t semaphore)
{
	return &pk_adjust_hints[(pk_id_slot(set) + semaphore) % PK_ADJUST_HINTS];
}

static inline bool pk_adjust_is(const struct pk_adjust *adjust, uint64_t claimed, pk_id set,
				uint32_t semaphore)
{
	return adjust && pk_load_relaxed(&adjust->head.word) == claimed && adjust->set == set &&
	       adjust->semaphore == semaphore;
}

/* This task's adjustment for a semaphore if it is there, and its slot; or NULL. */
static inline struct pk_adjust *pk_adjust_recent(struct portico *k, pk_id set, uint32_t semaphore,
						 uint32_t *slot)
{
	uint32_t hint = *pk_adjust_hint(set, semaphore);
	struct pk_adjust *adjust = pk_slot(k, PK_ADJUSTS, hint);
	*slot = hint;
	return pk_adjust_is(adjust, pk_word(PK_CLAIMED, pk_self(k)), set, semaphore) ? adjust : NULL;
}

/* Under the set's lock. */
static inline void pk_adjust_set(struct pk_adjust *adjust, int32_t value)
{
	if (pk_load_relaxed(&adjust->value) == 0)
		pk_store_relaxed(&adjust->since, pk_realtime_seconds());
	pk_store(&adjust->value, value);
}

static inline void pk_adjust_store(struct portico *k, const struct pk_set_view *view, uint32_t slot,
				   uint32_t semaphore, int32_t value)
{
	struct pk_adjust *adjust = pk_slot(k, PK_ADJUSTS, slot);
	if (adjust && adjust->set == view->id && adjust->semaphore == semaphore)
		pk_adjust_set(adjust, value);
}

/* That task's adjustment for a semaphore, or 0; `claimed` is the word of what the task claimed. */
uint32_t pk_adjust_find(struct portico *k, const struct pk_set_view *view, uint64_t claimed,
			uint32_t semaphore);
/* This task's, made where there is none.  -ENOBUFS, -ENOSPC. */
int pk_adjust_claim(struct portico *k, const struct pk_set_view *view, uint32_t semaphore);
/* SETVAL: nobody's end changes these semaphores any more. */
void pk_adjust_forget(struct portico *k, const struct pk_set_view *view, uint32_t first, uint32_t count);
/* Free all, of a set that goes. */
void pk_adjust_release_all(struct portico *k, struct pk_set *set);
/* Make the set's list anew from the adjustments themselves; valid: is it as that would make it? */
void pk_adjust_rebuild(struct portico *k, struct pk_set *set, pk_id id);
bool pk_adjust_valid(struct portico *k, struct pk_set *set, pk_id id);

/*
 * Without the lock: see to the tasks that have died, and whose end changes
 * values; `all`: or stood in line, or had adjustments that come to nothing.  True
 * if there were any.  Whoever is about to report values, or to wait for them,
 * does this first, so that a parent that has seen its child's end sees what that
 * end did.
 */
bool pk_set_reap(struct portico *k, pk_id set, bool all);

#endif
