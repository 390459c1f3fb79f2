/* SPDX-License-Identifier: MIT */
/* The calls of <portico/task.h> that communicate. */
#include "deliver.h"
#include "inbox.h"
#include "public.h"
#include "task.h"

#include <portico/task.h>

static const struct pk_port_limits default_limits = { PK_DEFAULT_SLOTS, PK_DEFAULT_BYTES,
						      PK_DEFAULT_CAPACITY };

PUBLIC portico_task portico_self(portico *instance)
{
	return (portico_task){ pk_enter(instance) == 0 ? instance->mine->identity.tag : 0 };
}

PUBLIC int portico_task_of_pid(portico *instance, pid_t pid, portico_task *task)
{
	pk_id found;
	int error = pk_enter(instance);
	if (!error)
		error = pk_task_by_pid(instance, (uint32_t)pid, &found);
	if (!error)
		task->id = pk_task_tag(found);
	return error;
}

static int own_inbox(struct portico *k, const struct pk_port_limits *limits, pk_id *inbox)
{
	int error = pk_enter(k);
	return error ? error : pk_inbox_of(k, pk_self(k), limits, inbox);
}

PUBLIC int portico_inbox(portico *instance, const struct portico_limits *limits, portico_port *port)
{
	if (!limits)
		return own_inbox(instance, &default_limits, &port->id);
	struct pk_port_limits wanted = { limits->slots, limits->bytes, limits->capacity };
	int error = own_inbox(instance, &wanted, &port->id);
	/* a sender may have made it, with others */
	return error ? error : pk_port_adjust(instance, port->id, &wanted, NULL);
}

/* ---- sending */

/* Its end is the end of its inbox; and one that doesn't make room may be dead. */
static int seen_by_sender(struct portico *k, portico_task task, int error)
{
	pk_id found;
	if (error == -EAGAIN && pk_task_named(k, task.id, &found) == 0)
		pk_task_reap_if_dead(k, pk_id_slot(found));
	bool may_be_gone = error == -EAGAIN || error == -EIDRM || error == -EINVAL;
	return may_be_gone && pk_task_named(k, task.id, &found) == -ESRCH ? -ESRCH : error;
}

PUBLIC int portico_send_to(portico *instance, portico_task task, const void *data, size_t bytes, int64_t type,
			   int64_t deadline)
{
	pk_id receiver;
	portico_port inbox;
	int error = pk_enter(instance);
	if (error)
		return error;
	pk_task_sweep(instance, false);
	error = pk_task_named(instance, task.id, &receiver);
	if (!error)
		error = pk_inbox_of(instance, receiver, &default_limits, &inbox.id);
	if (error)
		return error;
	return seen_by_sender(instance, task, portico_send(instance, inbox, data, bytes, type, deadline));
}

/* ---- receiving */

/* What there is now.  -ESRCH: nothing, and nothing will come. */
static int take(struct portico *k, pk_id inbox, const struct pk_want *want, uint32_t *message)
{
	pk_id sender;
	int error = want->select == PK_FROM ? pk_task_named(k, want->from, &sender) : 0;
	int result = error == -EINVAL ? error : pk_port_receive(k, inbox, want, NULL, message, NULL);
	return result == -EAGAIN && error ? error : result; /* looked for first: what it sent comes first */
}

PUBLIC ssize_t portico_receive_from(portico *instance, portico_task from, void *buffer, size_t size_bytes,
				    struct portico_envelope *envelope, int64_t deadline)
{
	struct portico_filter filter = { .select = from.id ? PORTICO_FROM : PORTICO_ANY, .from = from };
	struct pk_want want;
	uint32_t message = 0;
	pk_id inbox;
	int error = pk_want_of(&filter, size_bytes, &want);
	if (!error)
		error = own_inbox(instance, &default_limits, &inbox);
	if (error)
		return error;
	error = take(instance, inbox, &want, &message);
	if (error == -EAGAIN && deadline == PORTICO_NOW) {
		pk_task_sweep(instance, false); /* who asks again and again learns of a death, too */
		error = take(instance, inbox, &want, &message);
	} else if (error == -EAGAIN) {
		error = pk_port_receive_until(instance, inbox, &want, deadline, &message);
	}
	return error ? error : pk_deliver(instance, message, buffer, size_bytes, envelope);
}
