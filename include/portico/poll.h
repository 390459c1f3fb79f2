/* SPDX-License-Identifier: MIT */
/*
 * Waiting for many ports without receiving: a scan, and descriptors for poll(2).
 *
 * Conventions are those of <portico/portico.h>; see portico_port_fd(3).
 */
#ifndef PORTICO_POLL_H
#define PORTICO_POLL_H

#include <portico/portico.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What portico_scan() says of a port. */
#define PORTICO_QUIET 0 /* there is nothing to receive */
#define PORTICO_READY 1 /* there is: a message, or where it has no slots a sender that waits */
#define PORTICO_GONE 2	/* there is no such port, or no more */

/*
 * Wait until one of `count` ports (1 to 1024: mailboxes, sets, receive rights,
 * a port for completions) has something to receive, or is gone; write of each
 * how it is to ready[count].  Receives nothing: somebody else may be faster.
 * Returns how many aren't quiet.
 *
 * -EAGAIN     deadline is PORTICO_NOW and all are quiet
 * -ETIMEDOUT  the deadline came
 * -EINTR      a signal handler ran
 * -EINVAL     count or deadline is out of range
 * -EBUSY      one of them is in a set
 * -EACCES, -EPERM  this task may not receive from one of them
 * -ENOBUFS, -ENOSPC  as portico_receive_any()
 */
int portico_scan(portico *instance, const portico_port *ports, unsigned count, unsigned char *ready,
		 int64_t deadline);

/*
 * A descriptor, which is readable exactly while that port has something to
 * receive, or is gone: in poll(2), select(2) and epoll(7), level-triggered, beside
 * ordinary descriptors.  Whoever sends, receives, or dies in the middle.
 *
 * It is the caller's to close, has FD_CLOEXEC, and shall be neither read nor
 * written.  While the port is in a set it isn't readable; ask for the set's.
 *
 * -EINVAL, -EIDRM  there is no such port
 * -EBUSY           it is in a set
 * -EACCES, -EPERM  this task may not receive from it
 * -EMFILE, -ENFILE, -ENOSPC  there is no descriptor left, or no room in the instance's file system
 */
int portico_port_fd(portico *instance, portico_port port);

#ifdef __cplusplus
}
#endif

#endif
