/* SPDX-License-Identifier: MIT */
#include "pipe.h"
#include "actor.h"
#include "directory.h"
#include "task.h"

#include <errno.h>
#include <string.h>

/* ---- making */

static void fill_in(struct portico *k, struct pk_pipe *pipe, uint32_t body, uint32_t size, uint32_t mode)
{
	size_t lines = offsetof(struct pk_pipe, watched);
	uint64_t begin = (pk_load(&pipe->written) + PK_LARGEST - 1) & ~(uint64_t)(PK_LARGEST - 1); /* B4 */
	memset((unsigned char *)pipe + lines, 0, sizeof *pipe - lines);
	pk_permission_init(k, &pipe->permission, 0, mode);
	pk_store_relaxed(&pipe->body, body);
	pk_store_relaxed(&pipe->size, size);
	pipe->watchers = (struct pk_wait_list){ 0 };
	pk_store_relaxed(&pipe->write_time, 0);
	pk_store_relaxed(&pipe->read_time, 0);
	pk_store(&pipe->written, begin);
	pk_store(&pipe->taken, begin);
	pipe->next_ticket = 1;
	pipe->change_time = pk_realtime_seconds();
}

/* Claim the ring and make it this pipe's: from then on it goes where the pipe goes. */
static int make_body(struct portico *k, pk_id id, uint32_t size, uint32_t *body)
{
	int error = pk_message_claim(k, size, body);
	if (error)
		return error;
	struct pk_message *m = pk_message_at(k, *body);
	m->type = PK_PIPES;
	pk_store(&m->head.word, pk_word(PK_BODY, id));
	PK_POINT("pipe: ring made, pipe not published");
	return 0;
}

static int make_in(struct portico *k, uint32_t slot, const char *name, uint32_t size, uint32_t mode,
		   pk_id *id)
{
	struct pk_pipe *pipe = pk_slot(k, PK_PIPES, slot);
	uint32_t body;
	*id = pk_slot_id(&pipe->head, slot);
	int error = make_body(k, *id, size, &body);
	if (error)
		return error;
	fill_in(k, pipe, body, size, mode);
	if (name)
		error = pk_name_add(k, PK_NAME_FIFO, name, (uint32_t)strlen(name), *id, &pipe->name);
	if (error)
		pk_message_release(k, body);
	return error;
}

int pk_pipe_create(struct portico *k, const char *name, uint32_t size, uint32_t mode, pk_id *id)
{
	uint32_t slot = 0;
	if (size < PK_PIPE_ATOMIC || size > PK_LARGEST || (size & (size - 1)) != 0)
		return -EINVAL;
	if (name && strlen(name) > PK_NAME_MAX)
		return -ENAMETOOLONG;
	int error = pk_names_lock(k);
	if (error)
		return error;
	error = name ? pk_directory_root_admits(k) : 0;
	if (!error)
		error = pk_claim(k, PK_PIPES, &slot);
	if (!error) {
		error = make_in(k, slot, name, size, mode, id);
		if (error)
			pk_release(k, PK_PIPES, slot);
		else
			pk_publish(k, PK_PIPES, slot); /* N2 */
	}
	pk_names_unlock(k);
	return error;
}

/* ---- another ring */

/*
 * Holding the write lock of an empty pipe.  Two rings are the pipe's for a moment;
 * the one that it isn't is known by its sender, should that die here: reap.c.
 */
static int resize_locked(struct portico *k, struct pk_pipe *pipe, pk_id id, uint32_t size)
{
	uint32_t body, old = pk_load_relaxed(&pipe->body);
	struct pk_message *m = pk_message_at(k, old);
	if (pk_load(&pipe->written) != pk_load(&pipe->taken))
		return -EBUSY;
	int error = m ? make_body(k, id, size, &body) : -EIO;
	if (error)
		return error;
	m->sender = k->mine->identity.tag;
	pk_store(&pipe->size, size < pk_load_relaxed(&pipe->size) ? size : pk_load_relaxed(&pipe->size));
	pk_store(&pipe->body, body);
	PK_POINT("pipe: ring changed, old not freed");
	pk_message_release(k, old);
	pk_store(&pipe->size, size);
	return 0;
}

int pk_pipe_resize(struct portico *k, pk_id id, uint32_t size)
{
	int error = pk_enter(k);
	struct pk_pipe *pipe = error ? NULL : pk_object(k, PK_PIPES, id, &error);
	if (!pipe || pk_load_relaxed(&pipe->size) == size)
		return error;
	int locked = pk_lock_try(k, &pipe->write_lock);
	if (locked < 0)
		return locked;
	bool lives = pk_load(&pipe->head.word) == pk_word(PK_LIVE, id);
	error = lives ? resize_locked(k, pipe, id, size) : -EIDRM;
	pk_pipe_leave(k, pipe, id);
	return error;
}

