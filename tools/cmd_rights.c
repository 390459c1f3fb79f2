/* SPDX-License-Identifier: MIT */
/* Who holds which right to what, and memory; and what is on its way in messages. */
#include "columns.h"
#include "commands.h"
#include "complain.h"
#include "instance.h"
#include "options.h"
#include "right_facts.h"
#include "sinks.h"
#include "task.h"

#include <stdio.h>

struct view {
	struct portico *k;
	struct holdings holdings;
	struct columns *columns; /* NULL: JSON, to: */
	struct sink *sink;
};

/* ---- a line each */

static void add_state(const struct view *view, const struct holding *holding)
{
	struct described port;
	bool dead = right_is_dead(view->k, holding);
	if (holding->task == 0) {
		const char *how = describe_carrier(view->k, holding, &port);
		columns_add(view->columns, "%s%s %s", dead ? "dead; " : "", how, port.text);
	} else if (dead) {
		columns_add(view->columns, "dead");
	} else if (holding->kind == PK_RIGHT_RECEIVE) {
		columns_add(view->columns, "%u to send", right_senders(view->k, holding));
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
		pk_text_add(&text, request_word(request->kind));
	}
	columns_add(view->columns, "%s", text.length ? line : "-");
}

static void as_text(const struct view *view, const struct holding *holding)
{
	const struct pk_task *task = pk_task_of_id(view->k, holding->task);
	struct described object;
	right_label(view->k, holding, &object);
	if (task) {
		columns_add(view->columns, "%u", task->pid);
		columns_add(view->columns, "%.16s", task->command);
	} else {
		columns_add(view->columns, "-");
		columns_add(view->columns, "-");
	}
	columns_add(view->columns, "%s", right_word(holding->kind));
	columns_add(view->columns, "%u", holding->references);
	columns_add(view->columns, "%s", object.text);
	add_state(view, holding);
	add_requests(view, holding);
}

/* ---- all of them, or those of one task */

static void list(const struct view *view, pk_id task)
{
	for (size_t i = 0; i < view->holdings.count; i++) {
		const struct holding *holding = &view->holdings.list[i];
		if (holding_is_request(holding) || (task != 0 && holding->task != task))
			continue;
		if (view->columns) {
			as_text(view, holding);
			continue;
		}
		say_open(view->sink, NULL, '{');
		right_facts(view->k, &view->holdings, holding, view->sink);
		say_close(view->sink, '}');
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
		struct output output;
		view.sink = output_as(&output, true, 0);
		say_open(view.sink, NULL, '[');
		list(&view, task);
		say_close(view.sink, ']');
	} else {
		columns_begin(&columns, sizeof headings / sizeof headings[0], headings);
		view.columns = &columns;
		list(&view, task);
		columns_end(&columns);
	}
	holdings_drop(&view.holdings);
	return DONE;
}
