/* SPDX-License-Identifier: MIT */
/*
 * Rights: who may do what with a guarded port.
 *
 * A right is a record.  Its id, marked as such, is the name by which its task
 * uses it; to another task that name means nothing, as the record's word says
 * whose it is.  A receive right is one record for each port; a send right one for each task
 * that has some, with a count of references; a send-once right always one of
 * its own.  What a task asks to be told of is a record, too.
 *
 *  R1  Where a right is its word says: HELD by a task, or the BODY of the message
 *      that carries it, whose list named it before.  CLAIMED: it isn't one yet, or is
 *      so no more.  DYING: it was given up, and what follows from that may be
 *      unfinished.
 *  R2  Rights to a port appear, move and go under one lock, the rights'; but a
 *      send-once right is made for a message, taken into it, out of it, and used by
 *      its word alone, since nobody counts them.
 *  R3  A port's list of records, its count of references and who may receive are
 *      caches: who inherits the lock makes them anew, and finishes what is DYING.
 *  R4  A notification is claimed with the request, as the BODY of its record, and
 *      queueing it is a change of that word.  So it fails for want of nothing, and
 *      whoever finishes a request sees whether it was sent.
 *  R5  A port lives as long as its receive right: who inherits the lock ends one
 *      whose maker died before it had that.  A receive right that is in a message
 *      says to which port it went, so none is sent where it would hold itself.
 *  R6  A send-once right by which a message is sent becomes that message's body
 *      before, and is freed when the message is received, before that is consumed: the
 *      port gets the message, or is told that the right was lost.
 *
 * A message that carries rights and is freed under some lock is put aside by the
 * thread, still claimed, and buried once no lock is held (part.c).
 */
#ifndef PK_RIGHT_H
#define PK_RIGHT_H

#include "message.h"
#include "wait.h"

#include <errno.h>

/* ---- names */

#define PK_RIGHT_NAME (UINT64_C(1) << 63)

static inline bool pk_is_right(pk_id name)
{
	return __builtin_expect((name & PK_RIGHT_NAME) != 0, 0);
}

static inline struct pk_right *pk_right_at(struct portico *k, uint32_t slot)
{
	return pk_slot(k, PK_RIGHTS, slot);
}

/* The record of that name, held by this task. */
struct pk_right *pk_right_of(struct portico *k, pk_id name, uint32_t *slot);

/* What a caller wants to do with the port it names. */
enum pk_right_use { PK_TO_RECEIVE = 1, PK_TO_SEND, PK_TO_LOOK, PK_TO_CONTROL };

/*
 * The port of that name, which is an id or a right's.  *right: the record by
 * which it may send, or 0.  -EINVAL: no right of this task; -EBADF: not of that use.
 */
int pk_right_resolve(struct portico *k, pk_id name, enum pk_right_use use, pk_id *port, uint32_t *right);

/* The same for a call that wants the port only. */
static inline int pk_name_to_port(struct portico *k, pk_id name, enum pk_right_use use, pk_id *port)
{
	uint32_t right;
	*port = name;
	return pk_is_right(name) ? pk_right_resolve(k, name, use, port, &right) : 0;
}

/* Sending by it failed so; a port that was there when its right was looked up, and isn't, is gone. */
static inline int pk_right_error(uint32_t right, int error)
{
	return right != 0 && error == -EINVAL ? -EIDRM : error;
}

/* Of a whole list: `ports` where it holds no right, else `room`, filled. */
int pk_names_to_ports(struct portico *k, const pk_id **ports, unsigned count, pk_id *room);

/* What its holder calls it: the receive right's name for a guarded port, else its id. */
pk_id pk_port_name(struct portico *k, pk_id port);

/* ---- the lock */

int pk_rights_lock(struct portico *k);
void pk_rights_unlock(struct portico *k);

/* Inherit it from a dead task; give up what that held. */
void pk_rights_inherit(struct portico *k, pk_id dead);
void pk_rights_reap(struct portico *k, pk_id dead);

