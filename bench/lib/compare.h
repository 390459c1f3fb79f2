/* SPDX-License-Identifier: MIT */
/*
 * Several things measured beside each other, so that what the machine does to
 * one it does to all: in rounds, each a batch of every one (who begins changes
 * from round to round) between two probes.  A round whose probes were slow is
 * discarded; of the others the medians and the quartiles count.  Ratios are of
 * each to the first, taken within each round.
 */
#ifndef BENCH_COMPARE_H
#define BENCH_COMPARE_H

#include <stdint.h>

enum { SUBJECTS = 9, ROUNDS = 120, BATCH_NS = 2000000 };
#define PROBE_TOLERANCE 1.5 /* times the best tenth's probe */

/* run does `operations` of its operation and returns the ns they took, or a negative errno. */
struct subject {
	int64_t (*run)(void *context, uint64_t operations);
	void *context;
	int error; /* where it can't be measured: it is left out */
};

struct comparison {
	unsigned count;	 /* of subjects */
	unsigned rounds; /* at most ROUNDS */
	uint64_t batch;	 /* operations; 0: as many as take BATCH_NS */
	struct subject subjects[SUBJECTS];
};

struct quartiles {
	double low, median, high;
};

struct measure {
	int error;
	struct quartiles ns;	/* an operation */
	struct quartiles ratio; /* its time by the first one's */
	struct quartiles added; /* ns: the first one's time less its own */
	uint64_t batch;		/* operations */
};

struct result {
	unsigned rounds, discarded;
	struct measure of[SUBJECTS];
};

struct result compare(const struct comparison *comparison);

#endif
