/* SPDX-License-Identifier: MIT */
/* Who uses the instance, and what each of their threads waits for. */
#include "callers.h"
#include "columns.h"
#include "commands.h"
#include "complain.h"
#include "control.h"
#include "desire.h"
#include "instance.h"
#include "json.h"
#include "options.h"
#include "sinks.h"
#include "task.h"
#include "waits.h"

#include <stdio.h>
#include <string.h>

#define WAITS_SHOWN 8 /* of a task or mount, in the table: there may be thousands */

/* A task copied out of the region, so that it is whole. */
struct person {
	uint32_t slot;
	pk_id id;
	uint32_t pid, uid, gid, flags, suspended;
	uint64_t pid_namespace;
	int64_t since_ns;
	char command[16];
};

static bool read_person(struct portico *k, uint32_t slot, struct person *person)
{
	const struct pk_task *task = pk_task_of(k, slot);
	if (!task)
		return false;
	*person = (struct person){
		.slot = slot,
		.id = pk_slot_id(&task->head, slot),
		.pid = task->pid,
		.uid = task->uid,
		.gid = task->gid,
		.flags = task->flags,
		.suspended = pk_suspensions(task),
		.pid_namespace = task->pid_namespace,
		.since_ns = task->since_ns,
	};
	memcpy(person->command, task->command, sizeof person->command - 1);
	return live_object(k, PK_TASKS, slot) == person->id;
}

/* ---- as a table */

static void add_person(struct columns *columns, const struct person *person, bool first)
{
	struct described user, since;
	if (!first) {
		for (int i = 0; i < 4; i++)
			columns_add(columns, "%s", "");
		return;
	}
	columns_add(columns, "%u", person->pid);
	columns_add(columns, "%s", describe_user(&user, person->uid));
	columns_add(columns, "%s", describe_time(&since, person->since_ns / 1000000000));
	columns_add(columns, "%s", person->command);
}

static void add_more(struct columns *columns, const struct person *person, uint32_t more)
{
	add_person(columns, person, false);
	columns_add(columns, "and %u more; --json shows all", more);
}

static void waits_as_text(struct portico *k, struct columns *columns, const struct person *person, bool first)
{
	uint32_t committed = pk_committed(k, PK_WAITS), waits = 0;
	struct desire desire;
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct described age;
		if (!desire_read(k, slot, person->id, &desire) || ++waits > WAITS_SHOWN)
			continue;
		add_person(columns, person, first);
		first = false;
		columns_add(columns, "%s %s %s%s%s, for %s", desire.doing, desire.object.kind,
			    desire.object.name, *desire.detail.text ? ", " : "", desire.detail.text,
			    describe_age(&age, pk_monotonic_ns() - desire.since_ns));
	}
	if (waits > WAITS_SHOWN) {
		add_more(columns, person, waits - WAITS_SHOWN);
	} else if (first) {
		add_person(columns, person, true);
		columns_add(columns, "-");
	}
}

/* Who waits at a mount: below it, a row each. */
static void clients_as_text(struct portico *k, struct columns *columns, const struct person *mount)
{
	uint32_t slot = 1, clients = 0;
	struct pk_opened call;
	while (pk_caller_next(k, mount->id, &slot, &call)) {
		struct described user, age;
		struct pk_label label;
		char command[16];
		if (++clients > WAITS_SHOWN)
			continue;
		pk_label_of(k, call.table, call.object, &label);
		columns_add(columns, "  %u", call.pid);
		columns_add(columns, "%s", describe_user(&user, call.uid));
		columns_add(columns, "through the mount");
		columns_add(columns, "%s", command_of_caller(&call, command));
		columns_add(columns, "%s %s %s, for %s", pk_opening_word(&call), label.kind, label.name,
			    describe_age(&age, pk_monotonic_ns() - call.since_ns));
	}
	if (clients > WAITS_SHOWN)
		add_more(columns, mount, clients - WAITS_SHOWN);
}

static void person_as_text(struct portico *k, struct columns *columns, const struct person *person)
{
	if (person->suspended > 0) {
		add_person(columns, person, true);
		columns_add(columns, "be resumed; it is suspended%s",
			    person->suspended > 1 ? ", more than once" : "");
	}
	if (!(person->flags & PK_TASK_MOUNT)) {
		waits_as_text(k, columns, person, person->suspended == 0);
		return;
	}
	if (person->suspended == 0) {
		add_person(columns, person, true);
		columns_add(columns, "-"); /* itself for the next request only */
	}
	clients_as_text(k, columns, person);
}

/* ---- as JSON */

static void person_as_json(struct portico *k, const struct person *person)
{
	uint32_t committed = pk_committed(k, PK_WAITS);
	struct desire desire;
	struct output output;
	struct sink *sink = output_as(&output, true, 0);
	json_open(NULL, '{');
	json_count("pid", person->pid);
	json_count("pid_namespace", person->pid_namespace);
	json_count("uid", person->uid);
	json_count("gid", person->gid);
	json_text("command", person->command);
	json_number("since_ns", person->since_ns);
	json_bool("supervisor", person->flags & PK_TASK_SUPERVISOR);
	json_bool("mount", person->flags & PK_TASK_MOUNT);
	json_count("suspended", person->suspended);
	json_open("waits", '[');
	for (uint32_t slot = 1; slot < committed; slot++)
		if (desire_read(k, slot, person->id, &desire)) {
			json_open(NULL, '{');
			desire_facts(&desire, sink);
			json_close('}');
		}
	json_close(']');
	if (person->flags & PK_TASK_MOUNT)
		callers_as_json(k, "clients", person->id, 0);
	json_close('}');
}

/* ---- all of them, but this very command */

static void list(struct portico *k, struct columns *columns)
{
	uint32_t committed = pk_committed(k, PK_TASKS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct person person;
		if (slot == pk_id_slot(pk_self(k)) || !read_person(k, slot, &person))
			continue;
		if (columns)
			person_as_text(k, columns, &person);
		else
			person_as_json(k, &person);
	}
}

static const char *directory;
static bool json, deadlocks;

static const struct option_entry options[] = {
	INSTANCE_OPTION(&directory),
	JSON_OPTION(&json),
	{ "deadlocks", 0, OPTION_FLAG, &deadlocks, NULL,
	  "print who waits for each other, and exit 1 if any do", NULL },
	{ 0 },
};

static const struct usage usage = { "ps",    "", "List who uses the instance, and what they wait for",
				    options, 0,	 0,
				    false };

/* 1 says that there are some; so a failure is another number. */
static int list_deadlocks(struct portico *k)
{
	struct pk_graph graph;
	int error = pk_graph_take_twice(k, &graph);
	if (error) {
		complain_of("instance", k->directory, error);
		return USAGE;
	}
	unsigned cycles = print_deadlocks(k, &graph, json);
	pk_graph_drop(&graph);
	return cycles > 0 ? 1 : DONE;
}

int cmd_ps(int argc, char **argv)
{
	static const char *const headings[] = { "PID", "USER", "SINCE", "COMMAND", "WAITS TO" };
	parse_options(&usage, argc, argv);
	struct portico *k = open_instance(directory, 0, 0);
	if (!k)
		return deadlocks ? USAGE : FAILED;
	if (deadlocks)
		return list_deadlocks(k);
	pk_task_sweep(k, true);
	if (json) {
		json_open(NULL, '[');
		list(k, NULL);
		json_close(']');
	} else {
		struct columns columns;
		columns_begin(&columns, sizeof headings / sizeof headings[0], headings);
		list(k, &columns);
		columns_end(&columns);
	}
	return DONE;
}
