/* SPDX-License-Identifier: MIT */
/* The calls of <portico/why.h>. */
#include "caller.h"
#include "inbox.h"
#include "public.h"
#include "sentence.h"
#include "why.h"

#include <errno.h>
#include <portico/why.h>
#include <string.h>

/* ---- one task */

static void add_line(const char *line, void *context)
{
	struct pk_text *text = context;
	if (text->length > 0)
		pk_text_character(text, '\n');
	pk_text_add(text, line);
}

PUBLIC int portico_why(portico *instance, pid_t pid, char *text, size_t size_bytes)
{
	struct pk_graph graph;
	pk_id task = 0;
	if (size_bytes == 0)
		return -EINVAL;
	int result = pk_graph_take_twice(instance, &graph);
	if (result)
		return result;
	struct pk_text said = pk_text(text, size_bytes);
	result = pid > 0 ? pk_task_by_pid(instance, (uint32_t)pid, &task) : -ESRCH;
	uint32_t slot = pk_id_slot(task);
	if (result == 0 && (slot >= graph.task_count || graph.tasks[slot].id != task)) {
		result = -ESRCH;
		slot = 0;
	}
	if (result == -ESRCH && pid > 0 && pk_caller_known(instance, (uint32_t)pid))
		result = 0;
	if (result == 0)
		result = (int)pk_why_say(instance, &graph, (uint32_t)pid, slot,
					 &(struct pk_why){ .line = add_line, .context = &said });
	pk_graph_drop(&graph);
	return result;
}

/* ---- all deadlocks */

#define LINE 256

/* A cycle as it is shown: its tasks, and after them a line for each. */
struct shown {
	struct portico_stuck *tasks;
	char (*lines)[LINE];
};

static void show_step(struct portico *k, const struct pk_graph *graph, uint32_t i, const struct shown *shown)
{
	const struct pk_knot_step *step = &graph->steps[i];
	const struct pk_graph_task *task = &graph->tasks[step->task];
	struct pk_text line = pk_text(shown->lines[i], LINE);
	pk_say_wait(k, graph, graph->waits[step->wait].leader, &line);
	shown->tasks[i] = (struct portico_stuck){
		.task = { pk_task_tag(task->id) },
		.pid = (pid_t)task->pid,
		.waits = shown->lines[i],
	};
	memcpy(shown->tasks[i].command, task->command, sizeof task->command);
}

static int visit_cycles(struct portico *k, struct pk_graph *graph, const struct shown *shown,
			int (*visit)(const struct portico_deadlock *deadlock, void *context), void *context)
{
	int visited = 0, enough = 0;
	for (uint32_t count; !enough && (count = pk_knot_cycle(graph)) > 0; visited++) {
		for (uint32_t i = 0; i < count; i++)
			show_step(k, graph, i, shown);
		struct portico_deadlock deadlock = {
			.certain = pk_knot_certain(graph, count),
			.count = count,
			.tasks = shown->tasks,
		};
		enough = visit(&deadlock, context);
	}
	return visited;
}

PUBLIC int portico_deadlocks(portico *instance,
			     int (*visit)(const struct portico_deadlock *deadlock, void *context),
			     void *context)
{
	struct pk_graph graph;
	void *memory = NULL;
	int result = pk_graph_take_twice(instance, &graph);
	if (result)
		return result;
	uint64_t bytes = (uint64_t)graph.task_count * (sizeof(struct portico_stuck) + LINE);
	if (pk_map(&memory, bytes, -1, 0) == 0) {
		struct shown shown = { memory,
				       (char(*)[LINE])((struct portico_stuck *)memory + graph.task_count) };
		result = visit_cycles(instance, &graph, &shown, visit, context);
		pk_unmap(memory, bytes);
	} else {
		result = -ENOMEM;
	}
	pk_graph_drop(&graph);
	return result;
}
