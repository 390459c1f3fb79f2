/* SPDX-License-Identifier: MIT */
/* Who holds what: rights, requests to be told, and memory, of tasks and of messages on their way. */
#ifndef FACTS_HOLDINGS_H
#define FACTS_HOLDINGS_H

#include "right.h"

#define HOLDING_MEMORY 0u /* beside enum pk_right_kind */

struct holding {
	pk_id task;	  /* who has it, or 0: */
	uint32_t message; /* the one that carries it, or is sent by it */
	uint32_t slot, kind;
	uint32_t references;
	uint64_t bytes;	    /* of memory */
	pk_id object, tell; /* as struct pk_right has them */
	uint32_t about;
};

struct holdings {
	struct holding *list; /* task by task; what messages carry is last */
	size_t count;
};

/* A copy of all as it was at one moment, for holdings_drop().  0 or a negative errno. */
int holdings_take(struct portico *k, struct holdings *holdings);
void holdings_drop(struct holdings *holdings);

static inline bool holding_is_right(const struct holding *holding)
{
	return holding->kind >= PK_RIGHT_RECEIVE && holding->kind <= PK_RIGHT_TASK;
}

static inline bool holding_is_request(const struct holding *holding)
{
	return holding->kind > PK_RIGHT_TASK;
}

/* Is that request about that right? */
bool holding_is_about(const struct holding *request, const struct holding *right);

#endif
