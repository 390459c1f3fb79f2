/* SPDX-License-Identifier: MIT */
/* Who made an object, whether that lives, and whether anybody alive has to do with it. */
#ifndef FACTS_MAKER_H
#define FACTS_MAKER_H

#include "port.h"
#include "segment.h"
#include "semaphore.h"
#include "sink.h"

struct maker {
	uint32_t pid;
	char command[17];
	bool lives;
	bool no_task;  /* it came through a mount: whether it lives isn't known */
	int64_t ended; /* when that was seen, in seconds, CLOCK_REALTIME; 0: it lives, or nobody saw it */
};

/* False: there is no such object any more. */
bool maker_of(struct portico *k, unsigned table, pk_id id, struct maker *maker);

/* "make 1234", "make 1234 gone", or "make 1234 by file"; and where that is known, "make 1234, 3 min ago". */
const char *describe_maker(struct described *into, const struct maker *maker);
const char *describe_leaver(struct described *into, const struct maker *maker);

/* Of an object that there is. */
void maker_facts(struct portico *k, unsigned table, pk_id id, struct sink *sink);

/*
 * Left behind: its maker has ended; nobody has it attached, waits there, or has
 * an adjustment to undo there; and no live process is the last that used it, or
 * is recorded as a user.  The dead were seen off before (pk_task_sweep()).
 */
bool is_left_queue(struct portico *k, const struct pk_port_status *status);
bool is_left_set(struct portico *k, const struct pk_set_status *status);
bool is_left_segment(struct portico *k, const struct pk_segment_status *status);

#endif
