/* SPDX-License-Identifier: MIT */
/* scribble.c keeps order and scribbles, scribble_work.c is what the bystanders do. */
#ifndef SCRIBBLE_H
#define SCRIBBLE_H

#include "kernel.h"
#include "torture.h"

#define WORKERS 5
#define OVERWRITES 4096 /* of the last so many we can tell */

struct overwrite {
	uint64_t offset, before, after;
};

/* Outside the region. */
struct stage {
	_Atomic bool stop;
	_Atomic int crashed[WORKERS]; /* by which signal */
	_Atomic(const char *) doing[WORKERS];
	_Atomic uint64_t operations, successes;
	_Atomic uint64_t overwritten;
	struct overwrite overwrites[OVERWRITES];
};

extern struct stage *stage;

/* Operations of all kinds, each with a deadline, until stage->stop. */
void work(struct portico *k, int me, struct dice dice);

/* One operation with rights, messages of parts, and memory; some go by that mailbox. */
int use_rights(struct portico *k, struct dice *dice, pk_id mailbox);

#endif
