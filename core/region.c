/* SPDX-License-Identifier: MIT */
#include "region.h"
#include "access.h"
#include "magazine.h"
#include "making.h"
#include "mapping.h"
#include "remote.h"
#include "table.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

extern char **environ;

/* ---- the layout's fingerprint */

#define MIX(hash, number) (((hash) ^ (uint64_t)(number)) * UINT64_C(1099511628211))

uint64_t pk_layout_hash(void)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	for (unsigned i = 0; i < PK_TABLES; i++) {
		hash = MIX(hash, pk_shapes[i].offset);
		hash = MIX(hash, pk_shapes[i].stride);
		hash = MIX(hash, pk_shapes[i].most);
	}
	hash = MIX(hash, sizeof(struct pk_header));
	hash = MIX(hash, offsetof(struct pk_header, tables));
	hash = MIX(hash, offsetof(struct pk_wait, outcome));
	hash = MIX(hash, offsetof(struct pk_wait, completion));
	hash = MIX(hash, offsetof(struct pk_wait, beside));
	hash = MIX(hash, offsetof(struct pk_port, bell));
	hash = MIX(hash, offsetof(struct pk_message, run));
	hash = MIX(hash, offsetof(struct pk_port, permission));
	hash = MIX(hash, PK_RUN_OFFSET);
	hash = MIX(hash, PK_ABI);
	hash = MIX(hash, offsetof(struct pk_port, watchers));
	hash = MIX(hash, offsetof(struct pk_set, steps));
	hash = MIX(hash, offsetof(struct pk_set, name));
	hash = MIX(hash, offsetof(struct pk_segment, removed));
	hash = MIX(hash, offsetof(struct pk_task, bequest));
	hash = MIX(hash, offsetof(struct pk_pipe, written));
	return MIX(hash, PK_WINDOW);
}

/* ---- where it is */

const char *pk_environment(const char *name)
{
	size_t length = strlen(name);
	for (char **entry = environ; entry && *entry; entry++)
		if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
			return (*entry)[length + 1] ? *entry + length + 1 : NULL;
	return NULL;
}

int pk_region_find(const char *directory, char found[PK_PATH_MAX], bool *named)
{
	struct pk_text path = pk_text(found, PK_PATH_MAX);
	if (!directory)
		directory = pk_environment("PORTICO_KERNEL");
	*named = directory != NULL;
	if (directory && !*directory)
		return -EINVAL;
	if (directory) {
		pk_text_add(&path, directory);
	} else if ((directory = pk_environment("XDG_RUNTIME_DIR")) != NULL) {
		pk_text_add(&path, directory);
		pk_text_add(&path, "/portico");
	} else {
		uint32_t uid, gid;
		pk_process_ids(&uid, &gid);
		pk_text_add(&path, "/dev/shm/portico-");
		pk_text_number(&path, uid);
	}
	return pk_text_fits(&path) ? 0 : -ENAMETOOLONG;
}

int pk_path_join(const char *directory, const char *name, char path[PK_PATH_MAX])
{
	struct pk_text text = pk_text(path, PK_PATH_MAX);
	pk_text_add(&text, directory);
	pk_text_add(&text, "/");
	pk_text_add(&text, name);
	return pk_text_fits(&text) ? 0 : -ENAMETOOLONG;
}

int pk_region_path(struct portico *k, const char *name, char path[PK_PATH_MAX])
{
	return pk_path_join(k->directory, name, path);
}

/* ---- mapping it */

int pk_region_map(struct portico *k)
{
	void *base = NULL;
	int error = pk_map(&base, PK_REGION_BYTES, k->region, PK_MAP_SHARED | PK_MAP_HOLLOW);
	if (!error)
		k->base = base;
	return error;
}

static bool is_region(struct portico *k, int fd)
{
	struct pk_file file;
	return fd >= 0 && pk_inspect(fd, &file) == 0 && file.device == k->file.device &&
	       file.inode == k->file.inode;
}

static void close_region(struct portico *k)
{
	if (is_region(k, k->region)) /* else the program closed it, and the number may be another file's */
		pk_close(k->region);
	k->region = -1;
}

