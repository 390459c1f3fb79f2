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

/* ---- parts of them */

/* "pid 31 (cat)", of any process of this pid namespace */
void pk_say_process(uint32_t pid, struct pk_text *text);

/* "mailbox jobs" */
void pk_say_object(struct portico *k, unsigned table, pk_id object, struct pk_text *text);

/* "pid 12 (sh) and pid 14 (cat) have" it, or nobody has; what they have follows. */
void pk_say_openers(const struct pk_openers *openers, const char *what, struct pk_text *text);

/* "pid 17 (producer) could end it: it sent last" */
void pk_say_enders(const struct pk_graph *graph, uint32_t wait, struct pk_text *text);

#endif
