/* SPDX-License-Identifier: MIT */
/* The line of operations that wait at a set: who goes on, and when.  semaphore.h is the essay. */
#include "operation.h"
#include "task.h"

#include <errno.h>
#include <string.h>

/* ---- what a wait wants: most want one thing, and need no buffer for it */

_Static_assert(sizeof(struct pk_semaphore_part) <= sizeof(int64_t), "a part fits pk_wait.type");

int pk_set_post(struct portico *k, const struct pk_set_view *view, const struct pk_operation *operation,
		int64_t until_ns, uint32_t *slot)
{
	struct pk_post how = { .tell = PK_TELL_THREAD, .until_ns = until_ns };
	struct pk_wait wanted = {
		.object = view->id, .table = PK_SETS, .purpose = PK_FOR_SEMAPHORES, .room = operation->count
	};
	int error = 0;
	for (uint32_t i = 0; i < operation->count; i++)
		if (operation->parts[i].change != 0)
			wanted.select = PK_CHANGES;
	if (operation->count == 1)
		memcpy(&wanted.type, operation->parts, sizeof *operation->parts);
	else
		error = pk_message_make_from(k, operation->parts, operation->count * sizeof *operation->parts,
					     0, &wanted.message);
	if (error)
		return error;
	error = pk_wait_post(k, &view->set->waiters, &view->set->next_ticket, &wanted, &how, slot);
	if (error && wanted.message)
		pk_message_release(k, wanted.message);
	return error ? error : PK_POSTED;
}

/* An operation that was found in a wait; `part` holds it where it is of one part. */
struct wanted {
	struct pk_operation operation;
	struct pk_semaphore_part part;
};

/* The parts of a larger one.  False: scribbled. */
static bool parts_of(struct portico *k, const struct pk_wait *wait, struct pk_operation *operation)
{
	uint32_t length;
	struct pk_message *m = pk_message_at(k, wait->message);
	operation->parts = pk_message_data(k, wait->message, &length);
	operation->count = length / (uint32_t)sizeof *operation->parts;
	return operation->parts && pk_load(&m->head.word) == operation->claimed && operation->count > 0 &&
	       operation->count <= PK_OPERATION_MOST;
}

static bool wanted_by(struct portico *k, const struct pk_wait *wait, struct wanted *wanted)
{
	struct pk_operation *operation = &wanted->operation;
	operation->claimed = pk_load(&wait->head.word);
	struct pk_task *task = pk_slot(k, PK_TASKS, pk_id_slot(pk_word_id(operation->claimed)));
	operation->pid = task ? task->pid : 0;
	if (wait->room != 1)
		return parts_of(k, wait, operation);
	int64_t type = wait->type;
	memcpy(&wanted->part, &type, sizeof wanted->part);
	operation->parts = &wanted->part;
	operation->count = 1;
	return true;
}

/* Can it be told at a glance that it can't go on?  It wants more of a semaphore than there is. */
static bool falls_short(const struct pk_set_view *view, const struct pk_wait *wait)
{
	struct pk_semaphore_part part;
	int64_t type = wait->type;
	memcpy(&part, &type, sizeof part);
	return wait->room == 1 && part.change < 0 && part.semaphore < view->count &&
	       (int64_t)pk_semaphore_value(view, part.semaphore) + part.change < 0;
}

/* ---- letting one go on */

#define LONG_NS 50000

/*
 * Who was killed while it slept in line takes nothing: whoever killed it, and
 * then did what lets it go on, may count on that.  In less time than LONG_NS
 * nobody can have learned that it waits, and seen it dead.
 */
static bool is_dead(struct portico *k, const struct pk_wait *wait)
{
	if (!(pk_load(&wait->outcome) & PK_WAIT_SLEEPING) || pk_monotonic_ns() - wait->since_ns < LONG_NS)
		return false;
	return !pk_task_alive(k, pk_word_id(pk_load(&wait->head.word)));
}

/* S3 */
static bool grant(struct portico *k, const struct pk_set_view *view, uint32_t slot, uint32_t steps,
		  struct pk_wakes *wakes)
{
	view->set->intent_wait = slot;
	pk_intent_write(view, steps);
	bool granted = pk_wait_grant(k, &view->set->waiters, slot, 0, wakes);
	PK_POINT("semaphore: granted, nothing done");
	if (granted) {
		pk_intent_do(k, view, steps);
		view->set->operation_time = pk_realtime_seconds();
	}
	pk_intent_clear(view);
	view->set->intent_wait = 0;
	return granted;
}

