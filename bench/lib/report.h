/* SPDX-License-Identifier: MIT */
/* What was measured, for people, for programs and for gnuplot. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "../rows.h"

#include <stdio.h>

struct machine {
	char processor[128], kernel[72], system[128];
	int cpus;
	bool virtual;
};

void machine_describe(struct machine *machine);

struct measured {
	const struct group *group;
	struct result result;
};

/* Has it a goal, and was that reached? */
bool has_goal(const struct entry *entry, const struct measure *measure);
bool reaches_goal(const struct entry *entry, const struct measure *measure);

/* ---- report.c: at most 100 columns */

void report_machine(FILE *to, const struct machine *machine);
void report_section(FILE *to, const char *name);
void report_group(FILE *to, const struct group *group, const struct result *result);
void report_missed(FILE *to, const struct measured *all, unsigned count);

/* ---- json.c */

/* points[s * POINTS + p] is of point p of sweep s; NULL where none were measured. */
void report_json(FILE *to, const struct machine *machine, const struct measured *all, unsigned count,
		 const struct result *points);

/* ---- sweep.c: a line a point: its value, then median, low and high of each entry, "-" where there is none
 */

void report_sweep(FILE *to, const struct sweep *sweep, const struct result *points);

#endif
