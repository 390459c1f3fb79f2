/* SPDX-License-Identifier: MIT */
/*
 * Messages with more to say than data and a type.
 *
 * Conventions are those of <portico/portico.h>; see portico_mail(3).
 */
#ifndef PORTICO_MAIL_H
#define PORTICO_MAIL_H

#include <portico/portico.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How to send a message.  All zero is as portico_send() with type 0. */
struct portico_sending {
	int64_t type;
	unsigned priority; /* 0 to 255 */
};

/*
 * portico_send() with all there is to say.  Messages of a higher priority are
 * received before those of a lower one; of one priority they are received in the
 * order in which they were sent.  Senders that wait for room are served first
 * come, first served, whatever the priority.
 * Errors as portico_send(), and
 *
 * -EINVAL  the priority is over 255
 */
int portico_send_with(portico *instance, portico_port port, const void *data, size_t bytes,
		      const struct portico_sending *how, int64_t deadline);

/* The same as portico_post_send(). */
int portico_post_send_with(portico *instance, portico_port port, const void *data, size_t bytes,
			   const struct portico_sending *how, int64_t deadline, portico_port completions,
			   uint64_t cookie, portico_wait *wait);

#ifdef __cplusplus
}
#endif

#endif
