/* SPDX-License-Identifier: MIT */
/* Who has a pipe open, as its keeper says; and waiting for what only that may end. */
#include "pipe.h"
#include "task.h"

#include <errno.h>

/* ---- for the keeper */

int pk_pipe_keep(struct portico *k, pk_id id, uint32_t readers, uint32_t writers)
{
	struct pk_pipe *pipe;
	struct pk_wakes wakes = { 0 };
	int error = pk_object_lock(k, PK_PIPES, id, &pipe);
	if (error)
		return error;
	pk_id keeper = pk_load(&pipe->keeper);
	if (keeper != 0 && keeper != pk_self(k) && pk_task_alive(k, keeper)) {
		error = -EBUSY;
	} else {
		if (keeper != pk_self(k))
			pk_store(&pipe->began, pk_load(&pipe->written));
		pk_store(&pipe->readers, readers);
		pk_store(&pipe->writers, writers);
		pk_store(&pipe->keeper, readers + writers > 0 ? pk_self(k) : 0);
		pk_pipe_tell(k, pipe, &wakes);
	}
	pk_object_unlock(pipe);
	pk_wakes_flush(k, &wakes);
	if (!error && readers + writers == 0 && pk_pipe_empty(k, id) == 0)
		pk_pipe_resize(k, id, PK_PIPE_BYTES);
	return error;
}

void pk_pipe_keep_line(struct portico *k, pk_id id, unsigned ends)
{
	struct pk_pipe *pipe = pk_slot(k, PK_PIPES, pk_id_slot(id));
	if (pipe && pk_load(&pipe->keeper) == pk_self(k) && pk_load_relaxed(&pipe->in_line) != ends)
		pk_store(&pipe->in_line, ends);
}

/* ---- for those who have it open */

/* B5.  Where nobody has reaped the keeper, a wait for it looks whether it lives. */
bool pk_pipe_usable(struct portico *k, pk_id id, pk_id keeper, enum pk_pipe_end end)
{
	int error;
	const struct pk_pipe *pipe = pk_object(k, PK_PIPES, id, &error);
	if (!pipe || pk_load(&pipe->keeper) != keeper || !pk_task_of_id(k, keeper) ||
	    pk_load(&pipe->in_line) & (unsigned)end)
		return false;
	return end == PK_PIPE_WRITE ? pk_load(&pipe->readers) > 0
				    : pk_load(&pipe->writers) > 0 || pk_pipe_queued(k, id) > 0;
}

void pk_pipe_enlarge(struct portico *k, pk_id id)
{
	const struct pk_pipe *pipe = pk_slot(k, PK_PIPES, pk_id_slot(id));
	if (pipe && pk_load(&pipe->size) < PK_PIPE_BULK &&
	    pk_load(&pipe->written) - pk_load(&pipe->began) >= PK_PIPE_BULK_AFTER)
		pk_pipe_resize(k, id, PK_PIPE_BULK); /* or with the next write, when it is empty */
}

static bool worth_a_look(struct portico *k, pk_id id, pk_id keeper, enum pk_pipe_end end, uint64_t bytes)
{
	return !pk_pipe_usable(k, id, keeper, end) ||
	       (end == PK_PIPE_WRITE ? pk_pipe_has_room(k, id, bytes) : pk_pipe_queued(k, id) > 0);
}

int pk_pipe_await(struct portico *k, pk_id id, pk_id keeper, enum pk_pipe_end end, uint64_t bytes)
{
	struct pk_post post = { .tell = PK_TELL_THREAD, .until_ns = PK_FOREVER };
	const struct pk_pipe *pipe = pk_slot(k, PK_PIPES, pk_id_slot(id));
	const _Atomic uint64_t *count = end == PK_PIPE_WRITE ? &pipe->taken : &pipe->written;
	uint32_t wait;
	uint64_t was = pk_load(count);
	if (worth_a_look(k, id, keeper, end, bytes) || pk_spin_count(k, count, was))
		return 0;
	int error = pk_pipe_watch_for(k, id, end, &post, &wait);
	if (error)
		return error;
	if (worth_a_look(k, id, keeper, end, bytes))
		pk_wait_withdraw(k, wait, ECANCELED);
	else
		error = pk_wait_sleep(k, wait);
	pk_wait_end(k, wait);
	return error;
}

bool pk_pipe_in_vain(struct portico *k, uint32_t slot)
{
	int error;
	const struct pk_wait *wait = pk_wait_at(k, slot);
	if (!wait || pk_load_relaxed(&wait->table) != PK_PIPES || wait->type == 0)
		return false;
	const struct pk_pipe *pipe = pk_object(k, PK_PIPES, pk_wait_object(wait), &error);
	return pipe && !pk_task_alive(k, pk_load(&pipe->keeper));
}
