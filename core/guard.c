/* SPDX-License-Identifier: MIT */
#include "guard.h"
#include "log.h"
#include "port.h"

#include <errno.h>

/* So often a port may change its guard while it is being locked; more is damage. */
#define TRIES 1000
#define MOVED 1

uint32_t pk_port_slot(struct portico *k, const struct pk_port *port)
{
	const struct pk_port *none = pk_slot_at(k, PK_PORTS, 0);
	return (uint32_t)(port - none);
}

static bool is_object(const struct pk_port *port)
{
	enum pk_kind kind = pk_word_kind(pk_load(&port->head.word));
	return kind == PK_LIVE || kind == PK_DYING;
}

static pk_id set_of(const struct pk_port *port)
{
	return is_object(port) ? pk_load(&port->set) : 0;
}

/* It says that it is in a set that doesn't exist.  No set ends before its members have left: it is damaged.
 */
static void disown(struct portico *k, struct pk_port *port, uint32_t slot, pk_id set)
{
	if (pk_object_lock_found(k, PK_PORTS, slot, port) != 0)
		return;
	if (set_of(port) == set) {
		pk_log(k, PK_LOG_DAMAGED, PK_PORTS, pk_slot_id(&port->head, slot), 0);
		pk_store(&port->set, 0);
		pk_port_repair(k, slot);
	}
	pk_object_unlock(port);
}

/* A3.  0, MOVED, or why it can't be locked. */
static int lock_set(struct portico *k, struct pk_port *port, uint32_t slot, pk_id set, struct pk_port **guard)
{
	struct pk_port *found = pk_slot(k, PK_PORTS, pk_id_slot(set));
	bool lives = false;
	if (found && found != port) {
		int error = pk_object_lock_found(k, PK_PORTS, pk_id_slot(set), found);
		if (error)
			return error;
		lives = is_object(found) && found->use == PK_PORT_SET &&
			pk_slot_id(&found->head, pk_id_slot(set)) == set;
		if (lives && set_of(port) == set) {
			*guard = found;
			return 0;
		}
		pk_object_unlock(found);
	}
	if (!lives)
		disown(k, port, slot, set);
	return MOVED;
}

int pk_port_lock_slot(struct portico *k, uint32_t slot, struct pk_port **guard)
{
	struct pk_port *port = pk_slot(k, PK_PORTS, slot);
	for (int tries = TRIES; port && tries > 0; tries--) {
		int error = pk_object_lock_found(k, PK_PORTS, slot, port);
		if (error)
			return error;
		pk_id set = set_of(port);
		if (set == 0) {
			if (is_object(port) && port->special & PK_SPECIAL_SET)
				port->special &= ~PK_SPECIAL_SET; /* A2 */
			*guard = port;
			return 0;
		}
		pk_object_unlock(port);
		error = lock_set(k, port, slot, set, guard);
		if (error != MOVED)
			return error;
	}
	return port ? -EIO : -EINVAL;
}

int pk_port_find_guard(struct portico *k, pk_id id, struct pk_port **port, struct pk_port **guard)
{
	pk_object_unlock(*port);
	int error = pk_port_lock_slot(k, pk_id_slot(id), guard);
	if (error)
		return error;
	if (pk_word_is(pk_load(&(*port)->head.word), PK_LIVE, id))
		return 0;
	pk_port_unlock(k, *guard);
	return pk_object(k, PK_PORTS, id, &error) ? -EIO : error;
}
