/* SPDX-License-Identifier: MIT */
/* What the instance holds: one table, or JSON with everything in it. */
#include "by_mount.h"
#include "columns.h"
#include "commands.h"
#include "describe.h"
#include "instance.h"
#include "json.h"
#include "listing.h"
#include "maker.h"
#include "options.h"
#include "remote.h"
#include "sinks.h"
#include "pipe.h"
#include "task.h"

#include <stdio.h>

void list_permission(const struct pk_permission *permission)
{
	char mode[8];
	snprintf(mode, sizeof mode, "%04o", permission->mode);
	json_count("uid", permission->uid);
	json_count("gid", permission->gid);
	json_text("mode", mode);
}

void list_name(const char *name)
{
	struct output output;
	say_name(output_as(&output, true, 0), NULL, name);
}

void list_first(const struct listing *listing, const char *kind, const char *name, int32_t id,
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

void list_maker(const struct listing *listing, unsigned table, pk_id id)
{
	struct described text;
	struct maker maker;
	if (!maker_of(listing->k, table, id, &maker))
		columns_add(listing->columns, "-");
	else if (listing->left_only)
		columns_add(listing->columns, "%s", describe_leaver(&text, &maker));
	else
		columns_add(listing->columns, "%s", describe_maker(&text, &maker));
}

void list_maker_members(const struct listing *listing, unsigned table, pk_id id)
{
	struct output output;
	maker_facts(listing->k, table, id, output_as(&output, true, 0));
}

void list_sysv(const struct listing *listing, const char *kind, const struct pk_permission *permission,
	       unsigned table, pk_id id, bool left)
{
	json_open(NULL, '{');
	json_text("kind", kind);
	json_number("key", permission->key);
	json_number("id", pk_sysv_id(id));
	list_permission(permission);
	list_maker_members(listing, table, id);
	json_bool("left", left);
}

/* ---- pipes */

static void pipe_as_json(const struct pk_pipe_status *status)
{
	json_open(NULL, '{');
	json_text("kind", "fifo");
	list_name(status->name);
	list_permission(&status->permission);
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
		struct described bytes, size;
		pk_id id = live_object(listing->k, PK_PIPES, slot);
		if (!id || pk_pipe_inspect(listing->k, id, &status) != 0)
			continue;
		if (listing->quiet) {
			printf("--fifo %s\n", status.name);
			continue;
		}
		if (!listing->columns) {
			pipe_as_json(&status);
			continue;
		}
		list_first(listing, "fifo", status.name, -1, &status.permission);
		columns_add(listing->columns, "%s", describe_bytes(&bytes, status.queued_bytes));
		columns_add(listing->columns, "%s bytes", describe_size(&size, status.size));
		add_waiting(listing, status.watchers);
		columns_add(listing->columns, "-");
	}
}

/* ---- semaphore sets */

static void set_as_json(const struct listing *listing, const struct pk_set_status *status)
{
	list_sysv(listing, "semaphores", &status->permission, PK_SETS, status->id,
		  is_left_set(listing->k, status));
	json_count("semaphores", status->count);
	json_count("waiting", status->waiting);
	json_close('}');
}

static void set_as_text(const struct listing *listing, const struct pk_set_status *status)
{
	struct described key;
	list_first(listing, "semaphores", describe_key(&key, status->permission.key), pk_sysv_id(status->id),
		   &status->permission);
	columns_add(listing->columns, "%u semaphore%s", status->count, status->count == 1 ? "" : "s");
	columns_add(listing->columns, "-");
	add_waiting(listing, status->waiting);
	list_maker(listing, PK_SETS, status->id);
}

static void list_sets(const struct listing *listing)
{
	uint32_t committed = pk_committed(listing->k, PK_SETS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_set_status status;
		pk_id id = live_object(listing->k, PK_SETS, slot);
		if (!id || pk_set_inspect(listing->k, id, &status) != 0)
			continue;
		if (listing->left_only && !is_left_set(listing->k, &status))
			continue;
		if (listing->quiet)
			printf("--sem %d\n", pk_sysv_id(id));
		else if (listing->columns)
			set_as_text(listing, &status);
		else
			set_as_json(listing, &status);
	}
}

