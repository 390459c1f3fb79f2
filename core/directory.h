/* SPDX-License-Identifier: MIT */
/*
 * Directories: the hierarchy of mailboxes' names, and who may put what where.
 *
 * A name is a path, 'spool/in/urgent': components with '/' between them, each
 * of 1 byte or more and neither '.' nor '..', 200 bytes in all.  It lies in the
 * directory that the part before its last '/' names, and in the root where it
 * has none.  As in a file system, directories are made before anything lies in
 * them; each has an owner and a mode, of which write permission lets others
 * put names there, and read permission lets them list it.  The root is the
 * instance's owner's, with mode 0755; or 01777 where others are served, too:
 * each makes his own there, as in /tmp.
 *
 * An entry is found by the hash of its whole path, so depth costs a look-up
 * nothing.  What lies in a directory is found by looking at all names.
 *
 *  N4  A text names a port or a directory, never both.
 *  N5  What is added lies in a directory that is there; one that is removed
 *      has nothing in it.  Both are seen under the names' lock, in which the
 *      one entry is stored or removed; so no death leaves a name outside.
 */
#ifndef PK_DIRECTORY_H
#define PK_DIRECTORY_H

#include "name.h"

/* On whose behalf: this task's; or, for one that serves names, a client's. */
struct pk_client {
	pk_id task;	   /* or 0: one that is no task */
	uint32_t uid, gid; /* effective */
};

struct pk_client pk_client_self(struct portico *k);

/* Is that a name?  0, and its length.  -EINVAL, -ENAMETOOLONG. */
int pk_path_check(const char *text, uint32_t *length);

/*
 * Under the names' lock: may that client put a name there, and is it free?
 * -EEXIST, -ENOENT (no such directory), -ENOTDIR (a port has its name), -EACCES.
 */
int pk_directory_admits(struct portico *k, const struct pk_client *client, const char *text, uint32_t length);

/* The root's owner and mode; and may this task put names there, whatever they name?  0 or -EACCES. */
void pk_directory_root(struct portico *k, struct pk_permission *permission);
int pk_directory_root_admits(struct portico *k);

/* ---- without the lock; texts are checked */

/* Give a mailbox a name, a further one perhaps.  As above, and -EINVAL, -EIDRM, -ENOBUFS, -ENOSPC. */
int pk_directory_register(struct portico *k, const struct pk_client *client, const char *text,
			  uint32_t length, pk_id port, uint32_t mode, bool persistent);

/* Make a directory.  It stays until it is removed. */
int pk_directory_make(struct portico *k, const struct pk_client *client, const char *text, uint32_t length,
		      uint32_t mode);

/* The port of that name.  -ENOENT, -ENOTDIR, -EISDIR, -EACCES. */
int pk_directory_look_up(struct portico *k, const struct pk_client *client, const char *text, uint32_t length,
			 pk_id *port);

/*
 * What that name names, a port or a directory, whoever may look it up: for who
 * asked the kernel whether the client may.  A directory's id tells it from another of the
 * same name.  -ENOENT, -ENOTDIR.
 */
int pk_directory_find(struct portico *k, const char *text, uint32_t length, bool *directory, pk_id *id);

/* May the client that this thread acts for search every directory above that name?  Else it isn't told of it.
 */
bool pk_directory_reaches(struct portico *k, const char *text);

struct pk_directory_status {
	char text[PK_NAME_MAX + 1]; /* its whole name */
	struct pk_permission permission;
	int64_t change_time; /* of what is in it, or whose it is; seconds, CLOCK_REALTIME */
};

/* -ENOENT: it was removed. */
int pk_directory_inspect(struct portico *k, pk_id directory, struct pk_directory_status *status);

/* Give it another owner, group and mode.  -EPERM: the client is neither its owner nor root.  -ENOENT. */
int pk_directory_adjust(struct portico *k, const struct pk_client *client, pk_id directory,
			const struct pk_permission *permission);

/* Take a name away, or a directory with nothing in it.  -EPERM, -ENOTEMPTY, -ENOENT, -ENOTDIR. */
int pk_directory_remove(struct portico *k, const struct pk_client *client, const char *text, uint32_t length);

/*
 * Take a port's name away as a file's is: with its last one a mailbox is destroyed.
 * -EPERM, -EISDIR, -ENOENT, -ENOTDIR.
 */
int pk_directory_unlink(struct portico *k, const struct pk_client *client, const char *text, uint32_t length);

/* One of the names in a directory. */
struct pk_directory_entry {
	char text[PK_NAME_MAX + 1]; /* within the directory */
	bool directory, persistent;
	uint32_t uid, gid, mode;
	pk_id object; /* the port, or the directory's own id */
};

/*
 * The next entry after *cursor, which begins with 0; of all below, or with
 * `deep` false of the directory alone.  In no order; what is there all the
 * while comes once.  False in *found: there are no more.  -ENOENT, -ENOTDIR, -EACCES.
 */
int pk_directory_next(struct portico *k, const struct pk_client *client, const char *text, uint32_t length,
		      bool deep, uint64_t *cursor, struct pk_directory_entry *entry, bool *found);

#endif
