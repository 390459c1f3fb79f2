/* SPDX-License-Identifier: MIT */
/* What the parts of directories share: looking up, removing, renaming.  directory.h is the essay. */
#ifndef PK_DIRECTORY_INSIDE_H
#define PK_DIRECTORY_INSIDE_H

#include "directory.h"

/* How long the name of the directory is in which it lies; 0: the root. */
uint32_t pk_path_parent(const char *text, uint32_t length);

/* N3, before the names' lock is taken for good: whether who has that name lives only the kernel knows. */
int pk_directory_lock(struct portico *k, const char *text, uint32_t length);

/* The same of whoever has further names of that mailbox: the last of those who live keeps it. */
void pk_directory_notice(struct portico *k, const char *text, uint32_t length);

/* ---- under the lock */

/* The entry of that name, or NULL. */
struct pk_name *pk_directory_name(struct portico *k, enum pk_space space, const char *text, uint32_t length);

/* Why nothing is found there: a port stands in the way, -ENOTDIR, or it just isn't, -ENOENT. */
int pk_directory_missing(struct portico *k, const char *text, uint32_t length);

/* Whose the directory of that name is; of no name, the root.  -ENOENT, -ENOTDIR. */
int pk_directory_permission(struct portico *k, const char *text, uint32_t length,
			    struct pk_permission *permission);
struct pk_permission pk_name_permission(const struct pk_name *name);

/* May the client put a name into the directory in which that lies?  -ENOENT, -ENOTDIR, -EACCES. */
int pk_directory_may_add(struct portico *k, const struct pk_client *client, const char *text,
			 uint32_t length);

/* May it take that name away?  As in a directory with the sticky bit: its owner, the mailbox's, the
 * directory's, or root. */
int pk_directory_may_remove(struct portico *k, const struct pk_client *client, const struct pk_name *name);

/* Whether it is below that directory, and for `deep` false right below; how much of its text that takes. */
bool pk_name_lies_in(const struct pk_name *name, const char *text, uint32_t length, bool deep,
		     uint32_t *skip);

/* Is nothing in that directory?  What names nothing any more goes. */
bool pk_directory_is_empty(struct portico *k, const char *text, uint32_t length);

/* Does the port show that name? */
bool pk_directory_shows(struct portico *k, pk_id port, uint32_t name);

/* Take away a port's name; it shows another, if it has one. */
void pk_directory_take(struct portico *k, uint32_t slot);

/*
 * Must the mailbox end if that name is taken away: is it the last?  0: it has others, or isn't
 * for names to end.
 */
pk_id pk_directory_doomed(struct portico *k, uint32_t slot);

#endif
