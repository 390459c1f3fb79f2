/* SPDX-License-Identifier: MIT */
/* The doctor's look at the instance: its directory, its file system, and whether what it holds is sound. */
#include "describe.h"
#include "examine.h"
#include "instance.h"
#include "object.h"
#include "port.h"
#include "region.h"
#include "semaphore.h"
#include "task.h"

#include <errno.h>
#include <limits.h>
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

static void examine_directory(const char *path, const char *why)
{
	struct described user, mode;
	struct stat status;
	if (stat(path, &status) != 0) {
		report(GOOD, "instance", NULL, "%s (%s): not there yet; its first use makes it", path, why);
		return;
	}
	describe_user(&user, status.st_uid);
	describe_mode(&mode, status.st_mode);
	if (!S_ISDIR(status.st_mode))
		report(BAD, "instance", "remove it, or name another with -k", "%s (%s): is no directory",
		       path, why);
	else if (status.st_uid != geteuid() && geteuid() != 0)
		report(BAD, "instance", "name a directory of your own with -k or $PORTICO_KERNEL",
		       "%s (%s): belongs to %s, not to you", path, why, user.text);
	else if (status.st_mode & 022)
		report(LIMITED, "instance", "`chmod go-w` it", "%s (%s): others may write it (%s)", path, why,
		       mode.text);
	else
		report(GOOD, "instance", NULL, "%s (%s), owner %s, mode %s", path, why, user.text, mode.text);
}

/* ---- what it holds */

static void examine_tables(struct portico *k)
{
	unsigned unsound = 0;
	for (unsigned table = 0; table < PK_TABLES; table++) {
		/* the tasks' table has no free list to check: slots are claimed by a swap */
		if (table == PK_TASKS || pk_table_valid(k, table))
			continue;
		unsound++;
		report(BAD, "tables", "end the programs that use the instance, and remove its directory",
		       "the table of %s is damaged", pk_table_name(table));
	}
	if (unsound == 0)
		report(GOOD, "tables", NULL, "all %u are sound", PK_TABLES);
}

static void examine_objects(struct portico *k, unsigned table, const char *what,
			    bool (*valid)(struct portico *k, pk_id id))
{
	uint32_t committed = pk_committed(k, table), count = 0, unsound = 0;
	for (uint32_t slot = 1; slot < committed; slot++) {
		pk_id id = live_object(k, table, slot);
		if (!id)
			continue;
		count++;
		unsound += !valid(k, id) && live_object(k, table, slot) == id;
	}
	if (unsound > 0)
		report(BAD, what, "end the programs that use the instance, and remove its directory",
		       "%u of %u are damaged", unsound, count);
	else
		report(GOOD, what, NULL, "%u, all sound", count);
}

static void examine_tasks(struct portico *k)
{
	uint32_t committed = pk_committed(k, PK_TASKS), here = 0, elsewhere = 0;
	pk_task_sweep(k, true);
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_task *task = pk_task_of(k, slot);
		if (task && task->pid_namespace == k->mine->process.pid_namespace)
			here++;
		else if (task)
			elsewhere++;
	}
	report(GOOD, "tasks", NULL, "%u alive (with this one)%s", here + elsewhere,
	       elsewhere ? ", some in other pid namespaces: their deaths are noticed by their file locks"
			 : "");
}

static void examine_region(const char *directory)
{
	portico *k;
	int error = portico_open(directory, 0, &k);
	if (error == -ENOENT)
		return;
	if (error) {
		report(BAD, "region", NULL, "%s", portico_open_error());
		return;
	}
	report(GOOD, "region", NULL, "ABI %u, as this program's", pk_header(k)->abi);
	if ((error = pk_enter(k)) != 0) {
		report(BAD, "tasks", "end programs that use the instance", "no task can be registered: %s",
		       portico_explain(error));
	} else {
		examine_tasks(k);
		examine_tables(k);
		examine_objects(k, PK_PORTS, "mailboxes and queues", pk_port_valid);
		examine_objects(k, PK_SETS, "semaphore sets", pk_set_valid);
	}
	portico_close(k);
}

void examine_instance(const char *directory)
{
	char path[PK_PATH_MAX];
	bool named;
	if (pk_region_find(directory, path, &named) != 0) {
		report(BAD, "instance", "choose a path of at most 200 bytes", "%s...: the path is too long",
		       path);
		return;
	}
	examine_directory(path, reason_chosen(directory));
	examine_file_system(path);
	examine_region(directory);
}
