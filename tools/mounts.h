/* SPDX-License-Identifier: MIT */
/* What is mounted where, and whether FUSE may be used here. */
#ifndef TOOL_MOUNTS_H
#define TOOL_MOUNTS_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

enum mount_state {
	MOUNT_NONE,
	MOUNT_PORTICO,
	MOUNT_STALE,   /* FUSE, and its daemon is dead */
	MOUNT_FOREIGN, /* something else */
};

struct mount {
	enum mount_state state;
	char type[64];
	char device[24];  /* its file system's number, which is the same wherever it is mounted */
	uid_t owner;	  /* who mounted it */
	pid_t daemon;	  /* of a Portico mount, or 0 */
	pid_t supervisor; /* of that daemon; 0: it never had one; -1: it died */
};

/* Absolute, its parent's links resolved; the last part is left alone: it may be a stale mount.  0 or -errno.
 */
int mount_path(const char *path, char absolute[PATH_MAX]);

/* What is mounted at that absolute path.  Never hangs, though a daemon might. */
void find_mount(const char *path, struct mount *found);
bool is_mounted(const char *path);

/* Does that process, "self" or a pid, have the file system somewhere among its mounts: at which path? */
bool process_has_mount(const char *process, const char *device, char path[PATH_MAX]);

/* Every mount of Portico's, of whatever instance. */
void each_portico_mount(void (*visit)(const char *path, const struct mount *mount));

/*
 * Hold off a daemon that would replace a dead one there: it then finds the
 * mount taken off, or has mounted (fuse/mountpoint.h).  A descriptor to be
 * closed, or -1: who goes on without has to live with a race.
 */
int hold_mountpoint(const char *path);

/* Take it away; lazily, also where it is in use.  0, -EBUSY, -EPERM (another's), -ENOENT (no fusermount3), …
 */
int unmount(const char *path, bool lazily);

/* Why FUSE can't be used, and what to do: a sentence, or NULL where it can. */
const char *fuse_obstacle(void);

#endif
