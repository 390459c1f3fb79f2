/* SPDX-License-Identifier: MIT */
/* Ports in `portico ls`. */
#include "columns.h"
#include "instance.h"
#include "json.h"
#include "listing.h"
#include "maker.h"
#include "ports.h"

#include <stdio.h>

/* Those by which rights or tasks are known, not a path or a key. */
static bool is_of_task(enum pk_port_use use)
{
	return use >= PK_COMPLETIONS;
}

/* ---- as JSON */

static void task_port_as_json(struct portico *k, const struct port_view *view)
{
	struct pk_label label;
	pk_label_of(k, PK_PORTS, view->status.id, &label);
	json_open(NULL, '{');
	json_text("kind", label.kind);
	json_count("port", pk_id_slot(view->status.id));
	if (*view->status.name)
		json_text("name", view->status.name);
	json_count("owner_pid", view->owner_pid);
	if (view->status.use == PK_GUARDED)
		json_count("send_references", view->sends);
	if (view->status.use == PK_PORT_SET)
		json_count("members", port_members(k, view->status.id));
	list_permission(&view->status.permission);
}

static void limits_as_json(const struct pk_port_limits *limits)
{
	json_count("limit_slots", limits->slots);
	json_count("limit_bytes", limits->bytes);
	json_count("limit_capacity", limits->capacity);
}

static void port_as_json(const struct listing *listing, const struct port_view *view)
{
	const struct pk_port_status *status = &view->status;
	if (status->use == PK_QUEUE) {
		list_sysv(listing, "queue", &status->permission, PK_PORTS, status->id,
			  is_left_queue(listing->k, status));
	} else if (is_of_task(status->use)) {
		task_port_as_json(listing->k, view);
	} else {
		json_open(NULL, '{');
		json_text("kind", "mailbox");
		list_name(status->name);
		list_permission(&status->permission);
		list_maker_members(listing, PK_PORTS, status->id);
	}
	json_count("messages", status->count);
	json_count("bytes", status->queued_bytes);
	if (status->use == PK_QUEUE)
		json_count("qbytes", status->limits.capacity);
	else
		limits_as_json(&status->limits);
	json_bool("paused", status->paused);
	json_count("receivers_waiting", status->receivers);
	json_count("senders_waiting", status->senders);
	json_close('}');
}

/* ---- as text */

static void add_first(const struct listing *listing, const struct port_view *view)
{
	const struct pk_port_status *status = &view->status;
	struct described key;
	struct pk_label label;
	char name[PK_NAME_MAX + 48];
	if (status->use == PK_QUEUE) {
		list_first(listing, "queue", describe_key(&key, status->permission.key),
			   pk_sysv_id(status->id), &status->permission);
		return;
	}
	if (!is_of_task(status->use)) {
		list_first(listing, "mailbox", status->name, -1, &status->permission);
		return;
	}
	pk_label_of(listing->k, PK_PORTS, status->id, &label);
	if (view->owner_pid)
		snprintf(name, sizeof name, "%s%sof pid %u", status->name, *status->name ? ", " : "",
			 view->owner_pid);
	else
		snprintf(name, sizeof name, "%s%sin a message", status->name, *status->name ? ", " : "");
	list_first(listing, label.kind, name, (int32_t)pk_id_slot(status->id), &status->permission);
}

static void add_contents(const struct listing *listing, const struct port_view *view)
{
	const struct pk_port_status *status = &view->status;
	struct described bytes;
	char more[48] = "";
	if (status->use == PK_GUARDED)
		snprintf(more, sizeof more, ", %u reference%s to send", view->sends,
			 view->sends == 1 ? "" : "s");
	else if (status->use == PK_PORT_SET)
		snprintf(more, sizeof more, ", of %u member%s", port_members(listing->k, status->id),
			 port_members(listing->k, status->id) == 1 ? "" : "s");
	columns_add(listing->columns, "%u message%s, %s%s%s", status->count, status->count == 1 ? "" : "s",
		    describe_bytes(&bytes, status->queued_bytes), more, status->paused ? ", paused" : "");
}

static void add_limits(const struct listing *listing, const struct pk_port_status *status)
{
	struct described bytes, capacity;
	if (status->use == PK_QUEUE)
		columns_add(listing->columns, "%s byte%s", describe_size(&capacity, status->limits.capacity),
			    status->limits.capacity == 1 ? "" : "s");
	else if (status->use == PK_PORT_SET || status->use == PK_COMPLETIONS)
		columns_add(listing->columns, "-"); /* its members', and those of what is posted */
	else
		columns_add(listing->columns, "%u of %s, %s in all", status->limits.slots,
			    describe_size(&bytes, status->limits.bytes),
			    describe_size(&capacity, status->limits.capacity));
}

/* Mailboxes are meant to stay when their makers end; the names of others say whose they are. */
static void add_maker(const struct listing *listing, const struct pk_port_status *status)
{
	struct maker maker;
	if (status->use == PK_QUEUE)
		list_maker(listing, PK_PORTS, status->id);
	else if (!is_of_task(status->use) && maker_of(listing->k, PK_PORTS, status->id, &maker) &&
		 maker.pid != 0)
		columns_add(listing->columns, "%s %u", maker.command, maker.pid);
	else
		columns_add(listing->columns, "-");
}

static void port_as_text(const struct listing *listing, const struct port_view *view)
{
	const struct pk_port_status *status = &view->status;
	add_first(listing, view);
	add_contents(listing, view);
	add_limits(listing, status);
	if (status->receivers)
		columns_add(listing->columns, "%u to receive", status->receivers);
	else if (status->senders)
		columns_add(listing->columns, "%u to send", status->senders);
	else
		columns_add(listing->columns, "-");
	add_maker(listing, status);
}

/* As `portico rm` takes it. */
static void port_to_remove(const struct pk_port_status *status)
{
	if (status->use == PK_QUEUE)
		printf("--msg %d\n", pk_sysv_id(status->id));
	else if (*status->name)
		printf("-- %s\n", status->name);
}

void list_ports(const struct listing *listing, enum pk_port_use use)
{
	uint32_t committed = pk_committed(listing->k, PK_PORTS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct port_view view;
		pk_id id = live_object(listing->k, PK_PORTS, slot);
		if (!id || port_view_take(listing->k, id, &view) != 0 || view.status.use != use)
			continue;
		if (listing->left_only && !is_left_queue(listing->k, &view.status))
			continue;
		if (listing->quiet)
			port_to_remove(&view.status);
		else if (listing->columns)
			port_as_text(listing, &view);
		else
			port_as_json(listing, &view);
	}
}
