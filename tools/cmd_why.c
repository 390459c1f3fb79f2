/* SPDX-License-Identifier: MIT */
/* What a process waits for, and who could end it: a line for each wait. */
#include "callers.h"
#include "commands.h"
#include "complain.h"
#include "inbox.h"
#include "instance.h"
#include "json.h"
#include "options.h"
#include "waits.h"
#include "why.h"

#include <stdio.h>

/* Its number in the graph; 0: it is no task, but waits at a mount, or has a file open there.  False:
 * complained of. */
static bool find_whom(struct portico *k, const struct pk_graph *graph, const char *text, uint32_t *slot)
{
	pk_id task = 0;
	uint32_t pid = pid_operand(text);
	*slot = 0;
	if (pk_task_by_pid(k, pid, &task) != 0 && pk_caller_known(k, pid))
		return true;
	if (task == 0 && find_process(k, text, &task) != 0)
		return false;
	*slot = pk_id_slot(task);
	if (*slot < graph->task_count && graph->tasks[*slot].id == task)
		return true;
	complain("pid %s: came to the instance just now; try again", text);
	return false;
}

/* ---- telling */

static void put_line(const char *line, void *context)
{
	(void)context;
	puts(line);
}

static void as_text(struct portico *k, struct pk_graph *graph, uint32_t pid, uint32_t task)
{
	pk_why_say(k, graph, pid, task, &(struct pk_why){ .line = put_line, .place = place_of_mount });
}

static void as_json(struct portico *k, struct pk_graph *graph, uint32_t pid, uint32_t task)
{
	struct pk_graph_task about = graph->tasks[task]; /* number 0 waits for nothing */
	if (task == 0) {
		about.pid = pid;
		pk_process_command(pid, about.command);
	}
	json_open(NULL, '{');
	task_as_json(&about);
	json_count("threads", about.threads);
	json_count("threads_waiting", about.asleep);
	json_text("stuck", stuck_in_words(about.stuck));
	json_open("waits", '[');
	for (uint32_t wait = about.waits; wait != 0; wait = graph->waits[wait].next)
		wait_as_json(k, graph, wait);
	json_close(']');
	json_open("cycle", '[');
	for (uint32_t i = 0, count = pk_knot_cycle_of(graph, task); i < count; i++)
		json_count(NULL, graph->tasks[graph->steps[i].task].pid);
	json_close(']');
	callers_as_json(k, "calls", 0, pid);
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
	uint32_t task, pid = pid_operand(argv[0]);
	bool found = find_whom(k, &graph, argv[0], &task);
	if (found && json)
		as_json(k, &graph, pid, task);
	else if (found)
		as_text(k, &graph, pid, task);
	pk_graph_drop(&graph);
	return found ? DONE : FAILED;
}
