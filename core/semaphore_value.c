/* SPDX-License-Identifier: MIT */
/* The values of semaphores, read and set.  semaphore.h is the essay. */
#include "operation.h"
#include "set_bell.h"

#include <errno.h>

/* ---- reading */

static int lock_to_read(struct portico *k, pk_id id, bool all, struct pk_set_view *view)
{
	pk_set_reap(k, id, all);
	int error = pk_set_lock(k, id, view);
	if (error)
		return error;
	error = pk_permission_check(k, &view->set->permission, 0444);
	if (error)
		pk_object_unlock(view->set);
	return error;
}

int pk_semaphore_inspect(struct portico *k, pk_id id, uint32_t semaphore, struct pk_semaphore_status *status)
{
	struct pk_set_view view;
	int error = lock_to_read(k, id, true, &view);
	if (error)
		return error;
	if (semaphore < view.count) {
		uint64_t word = pk_load(&view.values[semaphore]);
		*status = (struct pk_semaphore_status){ .value = (uint32_t)word,
							.pid = (uint32_t)(word >> 32) };
		pk_set_count_waits(k, &view, semaphore, &status->rising, &status->zero);
	} else {
		error = -EINVAL;
	}
	pk_object_unlock(view.set);
	return error;
}

int pk_set_load(struct portico *k, pk_id id, uint16_t *values)
{
	struct pk_set_view view;
	int error = lock_to_read(k, id, false, &view);
	if (error)
		return error;
	for (uint32_t i = 0; i < view.count; i++)
		values[i] = (uint16_t)pk_semaphore_value(&view, i);
	pk_object_unlock(view.set);
	return 0;
}

/* ---- setting: SETVAL and SETALL */

static int store_locked(struct portico *k, const struct pk_set_view *view, uint32_t first, uint32_t count,
			const uint16_t *values, bool *zero)
{
	if (count == 0 || first >= view->count || count > view->count - first)
		return -EINVAL;
	int error = pk_permission_check(k, &view->set->permission, 0222);
	if (error)
		return error;
	for (uint32_t i = 0; i < count; i++) {
		if (values[i] > PK_SEMAPHORE_MOST)
			return -ERANGE;
		view->steps[i] = (struct pk_step){
			.word = pk_semaphore_word(values[i], k->mine->process.pid),
			.undo = PK_FORGET,
			.semaphore = (uint16_t)(first + i),
		};
		*zero |= values[i] == 0;
	}
	pk_commit(k, view, count);
	view->set->change_time = pk_realtime_seconds();
	return 0;
}

int pk_set_store(struct portico *k, pk_id id, uint32_t first, uint32_t count, const uint16_t *values)
{
	struct pk_set_view view;
	struct pk_wakes wakes = { 0 };
	bool zero = false;
	int error = pk_set_lock(k, id, &view);
	if (error)
		return error;
	error = store_locked(k, &view, first, count, values, &zero);
	if (!error)
		pk_set_advance(k, &view, zero, &wakes);
	pk_set_unlock(k, &view);
	pk_wakes_flush(k, &wakes);
	return error;
}
