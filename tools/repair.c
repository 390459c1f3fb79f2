/* SPDX-License-Identifier: MIT */
/*
 * `portico doctor --repair`: what core does of itself when it comes across the
 * dead, done for the whole instance at once and whether or not there was a
 * death: every lock is taken over as from the dead, and what it guards is made
 * anew from the words that are the truth.
 */
#include "contents.h"
#include "examine.h"
#include "instance.h"
#include "mounts.h"
#include "name.h"
#include "region.h"
#include "remote.h"
#include "right.h"
#include "run.h"
#include "task.h"
#include "users.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool beyond_repair; /* something that was damaged still is */

static bool noted(bool sound)
{
	beyond_repair |= !sound;
	return sound;
}

/* ---- the dead */

struct person {
	pk_id id;
	uint32_t pid;
	char command[16];
};

struct people {
	uint32_t count;
	struct person *list;
};

static struct people people_here(struct portico *k)
{
	uint32_t committed = pk_committed(k, PK_TASKS);
	struct people people = { .list = calloc(committed, sizeof *people.list) };
	for (uint32_t slot = 1; people.list && slot < committed; slot++) {
		const struct pk_task *task = pk_task_of(k, slot);
		if (!task)
			continue;
		struct person *person = &people.list[people.count++];
		*person = (struct person){ .id = pk_slot_id(&task->head, slot), .pid = task->pid };
		memcpy(person->command, task->command, sizeof person->command - 1);
	}
	return people;
}

/* Entering may reap some already: so who was here is known from before. */
static void repair_tasks(struct portico *k, const struct people *people)
{
	pk_task_sweep(k, true);
	for (uint32_t i = 0; i < people->count; i++) {
		const struct person *person = &people->list[i];
		if (live_object(k, PK_TASKS, pk_id_slot(person->id)) != person->id)
			report(REPAIRED, "tasks", NULL, "process %u (%s) has ended, and is reaped",
			       person->pid, person->command);
	}
}

/* ---- locks */

/* No task's: slot 0 of their table is never used. */
#define NOBODY 1

/* Leave a lock as the dead leave it: whoever takes it next inherits it, and repairs what it guards. */
static void leave_as_dead(struct portico *k, pk_lock_word *lock)
{
	if (pk_lock(k, lock) >= 0)
		pk_store(lock, NOBODY);
}

/* One whose owner lives, and sleeps: core has looked for seconds before it says so. */
static bool free_if_stuck(struct portico *k, pk_lock_word *lock)
{
	if (!pk_lock_owned(k, lock))
		return false;
	int locked = pk_lock(k, lock);
	if (locked == PK_INHERITED)
		pk_store(lock, NOBODY); /* its owner died meanwhile: for whoever repairs */
	else if (locked == 0)
		pk_unlock(lock);
	uint64_t word = pk_load(lock);
	return locked == -EIO && pk_swap_if(lock, &word, NOBODY);
}

static void report_freed(const char *what)
{
	report(REPAIRED, "locks", NULL, "that of %s named a thread that sleeps: freed", what);
}

static void free_stuck(struct portico *k, pk_lock_word *lock, const char *what)
{
	if (free_if_stuck(k, lock))
		report_freed(what);
}

static void free_stuck_objects(struct portico *k, unsigned table)
{
	for (uint32_t slot = 1; slot < pk_committed(k, table); slot++) {
		struct pk_object *object = pk_slot(k, table, slot);
		struct described label;
		if (object && free_if_stuck(k, &object->lock))
			report_freed(describe_object(k, table, pk_slot_id(&object->head, slot), &label));
	}
}

static void free_stuck_locks(struct portico *k)
{
	for (unsigned table = 0; table < PK_TABLES; table++)
		free_stuck(k, &pk_header(k)->tables[table].lock, pk_table_name(table));
	free_stuck(k, &pk_header(k)->runs_lock, "runs of pages");
	free_stuck(k, &pk_header(k)->names_lock, "names");
	free_stuck(k, &pk_header(k)->rights_lock, "rights");
	free_stuck(k, &pk_header(k)->control_lock, "suspended tasks");
	free_stuck_objects(k, PK_TASKS);
	for (int i = 0; i < OBJECT_KINDS; i++)
		free_stuck_objects(k, object_kinds[i].table);
}

