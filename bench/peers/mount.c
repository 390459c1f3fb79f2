/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "mount.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char mountpoint[256]; /* "": nothing is mounted */

/* It returns once the mount is ready, and leaves a child that serves it. */
static void become_server(const struct setup *setup)
{
	char program[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", program, sizeof program - 64);
	cpu_set_t set;
	CPU_ZERO(&set);
	unsetenv("LD_PRELOAD");
	if (setup->cpu >= 0 && setup->cpu == setup->partner) {
		CPU_SET((size_t)setup->cpu, &set);
		sched_setaffinity(0, sizeof set, &set);
	}
	program[length > 0 ? length : 0] = '\0';
	*(strrchr(program, '/') + 1) = '\0';
	strcat(program, setup->bare ? "bare" : "../../libexec/portico/portico-fuse");
	dup2(STDERR_FILENO, STDOUT_FILENO);
	if (setup->bare)
		execl(program, program, mountpoint, (char *)NULL);
	else
		execl(program, program, "-k", place_directory(), mountpoint, (char *)NULL);
	_exit(127);
}

static int start_server(const struct setup *setup)
{
	int status;
	pid_t child = fork();
	if (child < 0)
		return -errno;
	if (child == 0)
		become_server(setup);
	return waitpid(child, &status, 0) == child && status == 0 ? 0 : -ENOTCONN;
}

int mount_prepare(const struct setup *setup)
{
	char wanted[sizeof mountpoint];
	const char *kernel = getenv("PORTICO_KERNEL");
	int error = setup->bare ? 0 : place_prepare(NULL);
	if (error)
		return error;
	snprintf(wanted, sizeof wanted, "%s-%d-mount", kernel ? kernel : "/tmp/portico-bench", getpid());
	if (mkdir(wanted, 0700) != 0)
		return -errno;
	strcpy(mountpoint, wanted);
	error = start_server(setup);
	if (!error && !setup->bare) /* where this is preloaded: the mount is of its instance */
		error = setenv("PORTICO_KERNEL", place_directory(), 1) == 0 ? 0 : -ENOMEM;
	if (error)
		mount_remove();
	return error;
}

const char *mount_path(const char *directory, const char *name)
{
	static char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/%s%s", mountpoint, directory, name);
	return path;
}

void mount_remove(void)
{
	extern char **environ;
	const char *arguments[] = { "fusermount3", "-uqz", "--", mountpoint, NULL };
	pid_t child;
	if (!mountpoint[0])
		return;
	if (umount2(mountpoint, MNT_DETACH) != 0 && errno == EPERM &&
	    posix_spawnp(&child, arguments[0], NULL, NULL, (char **)arguments, environ) == 0)
		waitpid(child, NULL, 0);
	rmdir(mountpoint);
	mountpoint[0] = '\0';
	place_remove();
}
