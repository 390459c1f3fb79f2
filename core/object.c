/* SPDX-License-Identifier: MIT */
#include "object.h"
#include "guard.h"
#include "log.h"
#include "pipe.h"
#include "port.h"
#include "receipt.h"
#include "segment.h"
#include "semaphore.h"

#include <errno.h>

_Static_assert(offsetof(struct pk_port, lock) == offsetof(struct pk_object, lock), "prefix");
_Static_assert(offsetof(struct pk_set, lock) == offsetof(struct pk_object, lock), "prefix");
_Static_assert(offsetof(struct pk_segment, lock) == offsetof(struct pk_object, lock), "prefix");
_Static_assert(offsetof(struct pk_pipe, lock) == offsetof(struct pk_object, lock), "prefix");
_Static_assert(offsetof(struct pk_task, lock) == offsetof(struct pk_object, lock), "prefix");

int pk_object_lock_found(struct portico *k, unsigned table, uint32_t slot, void *object)
{
	struct pk_object *found = object;
	int locked = pk_lock(k, &found->lock);
	if (locked == PK_INHERITED) {
		pk_log(k, PK_LOG_INHERITED, table, pk_slot_id(&found->head, slot), 0);
		pk_object_repair(k, table, slot);
	}
	return locked < 0 ? locked : 0;
}

int pk_object_lock_slowly(struct portico *k, unsigned table, pk_id id, void *object)
{
	int error = pk_enter(k);
	if (error)
		return error;
	struct pk_object *found = pk_slot(k, table, pk_id_slot(id));
	if (!found)
		return -EINVAL;
	error = pk_object_lock_found(k, table, pk_id_slot(id), found);
	if (error)
		return error;
	if (!pk_word_is(pk_load(&found->head.word), PK_LIVE, id)) {
		pk_unlock(&found->lock);
		return pk_object(k, table, id, &error) ? -EIO : error;
	}
	*(struct pk_object **)object = found;
	return 0;
}

struct pk_object *pk_object_lock_slot(struct portico *k, unsigned table, uint32_t slot)
{
	struct pk_object *object = pk_slot(k, table, slot);
	return object && pk_object_lock_found(k, table, slot, object) == 0 ? object : NULL;
}

void pk_object_repair(struct portico *k, unsigned table, uint32_t slot)
{
	switch (table) {
	case PK_PORTS:
		pk_port_repair(k, slot);
		break;
	case PK_SETS:
		pk_set_repair(k, slot);
		break;
	case PK_SEGMENTS:
		pk_segment_repair(k, slot);
		break;
	case PK_PIPES:
		pk_pipe_repair(k, slot);
		break;
	}
}

struct pk_object *pk_object_lock_guard(struct portico *k, unsigned table, uint32_t slot)
{
	struct pk_port *guard = NULL;
	if (table != PK_PORTS)
		return pk_object_lock_slot(k, table, slot);
	return pk_port_lock_slot(k, slot, &guard) == 0 ? (struct pk_object *)guard : NULL;
}

void pk_object_unlock_guard(struct portico *k, unsigned table, struct pk_object *guard)
{
	if (table == PK_PORTS)
		pk_port_unlock(k, (struct pk_port *)guard);
	else
		pk_object_unlock(guard);
}

void pk_object_repair_guarded(struct portico *k, unsigned table, uint32_t slot, struct pk_object *guard)
{
	pk_object_repair(k, table, table == PK_PORTS ? pk_port_slot(k, (struct pk_port *)guard) : slot);
}

struct pk_wait_list *pk_object_line(struct portico *k, unsigned table, uint32_t slot, unsigned purpose)
{
	void *object = pk_slot(k, table, slot);
	struct pk_port *port = object;
	if (!object)
		return NULL;
	switch (table) {
	case PK_PORTS:
		return purpose == PK_FOR_RECEIVE   ? &port->receivers
		       : purpose == PK_FOR_SEND	   ? &port->senders
		       : purpose == PK_FOR_CHANGE  ? &port->watchers
		       : purpose == PK_FOR_RECEIPT ? &port->receipts
						   : NULL;
	case PK_SETS:
		return &((struct pk_set *)object)->waiters;
	case PK_PIPES:
		return &((struct pk_pipe *)object)->watchers;
	default:
		return NULL;
	}
}

void pk_object_advance(struct portico *k, unsigned table, uint32_t slot, struct pk_wakes *wakes)
{
	if (table == PK_PORTS)
		pk_port_advance(k, slot, wakes);
}

int pk_object_give_up(struct portico *k, unsigned table, uint32_t slot, struct pk_wait *wait,
		      uint32_t wait_slot, int error, struct pk_wakes *wakes)
{
	struct pk_port *port = pk_slot(k, PK_PORTS, slot);
	return table == PK_PORTS && port && wait->purpose == PK_FOR_RECEIPT
		       ? pk_receipt_give_up(k, port, wait, wait_slot, error, wakes)
		       : error;
}
