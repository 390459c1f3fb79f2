/* SPDX-License-Identifier: MIT */
/*
 * Limits of an instance: how much of what it may hold, in all and for each
 * owner.  portico_limits(3); from the shell, portico-limits(1).
 *
 * The conventions are those of <portico/portico.h>.
 */
#ifndef PORTICO_LIMITS_H
#define PORTICO_LIMITS_H

#include <portico/portico.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Each is the most there may be; 0 is no limit but the size of the instance's tables. */
struct portico_instance_limits {
	uint32_t ports;		  /* mailboxes, queues, ports: of all owners */
	uint32_t ports_per_owner; /* of the user id that made them, or was given them */
	uint32_t rights_per_task; /* rights that one task holds */
	/*
	 * Messages queued, together, in all mailboxes that share the pool: those
	 * of <portico/mbox.h>, and any that is made while this isn't 0.  A send
	 * that would queue one more is refused at once, -ENOBUFS.  0: those of
	 * <portico/mbox.h> share a pool of 2500.
	 */
	uint32_t pooled;
};

/* What the limits are.  Async-signal-safe, as are few other calls. */
int portico_limits_get(portico *instance, struct portico_instance_limits *limits);

/*
 * Change them, each in turn.  Lowering one takes nothing away: who would make
 * one more gets -ENOBUFS, or over the limit of an owner -EDQUOT.
 *
 * -EPERM  the caller's effective user is neither the instance's owner nor root
 */
int portico_limits_set(portico *instance, const struct portico_instance_limits *limits);

/* How much is used: of an owner's, by the caller's user id; of a task's, by the caller. */
int portico_limits_used(portico *instance, struct portico_instance_limits *used);

#ifdef __cplusplus
}
#endif

#endif
