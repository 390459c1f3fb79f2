/* SPDX-License-Identifier: MIT */
/* What transfer.c does under a port's lock, for posting.c.  port.h is the essay. */
#ifndef PK_TRANSFER_H
#define PK_TRANSFER_H

#include "guard.h"
#include "pool.h"
#include "queue.h"
#include "share.h"

/* As pk_queue_find(), among the messages of those who wait to send here, or to a member of this set that
 * isn't paused: the sender's wait, or 0. */
uint32_t pk_find_sender(struct portico *k, struct pk_port *port, const struct pk_want *want);

/* Give it to that waiting receiver.  W2: the word first, then the swap. */
bool pk_grant_to(struct portico *k, struct pk_port *port, uint32_t slot, uint32_t message,
		 struct pk_message *m, struct pk_wakes *wakes);

/* Give it to the first receiver in line that wants it and can take it. */
bool pk_hand_over(struct portico *k, struct pk_port *port, uint32_t message, struct pk_message *m,
		  struct pk_wakes *wakes);

/* Tell who watches it, or the set that it is in. */
void pk_tell_watchers_slowly(struct portico *k, struct pk_port *port, struct pk_wakes *wakes);

static inline void pk_tell_watchers(struct portico *k, struct pk_port *port, struct pk_wakes *wakes)
{
	if (__builtin_expect(port->watchers.first != 0 || pk_is_member(port), 0))
		pk_tell_watchers_slowly(k, port, wakes);
}

/* Queue it, and tell who watches. */
void pk_enqueue(struct portico *k, struct pk_port *port, pk_id id, uint32_t message, struct pk_message *m,
		struct pk_wakes *wakes);

/* Queue the message of a sender who waits here, or at a member of this set.  W3: queued first, then told. */
void pk_admit(struct portico *k, struct pk_port *port, pk_id id, uint32_t slot, struct pk_wakes *wakes);

/* Hand it over, or queue it; or -EAGAIN: there is no room, or others wait for some.  -ENOBUFS: none in the
 * pool. */
int pk_send_now(struct portico *k, struct pk_port *port, pk_id id, uint32_t message, struct pk_wakes *wakes);

/*
 * Might a receiver in line take it at once?  With `wakes`: those before it that
 * want it, and can't take it, fail, as they do when it is handed over.
 */
bool pk_is_awaited(struct portico *k, struct pk_port *queue, const struct pk_message *m,
		   struct pk_wakes *wakes);

/* Is there something that a receive of anything would get, now or from a sender that waits? */
bool pk_port_offers(struct portico *k, struct pk_port *port);

/*
 * Find what a receiver wants in the queue, where it isn't there with the first
 * sender that brings it.  -EAGAIN: there is none.  -E2BIG: that sender's is too long, and
 * it goes on waiting.
 */
int pk_bring(struct portico *k, struct pk_port *port, pk_id id, const struct pk_want *want,
	     struct pk_found *found, struct pk_wakes *wakes);

/* The receiver that stands in line as `slot` takes what there is for it. */
void pk_serve_receiver(struct portico *k, struct pk_port *port, pk_id id, const struct pk_want *want,
		       uint32_t slot, struct pk_wakes *wakes);

/* As pk_port_receive(), never waiting, and also where it is paused: pause.h. */
int pk_port_take(struct portico *k, pk_id port, const struct pk_want *want, uint32_t *message);

/* Stand in line.  PK_POSTED, or why not. */
int pk_post_send(struct portico *k, struct pk_port *port, pk_id id, uint32_t message,
		 const struct pk_post *post, uint32_t *wait, struct pk_wakes *wakes);
int pk_post_receive(struct portico *k, struct pk_port *port, pk_id id, const struct pk_want *want,
		    const struct pk_post *post, uint32_t *wait, struct pk_wakes *wakes);

/*
 * Streams.  A thread that does the same at the same port again and again is one
 * end of a stream, and somebody on another processor the other.  They do most if
 * each has the port in its cache for several turns: so one that finds that the
 * other had the lock last, lets it go on for a moment.
 */
#define PK_STREAM 16 /* the same so often */
#define PK_TURN 16   /* pauses */

static inline uint64_t pk_last(pk_id id, enum pk_purpose purpose)
{
	return pk_word((enum pk_kind)purpose, id);
}

/* It has done that. */
static inline void pk_stream_note(pk_id id, enum pk_purpose purpose)
{
	uint64_t last = pk_last(id, purpose);
	pk_thread.streak = pk_thread.last == last ? pk_thread.streak + 1 : 0;
	pk_thread.last = last;
}

/* Does it do that again? */
static inline bool pk_streams(pk_id id, enum pk_purpose purpose)
{
	return pk_thread.streak >= PK_STREAM && pk_thread.last == pk_last(id, purpose);
}

void pk_stream_wait(struct portico *k, pk_id id);

static inline void pk_stream_turn(struct portico *k, pk_id id, enum pk_purpose purpose)
{
	if (__builtin_expect(pk_streams(id, purpose), 0))
		pk_stream_wait(k, id);
}

#endif
