/* SPDX-License-Identifier: MIT */
/* The bytes of a pipe: reading and writing. */
#include "pipe.h"

#include <errno.h>
#include <string.h>

#define STRIDE 16384 /* bytes: one end copies so many while the other copies those before */

unsigned char *pk_pipe_ring(struct portico *k, const struct pk_pipe *pipe, uint32_t *size)
{
	uint32_t length, bytes = pk_load(&pipe->size);
	unsigned char *ring = pk_message_data(k, pk_load(&pipe->body), &length);
	if (!ring || bytes == 0 || bytes > length || (bytes & (bytes - 1)) != 0)
		return NULL;
	*size = bytes;
	return ring;
}

static struct pk_pipe *find(struct portico *k, pk_id id, int *error)
{
	*error = pk_enter(k);
	return *error ? NULL : pk_object(k, PK_PIPES, id, error);
}

static bool lives(const struct pk_pipe *pipe, pk_id id)
{
	return pk_word_is(pk_load(&pipe->head.word), PK_LIVE, id);
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* B3.  A keeper needn't: nobody goes on without it. */
static void touch(struct portico *k, struct pk_pipe *pipe)
{
	uint64_t bit = UINT64_C(1) << (pk_id_slot(pk_self(k)) % 64);
	if (!(pk_load_relaxed(&pipe->touched) & bit) && pk_load_relaxed(&pipe->keeper) != pk_self(k))
		pk_or(&pipe->touched, bit);
}

/* B3.  The count is stored, and fenced. */
static void tell(struct portico *k, struct pk_pipe *pipe, pk_id id)
{
	struct pk_wakes wakes = { 0 };
	if (__builtin_expect(pk_load_relaxed(&pipe->watched) == 0, 1) ||
	    pk_object_lock(k, PK_PIPES, id, &pipe) != 0)
		return;
	pk_pipe_tell(k, pipe, &wakes);
	pk_object_unlock(pipe);
	pk_wakes_flush(k, &wakes);
}

/* ---- reading */

/* What there is from `taken` on, up to a stride: how much was copied, or -EAGAIN, -EIO. */
static int64_t copy_out(struct portico *k, const struct pk_pipe *pipe, uint64_t taken, unsigned char *data,
			uint64_t bytes)
{
	uint32_t size;
	uint64_t there = pk_load(&pipe->written) - taken; /* before where they are: B4 */
	const unsigned char *ring = pk_pipe_ring(k, pipe, &size);
	if (!ring || there > size)
		return -EIO; /* or others have taken more since */
	if (there == 0)
		return -EAGAIN;
	bytes = least(least(bytes, there), STRIDE);
	uint64_t at = taken & (size - 1), first = least(bytes, size - at);
	memmove(data, ring + at, first);
	memmove(data + first, ring, bytes - first);
	PK_POINT("pipe: copied out, not taken");
	return (int64_t)bytes;
}

/* B1.  The next stride, to `data`: how much is its, or an error; -ECANCELED: others have been faster. */
static int64_t take(struct portico *k, struct pk_pipe *pipe, pk_id id, uint64_t *taken, unsigned char *data,
		    uint64_t bytes)
{
	int64_t copied = copy_out(k, pipe, *taken, data, bytes);
	uint64_t was = *taken, next = was + (copied > 0 ? (uint64_t)copied : 0);
	if (!lives(pipe, id))
		return -EIDRM;
	bool mine =
		copied > 0 ? pk_swap_if(&pipe->taken, taken, next) : (*taken = pk_load(&pipe->taken)) == was;
	if (!mine)
		return -ECANCELED;
	*taken = next;
	return copied;
}

int64_t pk_pipe_read(struct portico *k, pk_id id, void *data, uint64_t size_bytes)
{
	int error;
	struct pk_pipe *pipe = find(k, id, &error);
	if (!pipe)
		return error;
	touch(k, pipe);
	uint64_t taken = pk_load(&pipe->taken), done = 0;
	int64_t result = 0;
	while (done < size_bytes) {
		result = take(k, pipe, id, &taken, (unsigned char *)data + done, size_bytes - done);
		if (result == -ECANCELED && done == 0)
			continue; /* each time another has got on */
		if (result < 0)
			break; /* B2: what follows isn't beside what it has */
		PK_POINT("pipe: taken, nobody told");
		done += (uint64_t)result;
	}
	if (done == 0)
		return result;
	tell(k, pipe, id);
	pk_store_relaxed(&pipe->read_time, pk_realtime_seconds());
	return (int64_t)done;
}

int pk_pipe_empty(struct portico *k, pk_id id)
{
	int error;
	struct pk_pipe *pipe = find(k, id, &error);
	if (!pipe)
		return error;
	touch(k, pipe);
	uint64_t taken = pk_load(&pipe->taken);
	while (!pk_swap_if(&pipe->taken, &taken, pk_load(&pipe->written)))
		continue;
	tell(k, pipe, id);
	return 0;
}

/* ---- writing */

/* B2.  For how much of a write there is room; more than its size where the counts were scribbled. */
static uint64_t room_for(const struct pk_pipe *pipe, uint32_t size, uint64_t bytes)
{
	uint64_t room = size - (pk_load(&pipe->written) - pk_load(&pipe->taken));
	return room < bytes && bytes <= PK_PIPE_ATOMIC && room <= size ? 0 : room;
}

/* Holding the write lock: a stride of it, or what there is room for; or 0. */
static uint64_t put(struct pk_pipe *pipe, unsigned char *ring, uint32_t size, const unsigned char *data,
		    uint64_t bytes)
{
	uint64_t written = pk_load(&pipe->written), at = written & (size - 1),
		 first = least(bytes, size - at);
	memmove(ring + at, data, first);
	memmove(ring, data + first, bytes - first);
	PK_POINT("pipe: copied in, not written");
	pk_store(&pipe->written, written + bytes);
	PK_POINT("pipe: written, nobody told");
	return bytes;
}

/* The same, all of it that there is room for. */
static int64_t write_locked(struct portico *k, struct pk_pipe *pipe, pk_id id, const unsigned char *data,
			    uint64_t bytes)
{
	uint32_t size;
	unsigned char *ring = pk_pipe_ring(k, pipe, &size);
	uint64_t done = 0;
	if (!lives(pipe, id))
		return -EIDRM;
	while (ring && done < bytes) {
		uint64_t left = bytes - done, room = room_for(pipe, size, done == 0 ? bytes : UINT64_MAX);
		if (room > size)
			return -EIO;
		if (room == 0)
			break;
		done += put(pipe, ring, size, data + done, least(least(left, room), STRIDE));
	}
	if (done > 0)
		pk_store_relaxed(&pipe->write_time, pk_realtime_seconds());
	return !ring ? -EIO : done == 0 && bytes > 0 ? -EAGAIN : (int64_t)done;
}

int64_t pk_pipe_write(struct portico *k, pk_id id, const void *data, uint64_t size_bytes)
{
	int error;
	struct pk_pipe *pipe = find(k, id, &error);
	if (!pipe)
		return error;
	touch(k, pipe);
	error = pk_lock_try(k, &pipe->write_lock);
	if (error < 0)
		return error;
	int64_t result = write_locked(k, pipe, id, data, size_bytes);
	pk_pipe_leave(k, pipe, id);
	return result;
}

void pk_pipe_passed(struct portico *k, pk_id id)
{
	int error;
	struct pk_pipe *pipe = find(k, id, &error);
	if (!pipe)
		return;
	int64_t now = pk_realtime_seconds();
	pk_store_relaxed(&pipe->write_time, now);
	pk_store_relaxed(&pipe->read_time, now);
}

/* ---- at a glance */

uint64_t pk_pipe_queued(struct portico *k, pk_id id)
{
	const struct pk_pipe *pipe = pk_slot(k, PK_PIPES, pk_id_slot(id));
	return pipe ? pk_load(&pipe->written) - pk_load(&pipe->taken) : 0;
}

bool pk_pipe_has_room(struct portico *k, pk_id id, uint64_t size_bytes)
{
	struct pk_pipe *pipe = pk_slot(k, PK_PIPES, pk_id_slot(id));
	return !pipe || (room_for(pipe, pk_load_relaxed(&pipe->size), size_bytes) > 0 &&
			 !pk_lock_owned(k, &pipe->write_lock));
}
