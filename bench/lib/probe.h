/* SPDX-License-Identifier: MIT */
/*
 * Is the machine itself?  Neighbours, clocks and hypervisors come and go.  A
 * probe does always the same: a fixed row of atomic additions, and one cache
 * line passed to and fro between two CPUs.  Where it takes longer than usual,
 * what was measured beside it is no evidence.
 */
#ifndef BENCH_PROBE_H
#define BENCH_PROBE_H

#include <stdint.h>

struct probe {
	double add_ns;	  /* an atomic addition */
	double bounce_ns; /* a cache line there and back; 0 where there is one CPU only */
};

/*
 * Keeps this thread on one CPU, probe_here, and the probe's other half on
 * another, probe_there; -1 where there is none.  0, or a negative errno.
 */
int probe_start(void);
extern int probe_here, probe_there;

/* For a child: back to wherever this process could run before that. */
void probe_leave(void);

struct probe probe_now(void);

int64_t now_ns(void);

#endif
