/* SPDX-License-Identifier: MIT */
/* All about an instance: its tables, what has passed, what is held. */
#include "commands.h"
#include "facts.h"
#include "holdings.h"
#include "instance.h"
#include "json.h"
#include "port.h"
#include "task.h"

#include <stdio.h>
#include <sys/stat.h>

/* Slot 0 is none, and the tasks' table doesn't count. */
static uint32_t slots_used(struct portico *k, unsigned table)
{
	uint32_t used = 0;
	if (table != PK_TASKS)
		return pk_load(&pk_header(k)->tables[table].used);
	for (uint32_t slot = 1; slot < pk_committed(k, table); slot++)
		used += pk_task_of(k, slot) != NULL;
	return used;
}

static void say_table(struct portico *k, unsigned table)
{
	uint32_t committed = pk_committed(k, table), used = slots_used(k, table),
		 most = pk_shapes[table].most - 1;
	const char *name = pk_table_name(table);
	committed -= committed > 0;
	if (!facts_as_json) {
		printf("%-22s %u used, %u have memory, %u at most\n", name, used, committed, most);
		return;
	}
	json_open(NULL, '{');
	json_text("name", name);
	json_count("used", used);
	json_count("committed", committed);
	json_count("most", most);
	json_count("slot_bytes", pk_shapes[table].stride);
	json_close('}');
}

/* What has passed, in numbers.  Of objects and tasks that are no more nothing is known. */
struct totals {
	uint64_t messages, waits, sleeps, spins;
};

static void add_objects(struct portico *k, unsigned table, struct totals *totals)
{
	for (uint32_t slot = 1; slot < pk_committed(k, table); slot++) {
		const void *object = pk_slot(k, table, slot);
		uint64_t posted = 1;
		if (!live_object(k, table, slot))
			continue;
		if (table == PK_PORTS) {
			posted = ((const struct pk_port *)object)->next_ticket;
			totals->messages +=
				((const struct pk_port *)object)->next_number - PK_LEAST_URGENT - 1;
		} else if (table == PK_SETS) {
			posted = ((const struct pk_set *)object)->next_ticket;
		} else if (table == PK_PIPES) {
			posted = ((const struct pk_pipe *)object)->next_ticket;
		}
		totals->waits += posted - 1;
	}
}

static void add_tasks(struct portico *k, struct totals *totals)
{
	for (uint32_t slot = 1; slot < pk_committed(k, PK_TASKS); slot++) {
		const struct pk_task *task = pk_task_of(k, slot);
		totals->sleeps += task ? pk_load(&task->sleeps) : 0;
		totals->spins += task ? pk_load(&task->spins) : 0;
	}
}

static void say_totals(struct portico *k)
{
	struct totals totals = { 0 };
	add_objects(k, PK_PORTS, &totals);
	add_objects(k, PK_SETS, &totals);
	add_objects(k, PK_PIPES, &totals);
	add_tasks(k, &totals);
	say_count("messages sent", "messages_sent", totals.messages);
	say_count("waits posted", "waits_posted", totals.waits);
	say_count("waits that slept", "sleeps", totals.sleeps);
	say_count("waits that spun", "spins", totals.spins);
}

/* ---- what tasks hold, and messages carry */

struct possessions {
	uint64_t rights, rights_sent, requests, memory, memory_sent;
};

static void add_holding(const struct holding *holding, struct possessions *sum)
{
	bool sent = holding->task == 0;
	if (holding->kind == HOLDING_MEMORY)
		*(sent ? &sum->memory_sent : &sum->memory) += holding->bytes;
	else if (holding_is_request(holding))
		sum->requests++;
	else
		*(sent ? &sum->rights_sent : &sum->rights) += 1;
}

static void say_possessions(struct portico *k)
{
	struct possessions sum = { 0 };
	struct holdings holdings;
	if (holdings_take(k, &holdings) == 0)
		for (size_t i = 0; i < holdings.count; i++)
			add_holding(&holdings.list[i], &sum);
	holdings_drop(&holdings);
	say_count("rights held", "rights_held", sum.rights);
	say_count("rights in messages", "rights_in_messages", sum.rights_sent);
	say_count("requests to be told", "requests", sum.requests);
	say_count("memory held", "memory_held_bytes", sum.memory);
	say_count("memory in messages", "memory_in_messages_bytes", sum.memory_sent);
}

static uint32_t count_listeners(struct portico *k)
{
	uint32_t count = 0, committed = pk_committed(k, PK_LISTENERS);
	for (uint32_t slot = 1; slot < committed; slot++)
		count += live_object(k, PK_LISTENERS, slot) != 0;
	return count;
}

static void say_limits(struct portico *k)
{
	if (facts_as_json)
		json_open("limits", '{');
	show_limits(k, "most ", 22, facts_as_json);
	if (facts_as_json)
		json_close('}');
}

/* ---- all of it */

int stat_instance(struct portico *k)
{
	const struct pk_header *header = pk_header(k);
	struct stat region;
	if (facts_as_json)
		json_open(NULL, '{');
	say_text("instance", "directory", k->directory);
	say_owner(k->file.uid,
		  header->uid == k->file.uid && fstat(k->region, &region) == 0 ? region.st_gid : 0);
	say_count("ABI", "abi", header->abi);
	say_time("made", "made", header->created_ns / 1000000000);
	if (fstat(k->region, &region) == 0)
		say_count("bytes of memory", "memory_bytes", (uint64_t)region.st_blocks * 512);
	say_totals(k);
	say_possessions(k);
	say_count("listeners", "listeners", count_listeners(k));
	say_count("repairs", "repairs", pk_load(&header->repairs));
	say_count("dead tasks reaped", "reaped", pk_load(&header->reaped));
	say_limits(k);
	if (facts_as_json)
		json_open("tables", '[');
	for (unsigned table = 0; table < PK_TABLES; table++)
		say_table(k, table);
	if (facts_as_json) {
		json_close(']');
		json_close('}');
	}
	return DONE;
}