/* ---- tables, runs and names */

static void repair_table(struct portico *k, unsigned table)
{
	if (pk_table_valid(k, table))
		return;
	leave_as_dead(k, &pk_header(k)->tables[table].lock);
	if (noted(pk_table_valid(k, table)))
		report(REPAIRED, "tables", NULL, "the free list of %s is made anew", pk_table_name(table));
}

static void repair_runs(struct portico *k)
{
	if (pk_run_valid(k))
		return;
	leave_as_dead(k, &pk_header(k)->runs_lock);
	if (noted(pk_run_valid(k)))
		report(REPAIRED, "runs of pages", NULL, "which pages are taken is found anew");
}

static void repair_rights(struct portico *k)
{
	if (pk_rights_valid(k))
		return;
	leave_as_dead(k, &pk_header(k)->rights_lock);
	if (noted(pk_rights_valid(k)))
		report(REPAIRED, "rights", NULL, "what their ports say of them is made anew");
}

static void repair_names(struct portico *k)
{
	if (names_are_sound(k))
		return;
	leave_as_dead(k, &pk_header(k)->names_lock);
	leave_as_dead(k, &pk_header(k)->control_lock);
	if (noted(names_are_sound(k)))
		report(REPAIRED, "names", NULL, "what finds them is made anew");
}

/* ---- objects */

static void repair_unsound(struct portico *k, const struct object_kind *kind, uint32_t slot)
{
	struct described label;
	pk_id id = live_object(k, kind->table, slot);
	describe_object(k, kind->table, id, &label);
	struct pk_object *guard = pk_object_lock_guard(k, kind->table, slot);
	if (guard) {
		pk_object_repair_guarded(k, kind->table, slot, guard);
		pk_object_unlock_guard(k, kind->table, guard);
	}
	if (noted(!is_unsound(k, kind, slot)))
		report(REPAIRED, kind->plural, NULL, "%s is made anew from what it holds", label.text);
}

static void finish_removing(struct portico *k, const struct object_kind *kind, uint32_t slot)
{
	struct pk_object *guard = pk_object_lock_guard(k, kind->table, slot);
	if (!guard)
		return;
	pk_object_repair_guarded(k, kind->table, slot, guard);
	pk_object_unlock_guard(k, kind->table, guard);
	if (!is_half_removed(k, kind, slot))
		report(REPAIRED, kind->plural, NULL, "one that was half removed is removed");
}

static void repair_objects(struct portico *k, const struct object_kind *kind)
{
	uint32_t committed = pk_committed(k, kind->table);
	for (uint32_t slot = 1; slot < committed; slot++) {
		if (is_half_removed(k, kind, slot))
			finish_removing(k, kind, slot);
		if (is_unsound(k, kind, slot))
			repair_unsound(k, kind, slot);
	}
}

/* ---- what is around objects */

static void report_count(unsigned count, const char *subject, const char *done)
{
	if (count > 0)
		report(REPAIRED, subject, NULL, "%u %s", count, done);
}

static void repair_pool(struct portico *k)
{
	if (places_uncounted(k) == 0)
		return;
	count_places(k);
	if (noted(places_uncounted(k) == 0))
		report(REPAIRED, "pool", NULL, "which places are taken is counted anew");
}

static void repair_surroundings(struct portico *k)
{
	repair_pool(k);
	report_count(stray_runs(k, true), "memory that moves", "of messages that are no more: freed");
	report_count(false_bells(k, true), "bells", "made to say what their ports have");
}

static void report_files(unsigned count, const char *which)
{
	if (count > 0)
		report(REPAIRED, "leftovers", NULL, "%u file%s %s: removed", count, count == 1 ? "" : "s",
		       which);
}

static void remove_strays(struct portico *k)
{
	report_files(stray_files(k, true), "in shm/ of no segment");
	report_files(stray_bells(k, true), "in bells/ of no port");
}

static void report_inherited(uint64_t count)
{
	if (count > 0)
		report(REPAIRED, "locks", NULL, "%llu of the dead taken over, and what they guard repaired",
		       (unsigned long long)count);
}

