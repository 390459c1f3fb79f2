/* SPDX-License-Identifier: MIT */
#include "pauses.h"
#include "complain.h"
#include "instance.h"
#include "sysv_names.h"

static const char *directory;
static bool msg;

const struct option_entry pause_options[] = {
	INSTANCE_OPTION(&directory),
	{ "msg", 0, OPTION_FLAG, &msg, NULL, "NAME is the id, or the key (0x…), of a System V queue", NULL },
	{ 0 },
};

static int change(struct portico *k, const char *name, int (*what)(struct portico *k, pk_id port))
{
	pk_id port;
	int error = msg ? find_sysv(k, &sysv_queue, name, &port) : find_port(k, name, false, &port);
	if (error)
		return FAILED;
	error = what(k, port);
	return error ? complain_of(msg ? "queue" : "mailbox", name, error) : DONE;
}

int pause_each(const struct usage *usage, int argc, char **argv, int (*what)(struct portico *k, pk_id port))
{
	parse_options(usage, argc, argv);
	struct portico *k = open_instance(directory, 0, 0);
	int status = k ? DONE : FAILED;
	for (; k && *argv; argv++)
		status |= change(k, *argv, what);
	return status;
}
