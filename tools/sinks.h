/* SPDX-License-Identifier: MIT */
/* Where the facts that a command finds out go: standard output, as lines or as JSON. */
#ifndef TOOL_SINKS_H
#define TOOL_SINKS_H

#include "sink.h"

/* Lines, whose labels take `width`; or members of the JSON that is being written. */
struct output {
	struct sink sink;
	int width;
};

/* The sink of an output that lasts as long as the command. */
struct sink *output_as(struct output *output, bool json, int width);

#endif
