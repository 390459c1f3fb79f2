/* SPDX-License-Identifier: MIT */
/*
 * Two things measured against each other, so that what the machine does to one
 * it does to both: in rounds, each a batch of one and then a batch of the
 * other (the order changes from round to round) between two probes.  A round
 * whose probes were slow is discarded; of the others the medians and the
 * quartiles count, the ratio being taken within each round.
 */
#ifndef BENCH_COMPARE_H
#define BENCH_COMPARE_H

#include <stdint.h>

/* Does `operations` of its operation and returns the ns they took, or a negative errno. */
struct subject {
	int64_t (*run)(void *context, uint64_t operations);
	void *context;
};

struct comparison {
	const char *name;
	struct subject portico, kernel;
	double goal; /* the ratio to reach, 0 none */
};

struct quartiles {
	double low, median, high;
};

struct result {
	const char *name;
	int error; /* negative errno: it could not be measured */
	double goal;
	struct quartiles portico_ns, kernel_ns; /* an operation */
	struct quartiles ratio;			/* kernel time by Portico time */
	unsigned rounds, discarded;
	uint64_t portico_batch, kernel_batch; /* operations */
};

enum { ROUNDS = 120, BATCH_NS = 2000000 };
#define PROBE_TOLERANCE 1.5 /* times the best tenth's probe */

struct result compare(const struct comparison *comparison);

#endif
