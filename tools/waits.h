/* SPDX-License-Identifier: MIT */
/* The graph of waits, as the commands show it. */
#ifndef TOOL_WAITS_H
#define TOOL_WAITS_H

#include "sentence.h"

const char *stuck_in_words(uint8_t stuck); /* no, likely, yes */

/* The members of an object that is open: pid, command, and whether it is stopped or suspended. */
void task_as_json(const struct pk_graph_task *task);

/* An object: what for, since when, and the enders. */
void wait_as_json(struct portico *k, const struct pk_graph *graph, uint32_t wait);

/* Each cycle of those who are deadlocked: one a paragraph, or JSON.  How many. */
unsigned print_deadlocks(struct portico *k, struct pk_graph *graph, bool json);

#endif
