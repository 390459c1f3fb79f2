/* SPDX-License-Identifier: MIT */
#include "compare.h"
#include "probe.h"

#include <stdbool.h>
#include <stdlib.h>

struct round {
	struct probe before, after;
	double ns[SUBJECTS];
};

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double quantile(double *values, unsigned count, double at)
{
	qsort(values, count, sizeof *values, by_value);
	return values[(unsigned)(at * (count - 1) + 0.5)];
}

static struct quartiles quartiles(double *values, unsigned count)
{
	return (struct quartiles){
		.low = quantile(values, count, 0.25),
		.median = quantile(values, count, 0.5),
		.high = quantile(values, count, 0.75),
	};
}

/*
 * How many operations take about BATCH_NS, tried twice: the first ones may be
 * slower than they will be.  This warms it up, too.
 */
static void find_batch(const struct subject *subject, struct measure *measure)
{
	uint64_t operations = 8;
	for (int good = 0; good < 2 && !measure->error;) {
		int64_t ns = subject->run(subject->context, operations);
		if (ns < 0) {
			measure->error = (int)ns;
		} else if (ns > BATCH_NS / 2 || operations > (UINT64_C(1) << 30)) {
			operations = operations * (uint64_t)BATCH_NS / (uint64_t)(ns | 1) + 1;
			good++;
		} else {
			operations *= 2;
			good = 0;
		}
	}
	measure->batch = operations;
}

static void run_batch(const struct subject *subject, struct measure *measure, double *ns)
{
	if (measure->error)
		return;
	int64_t took = subject->run(subject->context, measure->batch);
	*ns = (double)took / (double)measure->batch;
	if (took < 0)
		measure->error = (int)took;
}

/* What a probe takes while the machine is itself. */
static struct probe usual_probe(const struct round *rounds, unsigned count)
{
	double add[ROUNDS], bounce[ROUNDS];
	for (unsigned i = 0; i < count; i++) {
		add[i] = rounds[i].before.add_ns;
		bounce[i] = rounds[i].before.bounce_ns;
	}
	return (struct probe){ quantile(add, count, 0.1), quantile(bounce, count, 0.1) };
}

static bool is_slow(const struct probe *probe, const struct probe *usual)
{
	return probe->add_ns > usual->add_ns * PROBE_TOLERANCE ||
	       probe->bounce_ns > usual->bounce_ns * PROBE_TOLERANCE;
}

/* The quiet rounds to the front; how many there are. */
static unsigned keep_quiet(struct round *rounds, unsigned count)
{
	struct probe usual = usual_probe(rounds, count);
	unsigned kept = 0;
	for (unsigned i = 0; i < count; i++)
		if (!is_slow(&rounds[i].before, &usual) && !is_slow(&rounds[i].after, &usual))
			rounds[kept++] = rounds[i];
	return kept;
}

static void evaluate(const struct round *rounds, unsigned count, unsigned subject, bool has_first,
		     struct measure *measure)
{
	double ns[ROUNDS], ratio[ROUNDS], added[ROUNDS];
	for (unsigned i = 0; i < count; i++) {
		ns[i] = rounds[i].ns[subject];
		ratio[i] = has_first ? ns[i] / rounds[i].ns[0] : 0;
		added[i] = has_first ? rounds[i].ns[0] - ns[i] : 0;
	}
	measure->ns = quartiles(ns, count);
	measure->ratio = quartiles(ratio, count);
	measure->added = quartiles(added, count);
}

struct result compare(const struct comparison *comparison)
{
	static struct round rounds[ROUNDS];
	unsigned subjects = comparison->count;
	struct result result = { .rounds = comparison->rounds };
	for (unsigned s = 0; s < subjects; s++) {
		result.of[s].error = comparison->subjects[s].error;
		result.of[s].batch = comparison->batch;
		if (comparison->batch == 0)
			find_batch(&comparison->subjects[s], &result.of[s]);
	}
	for (unsigned i = 0; i < result.rounds; i++) {
		rounds[i].before = probe_now();
		for (unsigned n = 0; n < subjects; n++) {
			unsigned s = (i + n) % subjects;
			run_batch(&comparison->subjects[s], &result.of[s], &rounds[i].ns[s]);
		}
		rounds[i].after = probe_now();
	}
	unsigned kept = keep_quiet(rounds, result.rounds);
	result.discarded = result.rounds - kept;
	for (unsigned s = 0; s < subjects && kept > 0; s++)
		if (!result.of[s].error)
			evaluate(rounds, kept, s, !result.of[0].error, &result.of[s]);
	return result;
}
