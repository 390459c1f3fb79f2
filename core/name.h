/* SPDX-License-Identifier: MIT */
/*
 * Names: texts of several spaces and the objects they name.  System V keys
 * are names, too.  The entries are the truth; the buckets that find one by its
 * hash are a cache, rebuilt when the lock is inherited.  A mailbox may have
 * several; which directories names of mailboxes lie in is directory.h's.
 *
 *  N1  A name whose object isn't LIVE any more names nothing; whoever comes
 *      across it removes it.  So an object goes first, and its name after it.
 *  N2  An object that is made under a name is named before it is published:
 *      nobody finds it half made, and a creator's death leaves a name by N1.
 *  N3  A name may have an owner, a task.  Once that isn't LIVE any more, it
 *      names nothing, as in N1; and who reaps the task, or what an exec left of
 *      it, removes its names.
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

/* Whose a name is. */
struct pk_name_terms {
	pk_id owner; /* the task with which it goes, or 0: it stays */
	uint32_t uid, gid, mode;
};

/* -EEXIST, -ENAMETOOLONG, -ENOBUFS, -ENOSPC. */
int pk_name_add_on(struct portico *k, enum pk_space space, const void *text, uint32_t length, pk_id object,
		   const struct pk_name_terms *terms, uint32_t *slot);

/* The same for an object that this task makes: it stays as long as that, and everybody may look it up. */
int pk_name_add(struct portico *k, enum pk_space space, const void *text, uint32_t length, pk_id object,
		uint32_t *slot);

void pk_name_remove(struct portico *k, uint32_t slot);

/* Give an entry another text. */
void pk_name_change(struct portico *k, uint32_t slot, const char *text, uint32_t length);

/* Something of that text, in a directory perhaps, came or went. */
void pk_name_touch_directory(struct portico *k, const char *text, uint32_t length);

/*
 * A directory names no object, and has in its place the time when it was made,
 * or a name in it came or went: no id has the bit that sets it apart.
 */
pk_id pk_name_now(void);
int64_t pk_name_time(const struct pk_name *name); /* seconds, CLOCK_REALTIME */

/* N1, N3: does it name something? */
bool pk_name_stands(struct portico *k, const struct pk_name *name);

/* The entry in that slot if it is in use; NULL otherwise. */
struct pk_name *pk_name_at(struct portico *k, uint32_t slot);

/* ---- without it */

/* The object of that name, alive.  -ENOENT. */
int pk_name_look_up(struct portico *k, enum pk_space space, const void *text, uint32_t length, pk_id *object);

/* Forget the name in that slot, if it is (still) this object's. */
void pk_name_forget(struct portico *k, uint32_t slot, pk_id object);

/* N3: that task has ended. */
void pk_names_reap(struct portico *k, pk_id owner);

/* Its text, copied: "" where that slot names something else. */
void pk_name_text(struct portico *k, uint32_t slot, pk_id object, char text[PK_NAME_MAX + 1]);

/* The table in which the objects of that space lie. */
unsigned pk_space_table(unsigned space);

#endif
