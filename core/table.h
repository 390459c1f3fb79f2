/* SPDX-License-Identifier: MIT */
/*
 * Tables of slots: where every shared object lives.
 *
 * Claiming a slot takes one from the thread's magazine (magazine.h), or the
 * free list, or a fresh one, or commits more of the table's window; releasing
 * puts it back and raises its generation, so that ids of what it was are
 * stale.  The free list is a cache: a table whose lock is inherited rebuilds
 * it from the words of its slots.
 *
 * What a program may still know by an id of few bits comes back late: ports,
 * semaphore sets and segments are freed to the end of their list and taken from
 * its head, and at first that many slots that are fresh are taken before it.
 * Any other table hands out first what was used last, and is in the caches.
 *
 *  T1  A slot below `committed` is backed by memory: touching it can't fail.
 *  T2  A slot is on the free list, or at or above `fresh`, only if its word is
 *      FREE; after repair, exactly if.
 *  T3  A claimed slot's word names its claimer from the instant it leaves the
 *      free list, so its claimer's death finds it.
 */
#ifndef PK_TABLE_H
#define PK_TABLE_H

#include "lock.h"

struct pk_table_shape {
	uint64_t offset; /* of slot 0 from the region's beginning */
	uint32_t stride; /* bytes from slot to slot */
	uint32_t most;	 /* slots it may ever have, slot 0 included */
};

/*
 * Processors tell a load from an earlier store by the low 12 bits of their
 * addresses first.  So the slots that a send touches in one go, a port and a
 * buffer, both of low numbers, don't begin at the same place of a page.
 */
#define PK_APART 2048

#define PK_OBJECTS(table, type, number) [table] = { PK_WINDOW * ((table) + 1), sizeof(struct type), (number) }
#define PK_BUFFER_STRIDE(class) (sizeof(struct pk_message) + (PK_SMALLEST << (class)))
#define PK_BUFFERS_OF(class)                                                                                 \
	[PK_BUFFERS + (class)] = { PK_WINDOW * (PK_BUFFERS + (class) + 1) + PK_APART,                        \
				   PK_BUFFER_STRIDE(class),                                                  \
				   (PK_WINDOW - PK_APART) / PK_BUFFER_STRIDE(class) }

/* The shape of every table: the region's layout, with layout.h. */
static const struct pk_table_shape pk_shapes[PK_TABLES] = {
	PK_OBJECTS(PK_TASKS, pk_task, 32768),
	PK_OBJECTS(PK_PORTS, pk_port, 131072),
	PK_OBJECTS(PK_WAITS, pk_wait, 1 << 20),
	PK_OBJECTS(PK_NAMES, pk_name, 262144),
	PK_OBJECTS(PK_SETS, pk_set, 32769),
	PK_OBJECTS(PK_ADJUSTS, pk_adjust, 1 << 20),
	PK_OBJECTS(PK_SEGMENTS, pk_segment, 32769),
	PK_OBJECTS(PK_ATTACHES, pk_attach, 1 << 20),
	PK_OBJECTS(PK_PIPES, pk_pipe, 131072),
	PK_OBJECTS(PK_LANES, pk_lane, 1 << 22),
	PK_OBJECTS(PK_RUNS, pk_run, 1 << 20),
	PK_OBJECTS(PK_RIGHTS, pk_right, 1 << 20),
	PK_OBJECTS(PK_LISTENERS, pk_listener, 1 << 17),
	PK_OBJECTS(PK_USES, pk_use, 1 << 20),
	PK_OBJECTS(PK_OPENINGS, pk_opening, 1 << 20),
	PK_BUFFERS_OF(0),
	PK_BUFFERS_OF(1),
	PK_BUFFERS_OF(2),
	PK_BUFFERS_OF(3),
	PK_BUFFERS_OF(4),
	PK_BUFFERS_OF(5),
	PK_BUFFERS_OF(6),
	PK_BUFFERS_OF(7),
	PK_BUFFERS_OF(8),
	PK_BUFFERS_OF(9),
	PK_BUFFERS_OF(10),
	PK_BUFFERS_OF(11),
	PK_BUFFERS_OF(12),
	PK_BUFFERS_OF(13),
	PK_BUFFERS_OF(14),
};

#define PK_ROTATION 64 /* slots that a table uses at least before it uses one again, where it rotates */

static inline bool pk_table_rotates(unsigned table)
{
	return table == PK_PORTS || table == PK_SETS || table == PK_SEGMENTS;
}

/* What a table holds, in words: "tasks", "buffers of 4 KiB". */
const char *pk_table_name(unsigned table);

/* It was raised; or scribbled, and then what this process believed last holds, and is put back. */
uint32_t pk_committed_anew(struct portico *k, unsigned table);

static inline uint32_t pk_committed(struct portico *k, unsigned table)
{
	uint64_t word = pk_load(&pk_header(k)->tables[table].committed);
	if (__builtin_expect(word == pk_load_relaxed(&k->committed[table]), 1))
		return (uint32_t)word;
	return pk_committed_anew(k, table);
}

static inline void *pk_slot_at(struct portico *k, unsigned table, uint32_t slot)
{
	return k->base + pk_shapes[table].offset + (uint64_t)slot * pk_shapes[table].stride;
}

/* The slot's address, or NULL: nothing read from the region is believed. */
static inline void *pk_slot(struct portico *k, unsigned table, uint32_t slot)
{
	/* what this process knows to exist, first: that is in its own memory */
	if (__builtin_expect(slot >= (uint32_t)pk_load_relaxed(&k->committed[table]), 0) &&
	    slot >= pk_committed(k, table))
		return NULL;
	return __builtin_expect(slot == 0, 0) ? NULL : pk_slot_at(k, table, slot);
}

/* The object of that id if it is LIVE.  NULL: *error is -EINVAL (there never was) or -EIDRM (it is no more).
 */
void *pk_object(struct portico *k, unsigned table, pk_id id, int *error);

/* Claim a slot for this task.  -ENOBUFS: the table is full.  -ENOSPC: the file system is.  -EDEADLK: as
 * pk_lock(). */
int pk_claim(struct portico *k, unsigned table, uint32_t *slot);

/* Claim up to `most` at once, from the table itself: how many.  0 or fewer: none, and why. */
int pk_table_take(struct portico *k, unsigned table, uint32_t *slots, int most);

/*
 * Claim the free slot from `least` up that is nearest, and raise its generation
 * to one whose bits of `mask` are `low`.  For ids that somebody asks for.
 */
int pk_table_take_from(struct portico *k, unsigned table, uint32_t least, uint32_t low, uint32_t mask,
		       uint32_t *slot);

/* Give those back to the table itself. */
void pk_table_give(struct portico *k, unsigned table, const uint32_t *slots, int count);

/* Give a slot back.  Whoever calls owns it, or holds the lock of the object it belongs to. */
void pk_release(struct portico *k, unsigned table, uint32_t slot);

/* Make a claimed slot an object in service, and say its id. */
pk_id pk_publish(struct portico *k, unsigned table, uint32_t slot);

pk_id pk_slot_id(const struct pk_head *head, uint32_t slot);

/* Commit at least `slots` slots.  Wants no lock. */
int pk_table_commit(struct portico *k, unsigned table, uint32_t slots);

/* Rebuild what the free list says.  Under the table's lock. */
void pk_table_repair(struct portico *k, unsigned table);

/* T1 and T2 hold?  Takes the lock.  For tests and `portico doctor`. */
bool pk_table_valid(struct portico *k, unsigned table);

#endif
