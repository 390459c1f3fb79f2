/* SPDX-License-Identifier: MIT */
/* The graph of waits in sentences. */
#ifndef PK_SENTENCE_H
#define PK_SENTENCE_H

#include "graph.h"
#include "text.h"

/* "pid 17 (producer, stopped)" */
void pk_say_task(const struct pk_graph *graph, uint32_t task, struct pk_text *text);

/* "waits 4.2 s to receive from mailbox jobs; pid 17 (producer) could end it: it sent last".  Of a group, all.
 */
void pk_say_wait(struct portico *k, const struct pk_graph *graph, uint32_t wait, struct pk_text *text);

/* The same, and where that is why its task is deadlocked, with whom. */
void pk_say_stuck(struct portico *k, struct pk_graph *graph, uint32_t wait, struct pk_text *text);

#endif
