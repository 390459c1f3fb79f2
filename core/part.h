/* SPDX-License-Identifier: MIT */
/*
 * The parts of a message, beyond its data.
 *
 * A message with parts begins with a list of them, in its own data: so much is
 * all that whoever carries it on needs to know.  Rights and runs in the list are
 * the message's as far as their own words say so, which name it; a list that was
 * scribbled over gives away nothing.
 *
 * Freeing such a message gives up rights, which takes locks that come before
 * whatever lock its freer may hold.  So it is put aside, CLAIMED by the task,
 * and buried by the same thread once it holds none; if the task dies before, its
 * reaper frees it.
 */
#ifndef PK_PART_H
#define PK_PART_H

#include "message.h"

enum pk_part_kind { PK_PART_DATA = 1, PK_PART_RIGHT, PK_PART_MEMORY, PK_PART_REPLY };

struct pk_part {
	uint32_t kind;
	uint32_t record; /* slot of the right, or of the run */
	uint64_t bytes;	 /* of data or memory */
};

#define PK_PARTS_MOST 256u

/* The list of a message, of *count parts, each in bounds; NULL: it has none, or it was scribbled over. */
struct pk_part *pk_parts_of(struct portico *k, uint32_t message, uint32_t *count);

/* What a message brings, added up. */
struct pk_cargo {
	uint64_t data_bytes, memory_bytes;
	uint32_t rights; /* but for the one to answer by */
	uint32_t runs;	 /* of memory */
	bool wants_answer;
};
void pk_parts_add_up(struct portico *k, uint32_t message, struct pk_cargo *cargo);

void pk_parts_put_aside(struct portico *k, uint32_t message, struct pk_message *m);

void pk_parts_bury_slowly(struct portico *k);

static inline void pk_parts_bury(struct portico *k)
{
	if (__builtin_expect(pk_load_relaxed(&pk_thread.aside) != 0, 0))
		pk_parts_bury_slowly(k);
}

/* ---- memory */

/* Allocate, and free, this task's: its id.  -EINVAL, -ENOBUFS, -ENOSPC. */
int pk_memory_allocate(struct portico *k, uint64_t bytes, pk_id *memory);
int pk_memory_free(struct portico *k, pk_id memory);

/* Where it is; NULL: it isn't this task's. */
void *pk_memory_at(struct portico *k, pk_id memory, uint64_t *bytes);

/* Into a message, whose list *run is in; and out of it: its id, or 0. */
int pk_memory_put(struct portico *k, pk_id memory, uint32_t message, uint32_t *run);
pk_id pk_memory_take(struct portico *k, uint32_t run, uint32_t message);

#endif
