/* SPDX-License-Identifier: MIT */
/* Shared memory segments: made, inspected, changed, removed. */
#include "segment.h"
#include "attach.h"
#include "lifetime.h"
#include "name.h"
#include "segment_file.h"
#include "sysv.h"
#include "task.h"

#include <errno.h>
#include <string.h>

/* ---- making */

static void fill_in(struct portico *k, struct pk_segment *segment, int32_t key, uint64_t size_bytes,
		    uint32_t mode)
{
	size_t past_lock = offsetof(struct pk_segment, permission);
	memset((unsigned char *)segment + past_lock, 0, sizeof *segment - past_lock);
	pk_permission_init(k, &segment->permission, key, mode);
	segment->creator_pid = k->mine->process.pid;
	segment->size = size_bytes;
	segment->change_time = pk_realtime_seconds();
	pk_origin_init(k, &segment->origin, true);
}

static int name_and_publish(struct portico *k, int32_t key, uint32_t slot, struct pk_segment *segment,
			    pk_id id)
{
	int error = pk_names_lock(k);
	if (error)
		return error;
	if (key != 0)
		error = pk_name_add(k, PK_NAME_SHM, &key, sizeof key, id, &segment->name);
	if (!error)
		pk_publish(k, PK_SEGMENTS, slot); /* N2 */
	pk_names_unlock(k);
	return error;
}

static uint64_t pages_of(uint64_t size_bytes)
{
	return size_bytes / PK_PAGE + (size_bytes % PK_PAGE != 0);
}

/* Of all segments, this one included, though it isn't in service yet. */
static bool too_many_pages(struct portico *k, const struct pk_segment *new)
{
	uint64_t most = pk_sysv_limit(k, PK_SHMALL), pages = pages_of(new->size);
	if (most >= INT64_MAX / PK_PAGE)
		return false; /* no file is that large: nobody has to look */
	uint32_t committed = pk_committed(k, PK_SEGMENTS);
	for (uint32_t slot = 1; slot < committed && pages <= most; slot++) {
		struct pk_segment *segment = pk_slot(k, PK_SEGMENTS, slot);
		if (segment != new &&pk_word_kind(pk_load(&segment->head.word)) == PK_LIVE)
			pages += pages_of(segment->size);
	}
	return pages > most;
}

/* The slot is claimed, and counts already. */
static int check_limits(struct portico *k, const struct pk_segment *new)
{
	uint32_t used = pk_load_relaxed(&pk_header(k)->tables[PK_SEGMENTS].used);
	return used > pk_sysv_limit(k, PK_SHMMNI) || too_many_pages(k, new) ? -ENOBUFS : 0;
}

int pk_segment_create(struct portico *k, int32_t key, uint64_t size_bytes, uint32_t mode, pk_id *id)
{
	uint32_t slot = 0;
	if (size_bytes == 0 || size_bytes > INT64_MAX)
		return -EINVAL;
	int error = pk_enter(k);
	if (!error)
		error = pk_sysv_claim(k, PK_SEGMENTS, &slot);
	struct pk_segment *segment = pk_slot(k, PK_SEGMENTS, slot);
	if (!segment)
		return error;
	fill_in(k, segment, key, size_bytes, mode);
	*id = pk_slot_id(&segment->head, slot);
	/* the file first, and without the names' lock: memory for a large one takes a while */
	error = check_limits(k, segment);
	if (!error)
		error = pk_segment_file_make(k, *id, size_bytes, mode & PK_SEGMENT_SPARSE);
	PK_POINT("segment: file complete, not published");
	if (!error)
		error = name_and_publish(k, key, slot, segment, *id);
	if (error)
		pk_segment_abandon(k, slot);
	return error;
}

void pk_segment_abandon(struct portico *k, uint32_t slot)
{
	struct pk_segment *segment = pk_slot(k, PK_SEGMENTS, slot);
	pk_segment_file_remove(k, pk_slot_id(&segment->head, slot), false);
	pk_release(k, PK_SEGMENTS, slot);
}

/* ---- finding, inspecting, changing */

int pk_segment_find(struct portico *k, int32_t key, pk_id *id)
{
	int error = pk_name_look_up(k, PK_NAME_SHM, &key, sizeof key, id);
	if (error)
		return error;
	struct pk_segment *segment = pk_slot(k, PK_SEGMENTS, pk_id_slot(*id));
	if (!segment->removed)
		return 0;
	pk_name_forget(k, segment->name, *id); /* M2: its remover died before it did this */
	return -ENOENT;
}

