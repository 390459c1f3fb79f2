/* SPDX-License-Identifier: MIT */
/* All about an instance: its tables, what has passed, what is held. */
#include "facts.h"
#include "holdings.h"
#include "live.h"
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

static void say_table(struct portico *k, unsigned table, struct sink *sink)
{
	uint32_t committed = pk_committed(k, table), used = slots_used(k, table),
		 most = pk_shapes[table].most - 1;
	const char *name = pk_table_name(table);
	committed -= committed > 0;
	if (!is_structured(sink)) {
		char line[96];
		snprintf(line, sizeof line, "%u used, %u have memory, %u at most", used, committed, most);
		say_text(sink, name, NULL, line);
		return;
	}
	say_open(sink, NULL, '{');
	say_text(sink, NULL, "name", name);
	say_count(sink, NULL, "used", used);
	say_count(sink, NULL, "committed", committed);
	say_count(sink, NULL, "most", most);
	say_count(sink, NULL, "slot_bytes", pk_shapes[table].stride);
	say_close(sink, '}');
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

static void say_totals(struct portico *k, struct sink *sink)
{
	struct totals totals = { 0 };
	add_objects(k, PK_PORTS, &totals);
	add_objects(k, PK_SETS, &totals);
	add_objects(k, PK_PIPES, &totals);
	add_tasks(k, &totals);
	say_count(sink, "messages sent", "messages_sent", totals.messages);
	say_count(sink, "waits posted", "waits_posted", totals.waits);
	say_count(sink, "waits that slept", "sleeps", totals.sleeps);
	say_count(sink, "waits that spun", "spins", totals.spins);
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

static void say_possessions(struct portico *k, struct sink *sink)
{
	struct possessions sum = { 0 };
	struct holdings holdings;
	if (holdings_take(k, &holdings) == 0)
		for (size_t i = 0; i < holdings.count; i++)
			add_holding(&holdings.list[i], &sum);
	holdings_drop(&holdings);
	say_count(sink, "rights held", "rights_held", sum.rights);
	say_count(sink, "rights in messages", "rights_in_messages", sum.rights_sent);
	say_count(sink, "requests to be told", "requests", sum.requests);
	say_count(sink, "memory held", "memory_held_bytes", sum.memory);
	say_count(sink, "memory in messages", "memory_in_messages_bytes", sum.memory_sent);
}

static uint32_t count_listeners(struct portico *k)
{
	uint32_t count = 0, committed = pk_committed(k, PK_LISTENERS);
	for (uint32_t slot = 1; slot < committed; slot++)
		count += live_object(k, PK_LISTENERS, slot) != 0;
	return count;
}

/* ---- all of it */

static void say_instance(struct portico *k, struct sink *sink)
{
	const struct pk_header *header = pk_header(k);
	struct stat region;
	bool known = fstat(k->region, &region) == 0;
	say_text(sink, "instance", "directory", k->directory);
	say_owner(sink, k->file.uid, header->uid == k->file.uid && known ? region.st_gid : 0);
	say_count(sink, "ABI", "abi", header->abi);
	say_time(sink, "made", "made", header->created_ns / 1000000000);
	if (known)
		say_count(sink, "bytes of memory", "memory_bytes", (uint64_t)region.st_blocks * 512);
}

int instance_facts(struct portico *k, struct sink *sink)
{
	const struct pk_header *header = pk_header(k);
	say_instance(k, sink);
	say_totals(k, sink);
	say_possessions(k, sink);
	say_count(sink, "listeners", "listeners", count_listeners(k));
	say_count(sink, "repairs", "repairs", pk_load(&header->repairs));
	say_count(sink, "dead tasks reaped", "reaped", pk_load(&header->reaped));
	say_open(sink, "limits", '{');
	int error = limit_facts(k, "most ", sink);
	policy_facts(k, "most ", sink);
	say_close(sink, '}');
	say_open(sink, "tables", '[');
	for (unsigned table = 0; table < PK_TABLES; table++)
		say_table(k, table, sink);
	say_close(sink, ']');
	return error;
}
