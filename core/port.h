/* SPDX-License-Identifier: MIT */
/*
 * Ports: protected queues of messages, with limits, an owner, and ordered
 * lines of waits.  A mailbox is a port found by name; a System V queue is one
 * found by key.
 *
 * A send hands its message to the first waiting receiver that wants it; or
 * else queues it, if it fits and nobody waits to send before it; or else
 * waits.  A receive takes the first queued message that it wants; or else
 * that of the first waiting sender that it wants (always so where slots is 0:
 * rendezvous); or else waits.  Both under the port's lock, so:
 *
 *  P1  No waiting receiver wants a queued message, or a waiting sender's (but
 *      what was sent to a port that is paused: pause.h).
 *  P2  Senders wait only while the first of them doesn't fit.
 *      (One that wants a receipt then waits for that: receipt.h.)
 *  P3  Every message queued here has a number of its own; the queue is in the
 *      order of the numbers, which is that of their priorities and then of their
 *      sending.
 *  P4  The word of a message is changed before the list it leaves or enters;
 *      repair rebuilds queue, counters and lines from words and numbers.
 *
 * A message that a dead task held, or was granted, is queued again at its
 * number; one that a live task gives back, likewise, with what it had read
 * of it gone.
 */
#ifndef PK_PORT_H
#define PK_PORT_H

#include "message.h"
#include "object.h"

struct pk_port_limits {
	uint32_t slots;	   /* most messages queued; 0 is rendezvous */
	uint32_t bytes;	   /* most bytes in a message; may be 0 */
	uint64_t capacity; /* most bytes queued in all */
};

#define PK_DEFAULT_SLOTS 1024u
#define PK_DEFAULT_BYTES PK_LARGEST
#define PK_DEFAULT_CAPACITY (UINT64_C(64) << 20)

/* Of a System V queue of so many bytes: Linux counts bytes, and as many messages as bytes, so that empty ones
 * have an end, too; and msgmax is looked at by who sends. */
static inline struct pk_port_limits pk_queue_limits(uint64_t qbytes)
{
	return (struct pk_port_limits){
		.slots = qbytes < UINT32_MAX ? (uint32_t)qbytes : UINT32_MAX,
		.bytes = PK_MESSAGE_MOST,
		.capacity = qbytes,
	};
}

/* What a receiver wants. */
struct pk_want {
	enum pk_select_how select;
	int64_t type;
	uint32_t from; /* pk_task_tag(), with PK_FROM */
	uint32_t room; /* bytes it can take: a longer message is -E2BIG, and stays */
};

#define PK_WANT_ANY ((struct pk_want){ .room = UINT32_MAX })

struct pk_port_status {
	pk_id id;
	struct pk_permission permission;
	enum pk_port_use use;
	struct pk_port_limits limits;
	uint32_t count;
	uint64_t queued_bytes;
	uint32_t receivers, senders; /* how many wait */
	uint32_t last_sender, last_receiver;
	int64_t send_time, receive_time, change_time;
	bool paused;
	uint32_t names; /* how many it has; this is the one that it shows */
	char name[PK_NAME_MAX + 1];
};

/* What a poller wants to know. */
struct pk_port_readiness {
	bool offers;	   /* a message, or a sender who waits */
	bool accepts;	   /* a message, without waiting */
	uint64_t arrivals; /* changes with each message that comes, or comes back */
};

/* ---- life: port.c, port_repair.c */

/*
 * Make a port; where text isn't NULL, under that name in that space.
 * -EEXIST, -ENAMETOOLONG, -EMSGSIZE (bytes over PK_MESSAGE_MOST), -ENOBUFS, -EDQUOT, -ENOSPC.
 */
int pk_port_create(struct portico *k, enum pk_port_use use, const struct pk_port_limits *limits,
		   uint32_t mode, enum pk_space space, const void *text, uint32_t length, pk_id *port);

/* A mailbox of that name on a client's behalf, whose it is; its creator is this task's user.  As above, and
 * as pk_directory_admits(). */
struct pk_client;
int pk_port_create_for(struct portico *k, const struct pk_client *client, const struct pk_port_limits *limits,
		       uint32_t mode, const char *text, uint32_t length, pk_id *port);

/* Under the names' lock: claim a port and fill it in, for pk_publish().  -EMSGSIZE, -ENOBUFS, -EDQUOT,
 * -ENOSPC. */
int pk_port_claim(struct portico *k, enum pk_port_use use, const struct pk_port_limits *limits, uint32_t mode,
		  int32_t key, uint32_t *slot);

/* Destroy it: who waits gets EIDRM, what is queued is gone.  -EPERM, -EINVAL, -EIDRM. */
int pk_port_destroy(struct portico *k, pk_id port);
int pk_port_end(struct portico *k, pk_id port); /* whoever may: lifetime.h */

/*
 * The same of a mailbox under the names' lock, where it keeps its names: they
 * name nothing any more.  Its mourners are seen to by pk_port_bury(), once that
 * lock is left.  -EIDRM.
 */