/* True: done, and perhaps others can go on now; *zero: a semaphore of its is zero now. */
static bool let_go(struct portico *k, const struct pk_set_view *view, uint32_t slot, bool *zero,
		   struct pk_wakes *wakes)
{
	struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
	struct wanted wanted;
	struct pk_plan plan;
	if (falls_short(view, wait))
		return false;
	int result = wanted_by(k, wait, &wanted) ? pk_plan(k, view, &wanted.operation, &plan) : -EIO;
	if (result == PK_BLOCKED)
		return false;
	if (result == 0 && is_dead(k, wait))
		result = -EOWNERDEAD;
	if (result < 0) {
		pk_wait_fail(k, &view->set->waiters, slot, -result, wakes);
		return false;
	}
	*zero = plan.zero;
	return grant(k, view, slot, plan.steps, wakes);
}

/* ---- the line: S4 */

/* All who only wait for zero, and can go on. */
static void let_go_at_zero(struct portico *k, const struct pk_set_view *view, struct pk_wakes *wakes)
{
	uint32_t slot = view->set->waiters.first;
	bool zero;
	for (uint32_t most = pk_committed(k, PK_WAITS); most > 0; most--) {
		struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
		if (!wait)
			break;
		uint32_t next = wait->next;
		if (wait->select != PK_CHANGES)
			let_go(k, view, slot, &zero, wakes);
		slot = next;
	}
}

void pk_set_advance(struct portico *k, const struct pk_set_view *view, bool zero, struct pk_wakes *wakes)
{
	if (zero)
		let_go_at_zero(k, view, wakes);
	uint32_t slot = view->set->waiters.first;
	for (uint32_t most = pk_committed(k, PK_WAITS); most > 0; most--) {
		struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
		if (!wait)
			break;
		uint32_t next = wait->next;
		if (wait->select == PK_CHANGES && let_go(k, view, slot, &zero, wakes)) {
			if (zero)
				let_go_at_zero(k, view, wakes);
			next = view->set->waiters.first;
			most = pk_committed(k, PK_WAITS);
		}
		slot = next;
	}
}

/* ---- looking at it */

bool pk_set_blocking(struct portico *k, const struct pk_set_view *view, const struct pk_wait *wait,
		     struct pk_semaphore_part *part)
{
	struct wanted wanted;
	struct pk_plan plan;
	if (!wanted_by(k, wait, &wanted) || pk_plan(k, view, &wanted.operation, &plan) != PK_BLOCKED)
		return false;
	memcpy(part, plan.blocking, sizeof *part);
	atomic_signal_fence(memory_order_seq_cst);
	return part->semaphore < view->count;
}

void pk_set_count_waits(struct portico *k, const struct pk_set_view *view, uint32_t semaphore,
			uint32_t *rising, uint32_t *zero)
{
	struct pk_semaphore_part part;
	uint32_t slot = view->set->waiters.first;
	for (uint32_t most = pk_committed(k, PK_WAITS); most > 0; most--) {
		struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
		if (!wait)
			break;
		if (pk_set_blocking(k, view, wait, &part) && part.semaphore == semaphore) {
			*rising += part.change != 0;
			*zero += part.change == 0;
		}
		slot = wait->next;
	}
}

/* One that could only be refused, since it waits for zero of several, isn't looked at before one is zero. */
static bool waits_rightly(struct portico *k, const struct pk_set_view *view, const struct pk_wait *wait)
{
	struct wanted wanted;
	struct pk_plan plan;
	if (!wanted_by(k, wait, &wanted))
		return false;
	int result = pk_plan(k, view, &wanted.operation, &plan);
	return result == PK_BLOCKED || (result < 0 && wait->select != PK_CHANGES);
}

bool pk_set_settled(struct portico *k, const struct pk_set_view *view)
{
	uint32_t most = pk_committed(k, PK_WAITS), slot = view->set->waiters.first;
	for (; slot != 0 && most > 0; most--) {
		struct pk_wait *wait = pk_wait_on(k, slot, PK_SETS, view->id);
		if (!wait || pk_outcome_kind(pk_load(&wait->outcome)) != PK_WAITING ||
		    !waits_rightly(k, view, wait))
			return false;
		slot = wait->next;
	}
	return slot == 0;
}
