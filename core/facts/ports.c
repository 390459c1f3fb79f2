/* SPDX-License-Identifier: MIT */
#include "ports.h"
#include "guard.h"
#include "live.h"
#include "listener.h"
#include "task.h"

uint32_t pid_of_task(struct portico *k, pk_id id)
{
	const struct pk_task *task = pk_task_of_id(k, id);
	return task ? task->pid : 0;
}

int port_view_take(struct portico *k, pk_id id, struct port_view *view)
{
	struct pk_port *port, *guard;
	*view = (struct port_view){ .owner = 0 };
	int error = pk_port_inspect(k, id, &view->status);
	if (!error)
		error = pk_port_lock(k, id, &port, &guard);
	if (error)
		return error;
	view->owner = port->owner;
	view->special = port->special;
	view->rule = port->rule;
	view->bell = port->bell;
	view->pooled = pk_load(&port->pooled);
	view->sends = port->sends;
	view->receipts = pk_wait_count(k, &port->receipts);
	view->users[0] = port->users[0];
	view->users[1] = port->users[1];
	view->set = pk_load(&port->set);
	pk_port_unlock(k, guard);
	view->owner_pid = pid_of_task(k, view->owner);
	return 0;
}

uint32_t port_members(struct portico *k, pk_id set)
{
	uint32_t committed = pk_committed(k, PK_PORTS), count = 0;
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_port *port = pk_slot(k, PK_PORTS, slot);
		count += live_object(k, PK_PORTS, slot) != 0 && pk_load(&port->set) == set;
	}
	return count;
}

/* ---- priorities, counted without the lock, so that nobody waits for it */

struct census {
	uint64_t queued; /* the word of a message there */
	uint32_t *counts;
};

static void take_census(struct portico *k, uint32_t message, struct pk_message *m, void *context)
{
	const struct census *census = context;
	(void)k;
	(void)message;
	if (pk_load(&m->head.word) == census->queued)
		census->counts[pk_number_priority(m->number)]++;
}

/* The queue stands in their order; so where the first and the last have the same, all have.  False: look. */
static bool all_of_one(struct portico *k, pk_id id, uint32_t counts[256])
{
	struct pk_port *port, *guard;
	if (pk_port_lock(k, id, &port, &guard) != 0)
		return true;
	uint32_t count = pk_load(&port->count);
	const struct pk_message *first = pk_message_at(k, port->first), *last = pk_message_at(k, port->last);
	bool known = guard == port &&
		     (count == 0 || (first && last &&
				     pk_number_priority(first->number) == pk_number_priority(last->number)));
	if (known && count > 0)
		counts[pk_number_priority(first->number)] = count;
	pk_port_unlock(k, guard);
	return known;
}

void port_priorities(struct portico *k, pk_id port, uint32_t counts[256])
{
	struct census census = { pk_word(PK_QUEUED, port), counts };
	for (int i = 0; i < 256; i++)
		counts[i] = 0;
	if (!all_of_one(k, port, counts))
		pk_message_each(k, take_census, &census);
}

/* ---- listeners */

static void each(struct portico *k, pk_id source, pk_id port, visit_listener *visit, void *context)
{
	uint32_t committed = pk_committed(k, PK_LISTENERS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_listener_status status;
		pk_id id = live_object(k, PK_LISTENERS, slot);
		if (id && pk_listener_inspect(k, id, &status) == 0 &&
		    (source ? status.source == source : status.port == port))
			visit(k, &status, context);
	}
}

void each_listener(struct portico *k, pk_id port, visit_listener *visit, void *context)
{
	each(k, port, 0, visit, context);
}

void each_source(struct portico *k, pk_id port, visit_listener *visit, void *context)
{
	each(k, 0, port, visit, context);
}
