/* SPDX-License-Identifier: MIT */
#include "commands.h"
#include "complain.h"
#include "mounts.h"
#include "options.h"
#include "pidfd.h"
#include "region.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define DAEMON_MOST_MS 5000 /* a daemon ends within milliseconds */

static int say_failed(const char *path, int error)
{
	if (error == -EBUSY)
		complain("%s: is in use; end what has files of it open (`fuser -vm %s` tells)", path, path);
	else if (error == -ECANCELED)
		complain("%s: fusermount3 refused, as it says above; if it is in use, end what has files of "
			 "it open",
			 path);
	else if (error == -ENOENT)
		complain("%s: there is no fusermount3, which unmounts for who isn't root; install the "
			 "package fuse3",
			 path);
	else
		complain("%s: can't be unmounted: %s", path, strerror(-error));
	return FAILED;
}

/* The daemon writes back and leaves the instance after the unmount. */
static int wait_for_daemon(const char *path, int daemon, pid_t pid)
{
	struct pollfd end = { .fd = daemon, .events = POLLIN };
	if (daemon < 0 || poll(&end, 1, DAEMON_MOST_MS) != 0)
		return DONE;
	complain("%s: is unmounted, but its daemon (pid %d) hasn't ended; `kill %d` if it doesn't", path,
		 (int)pid, (int)pid);
	return FAILED;
}

static int unmount_portico(const char *path, const struct mount *mount)
{
	int daemon = mount->daemon > 0 ? open_pidfd(mount->daemon) : -1;
	int error = unmount(path, false);
	int status = error ? say_failed(path, error) : wait_for_daemon(path, daemon, mount->daemon);
	if (daemon >= 0)
		close(daemon);
	return status;
}

static int unmount_stale(const char *path)
{
	int error = unmount(path, true);
	if (error)
		return say_failed(path, error);
	fprintf(stderr, "portico umount: %s: its daemon was dead; the mount is gone now\n", path);
	return DONE;
}

/* Where the instance's own mount would be; the instance itself isn't needed for it. */
static int default_mountpoint(const char *directory, char path[PATH_MAX])
{
	char found[PK_PATH_MAX];
	bool named;
	int error = pk_region_find(directory, found, &named);
	if (!error)
		snprintf(path, PATH_MAX, "%s/mnt", found);
	return error;
}

static const char *directory;

static const struct option_entry options[] = {
	INSTANCE_OPTION(&directory),
	{ 0 },
};

static const struct usage usage = { "umount",
				    "[MOUNTPOINT]",
				    "Take away the mount at MOUNTPOINT, or else in the instance's mnt/",
				    options,
				    0,
				    1,
				    false };

int cmd_umount(int argc, char **argv)
{
	char wanted[PATH_MAX] = "", path[PATH_MAX];
	struct mount mount;
	int count = parse_options(&usage, argc, argv);
	int error = count ? 0 : default_mountpoint(directory, wanted);
	if (!error)
		error = mount_path(count ? argv[0] : wanted, path);
	if (error) {
		complain("%s: %s; name the directory it is mounted on", count ? argv[0] : wanted,
			 strerror(-error));
		return FAILED;
	}
	find_mount(path, &mount);
	switch (mount.state) {
	case MOUNT_PORTICO:
		return unmount_portico(path, &mount);
	case MOUNT_STALE:
		return unmount_stale(path);
	case MOUNT_FOREIGN:
		complain("%s: is a mount of %s, not Portico's; use umount(8)", path, mount.type);
		return FAILED;
	case MOUNT_NONE:
		break;
	}
	complain("%s: nothing is mounted there; `findmnt` shows what is where", path);
	return FAILED;
}
