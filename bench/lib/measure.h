/* SPDX-License-Identifier: MIT */
/* A group measured: a worker started for each of its entries, and all compared. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "../rows.h"

struct surroundings {
	const char *programs; /* the directory of the workers' */
	const char *preload;  /* the object that makes System V Portico's */
	bool quick;	      /* few rounds: to see that it works */
};

/*
 * Errors of entries: -ENOPKG where its program wasn't built, -ENODEV where
 * there is no second CPU, -EXDEV where Portico's is the kernel's or vice versa.
 */
struct result measure_group(const struct surroundings *at, const struct group *group);

struct result measure_point(const struct surroundings *at, const struct sweep *sweep, unsigned point);

#endif