void pk_region_unmap(struct portico *k)
{
	if (k->base)
		pk_unmap(k->base, PK_REGION_BYTES);
	k->base = NULL;
	close_region(k);
}

/* ---- opening it */

/*
 * Ours; or, where it was asked for by name, root's to use, or another's who
 * lets us in.  What is found by default must be its finder's own.
 */
static int check_directory(struct portico *k, bool named, struct pk_reason *reason)
{
	uint32_t uid, gid;
	pk_process_ids(&uid, &gid);
	if (k->file.uid == uid || (named && (uid == 0 || pk_access_open_to_others(&k->file))))
		return 0;
	return pk_reason_foreign(reason, k->directory, k->file.uid);
}

/* Its directory's owner's, else one who may write there put it there. */
static int check_region(struct portico *k, uint32_t owner, struct pk_reason *reason)
{
	uint32_t uid, gid;
	pk_process_ids(&uid, &gid);
	if (k->file.uid == owner || k->file.uid == uid || uid == 0)
		return 0;
	return pk_reason_foreign(reason, k->directory, k->file.uid);
}

static int check_header(struct portico *k, struct pk_reason *reason)
{
	if (k->file.size_bytes < sizeof(struct pk_header))
		return pk_reason(reason, -EPROTO, k->directory,
				 "its region is no region; remove the directory");
	int error = pk_region_map(k);
	if (error)
		return pk_reason_unmapped(reason, error, k->directory);
	if (pk_header(k)->magic != PK_MAGIC)
		return pk_reason(reason, -EPROTO, k->directory,
				 "its region is no region; remove the directory");
	if (pk_header(k)->abi != PK_ABI || pk_header(k)->layout != pk_layout_hash() ||
	    k->file.size_bytes != PK_REGION_BYTES)
		return pk_reason_version(reason, k->directory, pk_header(k));
	return 0;
}

static int open_region(struct portico *k, bool create, bool named, struct pk_reason *reason)
{
	char path[PK_PATH_MAX];
	int error = pk_path_join(k->directory, "region", path);
	if (error)
		return pk_reason_unmade(reason, error, k->directory);
	/* a directory that another made could swap what lies in it */
	if (pk_inspect_path(k->directory, &k->file) == 0 && (error = check_directory(k, named, reason)) != 0)
		return error;
	uint32_t owner = k->file.uid;
	if (create)
		pk_region_tidy(k->directory, true);
	k->region = pk_open(path, O_RDWR | O_NOFOLLOW, 0);
	if (k->region == -ENOENT && create) {
		error = pk_region_make(k, path);
		if (error)
			return pk_reason_unmade(reason, error, k->directory);
		k->region = pk_open(path, O_RDWR | O_NOFOLLOW, 0);
	}
	if (k->region == -ENOENT)
		return pk_reason(reason, -ENOENT, k->directory,
				 "there is none; a program's first use makes it");
	if (k->region == -EACCES) {
		struct pk_file file;
		if (pk_inspect_path(path, &file) == 0 || pk_inspect_path(k->directory, &file) == 0)
			return pk_reason_foreign(reason, k->directory, file.uid);
		return pk_reason(reason, -EACCES, k->directory,
				 "a directory above it may not be entered by you; name one of your own by "
				 "PORTICO_KERNEL");
	}
	if (k->region < 0)
		return pk_reason_unmade(reason, k->region, k->directory);
	k->region = pk_out_of_the_way(k->region);
	error = pk_inspect(k->region, &k->file);
	if (error)
		return pk_reason(reason, error, k->directory, "its region can't be inspected");
	error = check_region(k, owner, reason);
	return error ? error : check_header(k, reason);
}

#define REGISTRATION_BYTES 4096

static _Atomic uint64_t handles;

static int set_up(struct portico *k)
{
	void *mine = NULL;
	int error = pk_map(&mine, REGISTRATION_BYTES, -1, 0);
	if (error)
		return error;
	k->mine = mine;
	k->mine->opened = 1;
	return pk_wipe_on_fork(mine, REGISTRATION_BYTES);
}

