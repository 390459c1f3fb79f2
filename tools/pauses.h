/* SPDX-License-Identifier: MIT */
/* What `portico pause` and `portico unpause` share. */
#ifndef TOOL_PAUSES_H
#define TOOL_PAUSES_H

#include "commands.h"
#include "options.h"
#include "pause.h"

extern const struct option_entry pause_options[];

/* Do that to each port named. */
int pause_each(const struct usage *usage, int argc, char **argv, int (*what)(struct portico *k, pk_id port));

#endif
