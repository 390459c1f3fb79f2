/* SPDX-License-Identifier: MIT */
/* The life of a semaphore set: made, inspected, changed, repaired, destroyed.  semaphore.h is the essay. */
#include "lifetime.h"
#include "name.h"
#include "operation.h"
#include "set_bell.h"
#include "sysv.h"
#include "task.h"

#include <errno.h>
#include <string.h>

/* ---- looking */

int pk_set_lock(struct portico *k, pk_id id, struct pk_set_view *view)
{
	struct pk_set *set;
	int error = pk_object_lock(k, PK_SETS, id, &set);
	if (error)
		return error;
	if (__builtin_expect(pk_set_look(k, set, pk_id_slot(id), view), 1))
		return 0;
	pk_object_unlock(set);
	return -EIO;
}

/* ---- making */

static int make_body(struct portico *k, struct pk_set *set, pk_id id)
{
	uint32_t message = 0;
	int error = pk_message_claim(k, pk_body_bytes(set->count), &message);
	if (error)
		return error;
	struct pk_message *m = pk_message_at(k, message);
	memset(m + 1, 0, pk_body_bytes(set->count));
	m->type = PK_SETS;
	PK_POINT("set: body claimed, of no set");
	pk_store(&m->head.word, pk_word(PK_BODY, id));
	PK_POINT("set: body of a set half made");
	set->body = message;
	return 0;
}

static void fill_in(struct portico *k, struct pk_set *set, int32_t key, uint32_t count, uint32_t mode)
{
	size_t past_lock = offsetof(struct pk_set, steps);
	memset((unsigned char *)set + past_lock, 0, sizeof *set - past_lock);
	pk_permission_init(k, &set->permission, key, mode);
	set->count = count;
	set->next_ticket = 1;
	set->change_time = pk_realtime_seconds();
	pk_origin_init(k, &set->origin, true);
}

/* Under the names' lock: may there be one more set, of so many semaphores? */
static bool has_room(struct portico *k, uint32_t count)
{
	uint64_t most = pk_sysv_limit(k, PK_SEMMNS), used = count;
	uint32_t committed = pk_committed(k, PK_SETS);
	if (!pk_sysv_has_room(k, PK_SETS, PK_SEMMNI))
		return false;
	if ((uint64_t)committed * PK_SET_MOST <= most)
		return true; /* were they all as large as may be; slot 0 is none */
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_set *set = pk_slot(k, PK_SETS, slot);
		if (set && pk_word_kind(pk_load(&set->head.word)) == PK_LIVE)
			used += set->count;
	}
	return used <= most;
}

int pk_set_create(struct portico *k, int32_t key, uint32_t count, uint32_t mode, pk_id *id)
{
	uint32_t slot = 0;
	if (count == 0 || count > PK_SET_MOST)
		return -EINVAL;
	int error = pk_names_lock(k);
	if (error)
		return error;
	error = has_room(k, count) ? pk_sysv_claim(k, PK_SETS, &slot) : -ENOSPC;
	struct pk_set *set = pk_slot(k, PK_SETS, slot);
	if (set) {
		fill_in(k, set, key, count, mode);
		*id = pk_slot_id(&set->head, slot);
		error = make_body(k, set, *id);
		if (!error && key != 0)
			error = pk_name_add(k, PK_NAME_SEM, &key, sizeof key, *id, &set->name);
		if (!error) {
			pk_publish(k, PK_SETS, slot); /* N2 */
		} else {
			pk_message_release(k, set->body);
			pk_release(k, PK_SETS, slot);
		}
	}
	pk_names_unlock(k);
	return error;
}

/* ---- destroying */