/* ---- destroying */

/*
 * Under the lock of a pipe that is DYING, from any point on.  While one that
 * lives is writing, the rest is left to that (B4).
 */
static void finish_destroying(struct portico *k, struct pk_pipe *pipe, uint32_t slot, struct pk_wakes *wakes)
{
	pk_id id = pk_slot_id(&pipe->head, slot);
	struct pk_message *body = pk_message_at(k, pk_load_relaxed(&pipe->body));
	pk_wait_fail_all(k, &pipe->watchers, EIDRM, wakes);
	PK_POINT("pipe: waits failed, ring not freed");
	pk_fence(); /* it is DYING; then look */
	if (pk_lock_try(k, &pipe->write_lock) < 0)
		return;
	if (body && pk_load(&body->head.word) == pk_word(PK_BODY, id))
		pk_message_release(k, pk_load_relaxed(&pipe->body));
	pk_unlock(&pipe->write_lock);
	PK_POINT("pipe: ring freed, pipe not");
	pk_release(k, PK_PIPES, slot);
}

static void bury(struct portico *k, pk_id id)
{
	struct pk_pipe *pipe = pk_slot(k, PK_PIPES, pk_id_slot(id));
	struct pk_wakes wakes = { 0 };
	if (!pipe || pk_load(&pipe->head.word) != pk_word(PK_DYING, id) ||
	    !pk_object_lock_slot(k, PK_PIPES, pk_id_slot(id)))
		return;
	if (pk_load(&pipe->head.word) == pk_word(PK_DYING, id))
		finish_destroying(k, pipe, pk_id_slot(id), &wakes);
	pk_object_unlock(pipe);
	pk_wakes_flush(k, &wakes);
}

void pk_pipe_leave(struct portico *k, struct pk_pipe *pipe, pk_id id)
{
	struct pk_wakes wakes = { 0 };
	pk_unlock(&pipe->write_lock);
	pk_fence();
	if (pk_load(&pipe->head.word) != pk_word(PK_LIVE, id)) {
		bury(k, id);
	} else if (pk_load_relaxed(&pipe->watched) != 0 && pk_object_lock(k, PK_PIPES, id, &pipe) == 0) {
		pk_pipe_tell(k, pipe, &wakes);
		pk_object_unlock(pipe);
		pk_wakes_flush(k, &wakes);
	}
}

int pk_pipe_may_take(struct portico *k, const struct pk_permission *permission)
{
	int error = pk_permission_own(k, permission);
	return error && pk_acting(k).uid == pk_header(k)->uid ? 0 : error;
}

int pk_pipe_destroy(struct portico *k, pk_id id)
{
	struct pk_pipe *pipe;
	struct pk_wakes wakes = { 0 };
	int error = pk_object_lock(k, PK_PIPES, id, &pipe);
	if (error)
		return error;
	uint32_t name = pipe->name;
	error = pk_pipe_may_take(k, &pipe->permission);
	if (!error) {
		PK_POINT("pipe: before dying");
		pk_store(&pipe->head.word, pk_word(PK_DYING, id));
		PK_POINT("pipe: dying");
		finish_destroying(k, pipe, pk_id_slot(id), &wakes);
	}
	pk_object_unlock(pipe);
	pk_wakes_flush(k, &wakes);
	if (!error && name)
		pk_name_forget(k, name, id); /* N1 */
	return error;
}

int pk_pipe_unname(struct portico *k, pk_id id)
{
	struct pk_pipe *pipe;
	int error = pk_object_lock(k, PK_PIPES, id, &pipe);
	if (error)
		return error;
	uint32_t name = pipe->name;
	error = pk_pipe_may_take(k, &pipe->permission);
	pk_object_unlock(pipe);
	if (!error && name)
		pk_name_forget(k, name,
			       id); /* the entry is the truth: pipe->name may point nowhere from now on */
	return error;
}

/* ---- inspecting and changing */

