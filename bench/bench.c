/* SPDX-License-Identifier: MIT */
/*
 * Portico beside the kernel and beside its peers: a table to standard output,
 * everything as JSON, and what the plots need.
 *
 *   bench PROGRAMS PRELOAD DIRECTORY [quick]
 *
 * PROGRAMS is where the workers are, PRELOAD the preload object, DIRECTORY
 * where to write.
 */
#define _GNU_SOURCE
#include "lib/measure.h"
#include "lib/probe.h"
#include "lib/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void die(const char *what, const char *why)
{
	fprintf(stderr, "bench: %s: %s\n", what, why);
	exit(1);
}

static FILE *create(char *path, size_t size, const char *directory, const char *name, const char *suffix)
{
	snprintf(path, size, "%s/%s%s", directory, name, suffix);
	FILE *file = fopen(path, "we");
	if (!file)
		die(path, strerror(errno));
	return file;
}

static void finish(FILE *file, const char *path)
{
	if (fclose(file) != 0)
		die(path, strerror(errno));
}

static void sweep_all(const struct surroundings *at, const char *directory, struct result *points)
{
	char path[512];
	for (unsigned s = 0; s < sweep_count; s++) {
		for (unsigned p = 0; p < sweeps[s].count; p++)
			points[s * POINTS + p] = measure_point(at, &sweeps[s], p);
		FILE *file = create(path, sizeof path, directory, sweeps[s].name, ".dat");
		report_sweep(file, &sweeps[s], &points[s * POINTS]);
		finish(file, path);
	}
}

int main(int argc, char **argv)
{
	char path[512];
	struct machine machine;
	if (argc < 4)
		die("usage", "bench PROGRAMS PRELOAD DIRECTORY [quick]");
	struct surroundings at = { .programs = argv[1], .preload = argv[2], .quick = argc > 4 };
	struct result *results = calloc(group_count, sizeof *results);
	struct result *points = calloc((size_t)sweep_count * POINTS, sizeof *points);
	if (!results || !points)
		die("starting", strerror(ENOMEM));
	int error = probe_start();
	if (error)
		die("starting the probe", strerror(-error));

	machine_describe(&machine);
	report_machine(stdout, &machine);
	for (unsigned i = 0; i < group_count; i++) {
		results[i] = measure_group(&at, &groups[i]);
		report_group(stdout, &groups[i], &results[i]);
		fflush(stdout);
	}
	sweep_all(&at, argv[3], points);
	FILE *file = create(path, sizeof path, argv[3], "result", ".json");
	report_json(file, &machine, results, points);
	finish(file, path);
	return 0;
}
