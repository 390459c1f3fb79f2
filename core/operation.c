/* SPDX-License-Identifier: MIT */
/* Operations on semaphores: planned and committed.  semaphore.h is the essay. */
#include "operation.h"

#include <errno.h>
#include <sys/sem.h>

/* ---- planning: the steps that would do an operation, written down but not committed */

/* The steps so far, and which semaphores may be among them, a bit for 64 each: most operations name each
 * once. */
struct planning {
	uint32_t steps;
	uint64_t seen;
};

static struct pk_step *step_before(const struct pk_set_view *view, const struct planning *planning,
				   uint32_t semaphore)
{
	for (uint32_t i = 0; i < planning->steps; i++)
		if (view->steps[i].semaphore == semaphore)
			return &view->steps[i];
	return NULL;
}

static struct pk_step *step_for(const struct pk_set_view *view, struct planning *planning, uint32_t semaphore,
				uint32_t pid)
{
	uint64_t bit = UINT64_C(1) << semaphore % 64;
	struct pk_step *step = planning->seen & bit ? step_before(view, planning, semaphore) : NULL;
	if (step)
		return step;
	if (planning->steps == view->count)
		return NULL; /* there is one a semaphore: scribbled */
	planning->seen |= bit;
	step = &view->steps[planning->steps++];
	*step = (struct pk_step){
		.word = pk_semaphore_word(pk_semaphore_value(view, semaphore), pid),
		.semaphore = (uint16_t)semaphore,
	};
	return step;
}

static int plan_undo(struct portico *k, const struct pk_set_view *view, struct pk_step *step, int change,
		     uint64_t claimed)
{
	if (step->undo == 0) {
		step->undo = pk_adjust_find(k, view, claimed, step->semaphore);
		struct pk_adjust *adjust = pk_slot(k, PK_ADJUSTS, step->undo);
		if (!adjust)
			return -EINTR; /* that task is on its way out, and gave up its adjustments */
		step->adjust = (int16_t)pk_load_relaxed(&adjust->value);
	}
	int adjusted = step->adjust - change;
	if (adjusted < -PK_SEMAPHORE_MOST - 1 || adjusted > PK_SEMAPHORE_MOST)
		return -ERANGE;
	step->adjust = (int16_t)adjusted;
	return 0;
}

static int plan_part(struct portico *k, const struct pk_set_view *view, const struct pk_operation *operation,
		     const struct pk_semaphore_part *part, struct planning *planning)
{
	uint32_t semaphore = *(const volatile uint16_t *)&part->semaphore;
	if (semaphore >= view->count)
		return -EFBIG;
	struct pk_step *step = step_for(view, planning, semaphore, operation->pid);
	if (!step)
		return -EIO;
	int64_t value = (int64_t)(uint32_t)step->word + part->change;
	if (value < 0 || (part->change == 0 && value != 0))
		return PK_BLOCKED;
	if (value > PK_SEMAPHORE_MOST)
		return -ERANGE;
	step->word = pk_semaphore_word((uint32_t)value, operation->pid);
	return part->flags & SEM_UNDO && part->change != 0
		       ? plan_undo(k, view, step, part->change, operation->claimed)
		       : 0;
}

int pk_plan(struct portico *k, const struct pk_set_view *view, const struct pk_operation *operation,
	    struct pk_plan *plan)
{
	struct planning planning = { 0 };
	bool zero = false;
	for (uint32_t i = 0; i < operation->count; i++) {
		const struct pk_semaphore_part *part = &operation->parts[i];
		int result = plan_part(k, view, operation, part, &planning);
		plan->blocking = part;
		if (result)
			return result == PK_BLOCKED && part->flags & IPC_NOWAIT ? -EAGAIN : result;
	}
	for (uint32_t i = 0; i < planning.steps; i++)
		zero |= (uint32_t)view->steps[i].word == 0;
	plan->steps = planning.steps;
	plan->zero = zero;
	return 0;
}

/* ---- committing: S1, S2 */

void pk_intent_do(struct portico *k, const struct pk_set_view *view, uint32_t steps)
{
	pk_intent_do_steps(k, view, steps < view->count ? steps : view->count, true);
	if (view->steps[0].undo == PK_FORGET)
		pk_adjust_forget(k, view, view->steps[0].semaphore, steps);
}

void pk_commit(struct portico *k, const struct pk_set_view *view, uint32_t steps)
{
	const struct pk_step *first = &view->steps[0];
	if (steps == 1 && first->undo == 0) {
		PK_POINT("semaphore: before the one store");
		pk_store(&view->values[first->semaphore], first->word); /* which commits it */
		PK_POINT("semaphore: after the one store");
		return;
	}
	pk_intent_write(view, steps);
	pk_intent_do(k, view, steps);
	pk_intent_clear(view);
}

/* S3: was the wait that the intent is for granted? */
static bool intent_stands(struct portico *k, const struct pk_set_view *view)
{
	if (view->set->intent_wait == 0)
		return true;
	struct pk_wait *wait = pk_wait_on(k, view->set->intent_wait, PK_SETS, view->id);
	return wait && pk_outcome_kind(pk_load(&wait->outcome)) == PK_WAIT_GRANTED;
}

void pk_intent_recover(struct portico *k, const struct pk_set_view *view)
{
	uint32_t steps = pk_load(&view->set->steps);
	if (steps != 0 && intent_stands(k, view))
		pk_intent_do(k, view, steps);
	pk_intent_clear(view);
	view->set->intent_wait = 0;
}
