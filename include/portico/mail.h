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

#ifdef __cplusplus
}
#endif

#endif
