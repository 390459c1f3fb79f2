/* SPDX-License-Identifier: MIT */
#include "bell_file.h"
#include "access.h"
#include "region.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static int path_of(struct portico *k, const char *name, char path[PK_PATH_MAX])
{
	char within[PK_BELL_NAME_MAX + 8];
	struct pk_text text = PK_TEXT(within);
	pk_text_add(&text, "bells/");
	pk_text_add(&text, name);
	return pk_region_path(k, within, path);
}

/* ---- listening */

/* -EEXIST: it is there. */
static int make_file(struct portico *k, const char *path)
{
	char directory[PK_PATH_MAX];
	int error = pk_make_fifo(path, 0600);
	if (error != -ENOENT)
		return error;
	error = pk_region_path(k, "bells", directory);
	if (!error)
		error = pk_mkdir(directory, 0700);
	return error && error != -EEXIST ? error : pk_make_fifo(path, 0600);
}

int pk_bell_file_listen(struct portico *k, const char *name)
{
	char path[PK_PATH_MAX];
	struct pk_file file;
	int error = path_of(k, name, path);
	if (!error)
		error = make_file(k, path);
	bool made = !error;
	int fd = error && error != -EEXIST ? error : pk_open(path, O_RDWR | O_NONBLOCK | O_NOFOLLOW, 0);
	if (fd >= 0 && (pk_inspect(fd, &file) != 0 || !S_ISFIFO(file.mode))) {
		pk_close(fd);
		return -EIO;
	}
	if (fd >= 0 && made)
		pk_access_extend(k, fd);
	return fd;
}

/* ---- ringing */

/* Does this process see the instance where it was?  It may have changed its root, or its privileges. */
static bool sees_instance(struct portico *k)
{
	char path[PK_PATH_MAX];
	struct pk_file file;
	return pk_region_path(k, "region", path) == 0 && pk_inspect_path(path, &file) == 0 &&
	       file.inode == k->file.inode && file.device == k->file.device;
}

int pk_bell_file_ring(struct portico *k, const char *name)
{
	char path[PK_PATH_MAX];
	int error = path_of(k, name, path);
	if (error)
		return error;
	int only = pk_open(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW, 0);
	if (only < 0)
		return only == -ENOENT && sees_instance(k) ? -ENXIO : only;
	int both = pk_open(path, O_RDWR | O_NONBLOCK | O_NOFOLLOW, 0);
	pk_close(only);
	return both;
}

void pk_bell_file_fill(int fd, bool rings)
{
	pk_drain(fd);
	if (rings)
		pk_put_byte(fd);
}

void pk_bell_file_remove(struct portico *k, const char *name)
{
	char path[PK_PATH_MAX];
	if (path_of(k, name, path) == 0)
		pk_unlink(path);
}
