/* SPDX-License-Identifier: MIT */
/* Messages that are put into a port, or taken out of it, by hand: also while it is paused. */
#ifndef PK_BY_HAND_H
#define PK_BY_HAND_H

#include "port.h"

/*
 * Take up to `most` of the messages that are queued now and that `want` selects,
 * and release them: to others a receive of each.  How many those were; or why the
 * first couldn't be had.  -EACCES, -EPERM, -EBUSY, -EINVAL, -EIDRM.
 */
int64_t pk_port_drop(struct portico *k, pk_id port, const struct pk_want *want, uint64_t most);

/*
 * Send that there, in the name of `as`, or of this task where it is NULL; and
 * wait for room until then, PORTICO_NOW not at all.  As pk_port_send(), and
 * -EMSGSIZE: to a System V queue, over msgmax; -EINVAL: of a type that none has.
 */
int pk_port_inject(struct portico *k, pk_id port, const void *data, uint64_t bytes, int64_t type,
		   const struct pk_identity *as, int64_t until_ns);

#endif
