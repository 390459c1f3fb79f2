/* SPDX-License-Identifier: MIT */
#include "pause.h"
#include "transfer.h"

static struct pk_want want_of(const struct pk_wait *wait)
{
	return (struct pk_want){
		.select = (enum pk_select_how)wait->select,
		.type = wait->type,
		.from = wait->from,
		.room = wait->room,
	};
}

void pk_port_catch_up(struct portico *k, struct pk_port *port, struct pk_wakes *wakes)
{
	struct pk_port *queue = pk_port_queue(k, port);
	pk_id id = pk_slot_id(&queue->head, pk_port_slot(k, queue));
	uint32_t slot = queue->receivers.first;
	for (uint32_t most = pk_committed(k, PK_WAITS); most > 0 && slot != 0; most--) {
		const struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
		if (!wait || !pk_port_offers(k, queue))
			break;
		struct pk_want want = want_of(wait);
		uint32_t next = wait->next;
		if (pk_wait_status(k, slot) == PK_POSTED)
			pk_serve_receiver(k, queue, id, &want, slot, wakes);
		slot = next;
	}
}

/* A task's own ports are how it is told of things. */
static int may_pause(struct portico *k, const struct pk_port *port)
{
	bool is_shared = port->use == PK_MAILBOX || port->use == PK_QUEUE || port->use == PK_GUARDED;
	return is_shared ? pk_permission_own(k, &port->permission) : -EPERM;
}

/* PA1 */
static void set_paused(struct portico *k, struct pk_port *port, bool paused, struct pk_wakes *wakes)
{
	if (pk_is_paused(port) == paused)
		return;
	PK_POINT("pause: not changed yet");
	port->special ^= PK_SPECIAL_PAUSED;
	PK_POINT("pause: changed, nobody served or told");
	if (!paused)
		pk_port_catch_up(k, port, wakes);
	pk_tell_watchers(k, port, wakes);
}

static int change(struct portico *k, pk_id id, bool paused)
{
	struct pk_port *port, *guard;
	struct pk_wakes wakes;
	pk_wakes_begin(&wakes);
	int error = pk_port_lock(k, id, &port, &guard);
	if (error)
		return error;
	error = may_pause(k, port);
	if (!error)
		set_paused(k, port, paused, &wakes);
	uint32_t rung = (uint32_t)guard->next_number;
	pk_port_unlock(k, guard);
	pk_store_relaxed(&guard->rung, rung);
	pk_wakes_flush(k, &wakes);
	return error;
}

int pk_port_pause(struct portico *k, pk_id id)
{
	return change(k, id, true);
}

int pk_port_resume(struct portico *k, pk_id id)
{
	return change(k, id, false);
}
