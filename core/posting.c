/* SPDX-License-Identifier: MIT */
/* Watching, posting and blocking on ports: what is told of later.  port.h and wait.h are the essays. */
#include "transfer.h"
#include "listener.h"

/* ---- watching */

static int watch_locked(struct portico *k, struct pk_port *port, pk_id id, const struct pk_post *post,
			uint32_t *wait)
{
	struct pk_wait wanted = { .object = id, .table = PK_PORTS, .purpose = PK_FOR_CHANGE };
	return pk_wait_post(k, &port->watchers, &port->next_ticket, &wanted, post, wait);
}

int pk_port_watch(struct portico *k, pk_id id, const struct pk_post *post, uint32_t *wait)
{
	struct pk_port *port, *guard;
	int error = pk_port_lock(k, id, &port, &guard);
	if (error)
		return error;
	error = watch_locked(k, port, id, post, wait);
	pk_port_unlock(k, guard);
	return error;
}

int pk_port_await(struct portico *k, pk_id id, int64_t until_ns)
{
	struct pk_post post = { .tell = PK_TELL_THREAD, .until_ns = until_ns };
	struct pk_port *port, *guard;
	uint32_t wait = 0;
	int error = pk_port_lock(k, id, &port, &guard);
	if (error)
		return error;
	if (port->count == 0)
		error = watch_locked(k, port, id, &post, &wait);
	pk_port_unlock(k, guard);
	if (wait == 0)
		return error;
	error = pk_wait_sleep(k, wait);
	pk_wait_end(k, wait);
	return error;
}

/* ---- posting in any case, and serving what was posted at once */

void pk_serve_receiver(struct portico *k, struct pk_port *port, pk_id id, const struct pk_want *want,
		       uint32_t slot, struct pk_wakes *wakes)
{
	struct pk_found found = { 0 };
	int error = pk_is_paused(port) ? -EAGAIN : pk_bring(k, port, id, want, &found, wakes);
	if (error == -E2BIG)
		pk_wait_fail(k, &port->receivers, slot, E2BIG, wakes);
	if (error)
		return;
	struct pk_message *m = pk_message_at(k, found.message);
	struct pk_port *member = pk_queue_member(k, port, m);
	if (pk_grant_to(k, port, slot, found.message, m, wakes))
		pk_queue_take_off(k, port, &found);
	pk_port_advance(k, pk_port_slot(k, member), wakes);
	pk_pool_settle(k, member);
	pk_tell_watchers(k, member, wakes);
}

int pk_port_post_receive(struct portico *k, pk_id id, const struct pk_want *want, const struct pk_post *post,
			 uint32_t *wait)
{
	struct pk_port *port, *guard;
	struct pk_wakes wakes;
	pk_wakes_begin(&wakes);
	int error = pk_port_lock(k, id, &port, &guard);
	if (error)
		return error;
	error = pk_is_member(port) ? -EBUSY : pk_may_receive(k, port);
	if (!error)
		error = pk_share_allows(k, port, PK_FOR_RECEIVE);
	if (!error)
		error = pk_post_receive(k, port, id, want, post, wait, &wakes);
	if (error == PK_POSTED) {
		error = 0;
		pk_serve_receiver(k, port, id, want, *wait, &wakes);
		if (port->special & PK_SPECIAL_OVER && pk_wait_status(k, *wait) == PK_POSTED) /* T4 */
			pk_wait_fail(k, &port->receivers, *wait, EIDRM, &wakes);
	}
	pk_port_unlock(k, guard);
	pk_wakes_flush(k, &wakes);
	return error;
}

bool pk_is_awaited(struct portico *k, struct pk_port *queue, const struct pk_message *m,
		   struct pk_wakes *wakes)
{
	uint32_t slot = queue->receivers.first;
	for (uint32_t most = pk_committed(k, PK_WAITS); most > 0 && slot != 0; most--) {
		const struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
		if (!wait)
			break;
		uint32_t next = wait->next;
		bool wants = pk_wants((enum pk_select_how)wait->select, wait->type, wait->from, m);
		if (wants && m->length > wait->room && wakes)
			pk_wait_fail(k, &queue->receivers, slot, E2BIG, wakes);
		else if (wants && m->length <= wait->room && pk_wait_status(k, slot) == PK_POSTED)
			return true;
		slot = next;
	}
	return false;
}

int pk_port_post_send(struct portico *k, pk_id id, uint32_t message, const struct pk_post *post,
		      uint32_t *wait)
{
	struct pk_port *port, *guard;
	struct pk_message *m = pk_message_at(k, message);
	struct pk_wakes wakes;
	pk_wakes_begin(&wakes);
	int error = pk_port_lock(k, id, &port, &guard);
	if (error)
		return error;
	if (pk_has_listeners(port))
		return pk_listener_post_send(k, port, guard, id, message, post, wait);
	bool first = port->senders.first == 0;
	error = pk_may_send(k, port, m);
	if (!error)
		error = pk_share_allows(k, port, PK_FOR_SEND);
	if (!error)
		error = pk_post_send(k, port, id, message, post, wait, &wakes);
	if (error == PK_POSTED) {
		error = 0;
		struct pk_port *queue = pk_port_queue(k, port);
		if (!pk_is_paused(port) &&
		    pk_is_awaited(k, queue, m, &wakes)) /* W3: it is queued, then handed over */
			pk_admit(k, port, id, *wait, &wakes);
		else if (first)
			pk_port_advance(k, pk_id_slot(id), &wakes);
		pk_port_serve(k, queue, &wakes);
		pk_pool_settle(k, port);
	}
	uint32_t rung = (uint32_t)guard->next_number;
	pk_port_unlock(k, guard);
	pk_store_relaxed(&guard->rung, rung);
	pk_wakes_flush(k, &wakes);
	return error;
}

