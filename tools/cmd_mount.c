/* SPDX-License-Identifier: MIT */
/* `portico mount` only finds out what would go wrong, and then becomes the daemon. */
#include "commands.h"
#include "complain.h"
#include "instance.h"
#include "mounts.h"
#include "options.h"
#include "siblings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int check_mountpoint(const char *path)
{
	struct mount mount;
	struct stat status;
	find_mount(path, &mount);
	if (mount.state == MOUNT_STALE && unmount(path, true) == 0)
		mount.state = MOUNT_NONE;
	if (mount.state != MOUNT_NONE)
		complain("%s: is a mount already (%s); `portico umount %s` first, or choose another place",
			 path, mount.type, path);
	else if (stat(path, &status) != 0)
		complain("%s: %m; `mkdir %s` first", path, path);
	else if (!S_ISDIR(status.st_mode))
		complain("%s: is no directory; name one to mount on", path);
	else if (access(path, W_OK) != 0)
		complain("%s: may not be written by you; mount on a directory of your own", path);
	else
		return DONE;
	return FAILED;
}

static int check_daemon(char path[PATH_MAX])
{
	const char *obstacle = fuse_obstacle();
	if (obstacle) {
		complain("%s", obstacle);
		return FAILED;
	}
	if (find_sibling(SIBLING_DAEMON, path) == 0)
		return DONE;
	complain("%s: isn't there; install or build Portico with FUSE (libfuse3-dev, and not with musl-gcc)",
		 path);
	return FAILED;
}

static int become_daemon(const char *program, const char *directory, const char *mountpoint, bool foreground,
			 bool allow_other)
{
	const char *words[8] = { program, "--kernel", directory };
	int count = 3;
	if (foreground)
		words[count++] = "--foreground";
	if (allow_other)
		words[count++] = "--allow-other";
	words[count] = mountpoint;
	execv(program, (char **)words);
	complain("%s: can't be executed: %m; install Portico again", program);
	return FAILED;
}

static const char *directory;
static bool foreground, allow_other;

static const struct option_entry options[] = {
	INSTANCE_OPTION(&directory),
	{ "foreground", 'f', OPTION_FLAG, &foreground, NULL, "stay, and say what goes wrong", NULL },
	{ "allow-other", 0, OPTION_FLAG, &allow_other, NULL, "let other users in, as modes permit", NULL },
	{ 0 },
};

static const struct usage usage = { "mount",
				    "[MOUNTPOINT]",
				    "Show the instance as files, at MOUNTPOINT or else in its own mnt/",
				    options,
				    0,
				    1,
				    false };

int cmd_mount(int argc, char **argv)
{
	char wanted[PATH_MAX], mountpoint[PATH_MAX], daemon[PATH_MAX], kernel[PATH_MAX];
	parse_options(&usage, argc, argv);
	struct portico *k = open_instance(directory, PORTICO_CREATE, 0);
	if (!k)
		return FAILED;
	if (mount_path(k->directory, kernel) != 0)
		strcpy(kernel, k->directory);
	snprintf(wanted, sizeof wanted, "%s/mnt", k->directory);
	int error = mount_path(argv[0] ? argv[0] : wanted, mountpoint);
	if (error) {
		complain("%s: %s; make the directory first", argv[0] ? argv[0] : wanted, strerror(-error));
		return FAILED;
	}
	if (check_daemon(daemon) != DONE || check_mountpoint(mountpoint) != DONE)
		return FAILED;
	return become_daemon(daemon, kernel, mountpoint, foreground, allow_other);
}
