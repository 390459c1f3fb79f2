/* SPDX-License-Identifier: MIT */
/* Who waits for an object: a copy of its lines. */
#ifndef FACTS_WAITERS_H
#define FACTS_WAITERS_H

#include "semaphore.h"
#include "sink.h"

struct waiter {
	uint32_t slot; /* of the wait */
	pk_id task;
	int64_t since_ns, until_ns; /* CLOCK_MONOTONIC */
	uint8_t purpose, select, tell;
	int64_t type;
	uint32_t from;
	uint32_t completion;	       /* with PK_TELL_PORT */
	struct pk_semaphore_part part; /* of a set: what it waits for */
};

/*
 * The first `most` that wait for it, each line in order: receivers, senders,
 * watchers, who want a receipt.  How many they are, and in *more how many more
 * there are; or a negative errno.
 */
int waiters_take(struct portico *k, unsigned table, pk_id id, struct waiter *waiters, uint32_t most,
		 uint32_t *more);

/* The members of an object that is open, but for who it is. */
void waiter_facts(struct portico *k, const struct waiter *waiter, struct sink *sink);

/* receive, send, change, operate, receipt; else "wait". */
const char *purpose_word(unsigned purpose);

/* The same, but of a pipe read or write, where it is known. */
const char *wait_word(unsigned table, unsigned purpose, int64_t type);

/* What a receive selects: "type 5", "from pid 12", or "". */
const char *describe_selection(struct described *into, struct portico *k, unsigned select, int64_t type,
			       uint32_t from);

#endif
