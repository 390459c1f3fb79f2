/* SPDX-License-Identifier: MIT */
/* Have a mailbox or a queue hand out nothing. */
#include "pauses.h"

static const struct usage usage = {
	"pause", "NAME...", "Let nothing be received from each, until it is resumed", pause_options, 1,
	-1,	 false
};

int cmd_pause(int argc, char **argv)
{
	return pause_each(&usage, argc, argv, pk_port_pause);
}
