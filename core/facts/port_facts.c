/* SPDX-License-Identifier: MIT */
/* All about one mailbox, or another port. */
#include "bell.h"
#include "facts.h"
#include "listener.h"
#include "maker.h"
#include "ports.h"
#include "share.h"

#include <stdio.h>

static void say_limits(const struct pk_port_limits *limits, struct sink *sink)
{
	say_count(sink, "limit of messages", "limit_slots", limits->slots);
	say_count(sink, "limit of a message", "limit_bytes", limits->bytes);
	say_count(sink, "limit of bytes", "limit_capacity", limits->capacity);
}

static void say_whose(struct portico *k, const struct pk_port_status *status, struct sink *sink)
{
	struct pk_label label;
	if (status->use == PK_MAILBOX) {
		say_name(sink, "mailbox", status->name);
	} else {
		pk_label_of(k, PK_PORTS, status->id, &label);
		say_text(sink, label.kind, "name", label.name);
	}
	say_owner(sink, status->permission.uid, status->permission.gid);
	say_mode(sink, status->permission.mode);
}

static void say_status(struct portico *k, const struct pk_port_status *status, struct sink *sink)
{
	bool queue = status->use == PK_QUEUE;
	if (queue)
		say_sysv(&status->permission, status->id, sink);
	else
		say_whose(k, status, sink);
	say_count(sink, "messages", "messages", status->count);
	say_count(sink, "bytes", "bytes", status->queued_bytes);
	if (queue) /* the only one that it has of its own */
		say_count(sink, "limit of bytes", "qbytes", status->limits.capacity);
	else
		say_limits(&status->limits, sink);
	say_truth(sink, "paused", "paused", status->paused);
	say_count(sink, "receivers waiting", "receivers_waiting", status->receivers);
	say_count(sink, "senders waiting", "senders_waiting", status->senders);
	say_count(sink, "last sender", "last_sender_pid", status->last_sender);
	say_count(sink, "last receiver", "last_receiver_pid", status->last_receiver);
	say_time(sink, "last sent", "send_time", status->send_time);
	say_time(sink, "last received", "receive_time", status->receive_time);
	say_time(sink, "last changed", "change_time", status->change_time);
}

/* ---- who made it */

static void say_maker(struct portico *k, const struct pk_port_status *status, struct sink *sink)
{
	if (status->use != PK_MAILBOX && status->use != PK_QUEUE)
		return;
	maker_facts(k, PK_PORTS, status->id, sink);
	if (status->use == PK_QUEUE)
		say_truth(sink, "left behind", "left", is_left_queue(k, status));
}

/* ---- who may use it, and how */

static void say_user(struct portico *k, pk_id task, struct sink *sink)
{
	uint32_t pid = pid_of_task(k, task);
	if (pid != 0)
		say_count(sink, "used by process", NULL, pid);
}

static void say_sharing(struct portico *k, const struct port_view *view, struct sink *sink)
{
	static const char *const words[] = { "any", "two tasks at most", "one receiver at a time" };
	static const char *const keys[] = { "any", "pair", "one receiver" };
	unsigned rule = view->rule <= PK_SHARED_BY_SENDERS ? view->rule : 0;
	say_text(sink, "shared by", "shared_by", (is_structured(sink) ? keys : words)[rule]);
	say_open(sink, "users", '[');
	for (int i = 0; i < 2; i++)
		say_user(k, view->users[i], sink);
	say_close(sink, ']');
}

static void say_set(struct portico *k, const struct port_view *view, struct sink *sink)
{
	struct described set;
	int error;
	if (view->set == 0 || !pk_object(k, PK_PORTS, view->set, &error))
		return;
	say_text(sink, "member of", "set", describe_object(k, PK_PORTS, view->set, &set));
}

