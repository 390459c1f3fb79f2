/* SPDX-License-Identifier: MIT */
#include "commands.h"
#include "complain.h"
#include "describe.h"
#include "mounts.h"
#include "occupants.h"
#include "options.h"
#include "pidfd.h"
#include "region.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define DAEMON_SOON_MS 300  /* a daemon ends within milliseconds, */
#define DAEMON_MOST_MS 5000 /* unless it is in somebody's way */

static int say_busy(const char *path)
{
	char users[512];
	bool others = describe_occupants(path, users, sizeof users);
	if (stands_in(path))
		complain("%s: is in use: your working directory is in it%s%s; `cd` elsewhere first, or take "
			 "it "
			 "away all the same: --lazy",
			 path, others ? ", and it is used by " : "", users);
	else if (others)
		complain("%s: is in use by %s; end them, or take it away from under them: --lazy", path,
			 users);
	else if (has_file_in(path))
		complain("%s: is in use by a file of it that this command was given; start it without", path);
	else
		complain("%s: is in use by who isn't to be seen from here; `portico umount --lazy` takes it "
			 "away "
			 "all the same",
			 path);
	return FAILED;
}

static int say_anothers(const char *path)
{
	struct described owner;
	struct mount mount;
	find_mount(path, &mount);
	complain("%s: was mounted by %s; only that user and root may take it away", path,
		 describe_user(&owner, mount.owner));
	return FAILED;
}

static int say_failed(const char *path, int error)
{
	char users[512];
	if (error == -EBUSY || (error == -ECANCELED && describe_occupants(path, users, sizeof users)))
		return say_busy(path);
	if (error == -EPERM)
		return say_anothers(path);
	if (error == -ECANCELED)
		complain("%s: fusermount3 refused, as it says above", path);
	else if (error == -ENOENT)
		complain("%s: there is no fusermount3, which unmounts for who isn't root; install the "
			 "package fuse3",
			 path);
	else
		complain("%s: can't be unmounted: %s", path, strerror(-error));
	return FAILED;
}

/* The end of a process, waited for so long; true also where there is none. */
static bool has_ended(int process, int most_ms)
{
	struct pollfd end = { .fd = process, .events = POLLIN };
	return process < 0 || poll(&end, 1, most_ms) != 0;
}

/* It is mounted elsewhere, too, so its daemon goes on. */
static bool lives_on(const char *path, const struct mount *mount)
{
	struct other_mount other;
	if (!find_other_mount(mount->device, &other))
		return false;
	if (other.pid == 0)
		fprintf(stderr,
			"portico umount: %s: is gone here, and still mounted at %s; `umount %s` takes that "
			"away, too\n",
			path, other.path, other.path);
	else
		fprintf(stderr,
			"portico umount: %s: is gone here, and lives on in another mount namespace, that of "
			"%s "
			"(pid %d), at %s; its daemon ends with that\n",
			path, other.name, (int)other.pid, other.path);
	return true;
}

/* The daemon leaves the instance after the unmount; its supervisor ends with it. */
static int wait_for_end(const char *path, const struct mount *mount, int daemon, int supervisor)
{
	if (!has_ended(daemon, DAEMON_SOON_MS) && lives_on(path, mount))
		return DONE;
	bool daemon_ended = has_ended(daemon, DAEMON_MOST_MS);
	if (daemon_ended && has_ended(supervisor, DAEMON_MOST_MS))
		return DONE;
	pid_t left = daemon_ended ? mount->supervisor : mount->daemon;
	complain("%s: is unmounted, but its %s (pid %d) hasn't ended: another mount namespace may have it "
		 "still; "
		 "or else `kill %d`",
		 path, daemon_ended ? "supervisor" : "daemon", (int)left, (int)left);
	return FAILED;
}

static bool lazy;

/* Lazily: who has files of it open keeps them, and the daemon, until they are closed. */
static int unmount_lazily(const char *path)
{
	int error = unmount(path, true);
	return error ? say_failed(path, error) : DONE;
}

static int unmount_portico(const char *path, const struct mount *mount)
{
	int daemon = mount->daemon > 0 ? open_pidfd(mount->daemon) : -1;
	int supervisor = mount->supervisor > 0 ? open_pidfd(mount->supervisor) : -1;
	int error = unmount(path, false);
	if (error == -EINVAL && !is_mounted(path))
		error = 0; /* somebody else was faster */
	int status = error ? say_failed(path, error) : wait_for_end(path, mount, daemon, supervisor);
	if (daemon >= 0)
		close(daemon);
	if (supervisor >= 0)
		close(supervisor);
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
	{ "lazy", 'l', OPTION_FLAG, &lazy, NULL, "now, though it is in use: it ends with the last open file",
	  NULL },
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
	hold_mountpoint(path); /* until this process ends */
	find_mount(path, &mount);
	switch (mount.state) {
	case MOUNT_PORTICO:
		return lazy ? unmount_lazily(path) : unmount_portico(path, &mount);
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