/* Under the lock of a set that is DYING: what its destroyer has to do, from any point on. */
static void finish_destroying(struct portico *k, struct pk_set *set, uint32_t slot, struct pk_wakes *wakes)
{
	struct pk_message *body = pk_message_at(k, set->body);
	struct pk_set_view view;
	if (set->special != 0 && pk_set_look(k, set, slot, &view))
		pk_set_bells_end(k, &view);
	pk_wait_fail_all(k, &set->waiters, EIDRM, wakes);
	PK_POINT("set: waits failed, adjustments still there");
	pk_adjust_release_all(k, set);
	if (body && pk_load(&body->head.word) == pk_word(PK_BODY, pk_slot_id(&set->head, slot)))
		pk_message_release(k, set->body);
	PK_POINT("set: body freed, set not");
	pk_release(k, PK_SETS, slot);
}

static int destroy(struct portico *k, pk_id id, bool permitted)
{
	struct pk_set *set;
	struct pk_wakes wakes = { 0 };
	int error = pk_object_lock(k, PK_SETS, id, &set);
	if (error)
		return error;
	uint32_t name = set->name;
	error = permitted ? 0 : pk_permission_own(k, &set->permission);
	if (!error) {
		PK_POINT("set: before dying");
		pk_store(&set->head.word, pk_word(PK_DYING, id));
		PK_POINT("set: dying");
		finish_destroying(k, set, pk_id_slot(id), &wakes);
	}
	pk_object_unlock(set);
	pk_wakes_flush(k, &wakes);
	if (!error && name)
		pk_name_forget(k, name, id); /* N1 */
	return error;
}

int pk_set_destroy(struct portico *k, pk_id id)
{
	return destroy(k, id, false);
}

int pk_set_end(struct portico *k, pk_id id)
{
	return destroy(k, id, true);
}

/* ---- inspecting and changing */

int pk_set_inspect(struct portico *k, pk_id id, struct pk_set_status *status)
{
	struct pk_set *set;
	int error = pk_object_lock(k, PK_SETS, id, &set);
	if (error)
		return error;
	*status = (struct pk_set_status){
		.id = id,
		.permission = set->permission,
		.count = set->count,
		.waiting = pk_wait_count(k, &set->waiters),
		.operation_time = set->operation_time,
		.change_time = set->change_time,
	};
	pk_object_unlock(set);
	return 0;
}

int pk_set_adjust(struct portico *k, pk_id id, const struct pk_permission *permission)
{
	struct pk_set *set;
	int error = pk_object_lock(k, PK_SETS, id, &set);
	if (error)
		return error;
	error = pk_permission_change(k, &set->permission, permission);
	if (!error)
		set->change_time = pk_realtime_seconds();
	pk_object_unlock(set);
	return error;
}

/* ---- valid and repair */

void pk_set_repair(struct portico *k, uint32_t slot)
{
	struct pk_set *set = pk_slot(k, PK_SETS, slot);
	struct pk_wakes wakes = { 0 };
	struct pk_set_view view;
	enum pk_kind kind = set ? pk_word_kind(pk_load(&set->head.word)) : PK_FREE;
	if (kind != PK_LIVE && kind != PK_DYING)
		return;
	pk_id id = pk_slot_id(&set->head, slot);
	struct pk_wait_list *lines[PK_PURPOSES] = { [PK_FOR_SEMAPHORES - 1] = &set->waiters };
	pk_adjust_rebuild(k, set, id);
	pk_wait_rebuild(k, PK_SETS, id, lines, &set->next_ticket, &wakes);
	if (kind == PK_DYING) {
		finish_destroying(k, set, slot, &wakes);
	} else if (pk_set_look(k, set, slot, &view)) {
		pk_intent_recover(k, &view);
		pk_set_advance(k, &view, true, &wakes);
		pk_set_bells_repair(k, &view);
	}
	pk_wakes_send(&wakes);
}

bool pk_set_valid(struct portico *k, pk_id id)
{
	struct pk_set_view view;
	if (pk_set_lock(k, id, &view))
		return false;
	bool valid = pk_load(&view.set->steps) == 0 && view.set->intent_wait == 0 &&
		     pk_adjust_valid(k, view.set, id) && pk_set_settled(k, &view);
	for (uint32_t i = 0; i < view.count && valid; i++)
		valid = (uint32_t)pk_load(&view.values[i]) <= PK_SEMAPHORE_MOST;
	pk_object_unlock(view.set);
	return valid;
}