static int open_by(const char *directory, bool create, bool mount_will_do, struct portico **opened,
		   struct pk_reason *reason)
{
	char found[PK_PATH_MAX];
	void *memory = NULL;
	bool named;
	int error = pk_region_find(directory, found, &named);
	if (error)
		return pk_reason_unmade(reason, error, found);
	error = pk_map(&memory, sizeof(struct portico), -1, 0);
	if (error)
		return pk_reason(reason, error, found, "no memory");
	struct portico *k = memory;
	k->region = -1;
	k->cpus = pk_cpu_count();
	k->serial = pk_add(&handles, 1) + 1;
	memcpy(k->directory, found, sizeof found);
	error = set_up(k);
	pk_mappings_open(k);
	if (error)
		pk_reason(reason, error, found,
			  "no memory that fork() wipes; it takes a Linux of 4.14 or later");
	else if (mount_will_do && pk_remote_is_named(directory))
		error = pk_reason(reason, -EACCES, found,
				  "PORTICO_MOUNT names no mount of Portico's that you may enter");
	else
		error = open_region(k, create, named, reason);
	if (error == -EACCES && mount_will_do) {
		pk_region_unmap(k);
		error = pk_remote_attach(k, reason);
	}
	if (error) {
		pk_kernel_close(k);
		return error;
	}
	*opened = k;
	return 0;
}

int pk_kernel_open(const char *directory, bool create, struct portico **opened, struct pk_reason *reason)
{
	return open_by(directory, create, false, opened, reason);
}

int pk_kernel_open_or_mount(const char *directory, bool create, struct portico **opened,
			    struct pk_reason *reason)
{
	return open_by(directory, create, true, opened, reason);
}

void pk_kernel_close(struct portico *k)
{
	void (*end_service)(struct portico *) = pk_load(&k->at_close);
	if (end_service)
		end_service(k);
	pk_region_unmap(k);
	pk_remote_close(k);
	pk_magazines_close(k);
	pk_mappings_close(k);
	if (k->mine)
		pk_unmap(k->mine, REGISTRATION_BYTES);
	pk_unmap(k, sizeof *k);
}

/* A new open file description of this very region, out of the program's way.  -EIO: the instance is gone. */
static int open_anew(struct portico *k)
{
	char path[PK_PATH_MAX];
	int error = pk_path_join(k->directory, "region", path);
	int fd = error ? error : pk_open(path, O_RDWR | O_NOFOLLOW, 0);
	if (fd < 0)
		return fd;
	if (is_region(k, fd))
		return pk_out_of_the_way(fd);
	pk_close(fd); /* it was removed, or made anew */
	return -EIO;
}

int pk_region_remap(struct portico *k)
{
	void *base = k->base;
	int fd = open_anew(k);
	k->shares_description = fd < 0;
	if (fd < 0)
		return is_region(k, k->region) ? 0 : fd;
	int error = pk_map(&base, PK_REGION_BYTES, fd, PK_MAP_SHARED | PK_MAP_HOLLOW | PK_MAP_FIXED);
	k->parents_region = k->region;
	k->region = fd;
	return error;
}

void pk_region_leave_parent(struct portico *k)
{
	if (k->parents_region > 0 && is_region(k, k->parents_region))
		pk_close(k->parents_region);
	k->parents_region = 0;
}

/* Daemons close every descriptor they don't know. */
static int ensure_descriptor(struct portico *k)
{
	if (is_region(k, k->region))
		return 0;
	int fd = open_anew(k);
	if (fd < 0)
		return fd;
	k->region = fd;
	return 0;
}

int pk_region_inspect(struct portico *k, struct pk_file *file)
{
	int error = ensure_descriptor(k);
	return error ? error : pk_inspect(k->region, file);
}

bool pk_region_marked(struct portico *k, uint64_t mark)
{
	/* where it can't be told, assume the best */
	return k->shares_description || ensure_descriptor(k) != 0 || pk_process_marked(k->region, mark);
}

int pk_region_commit(struct portico *k, uint64_t offset, uint64_t size_bytes)
{
	int error = ensure_descriptor(k);
	return error ? error : pk_allocate(k->region, offset, size_bytes);
}

void pk_region_discard(struct portico *k, uint64_t offset, uint64_t size_bytes)
{
	if (ensure_descriptor(k) == 0)
		pk_discard(k->region, offset, size_bytes);
}
