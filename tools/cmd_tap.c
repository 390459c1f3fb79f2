/* SPDX-License-Identifier: MIT */
/* What passes a mailbox or a queue, as it comes. */
#include "commands.h"
#include "complain.h"
#include "describe.h"
#include "instance.h"
#include "options.h"
#include "sysv_names.h"
#include "tap_facts.h"
#include "task.h"

#include <errno.h>
#include <stdio.h>

static const char *directory;
static uint64_t most = UINT64_MAX;
static bool msg;

static const struct option_entry options[] = {
	INSTANCE_OPTION(&directory),
	{ "count", 'n', OPTION_SIZE, &most, "N", "end after so many messages", NULL },
	{ "msg", 0, OPTION_FLAG, &msg, NULL, "NAME is the id, or the key (0x…), of a System V queue", NULL },
	{ 0 },
};

static const struct usage usage = {
	"tap", "NAME", "Print what passes a mailbox or queue, and leave it its way", options, 1, 1, false
};

static void print(const struct tap_sight *sight)
{
	struct described time, bytes;
	if (sight->missed != 0)
		printf("(%u missed)\n", sight->missed);
	printf("%s.%06d  pid %u  type %lld  %s  %s\n",
	       describe_time(&time, sight->tapped.time_ns / 1000000000),
	       (int)(sight->tapped.time_ns % 1000000000 / 1000), sight->pid, (long long)sight->type,
	       describe_bytes(&bytes, sight->tapped.bytes), sight->text);
	fflush(stdout);
}

/* Until the source is no more, or somebody interrupts. */
static int follow(struct portico *k, pk_id tap)
{
	struct tap_sight sight;
	uint32_t copy;
	int error = 0;
	for (uint64_t count = 0; count < most && !error && !ferror(stdout); count++) {
		error = pk_port_receive_until(k, tap, &PK_WANT_ANY, PK_FOREVER, &copy);
		if (error)
			break;
		if (tap_sight_of(k, copy, &sight))
			print(&sight);
		pk_message_release(k, copy);
	}
	return error == -EIDRM ? 0 : error;
}

int cmd_tap(int argc, char **argv)
{
	pk_id source, tap, listener;
	parse_options(&usage, argc, argv);
	struct portico *k = open_instance(directory, 0, 0);
	if (!k ||
	    (msg ? find_sysv(k, &sysv_queue, argv[0], &source) : find_port(k, argv[0], false, &source)) != 0)
		return FAILED;
	int error = pk_tap_open(k, source, PK_TAP_SLOTS, TAP_SHOWN, &tap, &listener);
	if (!error)
		error = follow(k, tap);
	return error ? complain_of(msg ? "queue" : "mailbox", argv[0], error) : DONE;
}
