/* SPDX-License-Identifier: MIT */
/*
 * Messages with more to say than data and a type.
 *
 * Conventions are those of <portico/portico.h>; see portico_mail(3).
 */
#ifndef PORTICO_MAIL_H
#define PORTICO_MAIL_H

#include <portico/portico.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Who received a message. */
struct portico_receipt {
	portico_task receiver;
	pid_t pid; /* in its own pid namespace */
	uid_t uid; /* effective */
	gid_t gid;
};

/* How to send a message.  All zero is as portico_send() with type 0. */
struct portico_sending {
	int64_t type;
	unsigned priority;		 /* 0 to 255 */
	bool wants_receipt;		 /* it is over when a receiver has consumed it */
	struct portico_receipt *receipt; /* then, where to write who did; or NULL */
};

/*
 * portico_send() with all there is to say.  Messages of a higher priority are
 * received before those of a lower one; of one priority they are received in the
 * order in which they were sent.  Senders that wait for room are served first
 * come, first served, whatever the priority.
 *
 * With a receipt it returns 0 when a receiver has consumed the message: that is,
 * when its call has returned.  If a receiver is killed before, another gets it.
 * Where it returns -ETIMEDOUT or -EINTR the message was taken back, and nobody
 * received it.
 * Errors as portico_send(), and
 *
 * -EINVAL    the priority is over 255, or a receipt is wanted PORTICO_NOW
 * -EIDRM     with a receipt, also: the mailbox was destroyed, with the message or
 *            before it was known that a receiver consumed it
 * -EALREADY  at the deadline, or when a signal handler ran, a receiver had taken the
 *            message, and hadn't consumed it yet: whether it does isn't told
 */
int portico_send_with(portico *instance, portico_port port, const void *data, size_t bytes,
		      const struct portico_sending *how, int64_t deadline);

/*
 * The same as portico_post_send().  With a receipt its completion comes when a
 * receiver has consumed the message; portico_collect() then writes who did to its
 * envelope, in sender, pid, uid and gid; how->receipt isn't used.  While a receiver
 * has the message portico_cancel() is -EALREADY, and the completion is still to come.
 */
int portico_post_send_with(portico *instance, portico_port port, const void *data, size_t bytes,
			   const struct portico_sending *how, int64_t deadline, portico_port completions,
			   uint64_t cookie, portico_wait *wait);

/* ---- looking */

/*
 * The length of what portico_receive() would get, or
 *
 * -EAGAIN  there is nothing; no more than a receive does this wait
 * -EINVAL, -EIDRM, -EACCES, -EPERM  as portico_receive()
 *
 * filter and envelope may be NULL.  Nothing is taken, and nothing changed.
 */
ssize_t portico_probe(portico *instance, portico_port port, const struct portico_filter *filter,
		      struct portico_envelope *envelope);

/*
 * The same, with the message copied into buffer; -E2BIG: it is longer than
 * size_bytes.  index: how many receives with this filter would come before; with
 * PORTICO_TYPE_AT_MOST it has to be 0, or it is -EINVAL.
 */
ssize_t portico_peek(portico *instance, portico_port port, void *buffer, size_t size_bytes,
		     const struct portico_filter *filter, uint32_t index, struct portico_envelope *envelope);

/* ---- sharing */

enum portico_share {
	PORTICO_SHARE_ANY = 0,	    /* any task whom the mode allows it: so it is at first */
	PORTICO_SHARE_PAIR,	    /* the first two tasks that send or receive, and no third */
	PORTICO_SHARE_ONE_RECEIVER, /* any may send, one at a time receive */
};

/*
 * Say how tasks share a mailbox.  From then on a send or receive against the
 * rule is -EBUSY.  Of a pair, a place is free again when its task has ended.  With
 * one receiver, a receive is against the rule while another task's waits or
 * another task has claimed it, or has it in a port set.  -EPERM: not its owner.  -EINVAL: no such rule.
 */
int portico_mailbox_share(portico *instance, portico_port port, enum portico_share rule);

/*
 * Be the one receiver, until yielding that or this task's end.
 * -EBUSY   another task is, or waits to receive
 * -EINVAL  the mailbox isn't shared so; or to yield, this task isn't
 */
int portico_mailbox_claim(portico *instance, portico_port port);
int portico_mailbox_yield(portico *instance, portico_port port);

#ifdef __cplusplus
}
#endif

#endif
