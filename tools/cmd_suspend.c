/* SPDX-License-Identifier: MIT */
/* Stop tasks where they hold no lock. */
#include "commands.h"
#include "tasks.h"
#include "options.h"

static const char *directory;

static const struct option_entry options[] = {
	INSTANCE_OPTION(&directory),
	{ 0 },
};

static const struct usage usage = { "suspend", "PID...", "Stop tasks where they are in nobody's way",
				    options,   1,	 -1,
				    false };

int cmd_suspend(int argc, char **argv)
{
	parse_options(&usage, argc, argv);
	return control_each(directory, argv, portico_task_suspend);
}
