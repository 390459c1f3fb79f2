/* SPDX-License-Identifier: MIT */
/*
 * The index of a port: which of its messages are of a type, or from a sender,
 * without looking at the others.
 *
 * Most ports never need one.  A receive that has looked at PK_INDEX_AFTER
 * messages in vain makes it, from the queue; it is kept as messages come and go,
 * and dropped when the queue is empty.  It is a cache, all of it: where memory
 * for it can't be had, or repair finds the port half changed, it is dropped,
 * and receives search the queue.
 *
 * A lane holds the messages of one type, or of one sender, in their order; a
 * hash table, in a buffer of the port's own, finds the lane.  Once somebody
 * asks for the lowest type, that buffer also holds a heap of the lanes by type;
 * lanes by sender are kept from when somebody asks for one.
 * A lane that runs empty stays, in the heap too until it comes to the top: the
 * next message of its type is likely to come.
 *
 *  I1  While port->index isn't 0, every queued message stands in the lane of its
 *      type, and of its sender where those are kept, at the place that its number
 *      gives it.
 *  I2  Lanes and buffer are BODY of the port, so repair and the port's end find
 *      them whatever the links say.
 */
#ifndef PK_INDEX_H
#define PK_INDEX_H

#include "port.h"

#define PK_INDEX_AFTER 8

/* All under the port's lock. */

/* Make it.  False: it couldn't be. */
bool pk_index_make(struct portico *k, struct pk_port *port, pk_id id);
void pk_index_drop(struct portico *k, struct pk_port *port);

/* The same where the port can't be believed: frees what the words say is its own. */
void pk_index_forget(struct portico *k, struct pk_port *port, pk_id id);

/* m was linked into the queue, or is about to leave it.  Either may drop the index. */
void pk_index_add(struct portico *k, struct pk_port *port, uint32_t message, struct pk_message *m);
void pk_index_remove(struct portico *k, struct pk_port *port, struct pk_message *m);

/* Can it answer that? */
static inline bool pk_index_answers(const struct pk_port *port, const struct pk_want *want)
{
	return port->index != 0 && want->select != PK_ANY && want->select != PK_TYPE_EXCEPT;
}

/* The first message that is wanted, or 0; drops an index that can't be believed. */
uint32_t pk_index_find(struct portico *k, struct pk_port *port, const struct pk_want *want);

/* I1 holds? */
bool pk_index_valid(struct portico *k, struct pk_port *port);

#endif
