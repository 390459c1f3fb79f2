/* SPDX-License-Identifier: MIT */
/*
 * The pool: how many messages all the mailboxes that share it may have queued
 * together.  Each mailbox has slots of its own besides, and all of those
 * together may be far more than the pool has places: it is over-allocated, and
 * a send may find room in its mailbox and none in the pool.
 *
 * A message needs a place while it is queued, and only then.  One that a
 * waiting receiver is handed needs none; nor does that of a waiting sender.
 * So a send that would wait for room in its mailbox waits, whatever the pool
 * holds; and one that would be queued where there is no place is refused at
 * once, -ENOBUFS, and doesn't wait: the next free place may be in any mailbox.
 *
 * A receive from a mailbox where senders wait passes the place that it frees
 * to the first of them, before anybody else can have it.  Where more of them
 * fit than places were freed (limits were raised, or a long message made room
 * for several short ones) each further one needs a place like a new send, and
 * is refused like one.  So a sender never waits for the pool, and P2 of port.h
 * holds as it stands.  A sender and a receiver that meet in a mailbox without
 * slots use a place for that instant, and get it even where there is none.
 *
 * The header counts the places taken, and each port those it has.
 *
 *  O1  A port has at least as many places as messages queued, but while its
 *      lock is being inherited.  Under its lock: a place before the message is
 *      queued; it goes back after the message is off the queue.
 *  O2  The header counts at least as many as all ports have: a port is raised
 *      before the header, and lowered after it.
 *  O3  So a death leaves places taken, and never lets one be used twice.  Who
 *      finds no place counts those of all ports anew, before it refuses; the
 *      header takes that sum if it hasn't changed meanwhile, for which its
 *      upper half counts the changes.
 */
#ifndef PK_POOL_H
#define PK_POOL_H

#include "kernel.h"

#define PK_POOL_PLACES 2500u /* where nobody has set how many */

static inline bool pk_is_pooled(const struct pk_port *port)
{
	return port->special & PK_SPECIAL_POOLED;
}

/* How many places there are, and how many of them are taken. */
uint32_t pk_pool_most(struct portico *k);
uint32_t pk_pool_taken(struct portico *k);

bool pk_pool_claim_slowly(struct portico *k, struct pk_port *port, bool even_if_full);
void pk_pool_settle_slowly(struct portico *k, struct pk_port *port);

/* ---- under the port's lock */

/* Have a place for one more message.  False: there is none. */
static inline bool pk_pool_claim(struct portico *k, struct pk_port *port)
{
	return !pk_is_pooled(port) || pk_pool_claim_slowly(k, port, false);
}

/* The same, for what can't be refused any more. */
static inline void pk_pool_claim_anyway(struct portico *k, struct pk_port *port)
{
	if (pk_is_pooled(port))
		pk_pool_claim_slowly(k, port, true);
}

/* Give back the places that its queue doesn't need, once it is clear that no waiting sender does. */
static inline void pk_pool_settle(struct portico *k, struct pk_port *port)
{
	if (pk_is_pooled(port))
		pk_pool_settle_slowly(k, port);
}

/* After its queue was rebuilt. */
void pk_pool_repair(struct portico *k, struct pk_port *port);

#endif