/* R1 to R6 hold, as far as they can be seen?  For tests and `portico doctor`. */
bool pk_rights_valid(struct portico *k);

/* ---- making and giving up */

struct pk_port_limits;

/* A guarded port, and its receive right.  -ENOBUFS, -EDQUOT, -ENOSPC, -EMSGSIZE. */
int pk_right_create_port(struct portico *k, const struct pk_port_limits *limits, pk_id *receive);

/* A send or send-once right of this task's to that port; the caller has seen that it may. */
int pk_right_make_for(struct portico *k, pk_id port, enum pk_right_kind kind, pk_id *name);

/* Does that task hold its receive right, or a send right to it? */
bool pk_right_is_held(struct portico *k, pk_id task, pk_id port);

/* The same by the receive right. */
int pk_right_make(struct portico *k, pk_id receive, enum pk_right_kind kind, pk_id *name);

/* A right to a task's kernel port. */
int pk_right_make_task(struct portico *k, pk_id task, pk_id *name);

int pk_right_keep(struct portico *k, pk_id name, uint32_t references);
int pk_right_drop(struct portico *k, pk_id name);

struct pk_right_status {
	enum pk_right_kind kind;
	uint32_t references, senders;
	bool dead;
	pk_id port;
};
int pk_right_inspect(struct portico *k, pk_id name, struct pk_right_status *status);

/* Those of this task, at most `most`; how many there are. */
unsigned pk_right_list(struct portico *k, pk_id *names, unsigned most);

/* ---- in messages: under the lock, but for send-once rights */

enum pk_disposition { PK_MOVE = 0, PK_COPY, PK_MAKE_SEND, PK_MAKE_SEND_ONCE };

/*
 * Put a right into a message to that port.  *record, in the message's list, is written before the right is
 * the message's.  -EINVAL, -EBADF, -ELOOP, -ENOBUFS, -EDQUOT, -ENOSPC.
 */
int pk_right_put(struct portico *k, pk_id name, enum pk_disposition how, uint32_t message, pk_id destination,
		 uint32_t *record);

/* Take it out of the message, as this task's: its name, 0 where there is none. */
pk_id pk_right_take(struct portico *k, uint32_t record, uint32_t message);

/* It goes with the message. */
void pk_right_lose(struct portico *k, uint32_t record, uint32_t message);

/* Does that want the lock? */
bool pk_right_wants_lock(struct portico *k, uint32_t record);

/* ---- the right by which a message is sent */

/* Sign the message with it.  -EINVAL: a send-once right that another thread was faster to use. */
int pk_right_sign(struct portico *k, pk_id name, uint32_t message);

/* It was not sent: a send-once right is this task's again. */
void pk_right_unsign(struct portico *k, uint32_t message);

/* Nor will it ever be, as its sender is dead: a send-once right is lost. */
void pk_right_unsent(struct portico *k, uint32_t message, struct pk_message *m);

/* It was received, or its port is gone: a send-once right is used up. */
void pk_right_used(struct portico *k, uint32_t message, struct pk_message *m);

/* ---- notifications: notice.c */

#define PK_NOTIFICATION_TYPE (INT64_MIN + 1)
struct pk_notification {
	uint32_t event;
	int32_t error;
	uint64_t cookie;
	pk_id receive;
};
enum pk_event { PK_DEAD_NAME = 1, PK_NO_SENDERS, PK_PORT_DESTROYED, PK_SEND_ONCE_LOST, PK_MESSAGE_ACCEPTED };

/* This task's notify port. */
int pk_notify_port(struct portico *k, pk_id *port);

/* Ask, or with `to` 0 take it back. */
int pk_notify(struct portico *k, pk_id name, enum pk_event event, pk_id to, uint64_t cookie);

/* Under the lock.  Claim the notice that a record may have to send. */
int pk_notice_claim(struct portico *k, uint32_t record);

/* Send what it asked for, or has to tell, and free it.  R4. */
void pk_notice_send(struct portico *k, uint32_t record);

/* Free it and its notice unsent. */
void pk_notice_drop(struct portico *k, uint32_t record);

#endif
