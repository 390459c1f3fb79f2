/* SPDX-License-Identifier: MIT */
/* All that a process waits for, a sentence each: what `portico why`, portico_why() and task/PID/why say. */
#ifndef PK_WHY_H
#define PK_WHY_H

#include "graph.h"

/* Who is told, and what it knows. */
struct pk_why {
	void (*line)(const char *line, void *context);
	const char *(*place)(uint32_t daemon); /* where that process has mounted it, or ""; NULL: not known */
	void *context;
};

/*
 * Of a task (0: it is none) or a process that waits at a mount, or both; of a mount,
 * what it waits for its clients.  How many waits there are; where there is none, that
 * is the line.
 */
uint32_t pk_why_say(struct portico *k, struct pk_graph *graph, uint32_t pid, uint32_t task,
		    const struct pk_why *why);

#endif
