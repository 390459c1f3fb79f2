/* SPDX-License-Identifier: MIT */
/*
 * Noticing deaths at once: a pidfd for every task of the instance whose pid
 * means something here.  New tasks are looked for every SUPERVISOR_TICK_NS;
 * what a dead one left is put right as soon as its pidfd says so.
 */
#ifndef TOOL_SUPERVISOR_H
#define TOOL_SUPERVISOR_H

#include "task.h"

#include <poll.h>

#define SUPERVISOR_TICK_NS 100000000

struct supervisor {
	struct portico *k;
	int64_t looked_ns;
	/* fds[0] is the caller's own; fds[i] is of the task watched[i] */
	struct pollfd *fds;
	pk_id *watched;
	size_t count, room;
};

/* own: a descriptor to wait for besides.  False: no memory. */
bool supervisor_begin(struct supervisor *s, struct portico *k, int own);
void supervisor_end(struct supervisor *s);

/* Wait for at most a tick; reap who died.  True: the caller's descriptor is readable. */
bool supervisor_wait(struct supervisor *s);

#endif
