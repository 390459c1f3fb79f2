/* SPDX-License-Identifier: MIT */
/*
 * Broadcast: what is sent to one mailbox is copied to many.
 *
 * Conventions as in <portico/portico.h>; all calls are thread-safe, and none is
 * async-signal-safe.  See portico_broadcast(3).
 */
#ifndef PORTICO_BROADCAST_H
#define PORTICO_BROADCAST_H

#include <portico/portico.h>

#ifdef __cplusplus
extern "C" {
#endif

/* That one mailbox hears another. */
typedef struct portico_listener {
	uint64_t id;
} portico_listener;

/*
 * From now on copy every message that is sent to `source` to `port`: a mailbox,
 * or a task's inbox, whose slots say how many copies are kept for who receives
 * there.  That ends with portico_unlisten(), with this task, or with either port.
 *
 * While a mailbox has listeners, a send to it queues nothing there and never
 * waits.  It makes each listener a copy that names the true sender, in no order
 * among listeners, and returns 0.  A listener whose port is full, or takes no
 * message so long, misses it; and how many it missed is in envelope.missed of the
 * next that it gets.  With zero slots it gets what comes while a receive waits.
 * What was queued before stays there to be received; who waits there goes on waiting.
 *
 * A copy isn't copied again: two mailboxes may listen to each other, and one to
 * itself.  If the sender is killed in the middle some listeners have their copies
 * and others don't; its send had not returned.
 *
 * -EACCES        source's mode doesn't let this task read, or port's write
 * -EPERM         source isn't a mailbox; or port is neither one nor an inbox
 * -EINVAL, -EIDRM  as everywhere
 * -ENOBUFS       the instance holds as many listeners as it can (131 071)
 * -ENOSPC        its file system is full
 *
 * A send to a mailbox with listeners has one error more:
 * -EOPNOTSUPP    the message can't be had twice: it carries rights or memory, or
 *                asks for a receipt
 */
int portico_listen(portico *instance, portico_port source, portico_port port, portico_listener *listener);

/*
 * Once this has returned no copy comes any more; what has come stays.
 *
 * -EPERM            another task asked for it
 * -EIDRM, -EINVAL   it has ended, or there never was one
 */
int portico_unlisten(portico *instance, portico_listener listener);

struct portico_listener_totals {
	portico_port source, port;
	uint64_t heard;		/* copies it got, since it began */
	uint64_t missed;	/* copies there was no room for, since it began */
	uint32_t missed_lately; /* of those, since the last that it got: no message has said so yet */
};

/* How it fares; any task may ask.  -EIDRM, -EINVAL as above. */
int portico_listener_status(portico *instance, portico_listener listener,
			    struct portico_listener_totals *totals);

#ifdef __cplusplus
}
#endif

#endif
