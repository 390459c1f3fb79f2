/* SPDX-License-Identifier: MIT */
/*
 * The supervisor: what portico-fuse leaves in the background beside its daemon.
 * When the daemon is killed or crashes, it starts another on the same mount
 * point.  It maps no region, has no file open and no thread: it sleeps until
 * its child ends, and there is nothing in it that an instance could break.
 *
 *  V1  A daemon that exits has been told to, or has found that it is no longer
 *      wanted: with it the supervisor ends.  Only a signal is a death.
 *  V2  Only a dead mount is replaced: who takes it off decides (mountpoint.h).
 *      So whatever unmounts, of whomever, ends daemon and supervisor.
 *  V3  What dies again and again, more than ten times within a minute, is given
 *      up, and that is logged.
 *  V4  A daemon whose supervisor is killed goes on without; kernel/supervisor
 *      says so.
 */
#ifndef PORTICO_FUSE_SUPERVISOR_H
#define PORTICO_FUSE_SUPERVISOR_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Start the daemon, and be its supervisor until that ends.  The daemon calls
 * `ready` once its first mount works.  The exit status: 0 or 1; or of a daemon
 * that died before it was ready, 128 and its signal's number.
 */
int supervise(const char *mountpoint, void (*ready)(void));

/* Is this daemon supervised?  The supervisor's pid; 0: never was; -1: that is dead. */
pid_t supervisor_pid(void);

/* Does this daemon replace one that died? */
bool supervisor_restarted(void);

#endif
