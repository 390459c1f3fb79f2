/* SPDX-License-Identifier: MIT */
/* What transfer.c does under a port's lock, for posting.c.  port.h is the essay. */
#ifndef PK_TRANSFER_H
#define PK_TRANSFER_H

#include "queue.h"

/* As pk_queue_find(), among the messages of waiting senders: the sender's wait, or 0. */
uint32_t pk_find_sender(struct portico *k, struct pk_port *port, const struct pk_want *want);

/* Give it to that waiting receiver.  W2: the word first, then the swap. */
bool pk_grant_to(struct portico *k, struct pk_port *port, uint32_t slot, uint32_t message,
		 struct pk_message *m, struct pk_wakes *wakes);

/* Give it to the first receiver in line that wants it and can take it. */
bool pk_hand_over(struct portico *k, struct pk_port *port, uint32_t message, struct pk_message *m,
		  struct pk_wakes *wakes);

/* Queue it, and tell who watches. */
void pk_enqueue(struct portico *k, struct pk_port *port, pk_id id, uint32_t message, struct pk_message *m,
		struct pk_wakes *wakes);

/* Queue the message of a waiting sender.  W3: queued first, then told. */
void pk_admit(struct portico *k, struct pk_port *port, pk_id id, uint32_t slot, struct pk_wakes *wakes);

/* Stand in line.  PK_POSTED, or why not. */
int pk_post_send(struct portico *k, struct pk_port *port, pk_id id, uint32_t message,
		 const struct pk_post *post, uint32_t *wait);
int pk_post_receive(struct portico *k, struct pk_port *port, pk_id id, const struct pk_want *want,
		    const struct pk_post *post, uint32_t *wait);

/* What this thread did last: who does the same again is one end of a stream. */
static inline uint64_t pk_last(pk_id id, enum pk_purpose purpose)
{
	return pk_word((enum pk_kind)purpose, id);
}

#endif
