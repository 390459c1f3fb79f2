/* SPDX-License-Identifier: MIT */
#include "access.h"
#include "making.h"
#include "task.h"

#include <errno.h>
#include <fcntl.h>

static const struct modes {
	unsigned directory, region, within, files;
} modes[] = {
	[PK_ACCESS_OWNER] = { 0700, 0600, 0700, 0600 },
	[PK_ACCESS_GROUP] = { 0750, 0660, 0777, 0666 },
	[PK_ACCESS_ALL] = { 0755, 0666, 0777, 0666 },
};

static enum pk_access access_of(const struct pk_file *region)
{
	if (region->mode & 0006)
		return PK_ACCESS_ALL;
	return region->mode & 0060 ? PK_ACCESS_GROUP : PK_ACCESS_OWNER;
}

int pk_access_get(struct portico *k, uint32_t *gid)
{
	struct pk_file region;
	int error = pk_region_inspect(k, &region);
	*gid = region.gid;
	return error ? error : (int)access_of(&region);
}

/* ---- a file that is new */

void pk_access_extend(struct portico *k, int fd)
{
	struct pk_file region, file;
	if (pk_region_inspect(k, &region) != 0)
		return;
	/* root's, in another's instance, would be closed to its owner */
	if (region.uid != 0 && pk_inspect(fd, &file) == 0 && file.uid == 0)
		pk_give_away(fd, region.uid, PK_GROUP_AS_IS);
	if (access_of(&region) != PK_ACCESS_OWNER)
		pk_set_mode(fd, modes[PK_ACCESS_ALL].files);
}

/* ---- changing */

struct change {
	struct portico *k;
	const char *within; /* "shm", "bells" or "sysctl" */
	unsigned mode;
};

static int set_mode_of(const char *path, int how, unsigned mode, uint32_t gid)
{
	int fd = pk_open(path, how | O_NOFOLLOW | O_NONBLOCK, 0);
	if (fd < 0)
		return fd;
	int error = gid == PK_GROUP_AS_IS ? 0 : pk_give_away(fd, PK_GROUP_AS_IS, gid);
	if (!error)
		error = pk_set_mode(fd, mode);
	pk_close(fd);
	return error;
}

/* Those that a guest made are the guest's, and open already. */
static int change_file(const char *name, void *context)
{
	const struct change *change = context;
	char directory[PK_PATH_MAX], path[PK_PATH_MAX];
	if (pk_region_path(change->k, change->within, directory) == 0 &&
	    pk_path_join(directory, name, path) == 0)
		set_mode_of(path, O_RDWR, change->mode, PK_GROUP_AS_IS);
	return 0;
}

static int change_within(struct portico *k, const char *within, const struct modes *to)
{
	struct change change = { k, within, to->files };
	char path[PK_PATH_MAX];
	int error = pk_region_path(k, within, path);
	if (!error)
		error = pk_mkdir(path, 0700);
	if (error && error != -EEXIST)
		return error;
	pk_each_entry(path, change_file, &change);
	return set_mode_of(path, O_RDONLY | O_DIRECTORY, to->within, PK_GROUP_AS_IS);
}

static int change_region(struct portico *k, const struct modes *to, uint32_t gid)
{
	char path[PK_PATH_MAX];
	int error = change_within(k, "shm", to);
	if (!error)
		error = change_within(k, "bells", to);
	if (!error)
		error = change_within(k, "sysctl", to);
	if (!error)
		error = pk_region_path(k, "region", path);
	return error ? error : set_mode_of(path, O_RDWR, to->region, gid);
}

static int change_directory(struct portico *k, const struct modes *to, uint32_t gid)
{
	return set_mode_of(k->directory, O_RDONLY | O_DIRECTORY, to->directory, gid);
}

static int group_of_directory(struct portico *k, uint32_t *gid)
{
	struct pk_file directory;
	int error = pk_inspect_path(k->directory, &directory);
	*gid = directory.gid;
	return error;
}

int pk_access_set(struct portico *k, enum pk_access access, uint32_t gid)
{
	uint32_t was, uid, ours;
	int before = pk_access_get(k, &was), error = before < 0 ? before : 0;
	pk_process_ids(&uid, &ours);
	if (!error && uid != 0 && uid != k->file.uid)
		error = -EPERM;
	if (!error && gid == PK_GROUP_AS_IS)
		error = group_of_directory(k, &gid);
	if (error)
		return error;
	const struct modes *to = &modes[access];
	/* AC1: closed meanwhile, unless it only opens further */
	if ((int)access <= before)
		error = change_directory(k, &modes[PK_ACCESS_OWNER], gid);
	if (!error)
		error = change_region(k, to, gid);
	return error ? error : change_directory(k, to, gid);
}

int pk_access_let_pass(struct portico *k)
{
	struct pk_file directory;
	int error = pk_inspect_path(k->directory, &directory);
	if (error || directory.mode & 0001)
		return error;
	return set_mode_of(k->directory, O_RDONLY | O_DIRECTORY, (directory.mode & 0777) | 0011,
			   PK_GROUP_AS_IS);
}

bool pk_access_open_to_others(const struct pk_file *directory)
{
	/* who may write it may swap what lies in it */
	return (directory->mode & 022) == 0 && (directory->mode & 011) != 0;
}
