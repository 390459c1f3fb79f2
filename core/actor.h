/* SPDX-License-Identifier: MIT */
/*
 * Acting for others: a server's thread says for whom it works, and until it says
 * otherwise core judges that client, not the server, and makes what it makes the
 * client's.
 *
 * A client is known by what the real kernel says of it when it asks: its
 * effective ids for files, and its thread, of which the supplementary groups
 * are asked where the answer depends on them.  Of capabilities root has all, and
 * nobody else any.  What lies behind a file is changed by the rules of files: an
 * owner may change the mode, and the group to another of its own; only root
 * gives things away.
 *
 *  AF1  Once a process has acted for somebody nothing is permitted to any of its
 *       threads at a glance, by the process's own uid: permission.h.
 */
#ifndef PK_ACTOR_H
#define PK_ACTOR_H

#include "kernel.h"

/* Act for that client; NULL: for oneself again. */
void pk_act_for(struct portico *k, const struct pk_actor *client);

/* For whom this thread acts, to hand it on to another; NULL: for itself. */
const struct pk_actor *pk_acts_for(void);

/* Who is to be judged, and to own things: the client, or this process as it was when last looked at. */
struct pk_identity pk_acting(struct portico *k);

/* Is it in that group, or capable?  By number, as permission.h has it. */
bool pk_acting_in_group(struct portico *k, uint32_t gid);
bool pk_acting_capable(int capability);

#endif
