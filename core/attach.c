/* SPDX-License-Identifier: MIT */
#include "attach.h"
#include "mapping.h"
#include "segment_file.h"
#include "task.h"

#include <errno.h>

static struct pk_attach *record_at(struct portico *k, uint32_t slot)
{
	return pk_slot(k, PK_ATTACHES, slot);
}

/* ---- counting */

static int claim(struct portico *k, uint32_t *record)
{
	int error = pk_enter(k);
	if (!error)
		error = pk_claim(k, PK_ATTACHES, record);
	if (!error) {
		record_at(k, *record)->segment = 0;
		pk_store(&record_at(k, *record)->from, 0);
	}
	return error;
}

/* Under the segment's lock. */
static void count(struct portico *k, struct pk_segment *segment, pk_id id, uint32_t record)
{
	PK_POINT("segment: attachment of no segment");
	record_at(k, record)->segment = id; /* M10 */
	PK_POINT("segment: attachment not counted");
	segment->attached++;
}

static void note_attached(struct pk_segment *segment, uint32_t pid)
{
	segment->attach_time = pk_realtime_seconds();
	segment->last_pid = pid;
}

/* Under the lock of the slot its segment has, or had.  `ended`: so its task has; or it ends. */
static void uncount(struct portico *k, struct pk_segment *segment, struct pk_attach *attach, uint32_t record,
		    bool ended)
{
	pk_id id = attach->segment;
	attach->segment = 0; /* M10 */
	PK_POINT("segment: attachment dropped, still counted");
	pk_release(k, PK_ATTACHES, record);
	if (pk_load(&segment->head.word) != pk_word(PK_LIVE, id))
		return;
	if (segment->attached > 0)
		segment->attached--;
	if (segment->removed && segment->attached == 0)
		pk_segment_finish(k, segment, pk_id_slot(id), !ended);
}

static void note_detached(struct pk_segment *segment, uint32_t pid)
{
	segment->detach_time = pk_realtime_seconds();
	segment->last_pid = pid;
}

/* Drop a record of this task's that counts for that segment; `noted`: as detached. */
static void drop_own(struct portico *k, uint32_t record, pk_id id, bool noted)
{
	struct pk_attach *attach = record_at(k, record);
	uint64_t mine = pk_word(PK_CLAIMED, pk_self(k));
	struct pk_segment *segment =
		attach ? (struct pk_segment *)pk_object_lock_slot(k, PK_SEGMENTS, pk_id_slot(id)) : NULL;
	if (!segment)
		return;
	if (pk_load(&attach->head.word) == mine && attach->segment == id) {
		if (noted)
			note_detached(segment, k->mine->process.pid);
		uncount(k, segment, attach, record, false);
	}
	pk_object_unlock(segment);
}

/* One more of a segment that `pid` has had attached here: its record, or 0 where it can't be counted. */
static uint32_t count_again(struct portico *k, pk_id id, uint64_t from, uint32_t pid)
{
	struct pk_segment *segment;
	uint32_t record = 0;
	if (claim(k, &record) != 0)
		return 0;
	pk_store(&record_at(k, record)->from, from);
	if (pk_segment_lock(k, id, &segment) != 0) {
		pk_release(k, PK_ATTACHES, record);
		return 0;
	}
	count(k, segment, id, record);
	note_attached(segment, pid);
	pk_object_unlock(segment);
	return record;
}

uint32_t pk_attach_count(struct portico *k, pk_id id)
{
	uint32_t committed = pk_committed(k, PK_ATTACHES), found = 0;
	for (uint32_t record = 1; record < committed; record++) {
		struct pk_attach *attach = record_at(k, record);
		found += pk_word_kind(pk_load(&attach->head.word)) == PK_CLAIMED && attach->segment == id;
	}
	return found;
}

void pk_attach_drop(struct portico *k, uint32_t record)
{
	struct pk_attach *attach = record_at(k, record);
	if (!attach)
		return;
	uint64_t word = pk_load(&attach->head.word);
	pk_id id = attach->segment;
	struct pk_segment *segment = (struct pk_segment *)pk_object_lock_slot(k, PK_SEGMENTS, pk_id_slot(id));
	if (!segment) {
		/* claimed, and of no segment yet: another thread of ours may be filling it in */
		if (id == 0 && pk_word_id(word) != pk_self(k))
			pk_release(k, PK_ATTACHES, record);
		return;
	}
	if (pk_load(&attach->head.word) == word && attach->segment == id) {
		struct pk_task *task = pk_slot(k, PK_TASKS, pk_id_slot(pk_word_id(word)));
		note_detached(segment, task ? task->pid : 0);
		uncount(k, segment, attach, record, pk_word_id(word) == pk_self(k));
	}
	pk_object_unlock(segment);
}

