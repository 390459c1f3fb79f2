/* SPDX-License-Identifier: MIT */
/*
 * The directory to mount on, and what a daemon that died left on it.
 *
 * Of all who may take a dead mount off (this daemon's heir, portico umount,
 * umount(8), another portico mount) one succeeds, by the real kernel's word: so
 * an heir mounts only where it was itself that one.
 */
#ifndef PORTICO_FUSE_MOUNTPOINT_H
#define PORTICO_FUSE_MOUNTPOINT_H

#include <stdbool.h>

/* A directory, not a Portico mount already.  Its absolute path, to be freed; or NULL after complaining. */
char *mountpoint_find(const char *wanted);

/* Does a Portico mount that works lie there?  Then that is complained of. */
bool mountpoint_is_taken(const char *path);

/* Is what is mounted there dead? */
bool mountpoint_is_dead(const char *path);

/*
 * While a daemon looks what is mounted, takes that off and mounts, it holds a lock on the directory above, as
 * portico umount does: who looks finds the old mount or the new one.  For at
 * most a moment, whoever else may have locked it.  A descriptor to be closed, or -1.
 */
int mountpoint_hold(const char *path);

/* Take a dead mount off.  False: none is there, or others were faster, or it can't be done. */
bool mountpoint_clear(const char *path);

#endif
