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

#include "part.h"
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

/*
 * The same of the message at that position in the queue, of any type; those of
 * senders that wait have none.
 */
int pk_port_peek_queued(struct portico *k, pk_id port, uint32_t position, void *buffer, uint32_t room,
			struct pk_message *seen);

/* ---- a glance at many, for people */

#define PK_GLANCE_BYTES 64u
#define PK_GLANCE_MOST 256u /* at once, under the lock */

struct pk_glance {
	struct pk_message message; /* as pk_port_peek() has it */
	struct pk_cargo cargo;
	bool is_queued;	   /* else its sender waits for room */
	int64_t posted_ns; /* CLOCK_MONOTONIC: when its sender began to wait, for room or a receipt; else 0 */
	int64_t sent_from, sent_to; /* of one that is queued: within which seconds it was sent,
				       CLOCK_REALTIME; 0 unknown */
	uint32_t shown;		    /* so many bytes of its data follow */
	unsigned char bytes[PK_GLANCE_BYTES];
};

/*
 * The messages that receives would get one after the other, from that index on,
 * at most PK_GLANCE_MOST: all as they stood at one moment.  How many there are.
 * Who may read the port may look, also where another task receives, and at a
 * member of a set.  -EACCES, -EINVAL, -EIDRM.
 */
int pk_port_glance(struct portico *k, pk_id port, uint32_t index, struct pk_glance *glances, uint32_t most);

#endif
