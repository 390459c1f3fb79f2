/* SPDX-License-Identifier: MIT */
/*
 * A process that does batches on command: it reads lines `OPERATION COUNT`
 * from its standard input and answers each with the ns it took, or a negative
 * errno.  So one program can be measured twice at a time, preloaded and not.
 */
#ifndef BENCH_WORKER_H
#define BENCH_WORKER_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct worker {
	pid_t pid;
	FILE *to, *from;
};

/* preload may be NULL.  0, or a negative errno: its own first answer, where that is one. */
int worker_start(struct worker *worker, const char *program, const char *argument, const char *preload);
void worker_stop(struct worker *worker);

/* An operation of a worker, as a subject's context; worker_run is its run. */
struct worker_operation {
	struct worker *worker;
	const char *name;
};
int64_t worker_run(void *operation, uint64_t count);

#endif