/* ---- what lies where was unmapped, or is another thing's now; under the list's lock */

static void split(struct portico *k, struct pk_piece *piece, uint64_t from, uint64_t to)
{
	struct pk_piece rest = *piece;
	piece->to = from;
	rest.from = to;
	if (pk_mappings_reserve(k, 1) != 0)
		return; /* it stays mapped, and counted with the other */
	rest.record = count_again(k, rest.segment, to, k->mine->process.pid);
	pk_mappings_add(k, &rest);
}

static void cut(struct portico *k, uint64_t from, uint64_t to)
{
	uint32_t index = pk_mappings_search(k, from);
	struct pk_piece *piece;
	while ((piece = pk_mappings_at(k, index)) != NULL && piece->from < to) {
		if (piece->from < from && piece->to > to) {
			split(k, piece, from, to);
			return;
		}
		if (piece->from < from) {
			piece->to = from;
			index++;
		} else if (piece->to > to) {
			piece->from = to;
		} else {
			struct pk_piece gone = *piece;
			pk_mappings_remove(k, index);
			drop_own(k, gone.record, gone.segment, true);
		}
	}
}

static bool failed(long result)
{
	return result < 0 && result > -4096;
}

long pk_attach_unmap(struct portico *k, uint64_t from, uint64_t to, long (*act)(void *context), void *context)
{
	if (pk_enter(k) != 0 || pk_mappings_lock(k) != 0)
		return act(context);
	long result = act(context);
	if (!failed(result))
		cut(k, from, to);
	pk_mappings_unlock(k);
	return result;
}

/* The piece that lies there went, grew, shrank, or (of no size) has got a twin. */
static void follow(struct portico *k, uint64_t from, uint64_t size, uint64_t to, uint64_t new_size)
{
	struct pk_piece *piece = pk_mappings_at(k, pk_mappings_search(k, from));
	if (!piece || piece->from > from)
		return;
	struct pk_piece moved = *piece;
	moved.from = to;
	moved.to = to + new_size;
	moved.base += to - from;
	moved.end += to - from;
	if (to == from) {
		if (piece->to == from + size)
			piece->to = moved.to;
		return;
	}
	moved.record = count_again(k, moved.segment, to, k->mine->process.pid);
	cut(k, from, from + size);
	if (pk_mappings_reserve(k, 1) == 0)
		pk_mappings_add(k, &moved);
}

long pk_attach_move(struct portico *k, uint64_t from, uint64_t size, uint64_t new_size,
		    long (*act)(void *context), void *context)
{
	if (pk_enter(k) != 0 || pk_mappings_lock(k) != 0)
		return act(context);
	long result = act(context);
	if (!failed(result)) {
		if ((uint64_t)result != from)
			cut(k, (uint64_t)result, (uint64_t)result + new_size);
		follow(k, from, size, (uint64_t)result, new_size);
	}
	pk_mappings_unlock(k);
	return result;
}

/* ---- attaching */

static uint32_t bits_of(unsigned how)
{
	return 0444 | (how & PK_MAP_READ_ONLY ? 0 : 0222) | (how & PK_MAP_EXECUTE ? 0111 : 0);
}

/* May it, and how large is it?  Counts it, so that it stays while it is being mapped (M8). */
static int enter(struct portico *k, pk_id id, unsigned how, uint32_t record, uint64_t *size)
{
	struct pk_segment *segment;
	int error = pk_segment_lock(k, id, &segment);
	if (error)
		return error;
	error = pk_permission_check(k, &segment->permission, bits_of(how));
	if (!error)
		count(k, segment, id, record);
	*size = segment->size;
	pk_object_unlock(segment);
	return error;
}

