/* SPDX-License-Identifier: MIT */
/*
 * What a worker does in its batches; each file of scenario/ is one.
 */
#ifndef BENCH_SCENARIO_H
#define BENCH_SCENARIO_H

#include "peer.h"

#include <stdint.h>

struct scenario {
	const char *name;
	int (*start)(const struct setup *setup); /* after peer_prepare() */
	int64_t (*batch)(uint64_t operations);	 /* the ns they took, or a negative errno */
};

extern const struct scenario loop, round_trip, flood, backlog, contest;

/* ---- serve.c, for scenarios */

/* The buffer of setup->bytes bytes, every page of it written. */
void *new_buffer(const struct setup *setup);

/* Open this process's side, on the CPU that the setup wants it on. */
int open_side(const struct setup *setup, enum side side);

/* A process that opens its side, runs and must never return; it dies with the worker. */
int start_partner(const struct setup *setup, enum side side, void (*run)(void));

#endif
