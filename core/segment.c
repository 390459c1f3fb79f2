/* SPDX-License-Identifier: MIT */
/* Shared memory segments: made, attached, detached, removed.  segment.h is the essay. */
#include "segment.h"
#include "access.h"
#include "name.h"
#include "region.h"
#include "task.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* ---- the file */

static int path_of(struct portico *k, pk_id id, char path[PK_PATH_MAX])
{
	char name[32];
	struct pk_text text = PK_TEXT(name);
	pk_text_add(&text, "shm/");
	pk_text_number(&text, id);
	return pk_region_path(k, name, path);
}

static int make_file(struct portico *k, pk_id id, uint64_t size_bytes)
{
	char path[PK_PATH_MAX];
	int error = path_of(k, id, path);
	if (!error)
		pk_unlink(path); /* left by a region that was removed without it */
	int fd = error ? error : pk_open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fd;
	PK_POINT("segment: file made, empty");
	pk_access_extend(k, fd);
	error = pk_truncate(fd, size_bytes);
	if (!error)
		error = pk_allocate(fd, 0, size_bytes); /* M1 */
	pk_close(fd);
	if (error)
		pk_unlink(path);
	return error == -EFBIG ? -ENOSPC : error;
}

static void remove_file(struct portico *k, pk_id id)
{
	char path[PK_PATH_MAX];
	if (path_of(k, id, path) == 0)
		pk_unlink(path);
}

static int map_file(struct portico *k, pk_id id, uint64_t size_bytes, unsigned how, void **address)
{
	char path[PK_PATH_MAX];
	int error = path_of(k, id, path);
	int fd = error ? error : pk_open(path, (how & PK_MAP_READ_ONLY ? O_RDONLY : O_RDWR) | O_NOFOLLOW, 0);
	struct pk_file file;
	if (fd < 0)
		return fd;
	error = pk_inspect(fd, &file);
	if (!error && file.size_bytes != size_bytes)
		error = -EIO; /* truncated, so that touching it would be SIGBUS; or scribbled */
	if (!error)
		error = pk_map(address, size_bytes, fd, how | PK_MAP_SHARED);
	pk_close(fd);
	return error;
}

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

