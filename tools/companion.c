/* SPDX-License-Identifier: MIT */
#include "companion.h"
#include "instance.h"
#include "mounts.h"
#include "pidfd.h"
#include "siblings.h"
#include "task.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define START_MOST_MS 5000
#define END_MOST_MS 3000

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

/* ---- its beginning */

/* In the child: nothing of the terminal, and no descriptor, must live on in a daemon. */
static void become_daemon(const char *program, const char *directory, const char *mountpoint)
{
	int null = open("/dev/null", O_RDWR);
	setsid();
	for (int fd = 0; fd < 3 && null >= 0; fd++)
		dup2(null, fd);
	syscall(SYS_close_range, 3u, ~0u, 0u);
	unsetenv("LD_PRELOAD");
	execl(program, program, "--with-runs", "--kernel", directory, mountpoint, (char *)NULL);
	_exit(127);
}

/* It puts itself in the background once it is ready: wait for that, not for ever. */
static void wait_until_ready(pid_t starter)
{
	int pidfd = open_pidfd(starter);
	struct pollfd end = { .fd = pidfd, .events = POLLIN };
	if (pidfd >= 0 && poll(&end, 1, START_MOST_MS) == 0)
		kill(starter, SIGKILL);
	if (pidfd >= 0)
		close(pidfd);
	while (waitpid(starter, NULL, 0) < 0 && errno == EINTR)
		continue;
}

void companion_start(const char *directory)
{
	char program[PATH_MAX], mountpoint[PATH_MAX];
	struct mount mount;
	snprintf(mountpoint, sizeof mountpoint, "%s/mnt", directory);
	if (fuse_obstacle() || find_sibling(SIBLING_DAEMON, program) != 0)
		return;
	find_mount(mountpoint, &mount);
	if (mount.state == MOUNT_STALE)
		unmount(mountpoint, true);
	else if (mount.state != MOUNT_NONE)
		return;
	pid_t starter = fork();
	if (starter == 0)
		become_daemon(program, directory, mountpoint);
	if (starter > 0)
		wait_until_ready(starter);
}

/* ---- its end */

/* Of this task, alive and not our own: its flags; of none, 0. */
static uint32_t flags_of(struct portico *k, uint32_t slot)
{
	const struct pk_task *task = pk_task_of(k, slot);
	uint32_t flags = task && slot != pk_id_slot(pk_self(k)) ? task->flags : 0;
	return flags && pk_task_reap_if_dead(k, slot) ? 0 : flags;
}

static bool another_run(struct portico *k)
{
	uint32_t committed = pk_committed(k, PK_TASKS);
	for (uint32_t slot = 1; slot < committed; slot++)
		if ((flags_of(k, slot) & (PK_TASK_SUPERVISOR | PK_TASK_MOUNT)) == PK_TASK_SUPERVISOR)
			return true;
	return false;
}

/* Is it a daemon that ends with the last run?  Its command line says so. */
static bool ends_with_runs(pid_t pid)
{
	char path[64], words[4096];
	snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, words, sizeof words - 1);
	if (fd >= 0)
		close(fd);
	words[length > 0 ? length : 0] = '\0';
	for (const char *word = words; word < words + length; word += strlen(word) + 1)
		if (strcmp(word, "--with-runs") == 0)
			return true;
	return false;
}

/* That daemon, as a pidfd; -1: there is none. */
static int find_daemon(struct portico *k)
{
	uint32_t committed = pk_committed(k, PK_TASKS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_task *task = pk_task_of(k, slot);
		if (!task || !(flags_of(k, slot) & PK_TASK_MOUNT) ||
		    task->pid_namespace != k->mine->process.pid_namespace)
			continue;
		int pidfd = open_pidfd((pid_t)task->pid);
		if (pidfd >= 0 && ends_with_runs((pid_t)task->pid))
			return pidfd;
		if (pidfd >= 0)
			close(pidfd);
	}
	return -1;
}

void companion_leave(struct portico *k)
{
	struct pk_task *self = pk_task_of(k, pk_id_slot(pk_self(k)));
	if (self)
		self->flags &= ~PK_TASK_SUPERVISOR;
	int daemon = another_run(k) ? -1 : find_daemon(k);
	if (daemon < 0)
		return;
	struct pollfd end = { .fd = daemon, .events = POLLIN };
	signal_pidfd(daemon, SIGTERM); /* it would find out itself, within its tick */
	poll(&end, 1, END_MOST_MS);
	close(daemon);
}
