/* SPDX-License-Identifier: MIT */
/* The users, and what they may try. */
#define _GNU_SOURCE
#include "fuse_users.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/xattr.h>

const struct user users[USERS] = {
	[OWNER] = { "owner", 10009, 20009, 10008 }, [CREATOR] = { "creator", 10012, 10012, 0 },
	[MEMBER] = { "member", 10013, 20009, 0 },   [ASSOCIATE] = { "associate", 10010, 10010, 20009 },
	[OTHER] = { "other", 10011, 10011, 10007 }, [ROOT] = { "root", 0, 0, 0 },
};

void become(enum who who)
{
	const struct user *user = &users[who];
	CHECK_EQUAL(seteuid(0), 0);
	CHECK_EQUAL(setgroups(user->supplementary != 0, &user->supplementary), 0);
	CHECK_EQUAL(setegid(user->gid), 0);
	CHECK_EQUAL(seteuid(user->uid), 0);
}

/* ---- of what there is */

/* A read of what may wait would: it is opened only. */
static int open_as(const char *path, int flags)
{
	int fd = open(path, flags | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int try_open(const char *path, const char *to)
{
	(void)to;
	return open_as(path, O_RDONLY);
}

static int try_write(const char *path, const char *to)
{
	(void)to;
	return open_as(path, O_WRONLY);
}

static int try_both(const char *path, const char *to)
{
	(void)to;
	return open_as(path, O_RDWR);
}

static int try_empty(const char *path, const char *to)
{
	(void)to;
	return open_as(path, O_WRONLY | O_TRUNC);
}

/* All of it, of what doesn't wait. */
static int try_read(const char *path, const char *to)
{
	char buffer[4096];
	ssize_t got = 1;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), error = 0;
	(void)to;
	if (fd < 0)
		return errno;
	while (got > 0)
		got = read(fd, buffer, sizeof buffer);
	if (got < 0)
		error = errno;
	close(fd);
	return error;
}

/* A line that is a command; `_` stands for a blank. */
static int try_say(const char *path, const char *to)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), error = 0;
	char line[256];
	if (fd < 0)
		return errno;
	size_t bytes = (size_t)snprintf(line, sizeof line, "%s\n", to);
	for (char *blank = strchr(line, '_'); blank; blank = strchr(blank, '_'))
		*blank = ' ';
	if (write(fd, line, bytes) < 0)
		error = errno;
	close(fd);
	return error;
}

static int result(int status)
{
	return status < 0 ? errno : 0;
}

static int try_stat(const char *path, const char *to)
{
	struct stat attr;
	(void)to;
	return result(stat(path, &attr));
}

static int try_truncate(const char *path, const char *to)
{
	(void)to;
	return result(truncate(path, 0));
}

static int try_chmod(const char *path, const char *to)
{
	(void)to;
	return result(chmod(path, 0604));
}

static int try_chown(const char *path, const char *to)
{
	(void)to;
	return result(chown(path, users[OTHER].uid, (gid_t)-1));
}

/* To a group that the owner is in; and to one that he isn't in. */
static int try_chgrp(const char *path, const char *to)
{
	(void)to;
	return result(chown(path, (uid_t)-1, users[OWNER].supplementary));
}

static int try_chgrp_foreign(const char *path, const char *to)
{
	(void)to;
	return result(chown(path, (uid_t)-1, users[OTHER].gid));
}

static int try_touch(const char *path, const char *to)
{
	(void)to;
	return result(utimensat(AT_FDCWD, path, NULL, 0));
}

static int try_date(const char *path, const char *to)
{
	const struct timespec times[2] = { { 1, 0 }, { 1, 0 } };
	(void)to;
	return result(utimensat(AT_FDCWD, path, times, 0));
}

static int try_getxattr(const char *path, const char *to)
{
	char value[64];
	(void)to;
	return result((int)getxattr(path, "user.portico.slots", value, sizeof value));
}

static int try_setxattr(const char *path, const char *to)
{
	(void)to;
	return result(setxattr(path, "user.portico.slots", "77", 2, 0));
}

static int try_readlink(const char *path, const char *to)
{
	char target[64];
	(void)to;
	return result((int)readlink(path, target, sizeof target));
}

/* ---- of names */

static int try_list(const char *path, const char *to)
{
	DIR *directory = opendir(path);
	(void)to;
	if (!directory)
		return errno;
	errno = 0;
	while (readdir(directory))
		continue;
	int error = errno;
	closedir(directory);
	return error;
}

static int try_make(const char *path, const char *to)
{
	(void)to;
	return result(mknod(path, S_IFREG | 0640, 0));
}

static int try_create(const char *path, const char *to)
{
	int fd = open(path, O_RDWR | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0640);
	(void)to;
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int try_mkfifo(const char *path, const char *to)
{
	(void)to;
	return result(mkfifo(path, 0640));
}

static int try_mkdir(const char *path, const char *to)
{
	(void)to;
	return result(mkdir(path, 0750));
}

static int try_rmdir(const char *path, const char *to)
{
	(void)to;
	return result(rmdir(path));
}

static int try_rm(const char *path, const char *to)
{
	(void)to;
	return result(unlink(path));
}

static int try_mv(const char *path, const char *to)
{
	return result(rename(path, to));
}

static int try_mv_new(const char *path, const char *to)
{
	return result(renameat2(AT_FDCWD, path, AT_FDCWD, to, RENAME_NOREPLACE));
}

static int try_exchange(const char *path, const char *to)
{
	return result(renameat2(AT_FDCWD, path, AT_FDCWD, to, RENAME_EXCHANGE));
}

static int try_ln(const char *path, const char *to)
{
	return result(link(path, to));
}

static int try_symlink(const char *path, const char *to)
{
	return result(symlink(to, path));
}

static const struct operation operations[] = {
	{ "open", try_open },
	{ "read", try_read },
	{ "write", try_write },
	{ "both", try_both },
	{ "empty", try_empty },
	{ "say", try_say },
	{ "stat", try_stat },
	{ "truncate", try_truncate },
	{ "chmod", try_chmod },
	{ "chown", try_chown },
	{ "chgrp", try_chgrp },
	{ "chgrp-foreign", try_chgrp_foreign },
	{ "touch", try_touch },
	{ "date", try_date },
	{ "getxattr", try_getxattr },
	{ "setxattr", try_setxattr },
	{ "readlink", try_readlink },
	{ "list", try_list },
	{ "make", try_make },
	{ "create", try_create },
	{ "mkfifo", try_mkfifo },
	{ "mkdir", try_mkdir },
	{ "rmdir", try_rmdir },
	{ "rm", try_rm },
	{ "mv", try_mv },
	{ "mv-new", try_mv_new },
	{ "exchange", try_exchange },
	{ "ln", try_ln },
	{ "symlink", try_symlink },
};

const struct operation *operation_of(const char *name)
{
	for (size_t i = 0; i < COUNT(operations); i++)
		if (strcmp(operations[i].name, name) == 0)
			return &operations[i];
	fprintf(stderr, "no operation '%s'\n", name);
	exit(2);
}

int attempt(enum who who, const struct operation *operation, const char *path, const char *to)
{
	become(who);
	int error = operation->run(path, to);
	become(ROOT);
	return error;
}

const char *outcome(int error)
{
	return error ? strerrorname_np(error) : "ok";
}
