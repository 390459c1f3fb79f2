/* SPDX-License-Identifier: MIT */
/*
 * Magazines: a few free slots that a thread keeps at hand, so that most claims
 * and releases touch no lock (Bonwick and Adams, "Magazines and Vmem", 2001).
 *
 * They lie in the process's own memory.  Only slots that come and go with every
 * message are kept: waits, and buffers of up to 8 KiB.  An empty magazine takes
 * half its fill from the table in one go, a full one gives half back.
 *
 *  G1  A slot in a magazine is CLAIMED by this task, like one in use: whoever
 *      reaps the task frees it.
 *  G2  A magazine is its holder's alone.  A signal handler that interrupts its
 *      own thread in one finds it busy, and goes to the table.
 *  G3  A fork's child finds them empty and nobody's: they are wiped like the
 *      registration (kernel.h).
 *  G4  There are PK_MAGAZINES of them.  One whose thread has ended goes to the
 *      next that comes; a thread that finds none goes to the table.
 */
#ifndef PK_MAGAZINE_H
#define PK_MAGAZINE_H

#include "table.h"

#define PK_MAGAZINES 16
#define PK_MAGAZINE_BUFFERS 8 /* classes of buffers: 64 B to 8 KiB */
#define PK_MAGAZINE_KINDS (1 + PK_MAGAZINE_BUFFERS)
#define PK_MAGAZINE_ROUNDS 32

struct pk_magazine {
	_Alignas(PK_LINE) _Atomic uint64_t
		holder;	   /* thread, and how often it changed hands << 32; 0: nobody */
	_Atomic bool busy; /* left by a release, so that the next holder sees what is in it */
	uint8_t count[PK_MAGAZINE_KINDS];
	uint32_t slots[PK_MAGAZINE_KINDS][PK_MAGAZINE_ROUNDS];
};

/* Which magazine of a thread's holds slots of that table, or -1: none does. */
static inline int pk_magazine_kind(unsigned table)
{
	if (table - PK_BUFFERS < PK_MAGAZINE_BUFFERS)
		return (int)(table - PK_BUFFERS) + 1;
	return table == PK_WAITS ? 0 : -1;
}

/* How many slots of a kind are kept: of large buffers few. */
static inline uint8_t pk_magazine_rounds(int kind)
{
	return kind == 0 ? 8 : kind <= 4 ? PK_MAGAZINE_ROUNDS : 4;
}

/* Make room for them, before anybody holds one.  Where that fails there are none. */
void pk_magazines_open(struct portico *k);
void pk_magazines_close(struct portico *k);

/* Give back all that this thread keeps. */
void pk_magazine_empty(struct portico *k);

/* A magazine for this thread, or NULL. */
struct pk_magazine *pk_magazine_hold(struct portico *k);

int pk_magazine_fill(struct portico *k, struct pk_magazine *magazine, unsigned table, int kind);
void pk_magazine_drain(struct portico *k, struct pk_magazine *magazine, unsigned table, int kind);

__attribute__((always_inline)) static inline struct pk_magazine *pk_magazine_enter(struct portico *k,
										   int kind)
{
	struct pk_magazine *magazine = pk_thread.magazine;
	if (kind < 0 || pk_thread.serial != k->serial || !magazine || pk_load_relaxed(&magazine->busy))
		return NULL;
	pk_store_relaxed(&magazine->busy, true);
	atomic_signal_fence(memory_order_seq_cst);
	return magazine;
}

static inline void pk_magazine_leave(struct pk_magazine *magazine)
{
	pk_store(&magazine->busy, false);
}

/* The slot put there last, if it is still ours; or 0, and nothing has changed. */
__attribute__((always_inline)) static inline uint32_t
pk_magazine_take(struct portico *k, struct pk_magazine *magazine, unsigned table, int kind)
{
	uint8_t count = magazine->count[kind];
	if (count == 0)
		return 0;
	uint32_t slot = magazine->slots[kind][count - 1];
	const struct pk_head *head = pk_slot(k, table, slot);
	if (!head || pk_load_relaxed(&head->word) != pk_word(PK_CLAIMED, pk_self(k)))
		return 0;
	magazine->count[kind] = (uint8_t)(count - 1);
	return slot;
}

/* Claim one from it, or else from the table: as pk_claim(), which this is in line. */
__attribute__((always_inline)) static inline int pk_claim_quickly(struct portico *k, unsigned table,
								  uint32_t *slot)
{
	int kind = pk_magazine_kind(table);
	struct pk_magazine *magazine = pk_magazine_enter(k, kind);
	*slot = 0;
	if (magazine) {
		*slot = pk_magazine_take(k, magazine, table, kind);
		pk_magazine_leave(magazine);
	}
	return __builtin_expect(*slot != 0, 1) ? 0 : pk_claim(k, table, slot);
}

/* Give one to it, or else to the table: as pk_release(). */
__attribute__((always_inline)) static inline void pk_release_quickly(struct portico *k, unsigned table,
								     uint32_t slot, struct pk_head *head)
{
	int kind = pk_magazine_kind(table);
	struct pk_magazine *magazine = pk_magazine_enter(k, kind);
	bool kept = magazine && magazine->count[kind] < pk_magazine_rounds(kind);
	if (kept) {
		pk_store(&head->generation, pk_load_relaxed(&head->generation) + 1);
		PK_POINT("table: before keeping");
		pk_store(&head->word, pk_word(PK_CLAIMED, pk_self(k)));
		PK_POINT("table: kept");
		magazine->slots[kind][magazine->count[kind]++] = slot;
	}
	if (magazine)
		pk_magazine_leave(magazine);
	if (__builtin_expect(!kept, 0))
		pk_release(k, table, slot);
}

#endif
