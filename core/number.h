/* SPDX-License-Identifier: MIT */
/*
 * Mailboxes known by a small number, for <portico/mbox.h>: names for which a
 * table serves better than text and a hash.  An entry holds the id of a port,
 * and names it while it lives; so what name.h says of names holds of them, too:
 * an entry whose port isn't LIVE any more is free (N1), and a port gets its
 * number before it is published (N2).
 */
#ifndef PK_NUMBER_H
#define PK_NUMBER_H

#include "port.h"

/* Make a mailbox and give it a number.  -ENOBUFS: all are given; or as pk_port_create(). */
int pk_numbered_create(struct portico *k, const struct pk_port_limits *limits, uint32_t mode,
		       uint32_t *number);

/* The port of that number, 0: there is none.  Without a lock: whoever uses the id finds if it is stale. */
pk_id pk_numbered(struct portico *k, uint32_t number);

/* Under the names lock, for pk_port_create().  -EEXIST: another's. */
int pk_number_give(struct portico *k, uint32_t number, pk_id port);

#endif