/* Drop what the dead had attached, so that a parent that has seen its child's end sees it detached. */
static void reap_attached(struct portico *k, pk_id id)
{
	uint32_t committed = pk_committed(k, PK_ATTACHES), last = pk_id_slot(pk_self(k));
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_attach *attach = pk_slot(k, PK_ATTACHES, slot);
		uint64_t word = pk_load(&attach->head.word);
		if (pk_word_kind(word) != PK_CLAIMED || attach->segment != id ||
		    pk_id_slot(pk_word_id(word)) == last)
			continue;
		last = pk_id_slot(pk_word_id(word));
		if (last != pk_id_slot(pk_self(k)))
			pk_task_reap_if_dead(k, last);
	}
}

int pk_segment_lock(struct portico *k, pk_id id, struct pk_segment **segment)
{
	int error = pk_object_lock(k, PK_SEGMENTS, id, segment);
	return error == -EIDRM ? -EINVAL : error;
}

int pk_segment_inspect(struct portico *k, pk_id id, struct pk_segment_status *status)
{
	int error = pk_enter(k);
	if (error)
		return error;
	reap_attached(k, id);
	return pk_segment_look(k, id, status);
}

int pk_segment_look(struct portico *k, pk_id id, struct pk_segment_status *status)
{
	struct pk_segment *segment;
	int error = pk_segment_lock(k, id, &segment);
	if (error)
		return error;
	*status = (struct pk_segment_status){
		.id = id,
		.permission = segment->permission,
		.size = segment->size,
		.attached = segment->attached,
		.removed = segment->removed,
		.pinned = segment->pinned,
		.creator_pid = segment->creator_pid,
		.last_pid = segment->last_pid,
		.attach_time = segment->attach_time,
		.detach_time = segment->detach_time,
		.change_time = segment->change_time,
	};
	pk_object_unlock(segment);
	return 0;
}

int pk_segment_adjust(struct portico *k, pk_id id, const struct pk_permission *permission)
{
	struct pk_segment *segment;
	int error = pk_segment_lock(k, id, &segment);
	if (error)
		return error;
	error = pk_permission_change(k, &segment->permission, permission);
	if (!error)
		segment->change_time = pk_realtime_seconds();
	pk_object_unlock(segment);
	return error;
}

int pk_segment_pin(struct portico *k, pk_id id, bool pinned)
{
	struct pk_segment *segment;
	int error = pk_segment_lock(k, id, &segment);
	if (error)
		return error;
	error = pk_permission_own_or(k, &segment->permission, PK_CAP_IPC_LOCK);
	if (!error)
		segment->pinned = pinned;
	pk_object_unlock(segment);
	return error;
}

/* ---- removing */

void pk_segment_finish(struct portico *k, struct pk_segment *segment, uint32_t slot, bool empty)
{
	pk_id id = pk_slot_id(&segment->head, slot);
	pk_store(&segment->head.word, pk_word(PK_DYING, id));
	PK_POINT("segment: dying");
	pk_segment_file_remove(k, id, empty && segment->kept); /* M3 */
	PK_POINT("segment: file gone, slot not freed");
	pk_release(k, PK_SEGMENTS, slot);
}

static int remove_it(struct portico *k, pk_id id, bool permitted)
{
	struct pk_segment *segment;
	int error = pk_enter(k);
	if (error)
		return error;
	reap_attached(k, id);
	error = pk_segment_lock(k, id, &segment);
	if (error)
		return error;
	uint32_t name = segment->name;
	error = permitted ? 0 : pk_permission_own(k, &segment->permission);
	if (!error) {
		PK_POINT("segment: before removal");
		segment->removed = 1;
		segment->permission.key = 0;
		PK_POINT("segment: removed, still there");
		if (segment->attached == 0)
			pk_segment_finish(k, segment, pk_id_slot(id), true);
	}
	pk_object_unlock(segment);
	if (!error && name)
		pk_name_forget(k, name, id); /* M2, N1 */
	return error;
}

int pk_segment_remove(struct portico *k, pk_id id)
{
	return remove_it(k, id, false);
}

int pk_segment_end(struct portico *k, pk_id id)
{
	return remove_it(k, id, true);
}

/* ---- repair */

void pk_segment_repair(struct portico *k, uint32_t slot)
{
	struct pk_segment *segment = pk_slot(k, PK_SEGMENTS, slot);
	enum pk_kind kind = segment ? pk_word_kind(pk_load(&segment->head.word)) : PK_FREE;
	if (kind != PK_LIVE && kind != PK_DYING)
		return;
	segment->attached = pk_attach_count(k, pk_slot_id(&segment->head, slot));
	if (kind == PK_DYING || (segment->removed && segment->attached == 0))
		pk_segment_finish(k, segment, slot, true);
}
