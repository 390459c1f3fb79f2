/* SPDX-License-Identifier: MIT */
/*
 * Port sets: one port from which a task receives what is sent to many.
 *
 * Conventions are those of <portico/portico.h>; see portico_set(3).
 */
#ifndef PORTICO_SET_H
#define PORTICO_SET_H

#include <portico/portico.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Make a port set.  It is the calling task's own: only it adds, removes, lists
 * and receives.  All calls that receive take a set for a port: portico_receive(),
 * portico_receive_any(), portico_post_receive().  Messages come in the order in
 * which they were sent to the members (of one priority); envelope->port says to
 * which.  Nobody sends to a set: -EPERM.
 *
 * portico_mailbox_destroy() ends it, as does the end of its task; its members go
 * on, with what is queued there.
 *
 * -ENOBUFS  the instance holds as many ports as it can
 * -ENOSPC   its file system is full
 */
int portico_set_create(portico *instance, portico_port *set);

/*
 * Make `port` a member: a mailbox, or another port from which this task may
 * receive.  What is queued there, and who waits to send, comes along.  Its limits
 * go on to hold for it alone; it is sent to and destroyed as before; but it is
 * received from by way of the set only: -EBUSY.
 *
 * -EBUSY   it is in a set, or somebody waits to receive from it, or how it is
 *          shared (mail.h) keeps this task from receiving there
 * -EINVAL  `set` is no set; or `port` is one, or a port for completions; or there is none such
 * -EPERM   the set, or the port, isn't this task's
 * -EACCES  its mode doesn't let this task read
 * -EIDRM   one of them was destroyed
 */
int portico_set_add(portico *instance, portico_port set, portico_port port);

/*
 * Take it out: what is queued for it, and who waits to send to it, goes with it.
 * -EBUSY: it isn't in this set.  -EINVAL, -EPERM, -EIDRM.
 */
int portico_set_remove(portico *instance, portico_port set, portico_port port);

/* Write up to `most` members to `ports`; returns how many there are.  -EINVAL, -EPERM, -EIDRM. */
int portico_set_list(portico *instance, portico_port set, portico_port *ports, unsigned most);

#ifdef __cplusplus
}
#endif

#endif
