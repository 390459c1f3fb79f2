/* SPDX-License-Identifier: MIT */
#include "commands.h"
#include "complain.h"
#include "instance.h"
#include "name.h"
#include "options.h"
#include "pipe.h"
#include "port.h"
#include "segment.h"
#include "semaphore.h"
#include "sysv_names.h"

#include <string.h>

static int remove_mailbox(struct portico *k, const char *name)
{
	pk_id port;
	if (find_mailbox(k, name, &port) != 0)
		return FAILED;
	int error = portico_mailbox_destroy(k, (portico_port){ port });
	return error ? complain_of("mailbox", name, error) : DONE;
}

static int remove_fifo(struct portico *k, const char *name)
{
	pk_id pipe;
	int error = pk_name_look_up(k, PK_NAME_FIFO, name, (uint32_t)strlen(name), &pipe);
	if (!error)
		error = pk_pipe_destroy(k, pipe);
	return error ? complain_of("fifo", name, error) : DONE;
}

static int remove_sysv(struct portico *k, const struct sysv_kind *kind, const char *text,
		       int (*destroy)(struct portico *k, pk_id id))
{
	pk_id object;
	if (find_sysv(k, kind, text, &object) != 0)
		return FAILED;
	int error = destroy(k, object);
	return error ? complain_of(kind->name, text, error) : DONE;
}

static const char *directory;
static bool msg, sem, shm, fifo;

static const struct option_entry options[] = {
	INSTANCE_OPTION(&directory),
	{ "msg", 0, OPTION_FLAG, &msg, NULL, "the operands are ids, or keys (0x…), of System V queues",
	  NULL },
	{ "sem", 0, OPTION_FLAG, &sem, NULL, "… of System V semaphore sets", NULL },
	{ "shm", 0, OPTION_FLAG, &shm, NULL, "… of System V shared memory segments", NULL },
	{ "fifo", 0, OPTION_FLAG, &fifo, NULL, "… names of named pipes", NULL },
	{ 0 },
};

static const struct usage usage = { "rm", "NAME...", "Remove mailboxes, or what an option says", options, 1,
				    -1,	  false };

int cmd_rm(int argc, char **argv)
{
	int count = parse_options(&usage, argc, argv);
	if (msg + sem + shm + fifo > 1)
		bad_usage("--msg, --sem, --shm and --fifo exclude each other");
	struct portico *k =
		msg || sem || shm || fifo ? open_instance(directory, 0, 0) : open_or_mount(directory, 0);
	int status = k ? DONE : FAILED;
	for (int i = 0; k && i < count; i++)
		status |= msg	 ? remove_sysv(k, &sysv_queue, argv[i], pk_port_destroy)
			  : sem	 ? remove_sysv(k, &sysv_set, argv[i], pk_set_destroy)
			  : shm	 ? remove_sysv(k, &sysv_segment, argv[i], pk_segment_remove)
			  : fifo ? remove_fifo(k, argv[i])
				 : remove_mailbox(k, argv[i]);
	return status;
}
