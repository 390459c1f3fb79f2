/* SPDX-License-Identifier: MIT */
/*
 * How tasks share a port: any may use it, or two at most, or one at a time may
 * receive.
 *
 * A port with a rule has PK_SPECIAL_RULE, so the plain path never comes here.
 * A rule is asked under the port's lock, when a transfer begins.  A place that a
 * task had is free once that task has died, or called exec: this is seen when
 * somebody wants the place, so death needs no upkeep.
 */
#ifndef PK_SHARE_H
#define PK_SHARE_H

#include "object.h"

enum pk_rule {
	PK_SHARED_BY_ANY = 0,
	PK_SHARED_BY_TWO,     /* port->users: those two */
	PK_SHARED_BY_SENDERS, /* and one receiver at a time; port->users[0]: who claimed that, or 0 */
};

/* Set the rule; who used it until then is forgotten.  -EPERM, -EINVAL: no such rule. */
int pk_share_set(struct portico *k, pk_id port, enum pk_rule rule);

/* Be its one receiver until yielding that.  -EBUSY: another is.  -EINVAL: it has no such rule. */
int pk_share_claim(struct portico *k, pk_id port);
int pk_share_yield(struct portico *k, pk_id port);

/* Under the lock: may this task do that?  0 or -EBUSY. */
int pk_share_check(struct portico *k, struct pk_port *port, enum pk_purpose purpose);

static inline int pk_share_allows(struct portico *k, struct pk_port *port, enum pk_purpose purpose)
{
	return __builtin_expect(port->special & PK_SPECIAL_RULE, 0) ? pk_share_check(k, port, purpose) : 0;
}

#endif
