/* SPDX-License-Identifier: MIT */
/*
 * Facts as flat text, a line each, as cgroup's files have it:
 *
 *    messages 3                    KEY VALUE
 *    users 120                     of an array, one line an element
 *    priorities.5 2                of an object, one line a member
 *    waiter pid=120 for=receive    an object in one of those: KEY MEMBER=VALUE ...
 *
 * Truths are yes and no, times are seconds, CLOCK_REALTIME.  What would disturb a
 * line is written \ooo; and a member's text is in double quotes where it has blanks.
 */
#ifndef PORTICO_FUSE_FLAT_H
#define PORTICO_FUSE_FLAT_H

#include "sink.h"

#include <stdio.h>

struct flat {
	struct sink sink;
	FILE *out;
	const char *outer; /* the bracket that is open; not copied */
	unsigned depth;
};

struct sink *flat_sink(struct flat *flat, FILE *out);

#endif
