/* SPDX-License-Identifier: MIT */
/* A message that passed, as a tap has it. */
#ifndef FACTS_TAP_FACTS_H
#define FACTS_TAP_FACTS_H

#include "sink.h"
#include "tap.h"

#define TAP_SHOWN 64u /* bytes of its data */

struct tap_sight {
	struct pk_tapped tapped;
	uint32_t pid, uid, gid, missed;
	int64_t type;
	uint32_t priority;
	char text[TAP_SHOWN + 4]; /* how it begins; what is no text is '.' */
};

/* What that copy, held by this task, is of; it stays so.  False: it was scribbled over. */
bool tap_sight_of(struct portico *k, uint32_t copy, struct tap_sight *sight);

/* The members of an object that is open. */
void tap_facts(const struct tap_sight *sight, struct sink *sink);

#endif
