/* SPDX-License-Identifier: MIT */
/* The doctor's look at what an instance holds. */
#include "contents.h"
#include "control.h"
#include "examine.h"
#include "instance.h"
#include "right.h"
#include "run.h"
#include "task.h"

#include <portico/portico.h>

static const char *remedy(void)
{
	return repair_was_tried()
		       ? "it can't be repaired: `portico rm` it; or end who uses the instance, and "
			 "`portico doctor --repair --force`"
		       : "`portico doctor --repair`";
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

/* Whoever did it may be gone; so somebody should know. */
static void examine_suspended(struct portico *k)
{
	uint32_t committed = pk_committed(k, PK_TASKS), count = 0, pid = 0;
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_task *task = pk_task_of(k, slot);
		if (!task || pk_suspensions(task) == 0)
			continue;
		count++;
		pid = task->pid;
	}
	if (count > 0)
		report(LIMITED, "suspended tasks", "`portico resume` them, if that is forgotten",
		       "%u, such as process %u", count, pid);
}

static void examine_tables(struct portico *k)
{
	unsigned unsound = 0;
	for (unsigned table = 0; table < PK_TABLES; table++) {
		/* the tasks' table has no free list to check: slots are claimed by a swap */
		if (table == PK_TASKS || pk_table_valid(k, table))
			continue;
		unsound++;
		report(BAD, "tables", remedy(), "the table of %s is damaged", pk_table_name(table));
	}
	if (unsound == 0)
		report(GOOD, "tables", NULL, "all %u are sound", PK_TABLES);
}

static void examine_objects(struct portico *k, const struct object_kind *kind)
{
	uint32_t committed = pk_committed(k, kind->table), count = 0, unsound = 0, half = 0;
	struct described label;
	for (uint32_t slot = 1; slot < committed; slot++) {
		pk_id id = live_object(k, kind->table, slot);
		count += id != 0;
		half += is_half_removed(k, kind, slot);
		if (!id || !is_unsound(k, kind, slot))
			continue;
		if (unsound++ == 0)
			describe_object(k, kind->table, id, &label);
	}
	if (unsound > 0)
		report(BAD, kind->plural, remedy(), "%u of %u are damaged, such as %s", unsound, count,
		       label.text);
	else
		report(GOOD, kind->plural, NULL, "%u, all sound", count);
	if (half > 0)
		report(LIMITED, kind->plural, remedy(), "%u half removed", half);
}

static void examine_runs(struct portico *k)
{
	if (!pk_run_valid(k))
		report(BAD, "runs of pages", remedy(), "which pages are taken isn't known");
}

static void examine_rights(struct portico *k)
{
	if (!pk_rights_valid(k))
		report(BAD, "rights", remedy(), "who has which isn't what their ports say");
}

static void examine_names(struct portico *k)
{
	if (names_are_sound(k))
		report(GOOD, "names", NULL, "each is found");
	else
		report(BAD, "names", remedy(), "some that there are aren't found, or counted");
}

static void examine_count(unsigned count, const char *subject, const char *what)
{
	if (count > 0)
		report(LIMITED, subject, remedy(), "%u %s", count, what);
}

static void examine_surroundings(struct portico *k)
{
	uint32_t places = places_uncounted(k);
	if (places > 0)
		report(BAD, "pool", remedy(), "mailboxes have %u place%s more than are taken", places,
		       places == 1 ? "" : "s");
	examine_count(stray_runs(k, false), "memory that moves", "of messages that are no more");
	examine_count(false_bells(k, false), "bells", "that don't say what their ports have");
}

static void examine_files(struct portico *k)
{
	unsigned strays = stray_files(k, false);
	if (strays > 0)
		report(LIMITED, "leftovers", remedy(), "%u file%s in shm/ of no segment", strays,
		       strays == 1 ? "" : "s");
	strays = stray_bells(k, false);
	if (strays > 0)
		report(LIMITED, "leftovers", remedy(), "%u file%s in bells/ of no port", strays,
		       strays == 1 ? "" : "s");
}

void examine_contents(struct portico *k)
{
	int error = pk_enter(k);
	if (error) {
		report(BAD, "tasks", "end programs that use the instance", "no task can be registered: %s",
		       portico_explain(error));
		return;
	}
	examine_tasks(k);
	examine_suspended(k);
	examine_tables(k);
	for (int i = 0; i < OBJECT_KINDS; i++)
		examine_objects(k, &object_kinds[i]);
	examine_runs(k);
	examine_rights(k);
	examine_names(k);
	examine_surroundings(k);
	examine_files(k);
	examine_others(k);
	examine_log(k);
}
