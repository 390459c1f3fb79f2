/* SPDX-License-Identifier: MIT */
#include "mountpoint.h"
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOLD_MOST_MS 1000

bool mountpoint_is_dead(const char *path)
{
	struct statvfs facts; /* asks the server, where stat() may know the answer */
	return statvfs(path, &facts) != 0 && (errno == ENOTCONN || errno == ECONNABORTED);
}

int mountpoint_hold(const char *path)
{
	char above[PATH_MAX];
	snprintf(above, sizeof above, "%s", path);
	int fd = open(dirname(above), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int tries = HOLD_MOST_MS; fd >= 0 && tries > 0 && flock(fd, LOCK_EX | LOCK_NB) != 0; tries--)
		usleep(1000);
	return fd;
}

/* By the set-uid helper, for who may not himself. */
static bool clear_by_helper(const char *path)
{
	extern char **environ;
	const char *arguments[] = { "fusermount3", "-u", "-z", "-q", "--", path, NULL };
	int status = -1;
	pid_t child;
	if (posix_spawnp(&child, arguments[0], NULL, NULL, (char **)arguments, environ) != 0)
		return false;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	return status == 0;
}

bool mountpoint_clear(const char *path)
{
	if (!mountpoint_is_dead(path))
		return false;
	if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		return true;
	return errno == EPERM && clear_by_helper(path);
}

bool mountpoint_is_taken(const char *path)
{
	char inside[PATH_MAX + 32];
	snprintf(inside, sizeof inside, "%s/kernel/instance", path);
	if (access(inside, F_OK) != 0)
		return false;
	complain("can't mount on %s: a Portico instance is mounted there already; see its kernel/instance, "
		 "and end it with umount or fusermount3 -u",
		 path);
	return true;
}

char *mountpoint_find(const char *wanted)
{
	mountpoint_clear(wanted);
	char *path = realpath(wanted, NULL);
	struct stat attr;
	if (!path || stat(path, &attr) != 0) {
		complain("can't mount on %s: %s%s", wanted, strerror(errno),
			 errno == ENOENT ? "; make the directory first (mkdir)" : "");
	} else if (!S_ISDIR(attr.st_mode)) {
		complain("can't mount on %s: it is not a directory", path);
	} else if (!mountpoint_is_taken(path)) {
		return path;
	}
	free(path);
	return NULL;
}
