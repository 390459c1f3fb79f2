/* SPDX-License-Identifier: MIT */
/* Have a mailbox or a queue go on. */
#include "pauses.h"

static const struct usage usage = { "unpause",	   "NAME...", "Let what each holds be received again",
				    pause_options, 1,	      -1,
				    false };

int cmd_unpause(int argc, char **argv)
{
	return pause_each(&usage, argc, argv, pk_port_resume);
}
