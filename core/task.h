/* SPDX-License-Identifier: MIT */
/*
 * Tasks: who is here, and what happens on fork, exec, exit and kill -9.
 *
 * A process is a task from its first use of the instance.  After fork the
 * child finds its registration zeroed (kernel.h) and registers as a new task
 * on its first use; what its parent held it doesn't.  exec ends a task, too,
 * but for its adjustments, which POSIX keeps: the first use after it registers
 * the new image, moves them over, and reaps the old one; if there is none, the
 * reaper of an image that is gone leaves them until the process ends.
 *
 * On exit a program that can says so (pk_task_leave): its adjustments are
 * applied and its attachments dropped at once.  On kill -9 nobody says so.
 * Whoever notices the death reaps the task: a supervisor holding a pidfd at
 * once; a thread that sleeps in a wait within PK_TICK_NS; whoever contends for
 * a lock of the dead, for that lock.  A process that is being registered looks
 * too, so a slot isn't lost because nobody waited.
 *
 * To reap is, in this order: locks the dead held are inherited and what they
 * guard is repaired; its waits are settled and taken off their lists; messages
 * it was filling are freed, messages granted to it or held by it return to
 * their places; objects it was still making are freed; its adjustments are
 * applied; its attachments are dropped; its slot is freed.
 *
 *  D1  A task's slot is freed last: until then everything that names it can be
 *      found, so a reaper that dies midway is followed by one that starts over.
 *  D2  After a reap nothing in the region names the dead task.
 *  D3  Only the dead are reaped, and the kernel says who is dead, never a
 *      timeout: a process by pid and start time, an image by its mark.  The
 *      mark is a lock on the region's file by the description that the image
 *      maps, so it ends with the mapping: on exec, exit and kill -9, and not
 *      where a program closes all descriptors.
 *  D4  Each step looks at truth, not at caches, and is idempotent.
 */
#ifndef PK_TASK_H
#define PK_TASK_H

#include "table.h"

/* Does the task of that slot and (16 bits of) generation live?  Asks the kernel. */
bool pk_task_lives(struct portico *k, uint32_t slot, uint32_t generation16);

/* The same, cheaply where it does; and of one that has died, but whose memory a fork's child still shares,
 * true. */
bool pk_task_alive(struct portico *k, pk_id id);

/* Look for the dead and reap them, if nobody has in the last PK_TICK_NS, or if `now`. */
void pk_task_sweep(struct portico *k, bool now);

/* Reap the task of that slot if its process is dead.  True if it was, and is reaped. */
bool pk_task_reap_if_dead(struct portico *k, uint32_t slot);

/* This process ends: apply what POSIX says its end does.  Nothing to do where it never registered. */
void pk_task_leave(struct portico *k);

/* This thread is about to fork, or its child has counted what it inherited. */
void pk_task_forks(struct portico *k, bool begins);

/* The record of a live task, or NULL. */
struct pk_task *pk_task_of(struct portico *k, uint32_t slot);
struct pk_task *pk_task_of_id(struct portico *k, pk_id task);

/* This task's effective ids, as of now. */
void pk_task_refresh_ids(struct portico *k);

/* ---- for task.c and reap.c */

bool pk_task_process_lives(struct portico *k, const struct pk_task *task, uint32_t slot);
bool pk_task_image_lives(struct portico *k, const struct pk_task *task,
			 uint32_t slot); /* not so after exec */

/* Under the task's lock.  False: not yet. */
bool pk_task_reap(struct portico *k, uint32_t slot);

#endif
