/* SPDX-License-Identifier: MIT */
/*
 * Renaming: the name of a port, or of a directory with all that lies below it,
 * or of a named pipe, gets another text; or two change theirs for each other's.
 * Entries stay where they are, so whoever knows one by its slot or id, as ports
 * and the mount do, finds it under its new text.
 *
 * Others see one step, since the names' lock is held all the while.  So that a
 * death in the middle leaves no half of it, what is to be done is first written
 * down, in the header.  How many steps are left is stored last: that is the
 * commit point, and from there on it will be done, by whoever inherits the lock
 * if need be, before he looks at any name.
 *
 * Where another mailbox has the new name it ends as if that were taken away:
 * with its last name.  That is the first step, and the port goes before its name.
 *
 *  N6  Whoever holds the names' lock, and has not begun a renaming, sees none
 *      with steps left.
 *  N7  Each step may be done again from its beginning.  What was moved isn't
 *      found by the old text any more, for none is renamed to what lies below
 *      itself, or stands in the place of what it lies in.  A name that was
 *      replaced is known by its id, which it loses when it goes.
 *  N8  A text is changed from a copy beside it, and `changing` says whose; so one
 *      that is torn is written again.
 */
#ifndef PK_RENAME_H
#define PK_RENAME_H

#include "directory.h"

#define PK_RENAME_NEW 1u      /* -EEXIST where the new name is there */
#define PK_RENAME_EXCHANGE 2u /* it has to be there, and what it names gets the old one */

/*
 * Without the lock; texts are checked.  Permission is as for taking the old
 * name away, and for putting one where the new one lies.
 *
 * -ENOENT, -ENOTDIR   there is no such name; or no directory where the new one would lie
 * -EISDIR, -ENOTDIR   one is a directory's, and the other a port's
 * -ENOTEMPTY          something lies in the directory that would be replaced
 * -EINVAL             it would lie in itself
 * -ENAMETOOLONG       what lies in it would have a name that is too long
 * -EEXIST, -EACCES, -EPERM
 */
int pk_directory_rename(struct portico *k, const struct pk_client *client, const char *from,
			uint32_t from_length, const char *to, uint32_t to_length, unsigned flags);

/*
 * The same of a named pipe.  *replaced: the one that had the new name, which has
 * none any more, and is the caller's to end; or 0.
 * -ENOENT, -EEXIST, -EINVAL, -EPERM (of either pipe's neither owner nor privileged).
 */
int pk_pipe_rename(struct portico *k, const char *from, const char *to, unsigned flags, pk_id *replaced);

/* Under the lock, just inherited: N6. */
void pk_rename_finish(struct portico *k);

#endif
