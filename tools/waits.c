/* SPDX-License-Identifier: MIT */
#include "waits.h"
#include "cycle.h"
#include "json.h"
#include "label.h"
#include "platform.h"
#include "wait.h"
#include "waiters.h"

#include <stdio.h>

const char *stuck_in_words(uint8_t stuck)
{
	return stuck == PK_STUCK ? "yes" : stuck == PK_LIKELY_STUCK ? "likely" : "no";
}

void task_as_json(const struct pk_graph_task *task)
{
	json_count("pid", task->pid);
	json_text("command", task->command);
	json_bool("stopped", task->stopped);
	json_bool("suspended", task->suspended != 0);
}

/* ---- a wait */

/* One of a group, or the one that there is. */
static void member_as_json(struct portico *k, const struct pk_graph *graph, const struct pk_graph_wait *wait)
{
	static const char *const by[] = { "anybody",  "right",	  "owner", "wanted sender", "own waits",
					  "has sent", "received", "made",  "SEM_UNDO",	    "changed last" };
	const struct pk_enders *enders = &graph->enders[wait->enders];
	struct pk_label label;
	pk_label_of(k, wait->table, wait->object, &label);
	json_open(NULL, '{');
	json_text("kind", label.kind);
	json_text("object", label.name);
	if (wait->table == PK_SETS)
		json_count("semaphore", enders->semaphore);
	json_text("enders_by", by[enders->how]);
	json_bool("certain", pk_enders_certain(enders) && !enders->open);
	json_open("enders", '[');
	for (uint32_t at = enders->first; at != 0; at = graph->ender[at].next)
		json_count(NULL, graph->tasks[graph->ender[at].task].pid);
	json_close(']');
	json_open("openers", '[');
	for (uint32_t i = 0; i < enders->openers.count && i < PK_OPENERS; i++)
		json_count(NULL, enders->openers.pid[i]);
	json_close(']');
	json_close('}');
}

void wait_as_json(struct portico *k, const struct pk_graph *graph, uint32_t slot)
{
	const struct pk_graph_wait *wait = &graph->waits[slot];
	json_open(NULL, '{');
	json_text("for", wait_word(wait->table, wait->purpose, wait->type));
	json_number("waited_ns", graph->now_ns - wait->since_ns);
	if (wait->until_ns != PK_FOREVER)
		json_number("left_ns", wait->until_ns - graph->now_ns);
	json_bool("posted", wait->tell == PK_TELL_PORT);
	json_open("on", '[');
	for (; slot != 0; slot = graph->waits[slot].next_member)
		member_as_json(k, graph, &graph->waits[slot]);
	json_close(']');
	json_close('}');
}

/* ---- deadlocks */

static void cycle_as_json(struct portico *k, const struct pk_graph *graph, uint32_t count)
{
	json_open(NULL, '{');
	json_bool("certain", pk_knot_certain(graph, count));
	json_open("tasks", '[');
	for (uint32_t i = 0; i < count; i++) {
		json_open(NULL, '{');
		task_as_json(&graph->tasks[graph->steps[i].task]);
		json_open("waits", '[');
		wait_as_json(k, graph, graph->waits[graph->steps[i].wait].leader);
		json_close(']');
		json_close('}');
	}
	json_close(']');
	json_close('}');
}

unsigned print_deadlocks(struct portico *k, struct pk_graph *graph, bool json)
{
	unsigned cycles = 0;
	if (json)
		json_open(NULL, '[');
	for (uint32_t count; (count = pk_knot_cycle(graph)) > 0; cycles++) {
		if (json)
			cycle_as_json(k, graph, count);
		else
			cycle_lines(k, graph, count, stdout);
	}
	if (json)
		json_close(']');
	return cycles;
}
