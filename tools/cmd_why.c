/* SPDX-License-Identifier: MIT */
/* What a task waits for, and who could end it: a line for each wait. */
#include "commands.h"
#include "complain.h"
#include "inbox.h"
#include "instance.h"
#include "json.h"
#include "options.h"
#include "waits.h"

#include <stdio.h>

/* Its number in the graph, or 0 and complained of. */
static uint32_t find_task(struct portico *k, const struct pk_graph *graph, const char *pid)
{
	pk_id task;
	if (find_process(k, pid, &task) != 0)
		return 0;
	uint32_t slot = pk_id_slot(task);
	if (slot < graph->task_count && graph->tasks[slot].id == task)
		return slot;
	complain("pid %s: came to the instance just now; try again", pid);
	return 0;
}

/* ---- telling */

static void as_text(struct portico *k, struct pk_graph *graph, uint32_t task)
{
	char line[4096];
	uint32_t wait = graph->tasks[task].waits;
	if (wait == 0)
		puts("waits for nothing here");
	for (; wait != 0; wait = graph->waits[wait].next) {
		struct pk_text text = PK_TEXT(line);
		pk_say_stuck(k, graph, wait, &text);
		puts(line);
	}
}

static void as_json(struct portico *k, struct pk_graph *graph, uint32_t task)
{
	const struct pk_graph_task *about = &graph->tasks[task];
	json_open(NULL, '{');
	task_as_json(about);
	json_count("threads", about->threads);
	json_count("threads_waiting", about->asleep);
	json_text("stuck", stuck_in_words(about->stuck));
	json_open("waits", '[');
	for (uint32_t wait = about->waits; wait != 0; wait = graph->waits[wait].next)
		wait_as_json(k, graph, wait);
	json_close(']');
	json_open("cycle", '[');
	for (uint32_t i = 0, count = pk_knot_cycle_of(graph, task); i < count; i++)
		json_count(NULL, graph->tasks[graph->steps[i].task].pid);
	json_close(']');
	json_close('}');
}

static const char *directory;
static bool json;

static const struct option_entry options[] = {
	INSTANCE_OPTION(&directory),
	JSON_OPTION(&json),
	{ 0 },
};

static const struct usage usage = {
	"why", "PID", "Tell what a task waits for, since when, and who could end it", options, 1, 1, false
};

int cmd_why(int argc, char **argv)
{
	struct pk_graph graph;
	parse_options(&usage, argc, argv);
	struct portico *k = open_instance(directory, 0, 0);
	if (!k)
		return FAILED;
	int error = pk_graph_take_twice(k, &graph);
	if (error)
		return complain_of("instance", k->directory, error);
	uint32_t task = find_task(k, &graph, argv[0]);
	if (task != 0 && json)
		as_json(k, &graph, task);
	else if (task != 0)
		as_text(k, &graph, task);
	pk_graph_drop(&graph);
	return task != 0 ? DONE : FAILED;
}
