/* SPDX-License-Identifier: MIT */
#include "commands.h"
#include "complain.h"
#include "facts.h"
#include "instance.h"
#include "options.h"
#include "sinks.h"
#include "sysv_names.h"
#include "task.h"

static const char *directory;
static bool numbered, msg, json;

static const struct option_entry options[] = {
	INSTANCE_OPTION(&directory),
	{ "port", 'p', OPTION_FLAG, &numbered, NULL, "NAME is the number of a port, as of `portico ls -a`",
	  NULL },
	{ "msg", 0, OPTION_FLAG, &msg, NULL, "NAME is the id, or the key (0x…), of a System V queue", NULL },
	JSON_OPTION(&json),
	{ 0 },
};

static const struct usage usage = {
	"stat", "[NAME]", "Tell all about a mailbox, or with no NAME about the instance", options, 0, 1, false
};

/* name: NULL, of the instance. */
static int stat_object(struct portico *k, const char *name, pk_id port)
{
	struct output output;
	struct sink *sink = output_as(&output, json, 22);
	say_open(sink, NULL, '{');
	int error = name ? port_facts(k, port, sink) : instance_facts(k, sink);
	say_close(sink, '}');
	return !error ? DONE : complain_of(name ? "port" : "instance", name ? name : k->directory, error);
}

int cmd_stat(int argc, char **argv)
{
	parse_options(&usage, argc, argv);
	if ((numbered || msg) && !argv[0])
		bad_usage("--port and --msg want NAME");
	if (numbered && msg)
		bad_usage("--port and --msg exclude each other");
	struct portico *k = open_instance(directory, 0, 0);
	if (!k)
		return FAILED;
	pk_task_sweep(k, true);
	if (!argv[0])
		return stat_object(k, NULL, 0);
	pk_id port;
	int error = msg ? find_sysv(k, &sysv_queue, argv[0], &port) : find_port(k, argv[0], numbered, &port);
	return error ? FAILED : stat_object(k, argv[0], port);
}
