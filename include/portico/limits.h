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

/* Each is the most there may be; 0 is no limit but the size of the instance's tables, or as is told. */
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
	/*
	 * Taps that one user has at one mailbox or queue, each of which makes every
	 * send there dearer: <portico/tap.h>.  0: 64.
	 */
	uint32_t taps_per_owner;
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

/* How much is used: of an owner's, by the caller's user id (taps: where it has most); of a task's, by the
 * caller. */
int portico_limits_used(portico *instance, struct portico_instance_limits *used);

/*
 * The limits of System V IPC in the instance: those that Linux has in
 * /proc/sys/kernel, by the same names, and at first as large as it has them,
 * but for 32000 of each.  None of them is "no limit".
 */
struct portico_sysv_limits {
	uint64_t msgmax; /* bytes in a message */
	uint64_t msgmnb; /* bytes in a queue, when it is made */
	uint64_t msgmni; /* queues */
	uint64_t semmsl; /* semaphores in a set */
	uint64_t semmns; /* semaphores in all */
	uint64_t semopm; /* operations of one semop() */
	uint64_t semmni; /* sets */
	uint64_t shmmax; /* bytes in a segment */
	uint64_t shmall; /* pages of 4096 bytes in all segments */
	uint64_t shmmni; /* segments */
};

/* What they are. */
int portico_sysv_limits_get(portico *instance, struct portico_sysv_limits *limits);

/*
 * Change them, all or none.
 *
 * -EPERM   the caller's effective user is neither the instance's owner nor root
 * -EINVAL  one is more than it may be: portico_sysv_limits_most()
 */
int portico_sysv_limits_set(portico *instance, const struct portico_sysv_limits *limits);

/* The most that each may be set to.  It can't fail. */
int portico_sysv_limits_most(struct portico_sysv_limits *most);

/* How much there is of what they limit; 0 for msgmax, msgmnb, semmsl, semopm and shmmax. */
int portico_sysv_limits_used(portico *instance, struct portico_sysv_limits *used);

#ifdef __cplusplus
}
#endif

#endif
