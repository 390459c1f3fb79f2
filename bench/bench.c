/* SPDX-License-Identifier: MIT */
/*
 * Portico beside the kernel and beside its peers: a table to standard output,
 * everything as JSON, and what the plots need.
 *
 *   bench PROGRAMS PRELOAD DIRECTORY [quick] [WORD...]
 *
 * PROGRAMS is where the workers are, PRELOAD the preload object, DIRECTORY
 * where to write.  With words, only what has one of them in its name or in
 * its section's is measured, and nothing for the plots.
 */
#define _GNU_SOURCE
#include "lib/measure.h"
#include "lib/probe.h"
#include "lib/report.h"

#include <errno.h>
#include <stdbool.h>
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

static bool has_any(const char *name, char *const *words)
{
	for (; *words; words++)
		if (strstr(name, *words))
			return true;
	return false;
}

static unsigned count_groups(void)
{
	unsigned count = 0;
	for (const struct section *section = sections; section->name; section++)
		for (const struct group *group = section->groups; group->name; group++)
			count++;
	return count;
}

/* Those that are wanted; how many. */
static unsigned measure_section(const struct surroundings *at, const struct section *section,
				char *const *words, struct measured *all)
{
	unsigned count = 0;
	bool whole = !*words || has_any(section->name, words);
	for (const struct group *group = section->groups; group->name; group++) {
		if (!whole && !has_any(group->name, words))
			continue;
		if (count == 0)
			report_section(stdout, section->name);
		all[count] = (struct measured){ group, measure_group(at, group) };
		report_group(stdout, group, &all[count++].result);
		fflush(stdout);
	}
	return count;
}

int main(int argc, char **argv)
{
	char path[512];
	struct machine machine;
	if (argc < 4)
		die("usage", "bench PROGRAMS PRELOAD DIRECTORY [quick] [WORD...]");
	struct surroundings at = { .programs = argv[1], .preload = argv[2] };
	at.quick = argc > 4 && strcmp(argv[4], "quick") == 0;
	char **words = argv + 4 + at.quick;
	unsigned count = 0;
	struct measured *all = calloc(count_groups(), sizeof *all);
	struct result *points = calloc((size_t)sweep_count * POINTS, sizeof *points);
	if (!all || !points)
		die("starting", strerror(ENOMEM));
	int error = probe_start();
	if (error)
		die("starting the probe", strerror(-error));

	machine_describe(&machine);
	report_machine(stdout, &machine);
	for (const struct section *section = sections; section->name; section++)
		count += measure_section(&at, section, words, &all[count]);
	report_missed(stdout, all, count);
	if (!*words)
		sweep_all(&at, argv[3], points);
	FILE *file = create(path, sizeof path, argv[3], "result", ".json");
	report_json(file, &machine, all, count, *words ? NULL : points);
	finish(file, path);
	return 0;
}
