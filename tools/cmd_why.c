/* SPDX-License-Identifier: MIT */
/* What a task waits for, and who could end it: a line for each wait. */
#include "commands.h"
#include "complain.h"
#include "inbox.h"
#include "instance.h"
#include "json.h"
#include "options.h"
#include "waits.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- whom it is about */

static bool parse_pid(const char *text, uint32_t *pid)
{
	char *end;
	errno = 0;
	long number = strtol(text, &end, 10);
	*pid = (uint32_t)number;
	return !errno && end != text && !*end && number > 0 && number <= INT32_MAX;
}

/* Its number in the graph, or 0 and complained of. */
static uint32_t find_task(struct portico *k, const struct pk_graph *graph, const char *text)
{
	uint32_t pid;
	pk_id task = 0;
	if (!parse_pid(text, &pid))
		bad_usage("'%s' is no pid; `portico ps` lists them", text);
	uint32_t slot = pk_task_by_pid(k, pid, &task) == 0 ? pk_id_slot(task) : 0;
	if (slot != 0 && slot < graph->task_count && graph->tasks[slot].id == task)
		return slot;
	if (pk_thread_exists(pid, pid))
		complain("pid %u: hasn't used the instance %s; `portico ps` lists who has, -k chooses "
			 "another",
			 pid, k->directory);
	else
		complain("pid %u: there is no such process; `portico ps` lists who uses the instance", pid);
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
