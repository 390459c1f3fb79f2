/* SPDX-License-Identifier: MIT */
/*
 * Taps: a live copy of what passes a mailbox or a queue, for who looks on.
 *
 * A tap is a listener (listener.h, whose H1 to H3 hold) that takes nothing away:
 * the message goes its way, and nobody waits for the tap.  Its copies go to a port
 * of its own, where only the core sends; each begins with a struct pk_tapped, and
 * holds as much of the data as the tap wants.  What there is no room for is missed,
 * counted, and said by the next copy (H5).
 *
 *  T1  A copy is made when the port accepts the message: queues it, hands it to a
 *      receiver, takes it from a sender that waited, or sends it to listeners.  That
 *      is under the port's guard; so copies are in the order of acceptance.
 *  T2  A tap's port is no source and in no set; so its lock comes after that of any
 *      port, and before that of a port for completions.
 *  T3  If whoever accepts a message is killed, a tap may be without that copy, and
 *      isn't told.  It has a whole one or none.
 *  T4  When the source is no more, the tap's port is over: PK_SPECIAL_OVER, which
 *      is truth, is set under its lock.  What is there can be received, and then
 *      there is -EIDRM, for who waits, too.
 */
#ifndef PK_TAP_H
#define PK_TAP_H

#include "port.h"

/* How each copy begins. */
struct pk_tapped {
	int64_t time_ns; /* CLOCK_REALTIME: when it was accepted */
	uint64_t bytes;	 /* of its data, in all */
};

#define PK_TAP_SLOTS 1024u

/*
 * Tap a port: at most `slots` copies are kept, each of at most `bytes` of data.
 * It ends with pk_tap_close(), which is its own task's, and with this task.
 * -EACCES: source mayn't be read.  -EPERM: it is no mailbox and no queue.
 * -EDQUOT: its user has as many there as limit.h allows.
 * -EINVAL, -EIDRM, -ENOBUFS, -ENOSPC, -EMSGSIZE.
 */
int pk_tap_open(struct portico *k, pk_id source, uint32_t slots, uint32_t bytes, pk_id *port,
		pk_id *listener);
int pk_tap_close(struct portico *k, pk_id port);

static inline bool pk_is_tapped(const struct pk_port *port)
{
	return port->special & PK_SPECIAL_TAPS;
}

/* T1, under the guard of `source`. */

/* A copy of a message that is about to be handed over, to be given once it was, or released.  0: none can be
 * had. */
uint32_t pk_tap_copy(struct portico *k, struct pk_port *source, uint32_t message);

/* Give each tap its own; `copy` is gone then.  0: all have missed it. */
void pk_tap_give(struct portico *k, struct pk_port *source, uint32_t copy, struct pk_wakes *wakes);

/* The same of a message that is still here. */
static inline void pk_tap_note(struct portico *k, struct pk_port *source, uint32_t message,
			       struct pk_wakes *wakes)
{
	if (__builtin_expect(pk_is_tapped(source), 0))
		pk_tap_give(k, source, pk_tap_copy(k, source, message), wakes);
}

/* T4, under the tap's own lock. */
void pk_tap_end(struct portico *k, struct pk_port *port, struct pk_wakes *wakes);

#endif
