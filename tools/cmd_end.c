/* SPDX-License-Identifier: MIT */
/* End tasks, suspended or not. */
#include "commands.h"
#include "tasks.h"
#include "options.h"

#include <signal.h>

static const char *directory;
static bool at_once;

static int end(struct portico *k, portico_task task)
{
	return portico_task_end(k, task, at_once ? SIGKILL : SIGTERM);
}

static const struct option_entry options[] = {
	INSTANCE_OPTION(&directory),
	{ "kill", 0, OPTION_FLAG, &at_once, NULL, "by SIGKILL, not SIGTERM", NULL },
	{ 0 },
};

static const struct usage usage = { "end", "PID...", "End tasks", options, 1, -1, false };

int cmd_end(int argc, char **argv)
{
	parse_options(&usage, argc, argv);
	return control_each(directory, argv, end);
}
