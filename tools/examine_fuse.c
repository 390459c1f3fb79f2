/* SPDX-License-Identifier: MIT */
/* The doctor's look at what it takes to show an instance as files, and at the mounts there are. */
#include "describe.h"
#include "examine.h"
#include "mounts.h"
#include "region.h"
#include "siblings.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static char own_mount[PATH_MAX];

static void report_served(const char *path, const struct mount *mount)
{
	if (mount->supervisor > 0)
		report(GOOD, "mount", NULL, "at %s, by process %d, supervised by %d", path,
		       (int)mount->daemon, (int)mount->supervisor);
	else if (mount->supervisor == 0)
		report(GOOD, "mount", NULL, "at %s, by process %d", path, (int)mount->daemon);
	else
		report(LIMITED, "mount", "`portico umount` and `portico mount`, when nobody uses it",
		       "at %s, by process %d: its supervisor was killed, so it won't be started again", path,
		       (int)mount->daemon);
}

void examine_mount(const char *path)
{
	struct mount mount;
	find_mount(path, &mount);
	if (mount.state == MOUNT_PORTICO)
		report_served(path, &mount);
}

/* Of those elsewhere, what is amiss. */
static void report_elsewhere(const char *path, const struct mount *mount)
{
	char remedy[PATH_MAX + 32];
	snprintf(remedy, sizeof remedy, "`portico umount %s`", path);
	if (strcmp(path, own_mount) == 0)
		return;
	if (mount->state == MOUNT_STALE)
		report(LIMITED, "mount", remedy, "at %s: its daemon is dead", path);
	else if (mount->state == MOUNT_PORTICO && mount->supervisor < 0)
		report_served(path, mount);
}

static void examine_mountpoint(const char *directory)
{
	char found[PK_PATH_MAX], wanted[PATH_MAX], path[PATH_MAX];
	struct mount mount;
	bool named;
	if (pk_region_find(directory, found, &named) != 0)
		return;
	snprintf(wanted, sizeof wanted, "%s/mnt", found);
	if (mount_path(wanted, path) != 0)
		return;
	find_mount(path, &mount);
	strcpy(own_mount, path);
	if (mount.state == MOUNT_PORTICO)
		report_served(path, &mount);
	else if (mount.state == MOUNT_STALE)
		report(LIMITED, "mount", "`portico umount`, or `portico mount` anew",
		       "at %s: its daemon is dead", path);
	else if (mount.state == MOUNT_FOREIGN)
		report(LIMITED, "mount", "unmount it, or mount elsewhere",
		       "at %s something else is mounted (%s)", path, mount.type);
	else
		report(GOOD, "mount", NULL, "none at %s; `portico mount` makes it", path);
}

static void examine_device(void)
{
	struct described mode;
	struct stat status;
	const char *obstacle = fuse_obstacle();
	if (obstacle)
		report(LIMITED, "FUSE", NULL, "no files and named pipes: %s", obstacle);
	else if (stat("/dev/fuse", &status) == 0 && (status.st_mode & 0666) != 0666)
		report(GOOD, "FUSE", NULL,
		       "/dev/fuse may be used by you, not by all (%s); `chmod 0666` it for them",
		       describe_mode(&mode, status.st_mode));
	else
		report(GOOD, "FUSE", NULL, "/dev/fuse may be used");
}

void examine_fuse(const char *directory)
{
	char daemon[PATH_MAX];
	examine_device();
	if (find_sibling(SIBLING_DAEMON, daemon) == 0)
		report(GOOD, "FUSE daemon", NULL, "%s", daemon);
	else
		report(LIMITED, "FUSE daemon", "install or build Portico with libfuse3",
		       "no files and named pipes: %s isn't there", daemon);
	examine_mountpoint(directory);
	each_portico_mount(report_elsewhere);
}
