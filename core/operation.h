/* SPDX-License-Identifier: MIT */
/*
 * An operation on a set: what it would come to (its plan), and how that is
 * made so, all or none (its intent).  semaphore.h is the essay.
 */
#ifndef PK_OPERATION_H
#define PK_OPERATION_H

#include "set.h"

struct pk_operation {
	const struct pk_semaphore_part *parts;
	uint32_t count;
	uint32_t pid;	  /* for whom: the next sempid */
	uint64_t claimed; /* the word of what that task has claimed */
};

struct pk_plan {
	uint32_t steps;				  /* in the set's body */
	bool zero;				  /* a semaphore of it is zero then */
	const struct pk_semaphore_part *blocking; /* the part that can't be done */
};

#define PK_BLOCKED 1

/* 0: it can be done.  PK_BLOCKED: it must wait, for plan->blocking.  -EAGAIN, -ERANGE, -EFBIG, -EINTR, -EIO.
 */
int pk_plan(struct portico *k, const struct pk_set_view *view, const struct pk_operation *operation,
	    struct pk_plan *plan);

/* Do the first `steps` steps of the plan, as one. */
void pk_commit(struct portico *k, const struct pk_set_view *view, uint32_t steps);

/* The parts of that: until it is written the steps are nothing, from then on they are done, by whoever it
 * takes. */
void pk_intent_do(struct portico *k, const struct pk_set_view *view, uint32_t steps);

static inline void pk_intent_write(const struct pk_set_view *view, uint32_t steps)
{
	PK_POINT("semaphore: planned, not committed");
	pk_store(&view->set->steps, steps);
	PK_POINT("semaphore: committed, nothing done");
}

static inline void pk_intent_clear(const struct pk_set_view *view)
{
	PK_POINT("semaphore: done, intent not cleared");
	pk_store(&view->set->steps, 0);
	PK_POINT("semaphore: intent cleared");
}

__attribute__((always_inline)) static inline void
pk_intent_do_steps(struct portico *k, const struct pk_set_view *view, uint32_t steps, bool with_adjustments)
{
	for (uint32_t i = 0; i < steps; i++) {
		const volatile struct pk_step *step = &view->steps[i];
		size_t semaphore = step->semaphore;
		if (semaphore >= view->count)
			continue; /* scribbled */
		pk_store(&view->values[semaphore], step->word);
		PK_POINT("semaphore: value stored, adjustment not");
		if (!with_adjustments)
			continue;
		uint32_t undo = step->undo;
		if (undo != 0 && undo != PK_FORGET)
			pk_adjust_store(k, view, undo, (uint32_t)semaphore, step->adjust);
	}
}

/* Finish or discard the one that a dead holder of the lock may have left.  Wants the adjustments listed. */
void pk_intent_recover(struct portico *k, const struct pk_set_view *view);

static inline uint32_t pk_semaphore_value(const struct pk_set_view *view, uint32_t semaphore)
{
	return (uint32_t)pk_load_relaxed(&view->values[semaphore]);
}

/* A semaphore's word; pk_semaphore in layout.h. */
static inline uint64_t pk_semaphore_word(uint64_t value, uint32_t pid)
{
	return (uint64_t)pid << 32 | value;
}

#endif
