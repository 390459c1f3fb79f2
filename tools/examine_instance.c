/* SPDX-License-Identifier: MIT */
/* The doctor's look at the instance: its directory, its file system, and whether it can be opened, or made.
 */
#include "describe.h"
#include "examine.h"
#include "layout.h"
#include "region.h"
#include "remote.h"
#include "users.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <portico/portico.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define TMPFS 0x01021994
#define RAMFS 0x858458f6
#define LITTLE_BYTES (UINT64_C(64) << 20) /* the default capacity of one mailbox */

static const char *reason_chosen(const char *directory)
{
	const char *kernel = getenv("PORTICO_KERNEL"), *runtime = getenv("XDG_RUNTIME_DIR");
	if (directory)
		return "chosen by -k";
	if (kernel && *kernel)
		return "chosen by $PORTICO_KERNEL";
	return runtime && *runtime ? "in $XDG_RUNTIME_DIR"
				   : "the default; neither $PORTICO_KERNEL nor "
				     "$XDG_RUNTIME_DIR is set";
}

/* The nearest of it and its parents that exists. */
static void existing_part(const char *path, char part[PATH_MAX])
{
	struct stat status;
	snprintf(part, PATH_MAX, "%s", path);
	while (stat(part, &status) != 0 && strrchr(part, '/') && strcmp(part, "/") != 0) {
		char *slash = strrchr(part, '/');
		slash[slash == part] = '\0';
	}
	if (stat(part, &status) != 0)
		strcpy(part, ".");
}

static void examine_file_system(const char *path)
{
	char part[PATH_MAX];
	struct statfs system;
	struct described size;
	existing_part(path, part);
	if (statfs(part, &system) != 0) {
		report(BAD, "file system", "name another directory with -k or $PORTICO_KERNEL", "%s: %s",
		       part, strerror(errno));
		return;
	}
	uint64_t free_bytes = (uint64_t)system.f_bavail * (uint64_t)system.f_bsize;
	describe_size(&size, free_bytes >> 20 << 20);
	unsigned long type = (unsigned long)system.f_type & 0xffffffff;
	if (type == TMPFS || type == RAMFS)
		report(GOOD, "file system", NULL, "a tmpfs");
	else
		report(LIMITED, "file system", "put it on a tmpfs, such as /dev/shm or $XDG_RUNTIME_DIR",
		       "not a tmpfs: it works, but messages may be written to a disk");
	if (free_bytes < LITTLE_BYTES && type != RAMFS)
		report(free_bytes < (1u << 20) ? BAD : LIMITED, "free space",
		       "free some there, or mount the tmpfs with a larger size=", "%s bytes", size.text);
	else
		report(GOOD, "free space", NULL, "%s bytes", size.text);
}

/* Where there is none: could its first use make it? */
static void examine_making(const char *path, const char *why)
{
	struct pk_reason reason;
	if (pk_region_try(path, &reason) == 0)
		report(GOOD, "instance", NULL, "%s (%s): not there yet; its first use makes it", path, why);
	else
		report(BAD, "instance", NULL, "not there (%s), and can't be made: %s", why, reason.text);
}

static bool has_region(const char *path)
{
	char region[PK_PATH_MAX + 8];
	struct stat status;
	snprintf(region, sizeof region, "%s/region", path);
	return lstat(region, &status) == 0 || errno != ENOENT;
}

static void examine_directory(const char *path, const char *why)
{
	struct described user, mode;
	struct stat status;
	if (stat(path, &status) != 0) {
		examine_making(path, why);
		return;
	}
	describe_user(&user, status.st_uid);
	describe_mode(&mode, status.st_mode);
	if (!S_ISDIR(status.st_mode))
		report(BAD, "instance", "remove it, or name another with -k", "%s (%s): is no directory",
		       path, why);
	else if (status.st_uid != geteuid() && geteuid() != 0 && access(path, X_OK) != 0)
		report(BAD, "instance",
		       "name a directory of your own with -k or $PORTICO_KERNEL; or have its owner let you "
		       "in by "
		       "`portico limits access=all`",
		       "%s (%s): belongs to %s, not to you", path, why, user.text);
	else if (!has_region(path))
		examine_making(path, why);
	else if (status.st_mode & 022)
		report(LIMITED, "instance", "`chmod go-w` it", "%s (%s): others may write it (%s)", path, why,
		       mode.text);
	else
		report(GOOD, "instance", NULL, "%s (%s), owner %s, mode %s", path, why, user.text, mode.text);
}

