/* SPDX-License-Identifier: MIT */
/* Operations on semaphores: done, or waited for.  semaphore.h is the essay. */
#include "operation.h"
#include "set_bell.h"

#include <errno.h>
#include <string.h>
#include <sys/sem.h>

static int check(struct portico *k, const struct pk_set_view *view, const struct pk_operation *operation)
{
	uint32_t bits = 0444;
	for (uint32_t i = 0; i < operation->count; i++) {
		if (operation->parts[i].semaphore >= view->count)
			return -EFBIG;
		if (operation->parts[i].change != 0)
			bits = 0222;
	}
	return pk_permission_check(k, &view->set->permission, bits);
}

/* S5 */
static int claim_adjustments(struct portico *k, const struct pk_set_view *view,
			     const struct pk_operation *operation)
{
	int error = 0;
	for (uint32_t i = 0; i < operation->count && !error; i++)
		if (operation->parts[i].flags & SEM_UNDO && operation->parts[i].change != 0)
			error = pk_adjust_claim(k, view, operation->parts[i].semaphore);
	return error;
}

static int operate_locked(struct portico *k, const struct pk_set_view *view,
			  const struct pk_operation *operation, int64_t until_ns, uint32_t *wait,
			  struct pk_wakes *wakes)
{
	struct pk_plan plan;
	int result = check(k, view, operation);
	if (!result)
		result = claim_adjustments(k, view, operation);
	if (!result)
		result = pk_plan(k, view, operation, &plan);
	if (result == PK_BLOCKED)
		return pk_set_post(k, view, operation, until_ns, wait);
	if (result)
		return result;
	pk_commit(k, view, plan.steps);
	view->set->operation_time = pk_realtime_seconds();
	if (view->set->waiters.first)
		pk_set_advance(k, view, plan.zero, wakes);
	return 0;
}

static int sleep_until_done(struct portico *k, pk_id id, uint32_t slot)
{
	struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
	const struct pk_set *at = pk_slot(k, PK_SETS, pk_id_slot(id));
	uint32_t message = wait->message;
	if (at->adjusts != 0 && !pk_spin(k, &wait->outcome))
		pk_set_reap(k, id, false);
	int result = pk_wait_sleep(k, slot);
	/* S3: whoever granted this has now also done it, or died and it is done by us */
	struct pk_object *set = pk_object_lock_slot(k, PK_SETS, pk_id_slot(id));
	if (set)
		pk_object_unlock(set);
	pk_wait_end(k, slot);
	if (message)
		pk_message_release_own(k, message);
	return result == -ETIMEDOUT ? -EAGAIN : result;
}

static int operate(struct portico *k, pk_id id, const struct pk_semaphore_part *parts, uint32_t count,
		   int64_t until_ns)
{
	struct pk_set_view view;
	uint32_t wait = 0;
	int result;
	do {
		struct pk_wakes wakes = { 0 };
		result = pk_set_lock(k, id, &view);
		if (result)
			return result;
		struct pk_operation operation = {
			.parts = parts,
			.count = count,
			.pid = k->mine->process.pid,
			.claimed = pk_word(PK_CLAIMED, pk_self(k)),
		};
		pk_set_remember(k, &view);
		result = operate_locked(k, &view, &operation, until_ns, &wait, &wakes);
		pk_set_unlock(k, &view);
		pk_wakes_flush(k, &wakes);
	} while (result == -EAGAIN && pk_set_reap(k, id, false));
	return result == PK_POSTED ? sleep_until_done(k, id, wait) : result;
}

int pk_set_operate(struct portico *k, pk_id id, const struct pk_semaphore_part *parts, uint32_t count,
		   int64_t until_ns)
{
	struct pk_semaphore_part copy[PK_OPERATION_MOST];
	if (count == 0 || count > PK_OPERATION_MOST)
		return count ? -E2BIG : -EINVAL;
	if (pk_set_operate_quickly(k, id, parts, count))
		return 0;
	/* the caller's memory is touched before a lock is held: it may be no memory */
	memcpy(copy, parts, count * sizeof *parts);
	if (pk_set_operate_soon(k, id, copy, count))
		return 0;
	return operate(k, id, copy, count, until_ns);
}
