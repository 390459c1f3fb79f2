/* SPDX-License-Identifier: MIT */
/*
 * What this process has attached, and where: a list of its own, in its own
 * memory.  The records in the region (attach.h) say for everybody how often a
 * segment is attached; this says for the process what lies at an address, and
 * which record counts it.
 *
 * An attachment is one piece at first.  Who unmaps some of it, or maps another
 * thing over it, leaves pieces, and the kernel counts each of them, as we do.
 *
 * A process that attaches a segment a second time keeps a page of it mapped
 * that is no attachment.  From then on a system call maps the segment again,
 * where a file had to be opened, looked at, mapped and closed.  Such pages keep
 * no memory: who removes the segment for good empties its file (M3).
 *
 *  M4  A piece is in the list only while it is mapped: it is put there after it
 *      was mapped, and taken out before it is unmapped; or right after, under
 *      the lock, where the program did that itself.
 *  M5  The list is ordered by address, and its pieces don't overlap.
 *  M6  A fork's child finds the list as its parent had it, and all of it is
 *      mapped there, too; but no record counts it before pk_attach_inherit().
 *  M7  The lock is free in a fork's child, and found held by its own thread in
 *      a signal handler that came in between: that handler's call fails.
 */
#ifndef PK_MAPPING_H
#define PK_MAPPING_H

#include "kernel.h"

struct pk_piece {
	uint64_t from, to;
	uint64_t base;	 /* where the segment's first byte lies, or would: the address for shmdt() */
	uint64_t end;	 /* and where its last page ends, or would */
	uint64_t serial; /* one for each shmat() */
	pk_id segment;
	uint32_t record; /* slot of its pk_attach; 0: it isn't counted */
};

/* 0, or -EDEADLK. */
int pk_mappings_lock(struct portico *k);
void pk_mappings_unlock(struct portico *k);

/* Is there anything in the list?  Without the lock: a hint. */
bool pk_mappings_any(struct portico *k);

/* All below: under the lock. */

/* Make room for so many pieces more, and so for their being cut in two.  -ENOMEM. */
int pk_mappings_reserve(struct portico *k, uint32_t more);
void pk_mappings_add(struct portico *k, const struct pk_piece *piece);
uint64_t pk_mappings_next_serial(struct portico *k);

/* The piece of that index, or NULL: there are no more. */
struct pk_piece *pk_mappings_at(struct portico *k, uint32_t index);
/* The first piece that ends after that address. */
uint32_t pk_mappings_search(struct portico *k, uint64_t address);
void pk_mappings_remove(struct portico *k, uint32_t index);

/* Make the list this task's, and say the pid of whose it was.  0: it was ours, or there is none. */
uint32_t pk_mappings_take_over(struct portico *k);

/* ---- pages that are kept; `how` is of enum pk_map */

/* Map that segment by a page that is kept of it.  -ENOENT: none is. */
int pk_mappings_again(struct portico *k, pk_id segment, uint64_t size_bytes, unsigned how, void **address);
/* It was mapped there, by its file: keep a page, if that wasn't the first time.  True if it does. */
bool pk_mappings_keep(struct portico *k, pk_id segment, uint64_t size_bytes, unsigned how, void *address);
/* Let go those of segments that are no more. */
void pk_mappings_tidy(struct portico *k);

void pk_mappings_open(struct portico *k);
void pk_mappings_close(struct portico *k);

#endif
