/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOLD_MOST_MS 3000 /* longer than a look at a mount takes */

int mount_path(const char *path, char absolute[PATH_MAX])
{
	char parent[PATH_MAX], last[PATH_MAX], resolved[PATH_MAX];
	if (snprintf(parent, sizeof parent, "%s", path) >= PATH_MAX)
		return -ENAMETOOLONG;
	strcpy(last, parent);
	const char *name = basename(last);
	bool plain = strcmp(name, "/") != 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
	if (!realpath(plain ? dirname(parent) : path, resolved))
		return -errno;
	if (!plain)
		return snprintf(absolute, PATH_MAX, "%s", resolved) < PATH_MAX ? 0 : -ENAMETOOLONG;
	const char *between = strcmp(resolved, "/") == 0 ? "" : "/";
	return snprintf(absolute, PATH_MAX, "%s%s%s", resolved, between, name) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* ---- the table of mounts: see proc_pid_mountinfo(5) */

/* Undo \040 and its like, in place. */
static void unescape(char *text)
{
	char *to = text;
	for (; *text; to++) {
		if (text[0] == '\\' && text[1] >= '0' && text[1] <= '3' && text[2] && text[3]) {
			*to = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0'));
			text += 4;
		} else {
			*to = *text++;
		}
	}
	*to = '\0';
}

struct line {
	char path[PATH_MAX], type[64], device[24];
	uid_t owner;
};

static bool read_line(const char *text, struct line *line)
{
	const char *rest = strstr(text, " - "), *owner = rest ? strstr(rest, "user_id=") : NULL;
	if (sscanf(text, "%*s %*s %23s %*s %4095s", line->device, line->path) != 2 || !rest ||
	    sscanf(rest, " - %63s", line->type) != 1)
		return false;
	line->owner = owner ? (uid_t)strtoul(owner + strlen("user_id="), NULL, 10) : 0;
	unescape(line->path);
	return true;
}

/* Visit every mount of a process, the uppermost of a place last. */
static void each_mount(const char *process, void (*visit)(const struct line *line, void *context),
		       void *context)
{
	char path[64], *text = NULL;
	struct line line;
	size_t room = 0;
	snprintf(path, sizeof path, "/proc/%.20s/mountinfo", process);
	FILE *table = fopen(path, "re");
	while (table && getline(&text, &room, table) > 0)
		if (read_line(text, &line))
			visit(&line, context);
	free(text);
	if (table)
		fclose(table);
}

struct search {
	const char *path;
	struct line found; /* the uppermost there; where there is none, without a type */
};

static void compare(const struct line *line, void *context)
{
	struct search *search = context;
	if (strcmp(line->path, search->path) == 0)
		search->found = *line;
}

static struct line mounted_at(const char *path)
{
	struct search search = { .path = path };
	each_mount("self", compare, &search);
	return search.found;
}

bool is_mounted(const char *path)
{
	return *mounted_at(path).type != '\0';
}

struct trace {
	const char *device;
	char *path;
	bool found;
};

static void compare_device(const struct line *line, void *context)
{
	struct trace *trace = context;
	if (trace->found || strcmp(line->device, trace->device) != 0)
		return;
	strcpy(trace->path, line->path);
	trace->found = true;
}

bool process_has_mount(const char *process, const char *device, char path[PATH_MAX])
{
	struct trace trace = { device, path, false };
	each_mount(process, compare_device, &trace);
	return trace.found;
}

/* ---- whose it is */

/* What the files of a mount's kernel/ say of who serves it. */
struct answer {
	int error;
	pid_t daemon, supervisor;
};

static int read_text(const char *mountpoint, const char *name, char text[32])
{
	char path[PATH_MAX];
	int fd = snprintf(path, sizeof path, "%s/kernel/%s", mountpoint, name) < PATH_MAX
			 ? open(path, O_RDONLY | O_CLOEXEC)
			 : -1;
	ssize_t length = fd < 0 ? -1 : read(fd, text, 31);
	int error = length < 0 ? errno : 0;
	text[length > 0 ? length : 0] = '\0';
	if (fd >= 0)
		close(fd);
	return error;
}

/* In a child that may be killed: a daemon that is stuck leaves whoever reads from it stuck. */
static void ask_as_child(const char *mountpoint, int result)
{
	char text[32];
	struct answer answer = { 0 };
	alarm(2);
	answer.error = read_text(mountpoint, "pid", text);
	answer.daemon = atoi(text);
	if (read_text(mountpoint, "supervisor", text) == 0)
		answer.supervisor = strncmp(text, "lost", 4) == 0 ? -1 : atoi(text);
	_exit(write(result, &answer, sizeof answer) == sizeof answer ? 0 : 1);
}

/* Its error: the errno that reading gave, ETIMEDOUT, or 0. */
static struct answer ask_daemon(const char *mountpoint)
{
	struct answer answer = { .error = EIO };
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) != 0)
		return answer;
	pid_t child = fork();
	if (child == 0) {
		signal(SIGALRM, SIG_DFL);
		ask_as_child(mountpoint, ends[1]);
	}
	close(ends[1]);
	if (child > 0 && read(ends[0], &answer, sizeof answer) != sizeof answer)
		answer = (struct answer){ .error = ETIMEDOUT };
	close(ends[0]);
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		continue;
	return answer;
}

