/* SPDX-License-Identifier: MIT */
/* A message that was looked at, and left where it lies. */
#ifndef FACTS_MESSAGE_FACTS_H
#define FACTS_MESSAGE_FACTS_H

#include "peek.h"
#include "sink.h"

/* Its beginning as text, of `most` bytes; what is no text is '.'. */
const char *message_beginning(const struct pk_glance *glance, uint32_t most, char text[PK_GLANCE_BYTES + 4]);

/* queued; or, with what its sender waits for: "sender waits", "receipt wanted". */
const char *message_state(const struct pk_glance *glance);

/* How long its sender has waited; 0: it doesn't, and when it was sent isn't known. */
int64_t message_age_ns(const struct pk_glance *glance);

/* The members of an object that is open.  `number`: how many would be received before it. */
void message_facts(uint32_t number, const struct pk_glance *glance, struct sink *sink);

/*
 * Call for the messages of a port as they would be received, at most `most`.  How
 * many that were, or a negative errno.
 */
int messages_each(struct portico *k, pk_id port, uint64_t most,
		  void (*visit)(uint32_t number, const struct pk_glance *glance, void *context),
		  void *context);

#endif
