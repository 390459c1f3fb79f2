/* SPDX-License-Identifier: MIT */
/* What the instance holds: one table, or JSON with everything in it. */
#include "columns.h"
#include "commands.h"
#include "describe.h"
#include "instance.h"
#include "json.h"
#include "options.h"
#include "pipe.h"
#include "port.h"
#include "segment.h"
#include "semaphore.h"
#include "task.h"

#include <stdio.h>

/* Where the lines go. */
struct listing {
	struct portico *k;
	struct columns *columns; /* NULL: JSON */
};

static void put_permission(const struct pk_permission *permission)
{
	char mode[8];
	snprintf(mode, sizeof mode, "%04o", permission->mode);
	json_count("uid", permission->uid);
	json_count("gid", permission->gid);
	json_text("mode", mode);
}

/* The columns that all lines begin with; id < 0: it has none that a program knows. */
static void add_first(const struct listing *listing, const char *kind, const char *name, int32_t id,
		      const struct pk_permission *permission)
{
	struct described user, mode;
	columns_add(listing->columns, "%s", kind);
	columns_add(listing->columns, "%s", *name ? name : "(unnamed)");
	if (id < 0)
		columns_add(listing->columns, "-");
	else
		columns_add(listing->columns, "%d", id);
	columns_add(listing->columns, "%s", describe_user(&user, permission->uid));
	columns_add(listing->columns, "%s", describe_mode(&mode, permission->mode));
}

static void add_waiting(const struct listing *listing, uint32_t waiting)
{
	if (waiting)
		columns_add(listing->columns, "%u", waiting);
	else
		columns_add(listing->columns, "-");
}

static void open_sysv(const char *kind, const struct pk_permission *permission, pk_id id)
{
	json_open(NULL, '{');
	json_text("kind", kind);
	json_number("key", permission->key);
	json_number("id", pk_sysv_id(id));
	put_permission(permission);
}

/* ---- ports */

static void port_as_json(const struct pk_port_status *status)
{
	if (status->use == PK_QUEUE) {
		open_sysv("queue", &status->permission, status->id);
	} else {
		json_open(NULL, '{');
		json_text("kind", "mailbox");
		json_text("name", status->name);
		put_permission(&status->permission);
	}
	json_count("messages", status->count);
	json_count("bytes", status->queued_bytes);
	json_count("limit_slots", status->limits.slots);
	json_count("limit_bytes", status->limits.bytes);
	json_count("limit_capacity", status->limits.capacity);
	json_count("receivers_waiting", status->receivers);
	json_count("senders_waiting", status->senders);
	json_close('}');
}

static void port_as_text(const struct listing *listing, const struct pk_port_status *status)
{
	struct described key, bytes, capacity;
	if (status->use == PK_QUEUE)
		add_first(listing, "queue", describe_key(&key, status->permission.key),
			  pk_sysv_id(status->id), &status->permission);
	else
		add_first(listing, "mailbox", status->name, -1, &status->permission);
	columns_add(listing->columns, "%u message%s, %llu bytes", status->count,
		    status->count == 1 ? "" : "s", (unsigned long long)status->queued_bytes);
	if (status->use == PK_QUEUE)
		columns_add(listing->columns, "%s bytes", describe_size(&capacity, status->limits.capacity));
	else
		columns_add(listing->columns, "%u of %s, %s in all", status->limits.slots,
			    describe_size(&bytes, status->limits.bytes),
			    describe_size(&capacity, status->limits.capacity));
	if (status->receivers)
		columns_add(listing->columns, "%u to receive", status->receivers);
	else if (status->senders)
		columns_add(listing->columns, "%u to send", status->senders);
	else
		columns_add(listing->columns, "-");
}

static void list_ports(const struct listing *listing, enum pk_port_use use)
{
	uint32_t committed = pk_committed(listing->k, PK_PORTS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_port_status status;
		pk_id id = live_object(listing->k, PK_PORTS, slot);
		if (!id || pk_port_inspect(listing->k, id, &status) != 0 || status.use != use)
			continue;
		if (listing->columns)
			port_as_text(listing, &status);
		else
			port_as_json(&status);
	}
}

/* ---- pipes */