/* ---- blocking forms */

/* Of a wait that no other thread knows. */
static int collect_own(struct portico *k, uint32_t wait, uint32_t *message)
{
	int error = pk_port_collect(k, pk_wait_id(k, wait), message);
	if (error)
		pk_wait_end(k, wait);
	return error ? -EIO : 0; /* scribbled */
}

/* Send if there is room, or soon is. */
static int send_soon(struct portico *k, pk_id id, uint32_t message)
{
	int result = pk_port_send(k, id, message, NULL, NULL);
	const struct pk_port *port = pk_slot(k, PK_PORTS, pk_id_slot(id));
	if (result != -EAGAIN || !port || !pk_streams(id, PK_FOR_SEND))
		return result;
	uint32_t full = pk_load_relaxed(&port->count);
	return full != 0 && pk_spin_first(k, &port->count, full, true)
		       ? pk_port_send(k, id, message, NULL, NULL)
		       : result;
}

int pk_port_send_until(struct portico *k, pk_id id, uint32_t message, int64_t until_ns)
{
	struct pk_post post = { .tell = PK_TELL_THREAD, .until_ns = until_ns };
	uint32_t wait = 0;
	int result = send_soon(k, id, message);
	if (result == -EAGAIN)
		result = pk_port_send(k, id, message, &post, &wait);
	if (result != PK_POSTED)
		return result;
	result = pk_wait_sleep(k, wait);
	pk_wait_end(k, wait);
	return result;
}

/* Receive if there is something, or soon is. */
static int receive_soon(struct portico *k, pk_id id, const struct pk_want *want, uint32_t *message)
{
	int result = pk_port_receive(k, id, want, NULL, message, NULL);
	const struct pk_port *port = pk_slot(k, PK_PORTS, pk_id_slot(id));
	if (result != -EAGAIN || !port)
		return result;
	uint32_t before = pk_load_relaxed(&port->rung);
	pk_fence(); /* what was sent until now is in the count, and what is sent later rings */
	if (pk_load_relaxed(&port->count) == 0 &&
	    !pk_spin_first(k, &port->rung, before, pk_streams(id, PK_FOR_RECEIVE)))
		return result;
	return pk_port_receive(k, id, want, NULL, message, NULL);
}

int pk_port_receive_until(struct portico *k, pk_id id, const struct pk_want *want, int64_t until_ns,
			  uint32_t *message)
{
	struct pk_post post = { .tell = PK_TELL_THREAD, .until_ns = until_ns };
	uint32_t wait = 0;
	int result = receive_soon(k, id, want, message);
	if (result == -EAGAIN)
		result = pk_port_receive(k, id, want, &post, message, &wait);
	if (result != PK_POSTED)
		return result;
	result = pk_wait_sleep(k, wait);
	if (result == 0)
		return collect_own(k, wait, message);
	pk_wait_end(k, wait);
	return result;
}

/* Post on each until one has something; then they are a group, led by the first. */
static int post_group(struct portico *k, const pk_id *ids, unsigned count, const struct pk_want *want,
		      struct pk_post *post, uint32_t *leader)
{
	uint32_t wait = 0;
	int error = 0;
	*leader = 0;
	post->held = post->tell == PK_TELL_PORT && count > 1;
	for (unsigned i = 0; i < count && !error; i++) {
		error = pk_port_post_receive(k, ids[i], want, post, &wait);
		if (!error && *leader == 0) {
			*leader = post->leader = wait;
			post->id = NULL;
		}
		if (*leader != 0 && pk_wait_status(k, *leader) != PK_POSTED)
			break;
	}
	if (error && *leader != 0 && !pk_wait_call_off(k, *leader, -error))
		error = 0; /* one of them was faster, perhaps with that very error: the completion tells */
	return error;
}

int pk_port_post_receive_any(struct portico *k, const pk_id *ids, unsigned count, const struct pk_want *want,
			     const struct pk_post *post, uint32_t *wait)
{
	struct pk_post each = *post;
	if (count == 0 || count > PK_GROUP_MOST)
		return -EINVAL;
	int error = post_group(k, ids, count, want, &each, wait);
	if (each.held && *wait != 0)
		pk_wait_announce(k, *wait);
	if (error && *wait != 0) {
		pk_wait_discard(k, *wait);
		*wait = 0;
	}
	return error;
}

int pk_port_receive_any_until(struct portico *k, const pk_id *ids, unsigned count, const struct pk_want *want,
			      int64_t until_ns, uint32_t *message)
{
	struct pk_post post = { .tell = PK_TELL_THREAD, .until_ns = until_ns };
	uint32_t wait = 0;
	int result = -EAGAIN;
	if (count == 0 || count > PK_GROUP_MOST)
		return -EINVAL;
	for (unsigned i = 0; i < count && result == -EAGAIN; i++)
		result = pk_port_receive(k, ids[i], want, NULL, message, NULL);
	if (result != -EAGAIN || until_ns == 0)
		return result;
	result = pk_port_post_receive_any(k, ids, count, want, &post, &wait);
	if (result)
		return result;
	result = pk_wait_sleep(k, wait);
	if (result == 0)
		return collect_own(k, wait, message);
	pk_wait_end(k, wait);
	return result;
}
