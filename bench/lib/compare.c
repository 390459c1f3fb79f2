/* SPDX-License-Identifier: MIT */
#include "compare.h"
#include "probe.h"

#include <stdbool.h>
#include <stdlib.h>

struct round {
	struct probe before, after;
	double portico_ns, kernel_ns;
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

/* How many operations take about BATCH_NS; this warms it up, too. */
static int64_t fitting_batch(const struct subject *subject)
{
	for (uint64_t operations = 64;; operations *= 2) {
		int64_t ns = subject->run(subject->context, operations);
		if (ns < 0)
			return ns;
		if (ns > BATCH_NS / 2 || operations > (UINT64_C(1) << 30))
			return (int64_t)(operations * (uint64_t)BATCH_NS / (uint64_t)(ns | 1)) + 1;
	}
}

static int run_batch(const struct subject *subject, uint64_t operations, double *ns)
{
	int64_t took = subject->run(subject->context, operations);
	*ns = (double)took / (double)operations;
	return took < 0 ? (int)took : 0;
}

static int run_round(const struct comparison *comparison, const struct result *result, bool kernel_first,
		     struct round *round)
{
	int error = 0;
	round->before = probe_now();
	if (kernel_first)
		error = run_batch(&comparison->kernel, result->kernel_batch, &round->kernel_ns);
	if (!error)
		error = run_batch(&comparison->portico, result->portico_batch, &round->portico_ns);
	if (!error && !kernel_first)
		error = run_batch(&comparison->kernel, result->kernel_batch, &round->kernel_ns);
	round->after = probe_now();
	return error;
}

/* What a probe takes while the machine is itself. */
static struct probe usual_probe(const struct round *rounds)
{
	double add[ROUNDS], bounce[ROUNDS];
	for (unsigned i = 0; i < ROUNDS; i++) {
		add[i] = rounds[i].before.add_ns;
		bounce[i] = rounds[i].before.bounce_ns;
	}
	return (struct probe){ quantile(add, ROUNDS, 0.1), quantile(bounce, ROUNDS, 0.1) };
}

static bool is_slow(const struct probe *probe, const struct probe *usual)
{
	return probe->add_ns > usual->add_ns * PROBE_TOLERANCE ||
	       probe->bounce_ns > usual->bounce_ns * PROBE_TOLERANCE;
}

static void evaluate(const struct round *rounds, struct result *result)
{
	struct probe usual = usual_probe(rounds);
	double portico[ROUNDS], kernel[ROUNDS], ratio[ROUNDS];
	unsigned kept = 0;
	for (unsigned i = 0; i < ROUNDS; i++) {
		if (is_slow(&rounds[i].before, &usual) || is_slow(&rounds[i].after, &usual))
			continue;
		portico[kept] = rounds[i].portico_ns;
		kernel[kept] = rounds[i].kernel_ns;
		ratio[kept++] = rounds[i].kernel_ns / rounds[i].portico_ns;
	}
	result->rounds = ROUNDS;
	result->discarded = ROUNDS - kept;
	if (kept == 0)
		return;
	result->portico_ns = quartiles(portico, kept);
	result->kernel_ns = quartiles(kernel, kept);
	result->ratio = quartiles(ratio, kept);
}

struct result compare(const struct comparison *comparison)
{
	static struct round rounds[ROUNDS];
	struct result result = { .name = comparison->name, .goal = comparison->goal };
	int64_t portico = fitting_batch(&comparison->portico), kernel = fitting_batch(&comparison->kernel);
	if (portico < 0 || kernel < 0) {
		result.error = (int)(portico < 0 ? portico : kernel);
		return result;
	}
	result.portico_batch = (uint64_t)portico;
	result.kernel_batch = (uint64_t)kernel;
	for (unsigned i = 0; i < ROUNDS && !result.error; i++)
		result.error = run_round(comparison, &result, i % 2, &rounds[i]);
	if (!result.error)
		evaluate(rounds, &result);
	return result;
}
