/* SPDX-License-Identifier: MIT */
/*
 * Which lock guards a port: its own, or that of the port set that it is in.
 *
 * The messages of a set's members stand in one queue, so one lock has to guard
 * them all.  port->set is the truth: while it names a set, all of the port but
 * what is said here is guarded by the set's lock.
 *
 *  A1  port->set becomes a set under the port's own lock and the set's, taken in
 *      that order, and 0 under the set's lock, as the last store of leaving: the
 *      port is then whole, and guarded by its own lock.
 *  A2  PK_SPECIAL_SET is set before port->set, and cleared after, each under the
 *      port's own lock.  So whoever holds that lock and finds the flag clear holds
 *      the guard, which is all that the plain path looks at.
 *  A3  Whoever finds a set lets go of the port's own lock, takes the set's, and
 *      looks again: by then it may have left.
 *  A4  Under the own lock of a port that is in a set nothing is left half done, so
 *      who inherits it changes nothing; what a dead holder of the set's lock
 *      left, who inherits that lock repairs.
 */
#ifndef PK_GUARD_H
#define PK_GUARD_H

#include "bell.h"
#include "object.h"

int pk_port_find_guard(struct portico *k, pk_id id, struct pk_port **port, struct pk_port **guard);

/* The own lock of *port is held: if that isn't its guard, take the guard instead. */
static inline int pk_port_guard(struct portico *k, pk_id id, struct pk_port **port, struct pk_port **guard)
{
	*guard = *port;
	return __builtin_expect(!((*port)->special & PK_SPECIAL_SET), 1)
		       ? 0
		       : pk_port_find_guard(k, id, port, guard);
}

/*
 * Find the port and lock what guards it: *guard, a set or the port itself, for
 * pk_port_unlock().  Errors as of pk_object_lock().
 */
static inline int pk_port_lock(struct portico *k, pk_id id, struct pk_port **port, struct pk_port **guard)
{
	int error = pk_object_lock(k, PK_PORTS, id, port);
	return error ? error : pk_port_guard(k, id, port, guard);
}

/* The same of whatever is in that slot, alive or not. */
int pk_port_lock_slot(struct portico *k, uint32_t slot, struct pk_port **guard);

/* Leave it; and its bell says what there is. */
static inline void pk_port_unlock(struct portico *k, struct pk_port *guard)
{
	if (__builtin_expect(guard->special & PK_SPECIAL_BELL, 0))
		pk_bell_settle(k, guard);
	pk_object_unlock(guard);
}

/* The same once that port was destroyed: what is in its slot may be another by now. */
static inline void pk_port_unlock_destroyed(struct portico *k, struct pk_port *port, struct pk_port *guard)
{
	if (guard != port)
		pk_port_unlock(k, guard);
	else
		pk_object_unlock(guard);
}

/* Where its messages are queued and received: the set that it is in, or itself.  Under the guard. */
static inline struct pk_port *pk_port_queue(struct portico *k, struct pk_port *port)
{
	if (__builtin_expect(!(port->special & PK_SPECIAL_SET), 1))
		return port;
	struct pk_port *set = pk_slot(k, PK_PORTS, pk_id_slot(pk_load_relaxed(&port->set)));
	return set && set->use == PK_PORT_SET ? set : port;
}

/* That object's slot. */
uint32_t pk_port_slot(struct portico *k, const struct pk_port *port);

#endif