static void pipe_as_json(const struct pk_pipe_status *status)
{
	json_open(NULL, '{');
	json_text("kind", "fifo");
	json_text("name", status->name);
	put_permission(&status->permission);
	json_count("bytes", status->queued_bytes);
	json_count("size", status->size);
	json_count("waiting", status->watchers);
	json_close('}');
}

static void list_pipes(const struct listing *listing)
{
	uint32_t committed = pk_committed(listing->k, PK_PIPES);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_pipe_status status;
		struct described size;
		pk_id id = live_object(listing->k, PK_PIPES, slot);
		if (!id || pk_pipe_inspect(listing->k, id, &status) != 0)
			continue;
		if (!listing->columns) {
			pipe_as_json(&status);
			continue;
		}
		add_first(listing, "fifo", status.name, -1, &status.permission);
		columns_add(listing->columns, "%llu bytes", (unsigned long long)status.queued_bytes);
		columns_add(listing->columns, "%s bytes", describe_size(&size, status.size));
		add_waiting(listing, status.watchers);
	}
}

/* ---- semaphore sets */

static void list_sets(const struct listing *listing)
{
	uint32_t committed = pk_committed(listing->k, PK_SETS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_set_status status;
		struct described key;
		pk_id id = live_object(listing->k, PK_SETS, slot);
		if (!id || pk_set_inspect(listing->k, id, &status) != 0)
			continue;
		if (!listing->columns) {
			open_sysv("semaphores", &status.permission, id);
			json_count("semaphores", status.count);
			json_count("waiting", status.waiting);
			json_close('}');
			continue;
		}
		add_first(listing, "semaphores", describe_key(&key, status.permission.key), pk_sysv_id(id),
			  &status.permission);
		columns_add(listing->columns, "%u semaphore%s", status.count, status.count == 1 ? "" : "s");
		columns_add(listing->columns, "-");
		add_waiting(listing, status.waiting);
	}
}

/* ---- segments */

static void list_segments(const struct listing *listing)
{
	uint32_t committed = pk_committed(listing->k, PK_SEGMENTS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_segment_status status;
		struct described key, size;
		pk_id id = live_object(listing->k, PK_SEGMENTS, slot);
		if (!id || pk_segment_inspect(listing->k, id, &status) != 0)
			continue;
		if (!listing->columns) {
			open_sysv("segment", &status.permission, id);
			json_count("size", status.size);
			json_count("attached", status.attached);
			json_bool("removed", status.removed);
			json_close('}');
			continue;
		}
		add_first(listing, "segment", describe_key(&key, status.permission.key), pk_sysv_id(id),
			  &status.permission);
		columns_add(listing->columns, "%s bytes, %u attached%s", describe_size(&size, status.size),
			    status.attached, status.removed ? ", removed" : "");
		columns_add(listing->columns, "-");
		columns_add(listing->columns, "-");
	}
}

/* ---- all of it */

static void list(const struct listing *listing)
{
	list_ports(listing, PK_MAILBOX);
	list_pipes(listing);
	list_ports(listing, PK_QUEUE);
	list_sets(listing);
	list_segments(listing);
}

static void list_as_json(struct portico *k)
{
	json_open(NULL, '[');
	list(&(struct listing){ .k = k });
	json_close(']');
}

static void list_as_text(struct portico *k)
{
	static const char *const headings[] = { "KIND", "NAME OR KEY", "ID",	 "OWNER",
						"MODE", "HOLDS",       "LIMITS", "WAITING" };
	struct columns columns;
	columns_begin(&columns, sizeof headings / sizeof headings[0], headings);
	list(&(struct listing){ .k = k, .columns = &columns });
	columns_end(&columns);
}

static const char *directory;
static bool json;

static const struct option_entry options[] = {
	INSTANCE_OPTION(&directory),
	JSON_OPTION(&json),
	{ 0 },
};

static const struct usage usage = { "ls", "", "List what the instance holds", options, 0, 0, false };

int cmd_ls(int argc, char **argv)
{
	parse_options(&usage, argc, argv);
	struct portico *k = open_instance(directory, 0, 0);
	if (!k)
		return FAILED;
	pk_task_sweep(k, true);
	if (json)
		list_as_json(k);
	else
		list_as_text(k);
	return DONE;
}
