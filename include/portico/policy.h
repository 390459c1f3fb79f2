/* SPDX-License-Identifier: MIT */
/*
 * Whom an instance serves, and how long its System V objects live.
 * portico_policy(3); from the shell, portico-limits(1).
 *
 * The conventions are those of <portico/portico.h>.
 */
#ifndef PORTICO_POLICY_H
#define PORTICO_POLICY_H

#include <portico/portico.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Root is served by every instance that it names.  All whom one serves may
 * write its memory: owners and modes of objects hold among those that don't
 * mean harm.
 */
enum portico_access {
	PORTICO_ACCESS_OWNER = 0, /* its owner; so it is made */
	PORTICO_ACCESS_GROUP,	  /* and the members of a group */
	PORTICO_ACCESS_ALL,	  /* every user who names it */
};

/* For portico_access_set(): the group that the instance's directory has. */
#define PORTICO_GROUP_AS_IS ((gid_t)-1)

/*
 * Whom it serves, enum portico_access; where that is a group, *group is which.
 * group may be NULL.  -EIO: the instance was removed.
 */
int portico_access_get(portico *instance, gid_t *group);

/*
 * Have it serve them, from the next that opens it; who has opened it stays.
 * group is looked at with PORTICO_ACCESS_GROUP only.
 *
 * -EINVAL  there is no such access
 * -EPERM   the caller's effective user is neither the instance's owner nor
 *          root; or the owner isn't a member of that group
 * -EIO     the instance was removed
 */
int portico_access_set(portico *instance, enum portico_access access, gid_t group);

/* How long System V queues, semaphore sets and segments live, unless they are removed before. */
enum portico_lifetime {
	PORTICO_LIFETIME_PERSIST = 0, /* for ever, as System V has it; so it is at first */
	PORTICO_LIFETIME_CREATOR,     /* until the process ends that made it */
	PORTICO_LIFETIME_LAST_USER,   /* until all processes have ended that have used it */
	PORTICO_LIFETIME_IDLE,	      /* until nothing was done with it for so many seconds */
};

/* Which it is for objects made now; where it is IDLE *idle_s is after how many seconds.  idle_s may be NULL.
 */
int portico_lifetime_get(portico *instance, uint32_t *idle_s);

/*
 * From now on objects that are made have that lifetime.  Those that there are
 * keep theirs.  idle_s, from 1 to a year's seconds, is looked at with
 * PORTICO_LIFETIME_IDLE only.
 *
 * -EINVAL  there is no such lifetime, or idle_s is out of range
 * -EPERM   the caller's effective user is neither the instance's owner nor root
 */
int portico_lifetime_set(portico *instance, enum portico_lifetime lifetime, uint32_t idle_s);

#ifdef __cplusplus
}
#endif

#endif
