/* SPDX-License-Identifier: MIT */
/* Who holds which right to what, and memory; and what is on its way in messages. */
#include "columns.h"
#include "commands.h"
#include "complain.h"
#include "describe.h"
#include "holdings.h"
#include "instance.h"
#include "json.h"
#include "options.h"
#include "task.h"

#include <errno.h>
#include <stdio.h>

struct view {
	struct portico *k;
	struct holdings holdings;
	struct columns *columns; /* NULL: JSON */
};

static const char *const kinds[] = {
	[HOLDING_MEMORY] = "memory",	    [PK_RIGHT_RECEIVE] = "receive", [PK_RIGHT_SEND] = "send",
	[PK_RIGHT_SEND_ONCE] = "send once", [PK_RIGHT_TASK] = "task",
};

/* What each kind of request is to be told of. */
static const char *event_of(uint32_t kind)
{
	switch (kind) {
	case PK_ASK_DEAD_NAME:
		return "dead name";
	case PK_ASK_NO_SENDERS:
		return "no senders";
	case PK_ASK_DESTROYED:
		return "port destroyed";
	default:
		return "task ended";
	}
}

/* What it is a right to; no name: gone. */
static void label_object(struct portico *k, const struct holding *holding, struct described *into)
{
	const struct pk_task *task =
		holding->kind == PK_RIGHT_TASK ? pk_task_of_id(k, holding->object) : NULL;
	if (holding->kind == HOLDING_MEMORY)
		snprintf(into->text, sizeof into->text, "%llu bytes", (unsigned long long)holding->bytes);
	else if (holding->kind != PK_RIGHT_TASK)
		describe_object(k, PK_PORTS, holding->object, into);
	else if (task)
		snprintf(into->text, sizeof into->text, "pid %u", task->pid);
	else
		snprintf(into->text, sizeof into->text, "task (ended)");
}

static bool is_dead(struct portico *k, const struct holding *holding)
{
	int error;
	if (holding->kind == HOLDING_MEMORY)
		return false;
	return holding->kind == PK_RIGHT_TASK ? !pk_task_of_id(k, holding->object)
					      : !pk_object(k, PK_PORTS, holding->object, &error);
}

static uint32_t senders_of(struct portico *k, const struct holding *holding)
{
	int error;
	const struct pk_port *port = pk_object(k, PK_PORTS, holding->object, &error);
	return port ? port->sends : 0;
}

/* ---- the message that carries it */

/* How it stands: "in", once it was sent, or what else its word says. */
static const char *describe_carrier(struct portico *k, const struct holding *holding, struct described *port)
{
	const struct pk_message *m = pk_message_at(k, holding->message);
	enum pk_kind kind = m ? pk_word_kind(pk_load(&m->head.word)) : PK_FREE;
	port->text[0] = '\0';
	if (kind != PK_QUEUED && kind != PK_GRANTED && kind != PK_HELD)
		return "in a message that isn't sent yet";
	describe_object(k, PK_PORTS, m->port, port);
	return kind == PK_QUEUED ? "in a message at" : "in a message taken from";
}

/* ---- a line each */

static void add_state(const struct view *view, const struct holding *holding)
{
	struct described port;
	bool dead = is_dead(view->k, holding);
	if (holding->task == 0) {
		const char *how = describe_carrier(view->k, holding, &port);
		columns_add(view->columns, "%s%s %s", dead ? "dead; " : "", how, port.text);
	} else if (dead) {
		columns_add(view->columns, "dead");
	} else if (holding->kind == PK_RIGHT_RECEIVE) {
		columns_add(view->columns, "%u to send", senders_of(view->k, holding));
	} else {
		columns_add(view->columns, "-");
	}
}

static void add_requests(const struct view *view, const struct holding *right)
{
	char line[128];
	struct pk_text text = PK_TEXT(line);
	for (size_t i = 0; i < view->holdings.count; i++) {
		const struct holding *request = &view->holdings.list[i];
		if (!holding_is_request(request) || !holding_is_about(request, right))
			continue;
		pk_text_add(&text, text.length ? ", " : "");
		pk_text_add(&text, event_of(request->kind));
	}
	columns_add(view->columns, "%s", text.length ? line : "-");
}

