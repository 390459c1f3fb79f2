/* SPDX-License-Identifier: MIT */
/*
 * Tables of slots: where every shared object lives.
 *
 * Claiming a slot takes one from the free list, or a fresh one, or commits
 * more of the table's window; releasing puts it back and raises its
 * generation, so that ids of what it was are stale.  The free list is a cache:
 * a table whose lock is inherited rebuilds it from the words of its slots.
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
	const char *name;
	uint64_t offset; /* of slot 0 from the region's beginning */
	uint32_t stride; /* bytes from slot to slot */
	uint32_t most;	 /* slots it may ever have, slot 0 included */
};

/* Names and sizes of every table; the region's layout, with layout.h. */
extern const struct pk_table_shape pk_shapes[PK_TABLES];

static inline uint32_t pk_committed(struct portico *k, unsigned table)
{
	uint32_t committed = pk_load(&pk_header(k)->tables[table].committed);
	return committed < pk_shapes[table].most ? committed : pk_shapes[table].most;
}

/* The slot's address, or NULL: nothing read from the region is believed. */
static inline void *pk_slot(struct portico *k, unsigned table, uint32_t slot)
{
	if (__builtin_expect(slot == 0 || slot >= pk_committed(k, table), 0))
		return NULL;
	return k->base + pk_shapes[table].offset + (uint64_t)slot * pk_shapes[table].stride;
}

/* The object of that id if it is LIVE.  NULL: *error is -EINVAL (no such slot in use) or -EIDRM (stale). */
void *pk_object(struct portico *k, unsigned table, pk_id id, int *error);

/* Claim a slot for this task.  -ENOBUFS: the table is full.  -ENOSPC: the file system is.  -EDEADLK: as
 * pk_lock(). */
int pk_claim(struct portico *k, unsigned table, uint32_t *slot);

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