static void say_owner_task(struct portico *k, const struct port_view *view, struct sink *sink)
{
	if (view->status.use < PK_COMPLETIONS)
		return;
	say_count(sink, "receiver", "owner_pid", view->owner_pid);
	if (view->status.use == PK_GUARDED)
		say_count(sink, "references to send", "send_references", view->sends);
	if (view->status.use == PK_PORT_SET)
		say_count(sink, "members", "members", port_members(k, view->status.id));
}

static const char *bell_of(const struct port_view *view)
{
	if (!(view->special & PK_SPECIAL_BELL))
		return "none";
	return view->bell == PK_BELL_RINGING ? "rings" : view->bell == PK_BELL_SILENT ? "silent" : "owed";
}

/* ---- what is queued by priority */

static void say_priorities(struct portico *k, pk_id port, struct sink *sink)
{
	uint32_t counts[256];
	port_priorities(k, port, counts);
	say_open(sink, "priorities", '{');
	for (int priority = 255; priority >= 0; priority--) {
		char label[32], key[8];
		snprintf(label, sizeof label, "of priority %d", priority);
		snprintf(key, sizeof key, "%d", priority);
		if (counts[priority] > 0 && (is_structured(sink) || priority > 0))
			say_count(sink, label, key, counts[priority]);
	}
	say_close(sink, '}');
}

/* ---- listeners */

/* `port` is the other of the two. */
static void say_listener(struct portico *k, const struct pk_listener_status *listener, pk_id port,
			 const char *label, struct sink *sink)
{
	char line[192];
	struct described object;
	describe_object(k, PK_PORTS, port, &object);
	uint32_t pid = pid_of_task(k, listener->owner);
	if (!is_structured(sink)) {
		snprintf(line, sizeof line, "%s, for process %u: heard %llu, missed %llu (%u lately)",
			 object.text, pid, (unsigned long long)listener->heard,
			 (unsigned long long)listener->missed, listener->missed_lately);
		say_text(sink, label, NULL, line);
		return;
	}
	say_open(sink, NULL, '{');
	say_text(sink, NULL, "port", object.text);
	say_count(sink, NULL, "pid", pid);
	say_count(sink, NULL, "heard", listener->heard);
	say_count(sink, NULL, "missed", listener->missed);
	say_count(sink, NULL, "missed_lately", listener->missed_lately);
	say_close(sink, '}');
}

static void say_one_that_hears(struct portico *k, const struct pk_listener_status *listener, void *sink)
{
	say_listener(k, listener, listener->port, "heard by", sink);
}

static void say_one_that_is_heard(struct portico *k, const struct pk_listener_status *listener, void *sink)
{
	say_listener(k, listener, listener->source, "hears", sink);
}

static void say_listeners(struct portico *k, pk_id port, struct sink *sink)
{
	say_open(sink, "listeners", '[');
	each_listener(k, port, say_one_that_hears, sink);
	say_close(sink, ']');
	say_open(sink, "hears", '[');
	each_source(k, port, say_one_that_is_heard, sink);
	say_close(sink, ']');
}

/* ---- all of it */

int port_facts(struct portico *k, pk_id port, struct sink *sink)
{
	struct port_view view;
	int error = port_view_take(k, port, &view);
	if (error)
		return error;
	say_status(k, &view.status, sink);
	say_maker(k, &view.status, sink);
	if (view.status.use == PK_QUEUE) { /* the rest it hasn't */
		say_listeners(k, port, sink);
		return 0;
	}
	say_owner_task(k, &view, sink);
	say_sharing(k, &view, sink);
	say_set(k, &view, sink);
	say_priorities(k, port, sink);
	say_count(sink, "receipts awaited", "receipts_awaited", view.receipts);
	say_truth(sink, "pooled", "pooled", view.special & PK_SPECIAL_POOLED);
	if (view.special & PK_SPECIAL_POOLED)
		say_count(sink, "places of the pool", "pool_places", view.pooled);
	say_text(sink, "bell", "bell", bell_of(&view));
	say_listeners(k, port, sink);
	return 0;
}