static void as_text(const struct view *view, const struct holding *holding)
{
	const struct pk_task *task = pk_task_of_id(view->k, holding->task);
	struct described object;
	label_object(view->k, holding, &object);
	if (task) {
		columns_add(view->columns, "%u", task->pid);
		columns_add(view->columns, "%.16s", task->command);
	} else {
		columns_add(view->columns, "-");
		columns_add(view->columns, "-");
	}
	columns_add(view->columns, "%s", kinds[holding->kind]);
	columns_add(view->columns, "%u", holding->references);
	columns_add(view->columns, "%s", object.text);
	add_state(view, holding);
	add_requests(view, holding);
}

/* ---- as JSON */

static void requests_as_json(const struct view *view, const struct holding *right)
{
	json_open("requests", '[');
	for (size_t i = 0; i < view->holdings.count; i++) {
		const struct holding *request = &view->holdings.list[i];
		struct described port;
		if (!holding_is_request(request) || !holding_is_about(request, right))
			continue;
		json_open(NULL, '{');
		json_text("event", event_of(request->kind));
		json_text("told_at", describe_object(view->k, PK_PORTS, request->tell, &port));
		json_close('}');
	}
	json_close(']');
}

static void holder_as_json(const struct view *view, const struct holding *holding)
{
	const struct pk_task *task = pk_task_of_id(view->k, holding->task);
	struct described port;
	json_count("pid", task ? task->pid : 0);
	if (task) {
		char command[sizeof task->command + 1];
		snprintf(command, sizeof command, "%.16s", task->command);
		json_text("command", command);
	} else {
		describe_carrier(view->k, holding, &port);
		json_text("message_at", port.text);
	}
}

static void as_json(const struct view *view, const struct holding *holding)
{
	struct described object;
	json_open(NULL, '{');
	holder_as_json(view, holding);
	json_text("kind", kinds[holding->kind]);
	json_count("references", holding->references);
	if (holding->kind == HOLDING_MEMORY) {
		json_count("bytes", holding->bytes);
	} else {
		label_object(view->k, holding, &object);
		json_text("to", object.text);
		json_bool("dead", is_dead(view->k, holding));
		if (holding->kind == PK_RIGHT_RECEIVE)
			json_count("senders", senders_of(view->k, holding));
		requests_as_json(view, holding);
	}
	json_close('}');
}

/* ---- all of them, or those of one task */

static void list(const struct view *view, pk_id task)
{
	for (size_t i = 0; i < view->holdings.count; i++) {
		const struct holding *holding = &view->holdings.list[i];
		if (holding_is_request(holding) || (task != 0 && holding->task != task))
			continue;
		if (view->columns)
			as_text(view, holding);
		else
			as_json(view, holding);
	}
}

static const char *directory;
static bool json;

static const struct option_entry options[] = {
	INSTANCE_OPTION(&directory),
	JSON_OPTION(&json),
	{ 0 },
};

static const struct usage usage = {
	"rights", "[PID]", "List who holds which right to what, and memory that moves", options, 0, 1, false
};

int cmd_rights(int argc, char **argv)
{
	static const char *const headings[] = { "PID", "COMMAND", "RIGHT",  "REFERENCES",
						"TO",  "STATE",	  "TOLD OF" };
	struct columns columns;
	pk_id task = 0;
	parse_options(&usage, argc, argv);
	struct view view = { .k = open_instance(directory, 0, 0) };
	if (!view.k)
		return FAILED;
	pk_task_sweep(view.k, true);
	if (argv[0] && find_process(view.k, argv[0], &task) != 0)
		return FAILED;
	int error = holdings_take(view.k, &view.holdings);
	if (error)
		return complain_of("instance", view.k->directory, error);
	if (json) {
		json_open(NULL, '[');
		list(&view, task);
		json_close(']');
	} else {
		columns_begin(&columns, sizeof headings / sizeof headings[0], headings);
		view.columns = &columns;
		list(&view, task);
		columns_end(&columns);
	}
	holdings_drop(&view.holdings);
	return DONE;
}
