/* SPDX-License-Identifier: MIT */
/* Which mount to use in place of a region that can't be opened: RM2. */
#include "making.h"
#include "remote_inside.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define TYPE " - fuse.portico "
#define LINE_MOST 2048

/* ---- what a mount says of itself */

/* The directory of the instance that is mounted there; or a negative errno. */
static int instance_at(const char *mount, char directory[PK_PATH_MAX])
{
	char path[PK_PATH_MAX];
	int error = pk_path_join(mount, "kernel/instance", path);
	int fd = error ? error : pk_open(path, O_RDONLY, 0);
	if (fd < 0)
		return fd;
	int got = pk_file_read(fd, 0, directory, PK_PATH_MAX - 1);
	pk_close(fd);
	if (got <= 0)
		return got < 0 ? got : -ENOENT;
	directory[got] = '\0';
	char *end = strchr(directory, '\n');
	if (end)
		*end = '\0';
	return 0;
}

/* ---- the table of mounts: proc_pid_mountinfo(5) */

struct search {
	struct pk_file wanted; /* the directory that was asked for */
	char *found;
};

/* The field of a line, with \040 and its like undone. */
static bool copy_field(const char *line, unsigned number, char field[PK_PATH_MAX])
{
	struct pk_text text = pk_text(field, PK_PATH_MAX);
	for (; number > 0 && line; number--)
		line = strchr(line, ' ') ? strchr(line, ' ') + 1 : NULL;
	for (; line && *line && *line != ' '; line++) {
		if (line[0] == '\\' && line[1] >= '0' && line[1] <= '3' && line[2] && line[3]) {
			pk_text_character(
				&text, (char)((line[1] - '0') << 6 | (line[2] - '0') << 3 | (line[3] - '0')));
			line += 3;
		} else {
			pk_text_character(&text, *line);
		}
	}
	return line && pk_text_fits(&text);
}

/* Who mounted it: the kernel's word. */
static bool mounted_by(const char *line, uint32_t owner)
{
	static const char word[] = "user_id=";
	const char *at = strstr(line, word);
	uint64_t uid = 0;
	if (!at)
		return false;
	for (at += sizeof word - 1; *at >= '0' && *at <= '9'; at++)
		uid = uid * 10 + (uint64_t)(*at - '0');
	return uid == 0 || uid == owner;
}

/* RM2. */
static void consider(struct search *search, const char *line)
{
	char mount[PK_PATH_MAX], directory[PK_PATH_MAX];
	struct pk_file file;
	const char *type = strstr(line, TYPE);
	if (type && mounted_by(type, search->wanted.uid) && copy_field(line, 4, mount) &&
	    instance_at(mount, directory) == 0 && pk_inspect_path(directory, &file) == 0 &&
	    file.device == search->wanted.device && file.inode == search->wanted.inode)
		memcpy(search->found, mount, sizeof mount);
}

static void consider_all(struct search *search)
{
	char line[LINE_MOST];
	uint64_t offset = 0;
	int fd = pk_open("/proc/self/mountinfo", O_RDONLY, 0), got;
	if (fd < 0)
		return;
	while ((got = pk_file_read(fd, offset, line, sizeof line - 1)) > 0) {
		line[got] = '\0';
		char *end = strchr(line, '\n');
		if (end)
			*end = '\0';
		consider(search, line);
		offset += end ? (uint64_t)(end - line) + 1 : (uint64_t)got;
	}
	pk_close(fd);
}

/* ---- choosing */

bool pk_remote_is_named(const char *directory)
{
	return !directory && !pk_environment("PORTICO_KERNEL") && pk_environment("PORTICO_MOUNT");
}

static bool choose(struct portico *k, char mount[PK_PATH_MAX])
{
	const char *named = pk_environment("PORTICO_MOUNT");
	char directory[PK_PATH_MAX];
	struct search search = { .found = mount };
	mount[0] = '\0';
	if (named) {
		struct pk_text text = pk_text(mount, PK_PATH_MAX);
		pk_text_add(&text, named);
		return pk_text_fits(&text) && instance_at(mount, directory) == 0;
	}
	if (pk_inspect_path(k->directory, &search.wanted) == 0)
		consider_all(&search);
	return mount[0] != '\0';
}

int pk_remote_attach(struct portico *k, struct pk_reason *reason)
{
	char mount[PK_PATH_MAX];
	void *remote = NULL, *empty = NULL;
	if (!choose(k, mount))
		return -EACCES;
	int error = pk_map(&remote, sizeof(struct pk_remote), -1, 0);
	if (!error)
		error = pk_map(&empty, PK_REGION_BYTES, -1, PK_MAP_HOLLOW);
	if (error) {
		if (remote)
			pk_unmap(remote, sizeof(struct pk_remote));
		return pk_reason_unmapped(reason, error, k->directory);
	}
	k->base = empty; /* RM1 */
	k->remote = remote;
	memcpy(k->remote->mount, mount, sizeof mount);
	return 0;
}

void pk_remote_close(struct portico *k)
{
	if (k->remote)
		pk_unmap(k->remote, sizeof *k->remote);
	k->remote = NULL;
}

const char *pk_remote_mount(const struct portico *k)
{
	return k->remote->mount;
}
