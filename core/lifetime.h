/* SPDX-License-Identifier: MIT */
/*
 * How long queues, semaphore sets and segments live.
 *
 * As System V has it they stay until they are removed.  An instance may give
 * those that are made from then on another life: with the process that made
 * them; with the last process that used them; or until so many seconds passed
 * since the last operation.  Each object says which is its own, so that a change
 * of mind ends nothing that somebody relies on.
 *
 * Whoever made an object has used it, and so has who got its id by its key, or
 * gave its id to any call.  Each such use is a record, claimed by its task, which
 * goes when that process ends; a segment is also used while it is attached.
 * exec() ends no use, and makes no other process: the new image gets the records
 * of the old, and is the maker of what that made.  A fork's child is a user once
 * it uses.
 *
 * Nobody is appointed to end what is over.  Whether it is can be seen at any
 * time from what is in the region; so whoever reaped a task, looks round in a
 * sweep, or looks for an object by key ends whatever is, as IPC_RMID would:
 * who waits there gets EIDRM.
 *
 *  LT1  An object ends by itself only if its maker has ended (creator, last user)
 *      and no record of a use is there (last user), or its times say so (idle).
 *  LT2  A record of a use is there before the call returns that made it.
 *  LT3  To end is the removal of that object, so a death in the midst of it is
 *      followed by whoever inherits; and a death before it by the next look.
 */
#ifndef PK_LIFETIME_H
#define PK_LIFETIME_H

#include "table.h"

#define PK_LIFETIME_PERSIST 0u
#define PK_LIFETIME_CREATOR UINT32_MAX
#define PK_LIFETIME_LAST_USER (UINT32_MAX - 1)
#define PK_IDLE_MOST (UINT32_MAX - 2) /* seconds */

/*
 * Before an object is published: this task makes it, or the client for which it acts
 * (actor.h), who is named then.  mortal: it is one that may end by itself, and so
 * belongs to a task.
 */
void pk_origin_init(struct portico *k, struct pk_origin *origin, bool mortal);

/* That of a port, a set or a segment. */
struct pk_origin *pk_origin_of(unsigned table, void *object);

void pk_lifetime_use_slowly(struct portico *k, unsigned table, pk_id id);

/* This task uses the object. */
static inline void pk_lifetime_use(struct portico *k, unsigned table, pk_id id)
{
	if (__builtin_expect(pk_load_relaxed(&pk_header(k)->mortals) != 0, 0))
		pk_lifetime_use_slowly(k, table, id);
}

/* How many live tasks have used it. */
uint32_t pk_lifetime_users(struct portico *k, unsigned table, pk_id id);

/* End what is over.  Holds no lock when it is called. */
void pk_lifetimes_end(struct portico *k);

/* This process ends of itself: so do its uses, and what it was the maker of. */
void pk_lifetimes_leave(struct portico *k);

/* That process ended, and is being reaped; or its new image is `heir`. */
void pk_lifetimes_reap(struct portico *k, pk_id dead);
void pk_lifetimes_inherit(struct portico *k, pk_id former, pk_id heir);

/* From now on.  -EPERM: that is for the instance's owner, and root. */
int pk_lifetime_set(struct portico *k, uint32_t lifetime);

#endif
