/* SPDX-License-Identifier: MIT */
#include "why.h"
#include "caller.h"
#include "sentence.h"

#define LINE 4096

static uint32_t say_waits(struct portico *k, struct pk_graph *graph, uint32_t task, const struct pk_why *why)
{
	char line[LINE];
	uint32_t count = 0;
	for (uint32_t wait = graph->tasks[task].waits; wait != 0; wait = graph->waits[wait].next) {
		struct pk_text text = PK_TEXT(line);
		pk_say_stuck(k, graph, wait, &text);
		why->line(line, why->context);
		count++;
	}
	return count;
}

/* Of a mount what it waits for its clients, with whose calls they are; else it waits for the next of them. */
static uint32_t say_clients(struct portico *k, struct pk_graph *graph, uint32_t task,
			    const struct pk_why *why)
{
	char line[LINE];
	uint32_t count = 0, slot = 1;
	struct pk_opened call;
	while (pk_caller_next(k, graph->tasks[task].id, &slot, &call)) {
		struct pk_text text = PK_TEXT(line);
		pk_say_process(call.pid, &text);
		pk_text_add(&text, " ");
		pk_say_call(k, graph, &call, NULL, &text);
		why->line(line, why->context);
		count++;
	}
	return count;
}

static const char *place_of(struct portico *k, const struct pk_graph *graph, pk_id mount,
			    const struct pk_why *why)
{
	uint32_t slot = pk_id_slot(mount);
	bool known = why->place && slot < graph->task_count && graph->tasks[slot].id == mount &&
		     graph->tasks[slot].pid_namespace == k->mine->process.pid_namespace;
	return known ? why->place(graph->tasks[slot].pid) : "";
}

static uint32_t say_calls(struct portico *k, struct pk_graph *graph, uint32_t pid, const struct pk_why *why)
{
	char line[LINE];
	uint32_t count = 0, slot = 1;
	struct pk_opened call;
	while (pk_caller_next(k, 0, &slot, &call)) {
		struct pk_text text = PK_TEXT(line);
		if (!pk_caller_is(&call, pid))
			continue;
		pk_say_call(k, graph, &call, place_of(k, graph, call.mount, why), &text);
		why->line(line, why->context);
		count++;
	}
	return count;
}

uint32_t pk_why_say(struct portico *k, struct pk_graph *graph, uint32_t pid, uint32_t task,
		    const struct pk_why *why)
{
	const struct pk_graph_task *about = &graph->tasks[task]; /* number 0 waits for nothing */
	if (about->suspended != 0)
		why->line("waits to be resumed; it is suspended", why->context);
	uint32_t count = about->flags & PK_TASK_MOUNT ? say_clients(k, graph, task, why)
						      : say_waits(k, graph, task, why);
	count += say_calls(k, graph, pid, why);
	if (count == 0 && about->suspended == 0)
		why->line("waits for nothing here", why->context);
	return count;
}
