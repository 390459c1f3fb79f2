/* SPDX-License-Identifier: MIT */
/* Let suspended tasks go on. */
#include "commands.h"
#include "tasks.h"
#include "options.h"

static const char *directory;

static const struct option_entry options[] = {
	INSTANCE_OPTION(&directory),
	{ 0 },
};

static const struct usage usage = { "resume", "PID...", "Take back one suspension of each", options, 1,
				    -1,	      false };

int cmd_resume(int argc, char **argv)
{
	parse_options(&usage, argc, argv);
	return control_each(directory, argv, portico_task_resume);
}