void find_mount(const char *path, struct mount *found)
{
	*found = (struct mount){ .state = MOUNT_NONE };
	struct line line = mounted_at(path);
	if (!*line.type)
		return;
	strcpy(found->type, line.type);
	strcpy(found->device, line.device);
	found->owner = line.owner;
	found->state = MOUNT_FOREIGN;
	if (strncmp(found->type, "fuse", 4) != 0)
		return;
	struct answer answer = ask_daemon(path);
	found->daemon = answer.daemon;
	found->supervisor = answer.supervisor;
	if (answer.error == ENOTCONN || answer.error == ECONNABORTED)
		found->state = MOUNT_STALE;
	else if ((answer.error == 0 && found->daemon > 0) || strstr(found->type, "portico"))
		found->state = MOUNT_PORTICO;
}

struct visitor {
	void (*visit)(const char *path, const struct mount *mount);
};

static void visit_if_portico(const struct line *line, void *context)
{
	const struct visitor *visitor = context;
	struct mount mount;
	if (strcmp(line->type, "fuse.portico") != 0)
		return;
	find_mount(line->path, &mount);
	visitor->visit(line->path, &mount);
}

void each_portico_mount(void (*visit)(const char *path, const struct mount *mount))
{
	struct visitor visitor = { visit };
	each_mount("self", visit_if_portico, &visitor);
}

/* ---- taking it away */

/* As an ordinary user, the set-uid helper of FUSE unmounts, and says itself what goes wrong: then -ECANCELED.
 * Where nothing is mounted any more -EINVAL, as of umount(2).
 */
static int unmount_by_helper(const char *path, bool lazily)
{
	int status = 0;
	pid_t child = fork();
	if (child == 0) {
		execlp("fusermount3", "fusermount3", lazily ? "-uz" : "-u", "--", path, (char *)NULL);
		_exit(127);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	if (child < 0 || WEXITSTATUS(status) == 127)
		return -ENOENT;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : is_mounted(path) ? -ECANCELED : -EINVAL;
}

int hold_mountpoint(const char *path)
{
	char above[PATH_MAX];
	snprintf(above, sizeof above, "%s", path);
	int fd = open(dirname(above), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int tries = HOLD_MOST_MS; fd >= 0 && tries > 0 && flock(fd, LOCK_EX | LOCK_NB) != 0; tries--)
		usleep(1000);
	return fd;
}

int unmount(const char *path, bool lazily)
{
	if (umount2(path, (lazily ? MNT_DETACH : 0) | UMOUNT_NOFOLLOW) == 0)
		return 0;
	if (errno == EPERM && mounted_at(path).owner == getuid())
		return unmount_by_helper(path, lazily);
	return -errno;
}

/* ---- may it be used? */

static bool is_in_path(const char *program)
{
	const char *at = getenv("PATH");
	char path[PATH_MAX];
	while (at && *at) {
		size_t length = strcspn(at, ":");
		snprintf(path, sizeof path, "%.*s/%s", (int)length, at, program);
		if (access(path, X_OK) == 0)
			return true;
		at += length + (at[length] == ':');
	}
	return false;
}

const char *fuse_obstacle(void)
{
	int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	int error = device < 0 ? errno : 0;
	if (device >= 0)
		close(device);
	if (error == ENOENT)
		return "there is no /dev/fuse; `modprobe fuse` as root, or give the container --device "
		       "/dev/fuse";
	if (error == EACCES || error == EPERM)
		return geteuid() == 0 ? "/dev/fuse may not be opened, though you are root; allow the "
					"container that device"
				      : "/dev/fuse is closed to you; `chmod 0666 /dev/fuse` as root";
	if (error)
		return "/dev/fuse can't be opened; is FUSE in this kernel?";
	if (geteuid() != 0 && !is_in_path("fusermount3"))
		return "there is no fusermount3, which mounts for who isn't root; install the package fuse3";
	return NULL;
}
