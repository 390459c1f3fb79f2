/* SPDX-License-Identifier: MIT */
#include "commands.h"
#include "facts.h"
#include "instance.h"
#include "options.h"
#include "task.h"

static const char *directory;
static bool numbered;

static const struct option_entry options[] = {
	INSTANCE_OPTION(&directory),
	{ "port", 'p', OPTION_FLAG, &numbered, NULL, "NAME is the number of a port, as of `portico ls -a`",
	  NULL },
	JSON_OPTION(&facts_as_json),
	{ 0 },
};

static const struct usage usage = {
	"stat", "[NAME]", "Tell all about a mailbox, or with no NAME about the instance", options, 0, 1, false
};

int cmd_stat(int argc, char **argv)
{
	parse_options(&usage, argc, argv);
	if (numbered && !argv[0])
		bad_usage("--port wants NAME");
	struct portico *k = open_instance(directory, 0, 0);
	if (!k)
		return FAILED;
	pk_task_sweep(k, true);
	return argv[0] ? stat_port(k, argv[0], numbered) : stat_instance(k);
}
