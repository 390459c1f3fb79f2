/* SPDX-License-Identifier: MIT */
/* Is what an instance holds sound?  For the doctor, who looks, and its repair. */
#ifndef TOOL_CONTENTS_H
#define TOOL_CONTENTS_H

#include "describe.h"
#include "object.h"

/* A kind of objects, and whether one of it is sound. */
struct object_kind {
	unsigned table;
	const char *plural;
	bool (*valid)(struct portico *k, pk_id id);
};

#define OBJECT_KINDS 4
extern const struct object_kind object_kinds[OBJECT_KINDS];

/* Of an object in that slot: twice unsound, so that a change that is being made isn't taken for damage. */
bool is_unsound(struct portico *k, const struct object_kind *kind, uint32_t slot);

/* Of whatever is in that slot: half removed, and by nobody who goes on with it? */
bool is_half_removed(struct portico *k, const struct object_kind *kind, uint32_t slot);

/* Is every name of a live object found by it? */
bool names_are_sound(struct portico *k);

/* Files in shm/ that are no segment's; and remove them.  How many. */
unsigned stray_files(struct portico *k, bool remove);

/* The same in bells/. */
unsigned stray_bells(struct portico *k, bool remove);

/* ---- contents_ports.c */

/* Places of the pool that ports have, and that aren't counted as taken; and count all anew. */
uint32_t places_uncounted(struct portico *k);
void count_places(struct portico *k);

/* Memory of messages that are no more; and free it.  How many runs. */
unsigned stray_runs(struct portico *k, bool remove);

/* Bells that don't say what their ports have; and make them.  How many. */
unsigned false_bells(struct portico *k, bool mend);

#endif
