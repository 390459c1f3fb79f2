/* SPDX-License-Identifier: MIT */
/*
 * Listeners: ports that get a copy of what is sent to another.
 *
 * While a port has listeners, a send there queues nothing: it makes each of them
 * a copy, and is over.  No listener is ever waited for.  One whose port hasn't
 * room misses the message; it is counted, and the next copy that it does get
 * says how many it missed before.  So a listener's slots are its choice of how
 * much to buffer.
 *
 * Only what tasks send is copied, never a copy: so two ports may listen to each
 * other, and a port to itself.
 *
 *  H1  A listener hears while its word says LIVE.  That becomes DYING under the
 *      lock of the listener's own port, and a copy is queued there under that
 *      lock by who looked: so once pk_unlisten() has returned none comes.
 *  H2  Then it leaves the source's list, and is freed, under the source's lock;
 *      or, where the source is no more, by who wins a swap of its word.  Whoever
 *      reaps a task finishes with all that are DYING, or of a port that is gone.
 *  H3  The source's list, of descending slots, and its PK_SPECIAL_LISTENERS are a
 *      cache of the listeners that are LIVE, as that of its taps and PK_SPECIAL_TAPS are; repair of
 *      the port rebuilds them.
 *  H4  A sender holds one port's lock at a time: the source's to see who listens,
 *      then each listener's.  If it is killed meanwhile some have their copies
 *      and some don't, each a whole one or none; its send had not returned.
 *  H5  What a listener missed is counted under its port's lock, and counted out
 *      only once the message that says so is queued or handed over.  A sender
 *      killed between those two makes it be said twice; it is never lost.
 */
#ifndef PK_LISTENER_H
#define PK_LISTENER_H

#include "port.h"

struct pk_listener_status {
	pk_id source, port, owner;
	uint64_t heard, missed; /* copies it got, and copies it didn't */
	uint32_t missed_lately; /* of those, since the last that it got */
};

/*
 * Have `port` hear what is sent to `source`, until this task ends or either port.
 * -EACCES: source mayn't be read, or port written.  -EPERM: one isn't a port of
 * that kind.  -EINVAL, -EIDRM, -ENOBUFS, -ENOSPC.
 */
int pk_listen(struct portico *k, pk_id source, pk_id port, pk_id *listener);

/* The same of a tap, whose port is its own: tap.h. */
int pk_listen_as_tap(struct portico *k, pk_id source, pk_id port, pk_id *listener);

/* -EPERM: another task's.  -EINVAL, -EIDRM. */
int pk_unlisten(struct portico *k, pk_id listener);

int pk_listener_inspect(struct portico *k, pk_id listener, struct pk_listener_status *status);

/* Whoever asks: for those whose port is no more. */
int pk_listener_end(struct portico *k, pk_id listener);

/* Under the lock.  The flag alone, scribbled, would have a send lost. */
static inline bool pk_has_listeners(const struct pk_port *port)
{
	return port->special & PK_SPECIAL_LISTENERS && port->listeners != 0;
}

/* ---- for transfer.c and posting.c: to a port that has listeners, under `guard`, which they unlock */

/* 0: the message was copied, and is gone. */
int pk_listener_send(struct portico *k, struct pk_port *source, struct pk_port *guard, pk_id id,
		     uint32_t message);

/* 0: *wait is posted, and granted; its completion comes once the message was copied. */
int pk_listener_post_send(struct portico *k, struct pk_port *source, struct pk_port *guard, pk_id id,
			  uint32_t message, const struct pk_post *post, uint32_t *wait);

/* ---- for fanout.c and tap.c */

/* Say of a copy who sent that message, and how. */
void pk_listener_sign(struct pk_message *copy, const struct pk_message *m);

/* H5, under the lock of the listener's port.  False: there is no room. */
bool pk_listener_put(struct portico *k, struct pk_port *port, pk_id id, struct pk_listener *listener,
		     uint32_t copy, struct pk_wakes *wakes);
void pk_listener_count_missed(struct pk_listener *listener);

/* How many taps a user has at one port, where it has most. */
uint32_t pk_listener_most_taps(struct portico *k, uint32_t uid);

/* End this task's to that port. */
void pk_listener_leave(struct portico *k, pk_id port);

/* H2, under the source's lock: the port of the one in that slot is no more. */
void pk_listener_drop(struct portico *k, struct pk_port *source, uint32_t slot);

/* ---- for port.c and reap.c */

/* H3: under the lock. */
void pk_listener_rebuild(struct portico *k, struct pk_port *source, pk_id id);
bool pk_listener_valid(struct portico *k, const struct pk_port *source, pk_id id);

/* End those of a source that is no more. */
void pk_listener_forget(struct portico *k, pk_id source);

/* H2: those of a task that is no more, and what other deaths left. */
void pk_listener_reap(struct portico *k, pk_id owner);

#endif
