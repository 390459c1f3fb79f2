/* SPDX-License-Identifier: MIT */
/*
 * Receipts: sends that are over when somebody has consumed their message.
 *
 * A send is otherwise over when its message is queued.  One that wants a receipt
 * is posted like a sender that waits; and when its message is queued its wait
 * isn't granted, but moves to another line of the port, that of the receipts.
 * The message names the wait, and the wait the message.  Whoever consumes the
 * message grants the wait, and writes there who it was.
 *
 * A receiver may be killed between taking a message and consuming it: then
 * another gets it, and the sender goes on waiting.
 *
 *  Q1  A message that wants a receipt names its sender's wait before it is QUEUED.
 *  Q2  It is consumed when its word turns from HELD to CLAIMED by its receiver;
 *      then its sender is told, and only then is it freed.  If the receiver dies in
 *      between, its reaper finds the message claimed, and tells.
 *  Q3  The wait of a message that is destroyed with its port fails with EIDRM.
 *  Q4  A sender that gives up takes its message back while it is QUEUED, and then
 *      nobody got it; while a receiver has it the wait fails with EALREADY, or, if
 *      it is cancelled, goes on.  A sender that dies takes nothing back.
 */
#ifndef PK_RECEIPT_H
#define PK_RECEIPT_H

#include "message.h"
#include "object.h"

/* Have the sender told who consumes it.  Such a message is sent by pk_port_post_send(). */
static inline void pk_receipt_want(struct pk_message *m)
{
	m->receipt = 0;
	m->more |= PK_MORE_RECEIPT;
}

static inline bool pk_receipt_wanted(const struct pk_message *m)
{
	return m->more & PK_MORE_RECEIPT;
}

/*
 * Send it and wait until it was consumed: 0, and *receiver is who did.  On any
 * error but where *message is 0 then it is still the caller's.  -EALREADY: a
 * receiver had it at the deadline, or when a signal came; whether it consumes it isn't
 * known.
 */
int pk_port_send_for_receipt(struct portico *k, pk_id port, uint32_t *message, int64_t until_ns,
			     struct pk_receiver *receiver);

/* Without the port's lock: it is consumed, or else discarded. */
void pk_receipt_give(struct portico *k, uint32_t message, struct pk_message *m);

/* ---- under the port's lock */

/* The message of a sender that waited was queued: now it waits for its receipt. */
void pk_receipt_await(struct portico *k, struct pk_port *port, uint32_t wait);

/* As pk_object_give_up(). */
int pk_receipt_give_up(struct portico *k, struct pk_port *port, struct pk_wait *wait, uint32_t slot,
		       int error, struct pk_wakes *wakes);

/* Fail those whose message is no more, once the line was rebuilt; valid: are there none? */
void pk_receipts_repair(struct portico *k, struct pk_port *port, struct pk_wakes *wakes);
bool pk_receipts_valid(struct portico *k, struct pk_port *port);

#endif
