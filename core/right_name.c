/* SPDX-License-Identifier: MIT */
/* What the names of rights stand for.  right.h is the essay. */
#include "right_inside.h"
#include "task.h"

#include <errno.h>

/* ---- names */

static bool suits(enum pk_right_use use, uint32_t kind)
{
	switch (use) {
	case PK_TO_RECEIVE:
		return kind == PK_RIGHT_RECEIVE;
	case PK_TO_SEND:
		return kind == PK_RIGHT_SEND || kind == PK_RIGHT_SEND_ONCE;
	case PK_TO_LOOK:
		return kind != PK_RIGHT_TASK;
	case PK_TO_CONTROL:
		return kind == PK_RIGHT_TASK;
	}
	return false;
}

int pk_right_resolve(struct portico *k, pk_id name, enum pk_right_use use, pk_id *port, uint32_t *slot)
{
	int error = pk_enter(k);
	*slot = 0;
	if (error)
		return error;
	*port = name;
	if (!pk_is_right(name))
		return 0;
	const struct pk_right *right = pk_right_of(k, name, slot);
	if (!right)
		return -EINVAL;
	uint32_t kind = right->kind;
	*port = right->port;
	pk_fence();
	if (pk_right_of(k, name, slot) != right)
		return -EINVAL; /* another thread gave it up meanwhile */
	if (!suits(use, kind))
		return -EBADF;
	if (kind == PK_RIGHT_TASK)
		return pk_task_of_id(k, *port) ? 0 : -ESRCH;
	return pk_object(k, PK_PORTS, *port, &error) ? 0 : -EIDRM;
}

int pk_names_to_ports(struct portico *k, const pk_id **ports, unsigned count, pk_id *room)
{
	pk_id any = 0;
	int error = 0;
	for (unsigned i = 0; i < count; i++)
		any |= (*ports)[i];
	if (!pk_is_right(any))
		return 0;
	for (unsigned i = 0; i < count && !error; i++)
		error = pk_name_to_port(k, (*ports)[i], PK_TO_RECEIVE, &room[i]);
	*ports = room;
	return error;
}

pk_id pk_port_name(struct portico *k, pk_id id)
{
	int error;
	const struct pk_port *port = pk_object(k, PK_PORTS, id, &error);
	uint32_t slot = port && port->use == PK_GUARDED ? pk_load_relaxed(&port->receiver) : 0;
	return pk_right_at(k, slot) ? pk_right_name(k, slot) : id;
}
