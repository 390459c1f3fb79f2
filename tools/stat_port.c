/* SPDX-License-Identifier: MIT */
/* All about one mailbox, or another port. */
#include "bell.h"
#include "commands.h"
#include "complain.h"
#include "describe.h"
#include "facts.h"
#include "instance.h"
#include "json.h"
#include "listener.h"
#include "maker.h"
#include "ports.h"
#include "share.h"

#include <stdio.h>

static void say_status(struct portico *k, const struct pk_port_status *status)
{
	char mode[8];
	snprintf(mode, sizeof mode, "%04o", status->permission.mode);
	struct pk_label label;
	if (status->use == PK_MAILBOX) {
		say_text("mailbox", "name", status->name);
	} else {
		pk_label_of(k, PK_PORTS, status->id, &label);
		say_text(label.kind, "name", label.name);
	}
	struct described key;
	if (status->use == PK_QUEUE)
		say_text("key", "key", describe_key(&key, status->permission.key));
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

/* ---- who made it */

static void say_maker(struct portico *k, const struct pk_port_status *status)
{
	struct maker maker;
	struct described text;
	if ((status->use != PK_MAILBOX && status->use != PK_QUEUE) ||
	    !maker_of(k, PK_PORTS, status->id, &maker))
		return;
	if (facts_as_json) {
		maker_as_json(k, PK_PORTS, status->id);
	} else {
		say_text("made by", NULL, describe_maker(&text, &maker));
		if (!maker.lives)
			say_time("maker ended", NULL, maker.ended);
	}
	if (status->use == PK_QUEUE)
		say_bool("left behind", "left", is_left_queue(k, status));
}

/* ---- who may use it, and how */

static void say_pid(const char *label, const char *key, struct portico *k, pk_id task)
{
	uint32_t pid = pid_of_task(k, task);
	if (pid != 0)
		say_count(label, key, pid);
}

static void say_sharing(struct portico *k, const struct port_view *view)
{
	static const char *const words[] = { "any", "two tasks at most", "one receiver at a time" };
	static const char *const keys[] = { "any", "pair", "one receiver" };
	unsigned rule = view->rule <= PK_SHARED_BY_SENDERS ? view->rule : 0;
	say_text("shared by", "shared_by", (facts_as_json ? keys : words)[rule]);
	if (facts_as_json)
		json_open("users", '[');
	for (int i = 0; i < 2; i++)
		say_pid("used by process", NULL, k, view->users[i]);
	if (facts_as_json)
		json_close(']');
}

static void say_set(struct portico *k, const struct port_view *view)
{
	struct described set;
	int error;
	if (view->set == 0 || !pk_object(k, PK_PORTS, view->set, &error))
		return;
	say_text("member of", "set", describe_object(k, PK_PORTS, view->set, &set));
}

static void say_owner_task(struct portico *k, const struct port_view *view)
{
	if (view->status.use < PK_COMPLETIONS)
		return;
	say_count("receiver", "owner_pid", view->owner_pid);
	if (view->status.use == PK_GUARDED)
		say_count("references to send", "send_references", view->sends);
	if (view->status.use == PK_PORT_SET)
		say_count("members", "members", port_members(k, view->status.id));
}

static const char *bell_of(const struct port_view *view)
{
	if (!(view->special & PK_SPECIAL_BELL))
		return "none";
	return view->bell == PK_BELL_RINGING ? "rings" : view->bell == PK_BELL_SILENT ? "silent" : "owed";
}

/* ---- what is queued by priority */

static void say_priorities(struct portico *k, pk_id port)
{
	uint32_t counts[256];
	port_priorities(k, port, counts);
	if (facts_as_json)
		json_open("priorities", '{');
	for (int priority = 255; priority >= 0; priority--) {
		char label[32], key[8];
		snprintf(label, sizeof label, "of priority %d", priority);
		snprintf(key, sizeof key, "%d", priority);
		if (counts[priority] > 0 && (facts_as_json || priority > 0))
			say_count(label, key, counts[priority]);
	}
	if (facts_as_json)
		json_close('}');
}

/* ---- listeners */

static void say_listener(struct portico *k, const char *label, pk_id port,
			 const struct pk_listener_status *listener)
{
	struct described object;
	describe_object(k, PK_PORTS, port, &object);
	if (!facts_as_json) {
		printf("%-22s %s, for process %u: heard %llu, missed %llu (%u lately)\n", label, object.text,
		       pid_of_task(k, listener->owner), (unsigned long long)listener->heard,
		       (unsigned long long)listener->missed, listener->missed_lately);
		return;
	}
	json_open(NULL, '{');
	json_text("port", object.text);
	json_count("pid", pid_of_task(k, listener->owner));
	json_count("heard", listener->heard);
	json_count("missed", listener->missed);
	json_count("missed_lately", listener->missed_lately);
	json_close('}');
}

static void say_one_that_hears(struct portico *k, const struct pk_listener_status *listener)
{
	say_listener(k, "heard by", listener->port, listener);
}

static void say_one_that_is_heard(struct portico *k, const struct pk_listener_status *listener)
{
	say_listener(k, "hears", listener->source, listener);
}

static void say_listeners(struct portico *k, pk_id port)
{
	if (facts_as_json)
		json_open("listeners", '[');
	each_listener(k, port, say_one_that_hears);
	if (facts_as_json) {
		json_close(']');
		json_open("hears", '[');
	}
	each_source(k, port, say_one_that_is_heard);
	if (facts_as_json)
		json_close(']');
}

/* ---- all of it */

int stat_port(struct portico *k, const char *name, pk_id port)
{
	struct port_view view;
	int error = port_view_take(k, port, &view);
	if (error)
		return complain_of("port", name, error);
	if (facts_as_json)
		json_open(NULL, '{');
	say_status(k, &view.status);
	say_maker(k, &view.status);
	say_owner_task(k, &view);
	say_sharing(k, &view);
	say_set(k, &view);
	say_priorities(k, port);
	say_count("receipts awaited", "receipts_awaited", view.receipts);
	say_bool("pooled", "pooled", view.special & PK_SPECIAL_POOLED);
	if (view.special & PK_SPECIAL_POOLED)
		say_count("places of the pool", "pool_places", view.pooled);
	say_text("bell", "bell", bell_of(&view));
	say_listeners(k, port);
	if (facts_as_json)
		json_close('}');
	return DONE;
}