struct pk_port_ended {
	pk_id listened; /* others listened to it */
	struct pk_wakes wakes;
};
int pk_port_end_within(struct portico *k, pk_id port, struct pk_port_ended *ended);
void pk_port_bury(struct portico *k, struct pk_port_ended *ended);

/* Destroy those that end with that task. */
void pk_port_reap(struct portico *k, pk_id owner);

/* What this task received there last was for that process, as others are to see. */
void pk_port_received_for(struct portico *k, pk_id port, uint32_t pid);

int pk_port_inspect(struct portico *k, pk_id port, struct pk_port_status *status);
int pk_port_ready(struct portico *k, pk_id port, struct pk_port_readiness *ready); /* however many wait */

/*
 * Change limits, owner and mode; NULL leaves what it is.  Lets go on who can; at a System V queue
 * whose owner or mode changes, who waits fails with EAGAIN, and asks anew.  -EPERM.
 */
int pk_port_adjust(struct portico *k, pk_id port, const struct pk_port_limits *limits,
		   const struct pk_permission *permission);

/* Of its names this is the one to show; 0: none. */
void pk_port_show_name(struct portico *k, pk_id port, uint32_t name);

void pk_port_repair(struct portico *k, uint32_t slot);

/* Under the lock: end it, whoever asks. */
void pk_port_destroy_locked(struct portico *k, struct pk_port *port, pk_id id, struct pk_wakes *wakes);

/* Under the guard of a port that is DYING: what its destroyer has to do, from any point on. */
void pk_port_finish_destroying(struct portico *k, struct pk_port *port, uint32_t slot,
			       struct pk_wakes *wakes);

/* P1 to P4 hold?  For tests and `portico doctor`. */
bool pk_port_valid(struct portico *k, pk_id port);

/* ---- passing messages: transfer.c */

/*
 * Send a message this task claimed.  0: it is the port's now.  PK_POSTED: *wait
 * stands in line with it.  On any error it is still the caller's: -EAGAIN (no
 * post), -EMSGSIZE, -EACCES, -EINVAL, -EIDRM, -ENOBUFS, -ENOSPC.
 */
int pk_port_send(struct portico *k, pk_id port, uint32_t message, const struct pk_post *post, uint32_t *wait);

/* Receive.  0: *message is held by this task.  PK_POSTED: *wait stands in line.  -EAGAIN, -E2BIG, -EACCES, …
 */
int pk_port_receive(struct portico *k, pk_id port, const struct pk_want *want, const struct pk_post *post,
		    uint32_t *message, uint32_t *wait);

/* The message that a granted receive brought; held by this task from now on.  Ends the wait.  -EINVAL:
 * another thread was faster. */
int pk_port_collect(struct portico *k, pk_id wait, uint32_t *message);

/* A held or granted message back to its place; freed if its port is gone. */
void pk_port_give_back(struct portico *k, uint32_t message);

/*
 * Be told of the next change to what is queued or waits here, to its limits, or
 * of its end.  Look first whether what is wanted is there already, then
 * post, then look again.
 */
int pk_port_watch(struct portico *k, pk_id port, const struct pk_post *post, uint32_t *wait);

/*
 * The same, but always posted, and then settled at once where that can be.  0:
 * *wait is posted; how it ends its completion tells.
 */
int pk_port_post_send(struct portico *k, pk_id port, uint32_t message, const struct pk_post *post,
		      uint32_t *wait);
int pk_port_post_receive(struct portico *k, pk_id port, const struct pk_want *want,
			 const struct pk_post *post, uint32_t *wait);

/* From whichever of up to PK_GROUP_MOST ports has one first; of those that have one now, from the first. */
int pk_port_post_receive_any(struct portico *k, const pk_id *ports, unsigned count,
			     const struct pk_want *want, const struct pk_post *post, uint32_t *wait);
int pk_port_receive_any_until(struct portico *k, const pk_id *ports, unsigned count,
			      const struct pk_want *want, int64_t until_ns, uint32_t *message);

/* Sleep until something is queued there.  0, -ETIMEDOUT, -EINTR, -EIDRM … */
int pk_port_await(struct portico *k, pk_id port, int64_t until_ns);

/* Blocking forms of the first two: they post, sleep and collect. */
int pk_port_send_until(struct portico *k, pk_id port, uint32_t message, int64_t until_ns);
int pk_port_receive_until(struct portico *k, pk_id port, const struct pk_want *want, int64_t until_ns,
			  uint32_t *message);

/* ---- under the lock, for object.c, port.c and port_repair.c */

/* Queue the messages of waiting senders that fit now: P2. */
void pk_port_advance(struct portico *k, uint32_t slot, struct pk_wakes *wakes);

/* Hand what is queued to waiting receivers that want it: P1, after a repair. */
void pk_port_serve(struct portico *k, struct pk_port *port, struct pk_wakes *wakes);

/* P1 and P2 hold? */
bool pk_port_settled(struct portico *k, struct pk_port *port, pk_id id);

#endif
