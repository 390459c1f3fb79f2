/* SPDX-License-Identifier: MIT */
/*
 * What is measured: groups for the table, and sweeps for the plots.  In a group
 * the first is Portico in some form, and the others are measured beside it.
 * rows.c has Portico's own calls, rows_sysv.c programs that know nothing of it,
 * rows_fuse.c the mount.
 */
#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

#include "lib/compare.h"

#include <stdbool.h>

/* A worker program, peer-NAME, and what it stands for. */
struct peer {
	const char *program, *name;
	bool preloaded;
	bool sysv; /* it knows System V keys: see whose it is */
};

extern const struct peer mailbox, preloaded, sysv, mq, pipes, seqpacket, boost, nng, zeromq;

#define UNCHANGED 0.95 /* a ratio: of what it costs alone */

struct entry {
	const struct peer *peer; /* NULL ends the list */
	double goal;		 /* the ratio to reach, 0 none */
	double most_added_ns;	 /* by the first, to this one's time; 0 no matter */
	const char *setup;	 /* words for it alone, or NULL */
	const char *name;	 /* NULL: the peer's */
};

enum place { ALONE, APART, TOGETHER, ANYWHERE }; /* on one CPU; on two; two processes on one; as it comes */

struct group {
	const char *name, *setup; /* words for all */
	enum place place;
	unsigned workers; /* at a time; 0 is 1 */
	unsigned rounds;  /* 0 is ROUNDS */
	uint64_t batch;	  /* operations; 0: as many as take BATCH_NS */
	struct entry entries[SUBJECTS + 1];
};

/* Groups under a heading; one without a name ends them. */
struct section {
	const char *name;
	const struct group *groups;
};

extern const struct section sections[]; /* one without a name ends them, too */
extern const struct group sysv_groups[], fuse_groups[], program_groups[];

enum { POINTS = 12 };

struct sweep {
	const char *name, *what; /* of its file, and of what changes */
	const char *setup;	 /* with places for the value and for a fitting depth */
	long values[POINTS];
	unsigned count;
	struct group group;
};

extern const struct sweep sweeps[];
extern const unsigned sweep_count;

static inline const char *entry_name(const struct entry *entry)
{
	return entry->name ? entry->name : entry->peer->name;
}

#endif
