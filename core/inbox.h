/* SPDX-License-Identifier: MIT */
/*
 * Direct communication: a task is sent to by its own name.
 *
 * What others send to a task is queued at its inbox, a port of its own: anybody
 * may send there, it alone receives, and it ends with the task.  Whoever needs
 * it first makes it, the task or a sender; so a task may be sent to that has
 * never asked for an inbox, and reads it later.
 *
 *  X1  An inbox is made under the names' lock, while its task is LIVE, and the
 *      task's record names it before it is published.  So of several who make
 *      one, one does; and one whose maker died is claimed by the dead, and the
 *      next comer makes another.
 *  X2  Whoever reaps a task takes the names' lock once the task is DYING, and
 *      looks for its ports after that: no inbox is made for it any more.
 *  X3  A receive from a named task, at the receiver's inbox, fails with ESRCH
 *      once that task is reaped and nothing of it is queued or waits here.  The
 *      sleeper sees to that itself when it looks round (W6), under the port's
 *      lock: what the task had sent before it died comes first (P1).
 */
#ifndef PK_INBOX_H
#define PK_INBOX_H

#include "port.h"

/* The task that messages name so.  -EINVAL: there never was one; -ESRCH: it is no more. */
int pk_task_named(struct portico *k, uint32_t tag, pk_id *task);

/* The newest task of that process of this pid namespace.  -ESRCH. */
int pk_task_by_pid(struct portico *k, uint32_t pid, pk_id *task);

/*
 * A task's inbox; made, with those limits, where it has none.  -ESRCH: it is no
 * more.  -EMSGSIZE, -ENOBUFS, -ENOSPC.
 */
int pk_inbox_of(struct portico *k, pk_id task, const struct pk_port_limits *limits, pk_id *inbox);

/* X2: whoever was making one has made it. */
void pk_inbox_close(struct portico *k);

/* X3: does the wait want a message at an inbox that can't come any more? */
bool pk_inbox_in_vain(struct portico *k, uint32_t wait);

#endif
