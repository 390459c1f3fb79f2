/* SPDX-License-Identifier: MIT */
/*
 * Bells of semaphores: descriptors that are readable while one is above zero.
 *
 * They are as those of ports (bell.h, E1 to E5), but for two things.  A set may
 * have one for each semaphore, and its body says of each what it shows; so the
 * file is bells/ID.SEMAPHORE.  And a set that has any is used by no quick way:
 * each operation on it ends in pk_set_unlock(), which looks whether bells are to
 * be rung.
 */
#ifndef PK_SET_BELL_H
#define PK_SET_BELL_H

#include "set.h"

enum pk_set_bell_state { PK_NO_BELL = 0, PK_SET_BELL_OWED, PK_SET_BELL_SILENT, PK_SET_BELL_RINGING };

/* A descriptor of that semaphore's bell, the caller's to close.  -EINVAL, -EACCES, -EMFILE, ... */
int pk_set_bell_open(struct portico *k, pk_id set, uint32_t semaphore);

/* ---- under the lock of a set that has any */

/* As the semaphores are. */
void pk_set_bells_settle(struct portico *k, const struct pk_set_view *view);

/* E2: whatever they show, it is looked at anew. */
void pk_set_bells_repair(struct portico *k, const struct pk_set_view *view);

/* E5: it is being destroyed. */
void pk_set_bells_end(struct portico *k, const struct pk_set_view *view);

static inline void pk_set_unlock(struct portico *k, const struct pk_set_view *view)
{
	if (__builtin_expect(view->set->special != 0, 0))
		pk_set_bells_settle(k, view);
	pk_object_unlock(view->set);
}

/* ---- without it */

/* E4: those that are owed. */
void pk_set_bells_look_round(struct portico *k);

/* Has that semaphore one? */
bool pk_set_bell_exists(struct portico *k, pk_id set, uint64_t semaphore);

#endif
