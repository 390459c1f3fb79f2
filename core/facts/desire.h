/* SPDX-License-Identifier: MIT */
/* What a task waits for. */
#ifndef FACTS_DESIRE_H
#define FACTS_DESIRE_H

#include "sink.h"

struct desire {
	const char *doing; /* receive, send, … */
	struct pk_label object;
	struct described detail;
	int64_t since_ns;
};

/* What the wait in that slot is for, if it is this task's and still waits. */
bool desire_read(struct portico *k, uint32_t slot, pk_id task, struct desire *desire);

/* The members of an object that is open. */
void desire_facts(const struct desire *desire, struct sink *sink);

#endif
