/* SPDX-License-Identifier: MIT */
#include "pipe.h"
#include "directory.h"
#include "task.h"

#include <errno.h>
#include <string.h>

/* ---- the ring */

/* Where its bytes lie; NULL where what the region says can't be. */
static unsigned char *ring_of(struct portico *k, const struct pk_pipe *pipe, uint32_t *size)
{
	uint32_t length, bytes = pipe->size;
	unsigned char *ring = pk_message_data(k, pipe->body, &length);
	if (!ring || bytes == 0 || bytes > length || (bytes & (bytes - 1)) != 0)
		return NULL;
	*size = bytes;
	return ring;
}

/* B1.  Bytes in the ring; more than its size where the counts were scribbled. */
static uint64_t queued(const struct pk_pipe *pipe)
{
	return pk_load(&pipe->written) - pk_load(&pipe->taken);
}

static void copy_out(const unsigned char *ring, uint32_t size, uint64_t from, unsigned char *data,
		     uint64_t bytes)
{
	uint64_t at = from & (size - 1), first = size - at < bytes ? size - at : bytes;
	memmove(data, ring + at, first);
	memmove(data + first, ring, bytes - first);
}

static void copy_in(unsigned char *ring, uint32_t size, uint64_t to, const unsigned char *data,
		    uint64_t bytes)
{
	uint64_t at = to & (size - 1), first = size - at < bytes ? size - at : bytes;
	memmove(ring + at, data, first);
	memmove(ring, data + first, bytes - first);
}

/* ---- making */

static void fill_in(struct portico *k, struct pk_pipe *pipe, uint32_t body, uint32_t size, uint32_t mode)
{
	size_t past_lock = offsetof(struct pk_pipe, permission);
	memset((unsigned char *)pipe + past_lock, 0, sizeof *pipe - past_lock);
	pk_permission_init(k, &pipe->permission, 0, mode);
	pipe->body = body;
	pipe->size = size;
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

/* ---- destroying */

/* Under the lock of a pipe that is DYING, from any point on. */
static void finish_destroying(struct portico *k, struct pk_pipe *pipe, uint32_t slot, struct pk_wakes *wakes)
{
	pk_id id = pk_slot_id(&pipe->head, slot);
	struct pk_message *body = pk_message_at(k, pipe->body);
	pk_wait_fail_all(k, &pipe->watchers, EIDRM, wakes);
	PK_POINT("pipe: waits failed, ring not freed");
	if (body && pk_load(&body->head.word) == pk_word(PK_BODY, id))
		pk_message_release(k, pipe->body);
	PK_POINT("pipe: ring freed, pipe not");
	pk_release(k, PK_PIPES, slot);
}

int pk_pipe_destroy(struct portico *k, pk_id id)
{
	struct pk_pipe *pipe;
	struct pk_wakes wakes = { 0 };
	int error = pk_object_lock(k, PK_PIPES, id, &pipe);
	if (error)
		return error;
	uint32_t name = pipe->name;
	error = pk_permission_own(k, &pipe->permission);
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
	error = pk_permission_own(k, &pipe->permission);
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
		.size = pipe->size,
		.queued_bytes = queued(pipe),
		.watchers = pk_wait_count(k, &pipe->watchers),
		.write_time = pipe->write_time,
		.read_time = pipe->read_time,
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

/* ---- bytes */

static int64_t read_locked(struct portico *k, struct pk_pipe *pipe, void *data, uint64_t bytes)
{
	uint32_t size;
	const unsigned char *ring = ring_of(k, pipe, &size);
	uint64_t there = queued(pipe), taken = pk_load(&pipe->taken);
	if (!ring || there > size)
		return -EIO;
	if (there == 0)
		return bytes == 0 ? 0 : -EAGAIN;
	bytes = bytes < there ? bytes : there;
	copy_out(ring, size, taken, data, bytes);
	PK_POINT("pipe: copied out, not taken");
	pk_store(&pipe->taken, taken + bytes);
	PK_POINT("pipe: taken, nobody told");
	pipe->read_time = pk_realtime_seconds();
	return (int64_t)bytes;
}

static int64_t write_locked(struct portico *k, struct pk_pipe *pipe, const void *data, uint64_t bytes)
{
	uint32_t size;
	unsigned char *ring = ring_of(k, pipe, &size);
	uint64_t there = queued(pipe), written = pk_load(&pipe->written);
	if (!ring || there > size)
		return -EIO;
	uint64_t room = size - there;
	if (bytes > room) {
		if (room == 0 || bytes <= PK_PIPE_ATOMIC) /* B2 */
			return -EAGAIN;
		bytes = room;
	}
	copy_in(ring, size, written, data, bytes);
	PK_POINT("pipe: copied in, not written");
	pk_store(&pipe->written, written + bytes);
	PK_POINT("pipe: written, nobody told");
	pipe->write_time = pk_realtime_seconds();
	return (int64_t)bytes;
}

/* B3, then unlock. */
static void tell_and_unlock(struct portico *k, struct pk_pipe *pipe, bool changed)
{
	struct pk_wakes wakes = { 0 };
	if (changed && pipe->watchers.first)
		pk_wait_grant_all(k, &pipe->watchers, &wakes);
	pk_object_unlock(pipe);
	pk_wakes_flush(k, &wakes);
}

int64_t pk_pipe_read(struct portico *k, pk_id id, void *data, uint64_t size_bytes)
{
	struct pk_pipe *pipe;
	int error = pk_object_lock(k, PK_PIPES, id, &pipe);
	if (error)
		return error;
	int64_t result = read_locked(k, pipe, data, size_bytes);
	tell_and_unlock(k, pipe, result > 0);
	return result;
}

int64_t pk_pipe_write(struct portico *k, pk_id id, const void *data, uint64_t size_bytes)
{
	struct pk_pipe *pipe;
	int error = pk_object_lock(k, PK_PIPES, id, &pipe);
	if (error)
		return error;
	int64_t result = write_locked(k, pipe, data, size_bytes);
	tell_and_unlock(k, pipe, result > 0);
	return result;
}

int pk_pipe_empty(struct portico *k, pk_id id)
{
	struct pk_pipe *pipe;
	int error = pk_object_lock(k, PK_PIPES, id, &pipe);
	if (error)
		return error;
	bool any = queued(pipe) != 0;
	pk_store(&pipe->taken, pk_load(&pipe->written));
	tell_and_unlock(k, pipe, any);
	return 0;
}

int pk_pipe_watch(struct portico *k, pk_id id, const struct pk_post *post, uint32_t *wait)
{
	struct pk_pipe *pipe;
	struct pk_wait wanted = { .object = id, .table = PK_PIPES, .purpose = PK_FOR_CHANGE };
	int error = pk_object_lock(k, PK_PIPES, id, &pipe);
	if (error)
		return error;
	error = pk_wait_post(k, &pipe->watchers, &pipe->next_ticket, &wanted, post, wait);
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
		pk_wait_grant_all(k, &pipe->watchers, &wakes); /* B3: the dead may have changed it */
	pk_wakes_send(&wakes);
}
