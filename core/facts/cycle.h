/* SPDX-License-Identifier: MIT */
/* A deadlock in sentences. */
#ifndef FACTS_CYCLE_H
#define FACTS_CYCLE_H

#include "sentence.h"

#include <stdio.h>

/* The cycle of so many tasks that pk_knot_cycle() found: a line that says so, and one for each task. */
void cycle_lines(struct portico *k, const struct pk_graph *graph, uint32_t count, FILE *out);

#endif