static void repair_contents(struct portico *k)
{
	struct people people = people_here(k);
	uint64_t before = pk_load(&pk_header(k)->repairs);
	int error = pk_enter(k);
	if (!error)
		repair_tasks(k, &people);
	free(people.list);
	if (error)
		return; /* the examination says it */
	report_inherited(pk_load(&pk_header(k)->repairs) - before);
	free_stuck_locks(k);
	/* as locks nest, innermost first: repairs further out want what lies further in */
	for (unsigned table = PK_TASKS + 1; table < PK_TABLES; table++)
		repair_table(k, table);
	repair_runs(k);
	for (int i = 0; i < OBJECT_KINDS; i++)
		repair_objects(k, &object_kinds[i]);
	repair_rights(k);
	repair_names(k);
	repair_surroundings(k);
	remove_strays(k);
}

/* ---- making way for a new one */

static void remove_numbered(const char *directory, const char *below)
{
	char path[PK_PATH_MAX + 8];
	snprintf(path, sizeof path, "%s/%s", directory, below);
	DIR *files = opendir(path);
	for (struct dirent *entry; files && (entry = readdir(files));)
		if (strspn(entry->d_name, "0123456789") == strlen(entry->d_name))
			unlinkat(dirfd(files), entry->d_name, 0);
	if (files)
		closedir(files);
}

/* By its size, or how it begins; nothing else is removed. */
static bool looks_like_region(const char *region)
{
	uint64_t magic = 0;
	struct stat file;
	int fd = open(region, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool readable = fd >= 0 && fstat(fd, &file) == 0 && S_ISREG(file.st_mode) &&
			pread(fd, &magic, sizeof magic, offsetof(struct pk_header, magic)) >= 0;
	if (fd >= 0)
		close(fd);
	return readable && (magic == PK_MAGIC || (uint64_t)file.st_size == PK_REGION_BYTES);
}

static void make_way(const char *directory)
{
	char region[PK_PATH_MAX + 8];
	struct users users;
	snprintf(region, sizeof region, "%s/region", directory);
	find_users(region, &users);
	if (!looks_like_region(region))
		report(BAD, "repair", "look at it, and remove it yourself",
		       "%s: isn't removed, as it doesn't look like a region of Portico's", region);
	else if (users.any)
		report(BAD, "repair", "end them, and come again", "%s: isn't removed, as it is in use by %s",
		       region, users.seen ? users.names : "processes that aren't seen from here");
	else if (unlink(region) != 0)
		report(BAD, "repair", NULL, "%s: can't be removed: %s", region, strerror(errno));
	else {
		remove_numbered(directory, "shm");
		remove_numbered(directory, "bells");
		report(REPAIRED, "region", NULL,
		       "it is removed, with all that the instance held; the next use makes a new one");
	}
}

/* ---- all of it */

static void repair_mount(const char *directory)
{
	char wanted[PATH_MAX], path[PATH_MAX];
	struct mount mount;
	snprintf(wanted, sizeof wanted, "%s/mnt", directory);
	if (mount_path(wanted, path) != 0)
		return;
	find_mount(path, &mount);
	if (mount.state == MOUNT_STALE && unmount(path, true) == 0)
		report(REPAIRED, "mount", NULL, "the one at %s, whose daemon is dead, is taken away", path);
}

void repair_instance(const char *directory, bool force)
{
	char path[PK_PATH_MAX];
	unsigned leftovers;
	portico *k;
	bool named;
	if (pk_region_find(directory, path, &named) != 0)
		return; /* the examination says it */
	if ((leftovers = pk_region_tidy(path, true)) > 0)
		report(REPAIRED, "leftovers", NULL, "%u half-made region%s of processes that died: removed",
		       leftovers, leftovers == 1 ? "" : "s");
	repair_mount(path);
	int error = portico_open(directory, 0, &k);
	if (!error) {
		if (!pk_is_remote(k))
			repair_contents(k);
		portico_close(k);
	}
	if (force && (beyond_repair || error == -EPROTO))
		make_way(path);
	if (reported(REPAIRED) == 0 && !beyond_repair && (error == 0 || error == -ENOENT))
		report(GOOD, "repair", NULL, "nothing wanted any");
}
