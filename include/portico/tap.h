/* SPDX-License-Identifier: MIT */
/*
 * Taps: a live copy of what is sent to a mailbox or a System V queue, for who
 * looks on.  The messages go their way: nothing is consumed, no sender waits, and
 * nobody gets another message for it.
 *
 * Conventions as in <portico/portico.h>; all calls are thread-safe, and none is
 * async-signal-safe.  See portico_tap(3).
 */
#ifndef PORTICO_TAP_H
#define PORTICO_TAP_H

#include <portico/broadcast.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct portico_tap {
	portico_port port;	   /* where the copies are: for portico_port_fd() and portico_scan() */
	portico_listener listener; /* for portico_listener_status() */
} portico_tap;

/*
 * From now on have a copy of each message that `source` accepts, whoever sends
 * it: in the order in which they are accepted, of at most `bytes` of its data.  Up to
 * `slots` copies are kept until they are read; what comes while there are so many
 * is missed, and counted.  It ends with portico_tap_close(), or with this task.
 *
 * -EACCES  source's mode doesn't let this task read
 * -EPERM   it is neither a mailbox nor a queue
 * -EDQUOT  the caller's user has as many taps there as portico_limits(3) allow, 64 unless told, or ports
 * -EMSGSIZE, -EINVAL, -EIDRM, -ENOBUFS, -ENOSPC  as of portico_mailbox_create()
 */
int portico_tap_open(portico *instance, portico_port source, uint32_t slots, uint32_t bytes,
		     portico_tap *tap);

/* What is known of a message that passed. */
struct portico_tapped {
	struct portico_envelope
		envelope; /* port: the tap's; missed: how many copies there was no room for before */
	int64_t time_ns;  /* CLOCK_REALTIME: when it was accepted */
	uint64_t bytes;	  /* of its data, in all */
};

/*
 * The next copy: up to size_bytes of what the tap has of its data.  Returns how
 * many those are.  tapped may be NULL.
 *
 * -EAGAIN, -ETIMEDOUT, -EINTR  as portico_receive()
 * -EIDRM   the source is no more, and all copies were read; or the tap was closed
 * -EINVAL  there is no such tap;  -EPERM: it is another task's;  -EFAULT
 */
ssize_t portico_tap_read(portico *instance, portico_tap tap, void *buffer, size_t size_bytes,
			 struct portico_tapped *tapped, int64_t deadline);

/* -EPERM, -EINVAL, -EIDRM as above. */
int portico_tap_close(portico *instance, portico_tap tap);

#ifdef __cplusplus
}
#endif

#endif
