/* SPDX-License-Identifier: MIT */
/*
 * Looking at what a receive would get, and leaving it there.
 *
 * A long message is copied in pieces, each under the port's lock, so that nobody
 * waits for long; where another message stands there by the next piece, the
 * look begins anew with that.
 */
#ifndef PK_PEEK_H
#define PK_PEEK_H

#include "port.h"

#define PK_PEEK_PIECE (1u << 20) /* bytes */

/*
 * The message that a receive would get, or, with an index, would get after that
 * many others: up to `room` bytes into buffer, and a copy of its record, with its
 * port and priority as if it were queued even if its sender waits.
 * -EAGAIN: there is none.  -E2BIG: it is longer; *seen is filled in.  -EINVAL: an index, of the lowest
 * type.  -EACCES, -EPERM, -EIDRM, -EIO.
 */
int pk_port_peek(struct portico *k, pk_id port, const struct pk_want *want, uint32_t index, void *buffer,
		 uint32_t room, struct pk_message *seen);

#endif
