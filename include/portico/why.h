/* SPDX-License-Identifier: MIT */
/*
 * Who waits for what, and who could end it.
 *
 * Any task may ask about any other, and nobody is stopped for it: what is told
 * was so when it was looked at.  A wait of a port that is used by rights, and of
 * a receive from one sender, can be ended by tasks that are known for certain.
 * A mailbox may be used by any task, and a semaphore be raised by any: there
 * those are told of who have used it, or who hold the semaphore by SEM_UNDO.
 * A process that is no task, but waits at a mount, may be asked about, too.
 *
 * The conventions are those of <portico/portico.h>.  See portico_why(3).
 */
#ifndef PORTICO_WHY_H
#define PORTICO_WHY_H

#include <portico/portico.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What the process of that pid (of the caller's pid namespace) waits for, since
 * when, and who could end it: a line for each of its waits, separated by '\n',
 * in `text`, cut to size_bytes and ended by NUL.  Of one that is deadlocked a
 * line says so, and names the others.
 *
 * Returns how many waits there are; with 0 `text` says that it waits for nothing.
 *
 * -ESRCH   no task of the instance has that pid, nor has that process a file of a mount open
 * -EINVAL  size_bytes is 0
 * -ENOMEM  no memory for the graph
 */
int portico_why(portico *instance, pid_t pid, char *text, size_t size_bytes);

/* A task in a deadlock. */
struct portico_stuck {
	portico_task task;
	pid_t pid;
	char command[16];
	const char *waits; /* what for, in a line; valid in the visit only */
};

/*
 * A cycle of tasks, each waiting for the next and the last for the first, that
 * only they could end.  certain: nobody else can, but by destroying an object,
 * or a signal.  Else it is likely: others may, but never have.
 */
struct portico_deadlock {
	int certain;
	unsigned count;
	const struct portico_stuck *tasks;
};

/*
 * Visit each cycle there is, until a visit returns something other than 0.
 * Where several go through one task not each need be told of, but each
 * deadlocked task that is in one is in one of those that are.  Cycles are
 * looked at twice, some milliseconds apart, so one that passes isn't told.
 *
 * Returns how many were visited.  -ENOMEM.
 */
int portico_deadlocks(portico *instance, int (*visit)(const struct portico_deadlock *deadlock, void *context),
		      void *context);

#ifdef __cplusplus
}
#endif

#endif
