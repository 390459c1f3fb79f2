/* SPDX-License-Identifier: MIT */
#include "by_mount.h"
#include "commands.h"
#include "complain.h"
#include "facts.h"
#include "instance.h"
#include "options.h"
#include "remote.h"
#include "sinks.h"
#include "sysv_names.h"
#include "task.h"

static const char *directory;
static bool numbered, msg, sem, shm, json;

static const struct option_entry options[] = {
	INSTANCE_OPTION(&directory),
	{ "port", 'p', OPTION_FLAG, &numbered, NULL, "NAME is the number of a port, as of `portico ls -a`",
	  NULL },
	{ "msg", 0, OPTION_FLAG, &msg, NULL, "NAME is the id, or the key (0x…), of a System V queue", NULL },
	{ "sem", 0, OPTION_FLAG, &sem, NULL, "of a semaphore set", NULL },
	{ "shm", 0, OPTION_FLAG, &shm, NULL, "of a segment", NULL },
	JSON_OPTION(&json),
	{ 0 },
};

static const struct usage usage = {
	"stat", "[NAME]", "Tell all about a mailbox, or with no NAME about the instance", options, 0, 1, false
};

typedef int tell(struct portico *k, pk_id id, struct sink *sink);

static int tell_of_instance(struct portico *k, pk_id none, struct sink *sink)
{
	(void)none;
	return instance_facts(k, sink);
}

/* Tell of one, whose kind and name are for complaints. */
static int stat_object(struct portico *k, const char *kind, const char *name, tell *facts, pk_id id)
{
	struct output output;
	struct sink *sink = output_as(&output, json, 22);
	say_open(sink, NULL, '{');
	int error = facts(k, id, sink);
	say_close(sink, '}');
	return error ? complain_of(kind, name, error) : DONE;
}

static int stat_sysv(struct portico *k, const char *name)
{
	const struct sysv_kind *kind = msg ? &sysv_queue : sem ? &sysv_set : &sysv_segment;
	pk_id id;
	if (find_sysv(k, kind, name, &id) != 0)
		return FAILED;
	return stat_object(k, kind->name, name, msg ? port_facts : sem ? set_facts : segment_facts, id);
}

int cmd_stat(int argc, char **argv)
{
	parse_options(&usage, argc, argv);
	if ((numbered || msg || sem || shm) && !argv[0])
		bad_usage("--port, --msg, --sem and --shm want NAME");
	if (numbered + msg + sem + shm > 1)
		bad_usage("--port, --msg, --sem and --shm exclude each other");
	struct portico *k =
		numbered + msg + sem + shm > 0 ? open_instance(directory, 0, 0) : open_or_mount(directory, 0);
	if (k && pk_is_remote(k))
		return json	 ? refer_to_mount(k)
		       : argv[0] ? show_by_mount(k, argv[0], "/status")
				 : show_instance_by_mount(k);
	int error = k ? pk_enter(k) : 0;
	if (error)
		return complain_of("instance", k->directory, error);
	if (!k)
		return FAILED;
	pk_task_sweep(k, true);
	if (!argv[0])
		return stat_object(k, "instance", k->directory, tell_of_instance, 0);
	if (msg || sem || shm)
		return stat_sysv(k, argv[0]);
	pk_id port;
	return find_port(k, argv[0], numbered, &port) == 0 ? stat_object(k, "port", argv[0], port_facts, port)
							   : FAILED;
}