/* ---- segments */

static void segment_as_json(const struct listing *listing, const struct pk_segment_status *status)
{
	list_sysv(listing, "segment", &status->permission, PK_SEGMENTS, status->id,
		  is_left_segment(listing->k, status));
	json_count("size", status->size);
	json_count("attached", status->attached);
	json_bool("removed", status->removed);
	json_close('}');
}

static void segment_as_text(const struct listing *listing, const struct pk_segment_status *status)
{
	struct described key, size;
	list_first(listing, "segment", describe_key(&key, status->permission.key), pk_sysv_id(status->id),
		   &status->permission);
	columns_add(listing->columns, "%s byte%s, %u attached%s", describe_size(&size, status->size),
		    status->size == 1 ? "" : "s", status->attached, status->removed ? ", removed" : "");
	columns_add(listing->columns, "-");
	columns_add(listing->columns, "-");
	list_maker(listing, PK_SEGMENTS, status->id);
}

static void list_segments(const struct listing *listing)
{
	uint32_t committed = pk_committed(listing->k, PK_SEGMENTS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_segment_status status;
		pk_id id = live_object(listing->k, PK_SEGMENTS, slot);
		if (!id || pk_segment_inspect(listing->k, id, &status) != 0)
			continue;
		if (listing->left_only && !is_left_segment(listing->k, &status))
			continue;
		if (listing->quiet)
			printf("--shm %d\n", pk_sysv_id(id));
		else if (listing->columns)
			segment_as_text(listing, &status);
		else
			segment_as_json(listing, &status);
	}
}

/* ---- all of it */

static const char *directory;
static bool json, all, left, quiet;

static void list(const struct listing *listing)
{
	if (!left) {
		list_ports(listing, PK_MAILBOX);
		list_pipes(listing);
	}
	list_ports(listing, PK_QUEUE);
	list_sets(listing);
	list_segments(listing);
	if (!all)
		return;
	list_ports(listing, PK_GUARDED);
	list_ports(listing, PK_PORT_SET);
	list_ports(listing, PK_INBOX);
	list_ports(listing, PK_TAP);
	list_ports(listing, PK_COMPLETIONS);
}

static void list_as_json(struct portico *k)
{
	json_open(NULL, '[');
	list(&(struct listing){ .k = k, .left_only = left });
	json_close(']');
}

static void list_as_text(struct portico *k)
{
	const char *const headings[] = { "KIND",
					 "NAME OR KEY",
					 "ID",
					 "OWNER",
					 "MODE",
					 "HOLDS",
					 "LIMITS: COUNT OF BYTES",
					 "WAITING",
					 left ? "LEFT BY" : "MADE BY" };
	struct columns columns;
	columns_begin(&columns, sizeof headings / sizeof headings[0], headings);
	list(&(struct listing){ .k = k, .columns = &columns, .left_only = left });
	columns_end(&columns);
}

static const struct option_entry options[] = {
	INSTANCE_OPTION(&directory),
	{ "all", 'a', OPTION_FLAG, &all, NULL, "also what is known by rights, or is one task's", NULL },
	{ "left", 0, OPTION_FLAG, &left, NULL, "only System V objects that nobody alive uses", NULL },
	{ "quiet", 'q', OPTION_FLAG, &quiet, NULL, "of each only what `portico rm` takes", NULL },
	JSON_OPTION(&json),
	{ 0 },
};

static const struct usage usage = { "ls", "", "List what the instance holds", options, 0, 0, false };

int cmd_ls(int argc, char **argv)
{
	parse_options(&usage, argc, argv);
	if (all && (left || quiet))
		bad_usage("--all is for what --left and --quiet leave out");
	if (quiet && json)
		bad_usage("--quiet and --json exclude each other");
	struct portico *k =
		all || left || json ? open_instance(directory, 0, 0) : open_or_mount(directory, 0);
	if (k && pk_is_remote(k))
		return list_by_mount(k, quiet);
	if (!k)
		return FAILED;
	pk_task_sweep(k, true);
	if (quiet)
		list(&(struct listing){ .k = k, .left_only = left, .quiet = true });
	else if (json)
		list_as_json(k);
	else
		list_as_text(k);
	return DONE;
}
