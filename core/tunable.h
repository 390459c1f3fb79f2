/* SPDX-License-Identifier: MIT */
/*
 * What Linux shows of System V's limits as files in /proc/sys/kernel: the same
 * files of an instance, by name, their text, and what may be written to them.
 *
 * A program's write can't be waited for: echo's bytes leave libc by calls of its
 * own.  So whoever opens such a file to write gets a real one, DIR/sysctl/NAME,
 * and what stands there afterwards is taken in by whoever looks at limits next.
 * header->tunables_written says which files to look at, and the description that
 * the writer holds has a shared lock on the file: who gets it alone knows that
 * nobody can write there any more.
 *
 *  TU1  A file's bit is set, under its shared lock, before anything is written
 *      there, and is cleared under its exclusive lock, when it is empty.
 *  TU2  What is taken in is removed from the file after it holds; so a death
 *      between has it taken in twice, which is as once.
 */
#ifndef PK_TUNABLE_H
#define PK_TUNABLE_H

#include "sysv.h"
#include "text.h"

#define PK_TUNABLES 12
#define PK_TUNABLE_TEXT 96 /* the longest text of one, NUL included */

/* The one of that name, or -ENOENT. */
int pk_tunable_find(const char *name);
const char *pk_tunable_name(unsigned tunable);

/* What it holds, as Linux would write it; k NULL: as a new instance has it. */
void pk_tunable_say(struct portico *k, unsigned tunable, struct pk_text *text);

/* Give it the values in that text, as Linux reads them.  -EINVAL: it can't have them, and keeps its own. */
int pk_tunable_set(struct portico *k, unsigned tunable, const char *text);

/* A descriptor to write to it, and to read its present value unless `only` that.  -EACCES: not this task. */
int pk_tunable_open(struct portico *k, unsigned tunable, bool only);

void pk_tunables_take_in_slowly(struct portico *k);

/* Before a look at limits that isn't on the way of every message: take in what was written. */
static inline void pk_tunables_take_in(struct portico *k)
{
	if (__builtin_expect(pk_load_relaxed(&pk_header(k)->tunables_written) != 0, 0))
		pk_tunables_take_in_slowly(k);
}

/* Is that over the limit, even after what was written is taken in? */
static inline bool pk_sysv_over(struct portico *k, enum pk_sysv_limit limit, uint64_t value)
{
	if (__builtin_expect(value <= pk_sysv_limit(k, limit), 1))
		return false;
	pk_tunables_take_in(k);
	return value > pk_sysv_limit(k, limit);
}

#endif
