/* SPDX-License-Identifier: MIT */
/*
 * Port sets: one port from which a task receives what is sent to many.
 *
 * A member keeps its limits, its counters and the line of those who wait to
 * send to it; its messages stand in the set's queue, in the order in which they
 * came, with the set's numbers, and receivers wait at the set.  So a receive
 * takes the first of the queue, however many members there are, and a send is
 * what it was, at another queue.  Which lock guards a member is in guard.h.
 *
 * Those who wait to send to a member stand in the line of the set, too (beside),
 * so that the first of all is found where nothing is queued: of members without
 * slots, say.
 *
 *  J1  A message whose word is QUEUED at P is in the queue of P->set, or where
 *      that is 0 in P's own.
 *  J2  A member's next number and ticket are the set's; when it leaves they are
 *      above all that the set has given.  Two messages, of different members, may
 *      have one number, if one was queued before its port joined; nobody asks
 *      which came first.
 *  J3  Nobody waits to receive at a member.
 *  J4  Who inherits the lock of a set makes anew the queue, the counters and
 *      lines of each member, and finishes the members' ends and its own.
 *  J5  A set has no list of its members: who wants all looks through the ports.
 */
#ifndef PK_PORTSET_H
#define PK_PORTSET_H

#include "port.h"

int pk_portset_create(struct portico *k, pk_id *set);

/*
 * Put a port into a set of this task, and take it out.
 * -EBUSY: it is in one; or somebody waits to receive from it; or to be taken out,
 * it isn't in this one.  -EPERM: the set isn't this task's.  -EINVAL: the first is
 * no set, or the second can't be a member.  -EACCES, -EIDRM.
 */
int pk_portset_add(struct portico *k, pk_id set, pk_id port);
int pk_portset_remove(struct portico *k, pk_id set, pk_id port);

/* How many members it has; the first `most` of them. */
int pk_portset_list(struct portico *k, pk_id set, pk_id *members, unsigned most);

/* ---- under the set's lock, for port.c and line.c */

/* The member of that id, if it is one; dying or alive. */
struct pk_port *pk_portset_member(struct portico *k, pk_id set, pk_id port);

/* Call for each. */
void pk_portset_each(struct portico *k, pk_id set,
		     void (*visit)(struct portico *k, struct pk_port *set, struct pk_port *member,
				   void *context),
		     void *context);

/* What is queued for a member, and with NULL for all, into a queue of its own. */
void pk_portset_take_out(struct portico *k, struct pk_port *set, struct pk_port *member);

/* It leaves, whoever wants that. */
void pk_portset_expel(struct portico *k, struct pk_port *set, struct pk_port *member);

/* All members leave it. */
void pk_portset_disband(struct portico *k, struct pk_port *set, pk_id id);

/* J4: the lines of all. */
void pk_portset_rebuild_lines(struct portico *k, struct pk_port *set, pk_id id, struct pk_wakes *wakes);

/* A wait leaves the line of its port: out of that of the set. */
void pk_portset_unwait(struct portico *k, struct pk_wait *wait, uint32_t slot);

#endif
