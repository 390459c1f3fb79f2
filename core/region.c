/* SPDX-License-Identifier: MIT */
#include "region.h"
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
	hash = MIX(hash, offsetof(struct pk_port, watchers));
	hash = MIX(hash, offsetof(struct pk_set, steps));
	hash = MIX(hash, offsetof(struct pk_pipe, written));
	return MIX(hash, PK_WINDOW);
}

/* ---- where it is */

static const char *environment(const char *name)
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
		directory = environment("PORTICO_KERNEL");
	*named = directory != NULL;
	if (directory && !*directory)
		return -EINVAL;
	if (directory) {
		pk_text_add(&path, directory);
	} else if ((directory = environment("XDG_RUNTIME_DIR")) != NULL) {
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

static int join(const char *directory, const char *name, char path[PK_PATH_MAX])
{
	struct pk_text text = pk_text(path, PK_PATH_MAX);
	pk_text_add(&text, directory);
	pk_text_add(&text, "/");
	pk_text_add(&text, name);
	return pk_text_fits(&text) ? 0 : -ENAMETOOLONG;
}

int pk_region_path(struct portico *k, const char *name, char path[PK_PATH_MAX])
{
	return join(k->directory, name, path);
}

/* ---- errors in words */

static int fail(struct pk_reason *reason, int error, const char *directory, const char *what)
{
	struct pk_text text = PK_TEXT(reason->text);
	pk_text_add(&text, "instance ");
	pk_text_add(&text, directory);
	pk_text_add(&text, ": ");
	pk_text_add(&text, what);
	return error;
}

static int fail_making(struct pk_reason *reason, int error, const char *directory)
{
	switch (error) {
	case -ENOSPC:
		return fail(
			reason, error, directory,
			"its file system is full; free some space there, or name another by PORTICO_KERNEL");
	case -EACCES:
	case -EPERM:
		return fail(reason, error, directory,
			    "may not be made there; name a directory of your own by PORTICO_KERNEL");
	case -EROFS:
		return fail(reason, error, directory,
			    "its file system is read-only; name another by PORTICO_KERNEL");
	case -ENOENT:
	case -ENOTDIR:
		return fail(reason, error, directory, "its parent is no directory; make it first");
	case -EINVAL:
		return fail(reason, error, directory, "an empty path names none");
	case -ENAMETOOLONG:
		return fail(reason, error, directory,
			    "the path is too long; choose one of at most 200 bytes");
	default:
		return fail(reason, error, directory, "can't be opened or made");
	}
}

static int fail_foreign(struct pk_reason *reason, const char *directory, uint32_t owner)
{
	struct pk_text text = PK_TEXT(reason->text);
	pk_text_add(&text, "instance ");
	pk_text_add(&text, directory);
	pk_text_add(&text, ": belongs to uid ");
	pk_text_number(&text, owner);
	pk_text_add(&text, ", not to you; use its mount, or name one of your own by PORTICO_KERNEL");
	return -EACCES;
}

static int fail_version(struct pk_reason *reason, const char *directory, const struct pk_header *header)
{
	struct pk_text text = PK_TEXT(reason->text);
	pk_text_add(&text, "instance ");
	pk_text_add(&text, directory);
	if (header->abi != PK_ABI) {
		pk_text_add(&text, ": made by a Portico of ABI ");
		pk_text_number(&text, header->abi);
		pk_text_add(&text, ", this one is ABI ");
		pk_text_number(&text, PK_ABI);
	} else {
		pk_text_add(&text, ": made by another build of Portico, whose layout differs");
	}
	pk_text_add(
		&text,
		"; end the programs that use it and remove the directory, or name another by PORTICO_KERNEL");
	return -EPROTO;
}

/* ---- making it */

/* Every directory of the path that isn't there; only those made are ours to restrict. */
static int make_directories(const char *directory)
{
	char path[PK_PATH_MAX];
	int error = 0;
	for (size_t i = 1;; i++) {
		if (directory[i] != '/' && directory[i] != '\0')
			continue;
		memcpy(path, directory, i);
		path[i] = '\0';
		error = pk_mkdir(path, 0700);
		if (directory[i] == '\0')
			break;
	}
	return error == -EEXIST ? 0 : error;
}

static int make_beside(const char *directory, const char *name)
{
	char path[PK_PATH_MAX];
	int error = join(directory, name, path);
	if (!error)
		error = pk_mkdir(path, 0700);
	return error == -EEXIST ? 0 : error;
}

/* How many slots each table has from the start. */
static uint32_t warm_slots(unsigned table)
{
	if (table == PK_TASKS)
		return 512;
	return table < PK_BUFFERS + 8 ? 16 : 0;
}

static int fill_in(struct portico *k)
{
	struct pk_header *header = pk_header(k);
	int error = pk_region_commit(k, 0, sizeof *header);
	for (unsigned table = 0; table < PK_TABLES && !error; table++) {
		header->tables[table].fresh = 1;
		error = pk_table_commit(k, table, warm_slots(table));
	}
	if (error)
		return error;
	uint32_t gid;
	pk_process_ids(&header->uid, &gid);
	header->layout = pk_layout_hash();
	header->abi = PK_ABI;
	header->created_ns = pk_realtime_ns();
	header->magic = PK_MAGIC;
	return 0;
}

static int map_region(struct portico *k)
{
	void *base = NULL;
	int error = pk_map(&base, PK_REGION_BYTES, k->region, PK_MAP_SHARED);
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

static void unmap_region(struct portico *k)
{
	if (k->base)
		pk_unmap(k->base, PK_REGION_BYTES);
	k->base = NULL;
	close_region(k);
}

static int make_aside(struct portico *k, const char *aside)
{
	k->region = pk_open(aside, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (k->region >= 0 && pk_inspect(k->region, &k->file) != 0)
		return -EIO;
	if (k->region < 0)
		return k->region;
	int error = pk_truncate(k->region, PK_REGION_BYTES);
	if (!error)
		error = map_region(k);
	if (!error)
		error = fill_in(k);
	unmap_region(k);
	return error;
}

/* R1.  0 also where somebody else was first. */
static int make_region(struct portico *k, const char *path)
{
	char aside[PK_PATH_MAX], name[40];
	struct pk_text text = PK_TEXT(name);
	uint64_t nonce = 0;
	int error = make_directories(k->directory);
	if (!error)
		error = make_beside(k->directory, "shm");
	if (!error)
		error = make_beside(k->directory, "mnt");
	if (error)
		return error;
	pk_random(&nonce, sizeof nonce);
	pk_text_add(&text, "region.new.");
	pk_text_number(&text, nonce);
	error = join(k->directory, name, aside);
	if (!error)
		error = make_aside(k, aside);
	PK_POINT("region: complete, not yet published");
	if (!error)
		error = pk_rename_new(aside, path);
	if (error)
		pk_unlink(aside);
	return error == -EEXIST ? 0 : error;
}

/* ---- opening it */

static int check_owner(struct portico *k, bool named, struct pk_reason *reason)
{
	uint32_t uid, gid;
	pk_process_ids(&uid, &gid);
	/* root may use what it names; what it finds by default must be its own */
	if (k->file.uid != uid && !(uid == 0 && named))
		return fail_foreign(reason, k->directory, k->file.uid);
	return 0;
}

static int check_header(struct portico *k, struct pk_reason *reason)
{
	if (k->file.size_bytes < sizeof(struct pk_header))
		return fail(reason, -EPROTO, k->directory, "its region is no region; remove the directory");
	int error = map_region(k);
	if (error)
		return fail(reason, error, k->directory,
			    "can't be mapped; it wants 25 GiB of addresses (not of memory): see `ulimit -v`");
	if (pk_header(k)->magic != PK_MAGIC)
		return fail(reason, -EPROTO, k->directory, "its region is no region; remove the directory");
	if (pk_header(k)->abi != PK_ABI || pk_header(k)->layout != pk_layout_hash() ||
	    k->file.size_bytes != PK_REGION_BYTES)
		return fail_version(reason, k->directory, pk_header(k));
	return 0;
}

static int open_region(struct portico *k, bool create, bool named, struct pk_reason *reason)
{
	char path[PK_PATH_MAX];
	int error = join(k->directory, "region", path);
	if (error)
		return fail_making(reason, error, k->directory);
	/* a directory that another made could swap what lies in it */
	if (pk_inspect_path(k->directory, &k->file) == 0 && (error = check_owner(k, named, reason)) != 0)
		return error;
	k->region = pk_open(path, O_RDWR | O_NOFOLLOW, 0);
	if (k->region == -ENOENT && create) {
		error = make_region(k, path);
		if (error)
			return fail_making(reason, error, k->directory);
		k->region = pk_open(path, O_RDWR | O_NOFOLLOW, 0);
	}
	if (k->region == -ENOENT)
		return fail(reason, -ENOENT, k->directory, "there is none; a program's first use makes it");
	if (k->region == -EACCES) {
		struct pk_file file;
		if (pk_inspect_path(path, &file) == 0 || pk_inspect_path(k->directory, &file) == 0)
			return fail_foreign(reason, k->directory, file.uid);
		return fail(reason, -EACCES, k->directory,
			    "a directory above it may not be entered by you; name one of your own by "
			    "PORTICO_KERNEL");
	}
	if (k->region < 0)
		return fail_making(reason, k->region, k->directory);
	k->region = pk_out_of_the_way(k->region);
	error = pk_inspect(k->region, &k->file);
	if (error)
		return fail(reason, error, k->directory, "its region can't be inspected");
	error = check_owner(k, named, reason);
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

int pk_kernel_open(const char *directory, bool create, struct portico **opened, struct pk_reason *reason)
{
	char found[PK_PATH_MAX];
	void *memory = NULL;
	bool named;
	int error = pk_region_find(directory, found, &named);
	if (error)
		return fail_making(reason, error, found);
	error = pk_map(&memory, sizeof(struct portico), -1, 0);
	if (error)
		return fail(reason, error, found, "no memory");
	struct portico *k = memory;
	k->region = -1;
	k->cpus = pk_cpu_count();
	k->serial = pk_add(&handles, 1) + 1;
	memcpy(k->directory, found, sizeof found);
	error = set_up(k);
	if (error)
		fail(reason, error, found, "no memory that fork() wipes; it takes a Linux of 4.14 or later");
	else
		error = open_region(k, create, named, reason);
	if (error) {
		pk_kernel_close(k);
		return error;
	}
	*opened = k;
	return 0;
}

void pk_kernel_close(struct portico *k)
{
	unmap_region(k);
	if (k->mine)
		pk_unmap(k->mine, REGISTRATION_BYTES);
	pk_unmap(k, sizeof *k);
}

/* A new open file description of this very region, out of the program's way.  -EIO: the instance is gone. */
static int open_anew(struct portico *k)
{
	char path[PK_PATH_MAX];
	int error = join(k->directory, "region", path);
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
	int error = pk_map(&base, PK_REGION_BYTES, fd, PK_MAP_SHARED | PK_MAP_FIXED);
	close_region(k);
	k->region = fd;
	return error;
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
