/* SPDX-License-Identifier: MIT */
/* What was measured, for people and for machines. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "compare.h"

#include <stdio.h>

struct machine {
	char processor[128], kernel[128], system[128];
	int cpus, virtual;
};
void machine_describe(struct machine *machine);

void report_machine(FILE *to, const struct machine *machine);
void report_head(FILE *to);
void report_row(FILE *to, const struct result *result);
void report_json(FILE *to, const struct machine *machine, const struct result *results, unsigned count);

#endif
