/* SPDX-License-Identifier: MIT */
/* All about one mailbox, or about the instance: the same list of facts, as lines or as JSON. */
#include "commands.h"
#include "complain.h"
#include "describe.h"
#include "instance.h"
#include "json.h"
#include "options.h"
#include "port.h"
#include "task.h"

#include <stdio.h>
#include <sys/stat.h>

static bool as_json;

static void say_text(const char *label, const char *key, const char *text)
{
	if (as_json)
		json_text(key, text);
	else
		printf("%-22s %s\n", label, text);
}

static void say_count(const char *label, const char *key, uint64_t count)
{
	if (as_json)
		json_count(key, count);
	else
		printf("%-22s %llu\n", label, (unsigned long long)count);
}

static void say_time(const char *label, const char *key, int64_t seconds)
{
	struct described time;
	if (as_json)
		json_number(key, seconds);
	else
		printf("%-22s %s\n", label, describe_time(&time, seconds));
}

static void say_owner(uint32_t uid, uint32_t gid)
{
	struct described user;
	if (as_json) {
		json_count("uid", uid);
		json_count("gid", gid);
	} else {
		printf("%-22s %s (uid %u, gid %u)\n", "owner", describe_user(&user, uid), uid, gid);
	}
}

/* ---- a mailbox */

static void say_mailbox(const struct pk_port_status *status)
{
	char mode[8];
	snprintf(mode, sizeof mode, "%04o", status->permission.mode);
	say_text("mailbox", "name", status->name);
	say_owner(status->permission.uid, status->permission.gid);
	say_text("mode", "mode", mode);
	say_count("messages", "messages", status->count);
	say_count("bytes", "bytes", status->queued_bytes);
	say_count("limit of messages", "limit_slots", status->limits.slots);
	say_count("limit of a message", "limit_bytes", status->limits.bytes);
	say_count("limit of bytes", "limit_capacity", status->limits.capacity);
	say_count("receivers waiting", "receivers_waiting", status->receivers);
	say_count("senders waiting", "senders_waiting", status->senders);
	say_count("last sender", "last_sender_pid", status->last_sender);
	say_count("last receiver", "last_receiver_pid", status->last_receiver);
	say_time("last sent", "send_time", status->send_time);
	say_time("last received", "receive_time", status->receive_time);
	say_time("last changed", "change_time", status->change_time);
}

static int stat_mailbox(struct portico *k, const char *name)
{
	struct pk_port_status status;
	pk_id port;
	if (find_mailbox(k, name, &port) != 0)
		return FAILED;
	int error = pk_port_inspect(k, port, &status);
	if (error)
		return complain_of("mailbox", name, error);
	if (as_json)
		json_open(NULL, '{');
	say_mailbox(&status);
	if (as_json)
		json_close('}');
	return DONE;
}

/* ---- the instance */

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
	if (!as_json) {
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

static int stat_instance(struct portico *k)
{
	const struct pk_header *header = pk_header(k);
	struct stat region;
	if (as_json)
		json_open(NULL, '{');
	say_text("instance", "directory", k->directory);
	say_owner(k->file.uid,
		  header->uid == k->file.uid && fstat(k->region, &region) == 0 ? region.st_gid : 0);
	say_count("ABI", "abi", header->abi);
	say_time("made", "made", header->created_ns / 1000000000);
	if (fstat(k->region, &region) == 0)
		say_count("bytes of memory", "memory_bytes", (uint64_t)region.st_blocks * 512);
	say_totals(k);
	say_count("repairs", "repairs", pk_load(&header->repairs));
	say_count("dead tasks reaped", "reaped", pk_load(&header->reaped));
	if (as_json)
		json_open("tables", '[');
	for (unsigned table = 0; table < PK_TABLES; table++)
		say_table(k, table);
	if (as_json) {
		json_close(']');
		json_close('}');
	}
	return DONE;
}

static const char *directory;

static const struct option_entry options[] = {
	INSTANCE_OPTION(&directory),
	JSON_OPTION(&as_json),
	{ 0 },
};

static const struct usage usage = {
	"stat", "[NAME]", "Tell all about a mailbox, or with no NAME about the instance", options, 0, 1, false
};

int cmd_stat(int argc, char **argv)
{
	parse_options(&usage, argc, argv);
	struct portico *k = open_instance(directory, 0, 0);
	if (!k)
		return FAILED;
	pk_task_sweep(k, true);
	return argv[0] ? stat_mailbox(k, argv[0]) : stat_instance(k);
}