/* Under the list's lock.  *kept: a page of it is kept. */
static int map(struct portico *k, pk_id id, uint64_t size, unsigned how, uint32_t record, void **address,
	       bool *kept)
{
	int error = pk_mappings_reserve(k, 1);
	if (!error && how & PK_MAP_VACANT && (uint64_t)(uintptr_t)*address + size < size)
		error = -EINVAL; /* past the last address */
	if (!error && pk_mappings_again(k, id, size, how, address) != 0) {
		pk_mappings_tidy(k);
		error = pk_segment_file_map(k, id, size, how, address);
		*kept = !error && pk_mappings_keep(k, id, size, how, *address);
	}
	if (error)
		return error;
	uint64_t at = (uint64_t)(uintptr_t)*address, end = at + (size + PK_PAGE - 1) / PK_PAGE * PK_PAGE;
	if (how & PK_MAP_FIXED) {
		cut(k, at, end);
		error = pk_mappings_reserve(k, 1);
	}
	if (!error)
		pk_mappings_add(k, &(struct pk_piece){ .from = at,
						       .to = end,
						       .base = at,
						       .end = end,
						       .serial = pk_mappings_next_serial(k),
						       .segment = id,
						       .record = record });
	pk_store(&record_at(k, record)->from, at);
	return error;
}

static void note_mapped(struct portico *k, pk_id id, bool kept)
{
	struct pk_segment *segment;
	if (pk_segment_lock(k, id, &segment) != 0)
		return;
	note_attached(segment, k->mine->process.pid);
	if (kept)
		segment->kept = 1; /* M3 */
	pk_object_unlock(segment);
}

int pk_segment_attach(struct portico *k, pk_id id, unsigned how, void **address)
{
	uint32_t record = 0;
	uint64_t size = 0;
	bool kept = false;
	int error = claim(k, &record);
	if (error)
		return error;
	error = enter(k, id, how, record, &size);
	if (error) {
		pk_release(k, PK_ATTACHES, record);
		return error;
	}
	error = pk_mappings_lock(k);
	if (!error) {
		error = map(k, id, size, how, record, address, &kept);
		pk_mappings_unlock(k);
	}
	PK_POINT("segment: mapped, not noted");
	if (error)
		drop_own(k, record, id, false);
	else
		note_mapped(k, id, kept);
	return error;
}

/* What lies one after the other, and doesn't overlap: a fork while another thread shifted it may find it
 * otherwise. */
static bool in_order(struct portico *k, uint32_t index)
{
	struct pk_piece *piece = pk_mappings_at(k, index);
	struct pk_piece *before = index > 0 ? pk_mappings_at(k, index - 1) : NULL;
	return piece->from < piece->to && (!before || before->to <= piece->from);
}

void pk_attach_inherit(struct portico *k)
{
	struct pk_piece *piece;
	if (!pk_mappings_any(k) || pk_mappings_lock(k) != 0)
		return;
	uint32_t parent = pk_mappings_take_over(k), index = 0;
	while (parent != 0 && (piece = pk_mappings_at(k, index)) != NULL) {
		if (in_order(k, index)) {
			piece->record = count_again(k, piece->segment, piece->from, parent);
			index++;
		} else {
			pk_mappings_remove(k, index);
		}
	}
	pk_mappings_unlock(k);
}

/* ---- detaching */

/* Take the next piece of that attachment out of the list; serial 0: of the first there.  False: no more. */
static bool take(struct portico *k, uint64_t address, uint64_t serial, uint64_t end, struct pk_piece *taken)
{
	uint32_t index = pk_mappings_search(k, address);
	struct pk_piece *piece;
	while ((piece = pk_mappings_at(k, index)) != NULL && piece->from < end) {
		if (piece->base == address && (serial == 0 || piece->serial == serial)) {
			*taken = *piece;
			pk_mappings_remove(k, index);
			return true;
		}
		index++;
	}
	return false;
}

int pk_segment_detach(struct portico *k, const void *address)
{
	struct pk_piece piece = { .end = UINT64_MAX };
	int error = pk_enter(k);
	while (!error && (error = pk_mappings_lock(k)) == 0) {
		bool found = take(k, (uint64_t)(uintptr_t)address, piece.serial, piece.end, &piece);
		pk_mappings_unlock(k);
		if (!found)
			return piece.serial ? 0 : -EINVAL;
		PK_POINT("segment: taken out, still mapped");
		pk_unmap((void *)(uintptr_t)piece.from, piece.to - piece.from);
		drop_own(k, piece.record, piece.segment, true);
		if (piece.to == piece.end)
			return 0; /* nothing of it lies behind */
	}
	return error;
}
