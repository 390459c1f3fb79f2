/* SPDX-License-Identifier: MIT */
#include "commands.h"
#include "complain.h"
#include "instance.h"
#include "options.h"
#include "port.h"

#include <errno.h>

static const char *directory;
static uint64_t slots = PK_DEFAULT_SLOTS, bytes = PK_DEFAULT_BYTES, capacity = PK_DEFAULT_CAPACITY;
static unsigned mode = 0600;

static const struct option_entry options[] = {
	INSTANCE_OPTION(&directory),
	{ "slots", 0, OPTION_SIZE, &slots, "N", "most messages queued; 0 is rendezvous (1024)", NULL },
	{ "bytes", 0, OPTION_SIZE, &bytes, "N", "most bytes in a message, up to 1G (1M)", NULL },
	{ "capacity", 0, OPTION_SIZE, &capacity, "N", "most bytes queued in all (64M)", NULL },
	{ "mode", 0, OPTION_MODE, &mode, "OCTAL", "who may receive and send (600)", NULL },
	{ 0 },
};

static const struct usage usage = { "create", "NAME", "Make a mailbox", options, 1, 1, false };

int cmd_create(int argc, char **argv)
{
	parse_options(&usage, argc, argv);
	if (slots > UINT32_MAX)
		bad_usage("--slots may be %u at most", UINT32_MAX);
	if (bytes > PK_MESSAGE_MOST)
		bad_usage("--bytes may be %u at most", PK_MESSAGE_MOST);
	struct portico *k = open_or_mount(directory, PORTICO_CREATE);
	if (!k)
		return FAILED;
	struct portico_limits limits = { (uint32_t)slots, (uint32_t)bytes, capacity };
	portico_port port;
	int error = portico_mailbox_create(k, argv[0], &limits, (mode_t)mode, &port);
	if (error == -EINVAL)
		complain("mailbox '%s': is no name; one has 1 to %d bytes, and no part of it between "
			 "'/' is empty, '.' or '..'",
			 argv[0], PK_NAME_MAX);
	else if (error == -ENOENT)
		complain("mailbox %s: the directory isn't there; `portico name mkdir` makes it", argv[0]);
	else if (error)
		complain_of("mailbox", argv[0], error);
	return error ? FAILED : DONE;
}