int pk_pipe_inspect(struct portico *k, pk_id id, struct pk_pipe_status *status)
{
	struct pk_pipe *pipe;
	int error = pk_object_lock(k, PK_PIPES, id, &pipe);
	if (error)
		return error;
	*status = (struct pk_pipe_status){
		.id = id,
		.permission = pipe->permission,
		.size = pk_load_relaxed(&pipe->size),
		.queued_bytes = pk_load(&pipe->written) - pk_load(&pipe->taken),
		.watchers = pk_wait_count(k, &pipe->watchers),
		.write_time = pk_load_relaxed(&pipe->write_time),
		.read_time = pk_load_relaxed(&pipe->read_time),
		.change_time = pipe->change_time,
	};
	uint32_t name = pipe->name;
	pk_object_unlock(pipe);
	pk_name_text(k, name, id, status->name);
	return 0;
}

int pk_pipe_adjust(struct portico *k, pk_id id, const struct pk_permission *permission)
{
	struct pk_pipe *pipe;
	int error = pk_object_lock(k, PK_PIPES, id, &pipe);
	if (error)
		return error;
	error = pk_permission_change(k, &pipe->permission, permission);
	if (!error)
		pipe->change_time = pk_realtime_seconds();
	pk_object_unlock(pipe);
	return error;
}

/* ---- watching */

void pk_pipe_tell(struct portico *k, struct pk_pipe *pipe, struct pk_wakes *wakes)
{
	pk_store_relaxed(&pipe->watched, 0);
	pk_wait_grant_all(k, &pipe->watchers, wakes);
}

int pk_pipe_watch(struct portico *k, pk_id id, const struct pk_post *post, uint32_t *wait)
{
	return pk_pipe_watch_for(k, id, 0, post, wait);
}

int pk_pipe_watch_for(struct portico *k, pk_id id, unsigned end, const struct pk_post *post, uint32_t *wait)
{
	struct pk_pipe *pipe;
	struct pk_wait wanted = { .object = id, .table = PK_PIPES, .purpose = PK_FOR_CHANGE, .type = end };
	int error = pk_object_lock(k, PK_PIPES, id, &pipe);
	if (error)
		return error;
	pk_store_relaxed(&pipe->watched, 1);
	error = pk_wait_post(k, &pipe->watchers, &pipe->next_ticket, &wanted, post, wait);
	pk_fence(); /* B3: who moves bytes stores a count, and looks for watchers; we look for the count */
	pk_object_unlock(pipe);
	return error;
}

/* ---- repairing */

void pk_pipe_repair(struct portico *k, uint32_t slot)
{
	struct pk_pipe *pipe = pk_slot(k, PK_PIPES, slot);
	struct pk_wakes wakes = { 0 };
	enum pk_kind kind = pipe ? pk_word_kind(pk_load(&pipe->head.word)) : PK_FREE;
	if (kind != PK_LIVE && kind != PK_DYING)
		return;
	struct pk_wait_list *lines[PK_PURPOSES] = { [PK_FOR_CHANGE - 1] = &pipe->watchers };
	pk_wait_rebuild(k, PK_PIPES, pk_slot_id(&pipe->head, slot), lines, &pipe->next_ticket, &wakes);
	if (kind == PK_DYING)
		finish_destroying(k, pipe, slot, &wakes);
	else
		pk_pipe_tell(k, pipe, &wakes); /* B3: the dead may have changed it */
	pk_wakes_send(&wakes);
}

static void reap_one(struct portico *k, struct pk_pipe *pipe, uint32_t slot, pk_id dead)
{
	struct pk_wakes wakes = { 0 };
	uint64_t bit = UINT64_C(1) << (pk_id_slot(dead) % 64);
	if (pk_lock_held_by(&pipe->write_lock, dead) && pk_lock_try(k, &pipe->write_lock) >= 0)
		pk_unlock(&pipe->write_lock); /* B1: what it was writing there doesn't exist */
	if (!(pk_load_relaxed(&pipe->touched) & bit) || !pk_object_lock_slot(k, PK_PIPES, slot))
		return;
	if (pk_word_kind(pk_load(&pipe->head.word)) == PK_DYING)
		finish_destroying(k, pipe, slot, &wakes);
	else if (pk_word_kind(pk_load(&pipe->head.word)) == PK_LIVE)
		pk_pipe_tell(k, pipe, &wakes);
	pk_object_unlock(pipe);
	pk_wakes_send(&wakes);
}

void pk_pipe_reap(struct portico *k, pk_id dead)
{
	uint32_t committed = pk_committed(k, PK_PIPES);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_pipe *pipe = pk_slot(k, PK_PIPES, slot);
		enum pk_kind kind = pipe ? pk_word_kind(pk_load(&pipe->head.word)) : PK_FREE;
		if (kind == PK_LIVE || kind == PK_DYING)
			reap_one(k, pipe, slot, dead);
	}
}
