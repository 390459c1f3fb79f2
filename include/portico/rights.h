/* SPDX-License-Identifier: MIT */
/*
 * Guarded ports and the rights to them, as in Mach.
 *
 * A guarded port is used by rights.  One task has the *receive right*.  Others
 * have *send rights*, which count references, and *send-once rights*, each good
 * for one message.  A right is named by a portico_port that means something in
 * its own task only, and works in every call of portico.h that takes one.
 * Rights are made from the receive right, travel in messages (message.h), are
 * found by name (names.h), and go when their task does, exec included.
 *
 * When the receive right goes, so does the port: whoever waits there gets
 * -EIDRM, what is queued is gone, and send rights to it are dead names, good for
 * portico_right_drop() only.  Who wants to know asks for a notification.
 *
 * Beside the errors listed, each call returns
 *   -EINVAL  this task has no such right (or no more)
 *   -EBADF   that right isn't of the kind that is wanted
 *   -EIDRM   its port is gone
 * portico_rights(3); the model is told in portico_ports(7).
 */
#ifndef PORTICO_RIGHTS_H
#define PORTICO_RIGHTS_H

#include <portico/portico.h>

#ifdef __cplusplus
extern "C" {
#endif

enum portico_right_kind {
	PORTICO_RECEIVE = 1,
	PORTICO_SEND,
	PORTICO_SEND_ONCE,
	PORTICO_TASK, /* a task's kernel port: task.h */
};

/*
 * Make a guarded port; `receive` names its receive right.  limits: NULL for
 * portico_default_limits.  -ENOBUFS, -EDQUOT (limits of the instance, of this
 * user, of rights a task), -ENOSPC, -EMSGSIZE.
 */
int portico_port_create(portico *instance, const struct portico_limits *limits, portico_port *receive);

/*
 * Make a right of that kind, PORTICO_SEND or PORTICO_SEND_ONCE, from a receive
 * right.  All send rights of a task to one port are one, with references.
 */
int portico_right_make(portico *instance, portico_port receive, enum portico_right_kind kind,
		       portico_port *right);

/* Add `references` (1 and more) to a send right. */
int portico_right_keep(portico *instance, portico_port right, uint32_t references);

/*
 * Give up one reference of a send right, a dead name's included; a send-once
 * right (its port is told so: PORTICO_SEND_ONCE_LOST); or a receive right, and
 * with it the port.
 */
int portico_right_drop(portico *instance, portico_port right);

struct portico_right_status {
	enum portico_right_kind kind;
	uint32_t references; /* of a send right, else 1 */
	int is_dead;	     /* its port is gone */
	uint32_t senders;    /* receive: references to send there are, in all tasks and in messages */
};
int portico_right_inspect(portico *instance, portico_port right, struct portico_right_status *status);

/* This task's rights, at most `most`.  Returns how many there are. */
int portico_right_list(portico *instance, portico_port *rights, unsigned most);

/*
 * Send, and if there is no room let this one message wait: one for each send
 * right.  0: sent.  1: it waits, and PORTICO_MESSAGE_ACCEPTED with that cookie
 * comes to this task's notify port once it is queued, or received.  -EBUSY: this
 * right's one still waits.  Else as portico_send().
 */
int portico_send_one(portico *instance, portico_port right, const void *data, size_t bytes, int64_t type,
		     uint64_t cookie);

/* ---- notifications */

enum portico_event {
	PORTICO_DEAD_NAME = 1,	  /* the port of a send right is gone, or the task of a kernel port */
	PORTICO_NO_SENDERS,	  /* there were send rights to a port, and are none any more */
	PORTICO_PORT_DESTROYED,	  /* the holder of a receive right ended or dropped it; here it is */
	PORTICO_SEND_ONCE_LOST,	  /* a send-once right was given up unused */
	PORTICO_MESSAGE_ACCEPTED, /* portico_send_one()'s message was queued, or received */
};

/* What a notification's message, of this type and with no sender, holds. */
#define PORTICO_NOTIFICATION (INT64_MIN + 1)
struct portico_notification {
	uint32_t event;	      /* enum portico_event */
	int32_t error;	      /* MESSAGE_ACCEPTED: 0, or why it was not */
	uint64_t cookie;      /* as it was asked for with; SEND_ONCE_LOST: 0 */
	portico_port receive; /* PORT_DESTROYED: the receive right, this task's now */
};

/* This task's notify port, where only notifications come. */
int portico_notify_port(portico *instance, portico_port *notify);

/*
 * Ask for a notification, sent once, to `to`: a port to which this task may send
 * now, or where it receives, its notify port for one.  PORTICO_DEAD_NAME: of a
 * send right, or of one to a kernel port.  PORTICO_NO_SENDERS: of a receive right.
 * PORTICO_PORT_DESTROYED: of a receive right; `to` names a backup, which
 * inherits the receive right, with all that is queued, when this task ends or
 * drops it.  Asked again, it replaces what was asked; to.id 0 takes it back.  They
 * end with this task, or when another has taken the right.
 */
int portico_notify(portico *instance, portico_port right, enum portico_event event, portico_port to,
		   uint64_t cookie);

/*
 * The next notification at `from`, this task's notify port or another where it
 * receives.  -EBADMSG: the next message there is none; it stays.
 * -EAGAIN, -ETIMEDOUT, -EINTR as portico_receive().
 */
int portico_notified(portico *instance, portico_port from, struct portico_notification *notification,
		     int64_t deadline);

#ifdef __cplusplus
}
#endif

#endif
