/* SPDX-License-Identifier: MIT */
/* Making an instance, whole or not at all. */
#include "making.h"
#include "sysv.h"
#include "table.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* ---- the directories */

#define ASIDE "region.new."

static bool is_aside(const char *name)
{
	return strncmp(name, ASIDE, sizeof ASIDE - 1) == 0;
}

static int refuse_others(const char *name, void *context)
{
	(void)context;
	return strcmp(name, "region") == 0 || strcmp(name, "shm") == 0 || strcmp(name, "mnt") == 0 ||
			       strcmp(name, "bells") == 0 || strcmp(name, "sysctl") == 0 || is_aside(name)
		       ? 0
		       : -ENOTEMPTY;
}

/* The last part of the path only: that the rest is missing tells of a mistake.  Ours alone to enter. */
static int make_directory(const char *directory)
{
	int error = pk_mkdir(directory, 0700);
	return error == -EEXIST ? pk_each_entry(directory, refuse_others, NULL) : error;
}

static int make_beside(const char *directory, const char *name)
{
	char path[PK_PATH_MAX];
	int error = pk_path_join(directory, name, path);
	if (!error)
		error = pk_mkdir(path, 0700);
	return error == -EEXIST ? 0 : error;
}

/* ---- what a new region holds */

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
	pk_sysv_init(header);
	header->abi = PK_ABI;
	header->created_ns = pk_realtime_ns();
	header->magic = PK_MAGIC;
	return 0;
}

/* A file just made, into a region. */
static int fill(struct portico *k)
{
	int error = pk_inspect(k->region, &k->file);
	if (!error)
		error = pk_truncate(k->region, PK_REGION_BYTES);
	if (!error)
		error = pk_region_map(k);
	if (!error)
		error = fill_in(k);
	PK_POINT("region: complete, not yet published");
	return error;
}

/* ---- a file without a name: its maker's death leaves nothing */

static int open_unnamed(struct portico *k, const char *directory)
{
	k->region = pk_open_unnamed(directory, 0600);
	return k->region < 0 ? k->region : 0;
}

static int make_unnamed(struct portico *k, const char *path)
{
	int error = open_unnamed(k, k->directory);
	if (!error)
		error = fill(k);
	if (!error)
		error = pk_name_new(k->region, path);
	pk_region_unmap(k);
	return error;
}

/* ---- a file with a name of its own, where the file system has no other */

/* Its maker's mark on it, as of a task: marks of tasks begin at 1. */
#define MAKERS_MARK 0

static int open_aside(struct portico *k, const char *directory, char aside[PK_PATH_MAX])
{
	char name[40];
	struct pk_text text = PK_TEXT(name);
	struct pk_file file;
	uint64_t nonce = 0;
	pk_random(&nonce, sizeof nonce);
	pk_text_add(&text, ASIDE);
	pk_text_number(&text, nonce);
	int error = pk_path_join(directory, name, aside);
	k->region = error ? error : pk_open(aside, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (k->region < 0)
		return k->region;
	/* who tidies up may have come between, and taken it for a dead maker's */
	if (pk_process_mark(k->region, MAKERS_MARK) != -EAGAIN && pk_inspect_path(aside, &file) == 0)
		return 0;
	pk_close(k->region);
	k->region = -1;
	return -EAGAIN;
}

static int make_named(struct portico *k, const char *path)
{
	char aside[PK_PATH_MAX];
	int error = open_aside(k, k->directory, aside);
	if (error)
		return error;
	error = fill(k);
	if (!error)
		error = pk_rename_new(aside, path);
	if (error)
		pk_unlink(aside);
	pk_region_unmap(k);
	return error;
}

#define TRIES 8

int pk_region_make(struct portico *k, const char *path)
{
	int error = make_directory(k->directory);
	if (!error)
		error = make_beside(k->directory, "shm");
	if (!error)
		error = make_beside(k->directory, "mnt");
	if (error)
		return error;
	error = make_unnamed(k, path);
	if (error == -EOPNOTSUPP)
		error = -EAGAIN;
	for (int tries = 0; error == -EAGAIN && tries < TRIES; tries++)
		error = make_named(k, path);
	return error == -EEXIST ? 0 : error;
}

/* ---- what killed makers left */

struct tidying {
	const char *directory;
	bool remove;
	unsigned found;
};

static int tidy_entry(const char *name, void *context)
{
	struct tidying *tidying = context;
	char path[PK_PATH_MAX];
	if (!is_aside(name) || pk_path_join(tidying->directory, name, path) != 0)
		return 0;
	int fd = pk_open(path, O_RDWR | O_NOFOLLOW, 0);
	if (fd < 0)
		return 0;
	if (pk_process_mark(fd, MAKERS_MARK) == 0) {
		tidying->found++;
		if (tidying->remove)
			pk_unlink(path);
	}
	pk_close(fd);
	return 0;
}

unsigned pk_region_tidy(const char *directory, bool remove)
{
	struct tidying tidying = { directory, remove, 0 };
	pk_each_entry(directory, tidy_entry, &tidying);
	return tidying.found;
}

/* ---- could it be made? */

static void parent_of(const char *directory, char parent[PK_PATH_MAX])
{
	size_t length = strlen(directory);
	while (length > 1 && directory[length - 1] == '/')
		length--;
	while (length > 0 && directory[length - 1] != '/')
		length--;
	while (length > 1 && directory[length - 1] == '/')
		length--;
	memcpy(parent, length ? directory : ".", length ? length : 1);
	parent[length ? length : 1] = '\0';
}

/* Everything but naming it. */
static int try_in(struct portico *k, const char *directory)
{
	char aside[PK_PATH_MAX] = "";
	int error = open_unnamed(k, directory);
	if (error == -EOPNOTSUPP)
		error = open_aside(k, directory, aside);
	if (!error)
		error = fill(k);
	if (*aside)
		pk_unlink(aside);
	pk_region_unmap(k);
	return error;
}

int pk_region_try(const char *directory, struct pk_reason *reason)
{
	struct portico k = { .region = -1, .cpus = 1 };
	struct pk_file file;
	int error = pk_inspect_path(directory, &file);
	bool there = error == 0;
	if (there)
		error = pk_each_entry(directory, refuse_others, NULL);
	if (!there)
		parent_of(directory, k.directory);
	if (!error || error == -ENOENT)
		error = try_in(&k, there ? directory : k.directory);
	return error ? pk_reason_unmade(reason, error, directory) : 0;
}
