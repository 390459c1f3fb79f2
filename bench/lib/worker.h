/* SPDX-License-Identifier: MIT */
/*
 * A process that does batches on command: a peer's program (serve.c), told by
 * its argument what to set up.  It reads counts from its standard input and
 * answers each with the ns they took, or a negative errno.  So one program
 * can be measured twice at a time, preloaded and not.
 */
#ifndef BENCH_WORKER_H
#define BENCH_WORKER_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

struct worker {
	pid_t pid;
	FILE *to, *from;
};

/* preload may be NULL.  0, or a negative errno: its own first answer, where that is one. */
int worker_start(struct worker *worker, const char *program, const char *setup, const char *preload);
void worker_stop(struct worker *worker);

/* Several of the same kind, each with a process of its own; worker_run is a subject's run. */
enum { WORKERS = 2 };
struct workers {
	unsigned count;
	struct worker each[WORKERS];
};
int64_t workers_run(void *workers, uint64_t operations);

/* ---- what a worker and who started it agree on */

static inline key_t worker_key(pid_t worker)
{
	return (key_t)(0x50000000 + worker);
}

/* Where its sockets are: beside the instance. */
static inline void worker_socket(char *address, size_t size, const char *name)
{
	const char *kernel = getenv("PORTICO_KERNEL");
	snprintf(address, size, "ipc://%s-%s-%d", kernel ? kernel : "/tmp/portico-bench", name, getpid());
}

#endif
