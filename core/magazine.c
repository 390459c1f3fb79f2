/* SPDX-License-Identifier: MIT */
#include "magazine.h"

#define BYTES (PK_MAGAZINES * sizeof(struct pk_magazine))

void pk_magazines_open(struct portico *k)
{
	void *memory = NULL;
	if (k->magazines || pk_map(&memory, BYTES, -1, 0) != 0)
		return;
	if (pk_wipe_on_fork(memory, BYTES) == 0)
		k->magazines = memory;
	else
		pk_unmap(memory, BYTES);
}

void pk_magazines_close(struct portico *k)
{
	if (k->magazines)
		pk_unmap(k->magazines, BYTES);
}

static bool is_free(uint64_t holder, uint32_t thread)
{
	uint32_t held_by = (uint32_t)holder;
	return held_by == 0 || held_by == thread || !pk_thread_alive(held_by);
}

struct pk_magazine *pk_magazine_hold(struct portico *k)
{
	uint32_t thread = pk_thread_id();
	for (int i = 0; k->magazines && i < PK_MAGAZINES; i++) {
		struct pk_magazine *magazine = &k->magazines[i];
		uint64_t holder = pk_load(&magazine->holder);
		/* by a swap: a thread of the same number may have come just now */
		uint64_t mine = ((holder >> 32) + 1) << 32 | thread;
		if (is_free(holder, thread) && pk_swap_if(&magazine->holder, &holder, mine)) {
			/* an acquire: the kernel's word that its last holder died orders nothing */
			(void)pk_load(&magazine->busy);
			pk_store(&magazine->busy, false);
			return magazine;
		}
	}
	return NULL;
}

int pk_magazine_fill(struct portico *k, struct pk_magazine *magazine, unsigned table, int kind)
{
	int taken = pk_table_take(k, table, magazine->slots[kind], pk_magazine_rounds(kind) / 2);
	if (taken > 0)
		magazine->count[kind] = (uint8_t)taken;
	/* they were another processor's last: fetch them all at once */
	for (int i = 0; i < taken; i++) {
		const unsigned char *slot = pk_slot(k, table, magazine->slots[kind][i]);
		__builtin_prefetch(slot, 1);
		__builtin_prefetch(slot + sizeof(struct pk_message), 1);
	}
	return taken;
}

/* The half that lay there longest: what was used last is still in the processor's cache. */
void pk_magazine_drain(struct portico *k, struct pk_magazine *magazine, unsigned table, int kind)
{
	uint32_t *slots = magazine->slots[kind];
	uint8_t half = magazine->count[kind] / 2;
	pk_table_give(k, table, slots, half);
	magazine->count[kind] = (uint8_t)(magazine->count[kind] - half);
	for (uint8_t i = 0; i < magazine->count[kind]; i++)
		slots[i] = slots[i + half];
}

void pk_magazine_empty(struct portico *k)
{
	struct pk_magazine *magazine = pk_magazine_enter(k, 0);
	if (!magazine)
		return;
	for (unsigned table = 0; table < PK_TABLES; table++) {
		int kind = pk_magazine_kind(table);
		if (kind < 0)
			continue;
		pk_table_give(k, table, magazine->slots[kind], magazine->count[kind]);
		magazine->count[kind] = 0;
	}
	pk_magazine_leave(magazine);
}
