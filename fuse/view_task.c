/* SPDX-License-Identifier: MIT */
/* Tasks, to be looked at.  All but `status` are the clerk's to make, so nothing here knows of channels. */
#include "desire.h"
#include "facts.h"
#include "flat.h"
#include "right_facts.h"
#include "views.h"

#include "guard.h"
#include "live.h"
#include "port.h"
#include "task.h"
#include "why.h"

#include <errno.h>
#include <string.h>

int task_status_text(FILE *text, pk_id task)
{
	struct flat flat;
	return task_facts(server.kernel, task, flat_sink(&flat, text));
}

/* ---- ports that it owns, made, or has used */

static bool is_among(uint32_t tag, const uint32_t *tags, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (tags[i] == tag)
			return true;
	return false;
}

static void say_port(pk_id id, pk_id task, struct sink *sink)
{
	uint32_t tag = pk_task_tag(task);
	struct pk_port *port, *guard;
	struct pk_label label;
	if (pk_port_lock(server.kernel, id, &port, &guard) != 0)
		return;
	struct pk_parties parties = port->parties;
	bool owns = port->owner == task, made = parties.maker == tag;
	uint32_t count = port->count;
	pk_port_unlock(server.kernel, guard);
	bool receives = is_among(tag, parties.receivers, sizeof parties.receivers / sizeof tag);
	bool sends = is_among(tag, parties.senders, sizeof parties.senders / sizeof tag);
	if (!owns && !made && !receives && !sends)
		return;
	pk_label_of(server.kernel, PK_PORTS, id, &label);
	say_open(sink, NULL, '{');
	say_text(sink, NULL, "kind", label.kind);
	say_text(sink, NULL, "name", label.name);
	say_truth(sink, NULL, "owns", owns);
	say_truth(sink, NULL, "made", made);
	say_truth(sink, NULL, "received", receives);
	say_truth(sink, NULL, "sent", sends);
	say_count(sink, NULL, "messages", count);
	say_close(sink, '}');
}

int task_ports_text(FILE *text, pk_id task)
{
	struct flat flat;
	struct sink *sink = flat_sink(&flat, text);
	uint32_t committed = pk_committed(server.kernel, PK_PORTS);
	say_open(sink, "port", '[');
	for (uint32_t slot = 1; slot < committed; slot++) {
		pk_id id = live_object(server.kernel, PK_PORTS, slot);
		if (id)
			say_port(id, task, sink);
	}
	say_close(sink, ']');
	return 0;
}

/* ---- rights */

int task_rights_text(FILE *text, pk_id task)
{
	struct flat flat;
	struct holdings holdings;
	struct sink *sink = flat_sink(&flat, text);
	int error = holdings_take(server.kernel, &holdings);
	if (error)
		return error;
	say_open(sink, "right", '[');
	for (size_t i = 0; i < holdings.count; i++) {
		const struct holding *holding = &holdings.list[i];
		if (holding->task != task || holding_is_request(holding))
			continue;
		say_open(sink, NULL, '{');
		right_facts(server.kernel, &holdings, holding, sink);
		say_close(sink, '}');
	}
	say_close(sink, ']');
	holdings_drop(&holdings);
	return 0;
}

/* ---- waits */

int task_waits_text(FILE *text, pk_id task)
{
	struct flat flat;
	struct sink *sink = flat_sink(&flat, text);
	uint32_t committed = pk_committed(server.kernel, PK_WAITS);
	struct desire desire;
	say_open(sink, "wait", '[');
	for (uint32_t slot = 1; slot < committed; slot++) {
		if (!desire_read(server.kernel, slot, task, &desire))
			continue;
		say_open(sink, NULL, '{');
		desire_facts(&desire, sink);
		say_close(sink, '}');
	}
	say_close(sink, ']');
	return 0;
}

/* ---- why */

struct telling {
	FILE *text;
	uint32_t lines;
};

static void put_line(const char *line, void *context)
{
	struct telling *telling = context;
	if (telling->lines++ < VIEW_MOST)
		fprintf(telling->text, "%s\n", line);
}

static void say_why(FILE *text, struct pk_graph *graph, uint32_t task)
{
	struct telling telling = { .text = text };
	pk_why_say(server.kernel, graph, graph->tasks[task].pid, task,
		   &(struct pk_why){ .line = put_line, .context = &telling });
	if (telling.lines > VIEW_MOST)
		fprintf(text, "and %u wait%s more\n", telling.lines - VIEW_MOST,
			telling.lines - VIEW_MOST == 1 ? "" : "s");
}

int task_why_text(FILE *text, pk_id id)
{
	struct pk_graph graph;
	uint32_t slot = pk_id_slot(id);
	int error = pk_graph_take_twice(server.kernel, &graph);
	if (error)
		return error;
	if (slot < graph.task_count && graph.tasks[slot].id == id)
		say_why(text, &graph, slot);
	else
		error = -ESRCH;
	pk_graph_drop(&graph);
	return error;
}
