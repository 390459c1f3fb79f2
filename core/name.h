/* SPDX-License-Identifier: MIT */
/*
 * Names: texts of several spaces and the objects they name.  System V keys
 * are names, too.  The entries are the truth; the buckets that find one by its
 * hash are a cache, rebuilt when the lock is inherited.
 *
 *  N1  A name whose object isn't LIVE any more names nothing; whoever comes
 *      across it removes it.  So an object goes first, and its name after it.
 *  N2  An object that is made under a name is named before it is published:
 *      nobody finds it half made, and a creator's death leaves a name by N1.
 */
#ifndef PK_NAME_H
#define PK_NAME_H

#include "table.h"

/* Find and make are one step for a caller who holds this over both. */
int pk_names_lock(struct portico *k);
void pk_names_unlock(struct portico *k);

/* ---- under the lock */

/* Its entry, or 0. */
uint32_t pk_name_find(struct portico *k, enum pk_space space, const void *text, uint32_t length,
		      pk_id *object);

/* -EEXIST, -ENAMETOOLONG, -ENOBUFS, -ENOSPC. */
int pk_name_add(struct portico *k, enum pk_space space, const void *text, uint32_t length, pk_id object,
		uint32_t *slot);

/* ---- without it */

/* The object of that name, alive.  -ENOENT. */
int pk_name_look_up(struct portico *k, enum pk_space space, const void *text, uint32_t length, pk_id *object);

/* Forget the name in that slot, if it is (still) this object's. */
void pk_name_forget(struct portico *k, uint32_t slot, pk_id object);

/* Its text, copied: "" where that slot names something else. */
void pk_name_text(struct portico *k, uint32_t slot, pk_id object, char text[PK_NAME_MAX + 1]);

/* The table in which the objects of that space lie. */
unsigned pk_space_table(unsigned space);

#endif