/* ---- its region */

struct field {
	const char *name;
	uint64_t is, should;
};

/* What in its header isn't as this program would have it. */
static void examine_header(const char *region)
{
	struct pk_header header = { 0 };
	struct stat file = { 0 };
	int fd = open(region, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	if (fstat(fd, &file) == 0 && pread(fd, &header, offsetof(struct pk_header, swept_ns), 0) >= 0) {
		const struct field fields[] = {
			{ "size", (uint64_t)file.st_size, PK_REGION_BYTES },
			{ "magic number", header.magic, PK_MAGIC },
			{ "ABI", header.abi, PK_ABI },
			{ "layout", header.layout, pk_layout_hash() },
		};
		for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
			if (fields[i].is != fields[i].should)
				report(BAD, "header", NULL, "its %s is %#llx, and should be %#llx",
				       fields[i].name, (unsigned long long)fields[i].is,
				       (unsigned long long)fields[i].should);
	}
	close(fd);
}

static void examine_users(const char *region)
{
	struct users users;
	find_users(region, &users);
	if (users.seen)
		report(LIMITED, "users", NULL, "it is in use by %s", users.names);
	else if (users.any)
		report(LIMITED, "users", NULL,
		       "it is in use by processes that aren't seen from here: of other users, or in other "
		       "pid "
		       "namespaces");
	else
		report(GOOD, "users", NULL, "nobody uses it");
}

static void examine_region(const char *directory, const char *path)
{
	char region[PK_PATH_MAX + 8];
	portico *k;
	int error = portico_open(directory, 0, &k);
	snprintf(region, sizeof region, "%s/region", path);
	if (error == 0) {
		report(GOOD, "region", NULL, "ABI %u, as this program's", pk_header(k)->abi);
		unsigned bad = reported(BAD);
		examine_contents(k);
		portico_close(k);
		if (reported(BAD) > bad)
			examine_users(region);
	} else if (error == -EPROTO) {
		report(BAD, "region",
		       "end who uses it; then `portico doctor --repair --force` removes it, and what it held "
		       "is lost",
		       "%s", portico_open_error());
		examine_header(region);
		examine_users(region);
	} else if (has_region(path)) {
		report(BAD, "region", NULL, "%s", portico_open_error());
	}
}

static void examine_leftovers(const char *path)
{
	unsigned count = pk_region_tidy(path, false);
	if (count > 0)
		report(LIMITED, "leftovers", "`portico doctor --repair`, or the next use that may make it",
		       "%u half-made region%s of processes that died", count, count == 1 ? "" : "s");
}

/* Of one that can't be opened, but has a mount which serves us, there is nothing else to be seen. */
bool examine_by_mount(const char *directory)
{
	portico *k;
	if (portico_open(directory, 0, &k) != 0)
		return false;
	bool remote = pk_is_remote(k);
	if (remote) {
		report(GOOD, "instance", NULL, "another user's, which you reach by its mount on %s",
		       pk_remote_mount(k));
		examine_mount(pk_remote_mount(k));
		report(LIMITED, "calls", "have its owner let you in by `portico limits access=all`",
		       "mailboxes are used by the mount's files; System V objects, rights and all else for "
		       "which there is no file isn't to be had");
	}
	portico_close(k);
	return remote;
}

void examine_instance(const char *directory)
{
	char path[PK_PATH_MAX];
	bool named;
	int error = pk_region_find(directory, path, &named);
	if (error) {
		report(BAD, "instance", "leave out -k, or name a directory by a path of at most 200 bytes",
		       error == -ENAMETOOLONG ? "%s...: the path is too long"
					      : "'%s': an empty path names none",
		       path);
		return;
	}
	examine_directory(path, reason_chosen(directory));
	examine_file_system(path);
	examine_leftovers(path);
	examine_region(directory, path);
}