int pk_segment_create(struct portico *k, int32_t key, uint64_t size_bytes, uint32_t mode, pk_id *id)
{
	uint32_t slot = 0;
	if (size_bytes == 0 || size_bytes > INT64_MAX)
		return -EINVAL;
	int error = pk_enter(k);
	if (!error)
		error = pk_claim(k, PK_SEGMENTS, &slot);
	struct pk_segment *segment = pk_slot(k, PK_SEGMENTS, slot);
	if (!segment)
		return error;
	fill_in(k, segment, key, size_bytes, mode);
	*id = pk_slot_id(&segment->head, slot);
	/* the file first, and without the names' lock: memory for a large one takes a while */
	error = make_file(k, *id, size_bytes);
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
	remove_file(k, pk_slot_id(&segment->head, slot));
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

/* Nobody waits for a segment; so one that is no more is none, as System V has it. */
static int lock_live(struct portico *k, pk_id id, struct pk_segment **segment)
{
	int error = pk_object_lock(k, PK_SEGMENTS, id, segment);
	return error == -EIDRM ? -EINVAL : error;
}

int pk_segment_inspect(struct portico *k, pk_id id, struct pk_segment_status *status)
{
	struct pk_segment *segment;
	int error = pk_enter(k);
	if (error)
		return error;
	reap_attached(k, id);
	error = lock_live(k, id, &segment);
	if (error)
		return error;
	*status = (struct pk_segment_status){
		.id = id,
		.permission = segment->permission,
		.size = segment->size,
		.attached = segment->attached,
		.removed = segment->removed,
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
	int error = lock_live(k, id, &segment);
	if (error)
		return error;
	error = pk_permission_change(k, &segment->permission, permission);
	if (!error)
		segment->change_time = pk_realtime_seconds();
	pk_object_unlock(segment);
	return error;
}

/* ---- removing */

/* Under the lock of a segment that is removed and attached nowhere, from any point on. */
static void finish_removing(struct portico *k, struct pk_segment *segment, uint32_t slot)
{
	pk_id id = pk_slot_id(&segment->head, slot);
	pk_store(&segment->head.word, pk_word(PK_DYING, id));
	PK_POINT("segment: dying");
	remove_file(k, id);
	PK_POINT("segment: file gone, slot not freed");
	pk_release(k, PK_SEGMENTS, slot);
}

int pk_segment_remove(struct portico *k, pk_id id)
{
	struct pk_segment *segment;
	int error = pk_enter(k);
	if (error)
		return error;
	reap_attached(k, id);
	error = lock_live(k, id, &segment);
	if (error)
		return error;
	uint32_t name = segment->name;
	error = pk_permission_own(k, &segment->permission);
	if (!error) {
		PK_POINT("segment: before removal");
		segment->removed = 1;
		segment->permission.key = 0;
		PK_POINT("segment: removed, still there");
		if (segment->attached == 0)
			finish_removing(k, segment, pk_id_slot(id));
	}
	pk_object_unlock(segment);
	if (!error && name)
		pk_name_forget(k, name, id); /* M2, N1 */
	return error;
}

/* ---- attaching: the record first, so that the segment stays while it is being mapped */

static struct pk_attach *attach_at(struct portico *k, uint32_t slot)
{
	return pk_slot(k, PK_ATTACHES, slot);
}

static void note_attached(struct portico *k, struct pk_segment *segment, pk_id id, uint32_t slot,
			  uint64_t address)
{
	struct pk_attach *attach = attach_at(k, slot);
	attach->address = address;
	PK_POINT("segment: attachment of no segment");
	attach->segment = id;
	PK_POINT("segment: attachment not counted");
	segment->attached++;
	segment->last_pid = k->mine->process.pid;
	segment->attach_time = pk_realtime_seconds();
}

static int claim_attach(struct portico *k, uint32_t *slot)
{
	int error = pk_enter(k);
	if (!error)
		error = pk_claim(k, PK_ATTACHES, slot);
	if (!error)
		attach_at(k, *slot)->segment = attach_at(k, *slot)->address = 0;
	return error;
}

static uint32_t bits_of(unsigned how)
{
	return 0444 | (how & PK_MAP_READ_ONLY ? 0 : 0222) | (how & PK_MAP_EXECUTE ? 0111 : 0);
}

int pk_segment_attach(struct portico *k, pk_id id, unsigned how, void **address)
{
	struct pk_segment *segment;
	uint32_t slot;
	uint64_t size = 0;
	int error = claim_attach(k, &slot);
	if (error)
		return error;
	error = lock_live(k, id, &segment);
	if (!error) {
		size = segment->size;
		error = pk_permission_check(k, &segment->permission, bits_of(how));
		if (!error)
			note_attached(k, segment, id, slot, 0);
		pk_object_unlock(segment);
	}
	if (!error)
		error = map_file(k, id, size, how, address);
	if (!error)
		attach_at(k, slot)->address = (uint64_t)*address;
	else if (attach_at(k, slot)->segment != 0)
		pk_segment_drop(k, slot);
	else
		pk_release(k, PK_ATTACHES, slot);
	return error;
}

int pk_segment_inherit(struct portico *k, pk_id parent)
{
	uint64_t theirs = pk_word(PK_CLAIMED, parent);
	uint32_t committed = pk_committed(k, PK_ATTACHES), slot = 0;
	int error = 0;
	for (uint32_t from = 1; from < committed && !error; from++) {
		struct pk_attach *attach = attach_at(k, from);
		struct pk_segment *segment;
		pk_id id = attach->segment;
		uint64_t address = attach->address;
		if (pk_load(&attach->head.word) != theirs || address == 0 || id == 0)
			continue;
		error = claim_attach(k, &slot);
		if (error)
			break;
		if (pk_object_lock(k, PK_SEGMENTS, id, &segment) == 0) {
			note_attached(k, segment, id, slot, address);
			pk_object_unlock(segment);
		} else {
			pk_release(k, PK_ATTACHES, slot);
		}
	}
	return error;
}

/* ---- detaching */

/* Under the lock of the slot its segment has, or had. */
static void release_attach(struct portico *k, struct pk_segment *segment, struct pk_attach *attach,
			   uint32_t slot)
{
	struct pk_task *task = pk_slot(k, PK_TASKS, pk_id_slot(pk_word_id(pk_load(&attach->head.word))));
	pk_id id = attach->segment;
	attach->segment = 0;
	PK_POINT("segment: attachment dropped, still counted");
	pk_release(k, PK_ATTACHES, slot);
	if (pk_load(&segment->head.word) != pk_word(PK_LIVE, id))
		return;
	if (segment->attached > 0)
		segment->attached--;
	segment->last_pid = task ? task->pid : 0;
	segment->detach_time = pk_realtime_seconds();
	if (segment->removed && segment->attached == 0)
		finish_removing(k, segment, pk_id_slot(id));
}

void pk_segment_drop(struct portico *k, uint32_t slot)
{
	struct pk_attach *attach = attach_at(k, slot);
	if (!attach)
		return;
	uint64_t word = pk_load(&attach->head.word);
	pk_id id = attach->segment;
	struct pk_segment *segment = (struct pk_segment *)pk_object_lock_slot(k, PK_SEGMENTS, pk_id_slot(id));
	if (!segment) {
		/* claimed, and of no segment yet: another thread of ours may be filling it in */
		if (id == 0 && pk_word_id(word) != pk_self(k))
			pk_release(k, PK_ATTACHES, slot);
		return;
	}
	if (pk_load(&attach->head.word) == word && attach->segment == id)
		release_attach(k, segment, attach, slot);
	pk_object_unlock(segment);
}

/* What its file says, which is what was mapped: one that is scribbled would unmap a bystander's memory. */
static uint64_t size_mapped(struct portico *k, pk_id id)
{
	char path[PK_PATH_MAX];
	struct pk_file file;
	return path_of(k, id, path) == 0 && pk_inspect_path(path, &file) == 0 ? file.size_bytes : 0;
}

/* Of two threads that detach the same address one takes it.  Its size in bytes, or 0. */
static uint64_t take_address(struct portico *k, struct pk_attach *attach, uint64_t word, uint64_t address)
{
	uint64_t size = 0;
	pk_id id = attach->segment;
	struct pk_segment *segment = (struct pk_segment *)pk_object_lock_slot(k, PK_SEGMENTS, pk_id_slot(id));
	if (!segment)
		return 0;
	if (pk_load(&attach->head.word) == word && attach->segment == id && attach->address == address) {
		attach->address = 0;
		size = size_mapped(k, id);
	}
	pk_object_unlock(segment);
	return size;
}

int pk_segment_detach(struct portico *k, const void *address)
{
	int error = pk_enter(k);
	if (error)
		return error;
	uint64_t mine = pk_word(PK_CLAIMED, pk_self(k));
	uint32_t committed = pk_committed(k, PK_ATTACHES);
	for (uint32_t slot = 1; slot < committed && address; slot++) {
		struct pk_attach *attach = attach_at(k, slot);
		if (pk_load(&attach->head.word) != mine || attach->address != (uint64_t)address)
			continue;
		uint64_t size = take_address(k, attach, mine, (uint64_t)address);
		if (size == 0)
			continue;
		pk_unmap((void *)(uintptr_t)address, size);
		pk_segment_drop(k, slot);
		return 0;
	}
	return -EINVAL;
}

/* ---- repair */

static uint32_t count_attached(struct portico *k, pk_id id)
{
	uint32_t committed = pk_committed(k, PK_ATTACHES), count = 0;
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_attach *attach = attach_at(k, slot);
		count += pk_word_kind(pk_load(&attach->head.word)) == PK_CLAIMED && attach->segment == id;
	}
	return count;
}

void pk_segment_repair(struct portico *k, uint32_t slot)
{
	struct pk_segment *segment = pk_slot(k, PK_SEGMENTS, slot);
	enum pk_kind kind = segment ? pk_word_kind(pk_load(&segment->head.word)) : PK_FREE;
	if (kind != PK_LIVE && kind != PK_DYING)
		return;
	segment->attached = count_attached(k, pk_slot_id(&segment->head, slot));
	if (kind == PK_DYING || (segment->removed && segment->attached == 0))
		finish_removing(k, segment, slot);
}
