/* SPDX-License-Identifier: MIT */
#include "table.h"
#include "region.h"

#include <errno.h>

#define SMALL_COMMIT (64u << 10) /* bytes: how much a table grows by, at the least */

#define BUFFER(shift)                                                              \
	{                                                                          \
		"buffers of " #shift, sizeof(struct pk_message) + (PK_SMALLEST << (shift)), \
			(uint32_t)(PK_WINDOW / (sizeof(struct pk_message) + (PK_SMALLEST << (shift)))) \
	}

const struct pk_table_shape pk_shapes[PK_TABLES] = {
	[PK_TASKS] = { "tasks", sizeof(struct pk_task), 32768 },
	[PK_PORTS] = { "ports", sizeof(struct pk_port), 131072 },
	[PK_WAITS] = { "waits", sizeof(struct pk_wait), 1u << 20 },
	[PK_NAMES] = { "names", sizeof(struct pk_name), 262144 },
	[PK_SETS] = { "semaphore sets", sizeof(struct pk_set), 32769 },
	[PK_ADJUSTS] = { "adjustments", sizeof(struct pk_adjust), 1u << 20 },
	[PK_SEGMENTS] = { "segments", sizeof(struct pk_segment), 32769 },
	[PK_ATTACHES] = { "attachments", sizeof(struct pk_attach), 1u << 20 },
	[PK_PIPES] = { "pipes", sizeof(struct pk_pipe), 131072 },
	[PK_BUFFERS] = BUFFER(0), BUFFER(1), BUFFER(2), BUFFER(3), BUFFER(4), BUFFER(5), BUFFER(6), BUFFER(7),
	BUFFER(8), BUFFER(9), BUFFER(10), BUFFER(11), BUFFER(12), BUFFER(13), BUFFER(14),
};

static struct pk_table *table_of(struct portico *k, unsigned table)
{
	return &pk_header(k)->tables[table];
}

static void lock_table(struct portico *k, unsigned table)
{
	if (pk_lock(k, &table_of(k, table)->lock) == PK_INHERITED)
		pk_table_repair(k, table);
}

static void unlock_table(struct portico *k, unsigned table)
{
	pk_unlock(&table_of(k, table)->lock);
}

pk_id pk_slot_id(const struct pk_head *head, uint32_t slot)
{
	return pk_id_make(slot, pk_load_relaxed(&head->generation));
}

void *pk_object(struct portico *k, unsigned table, pk_id id, int *error)
{
	struct pk_head *head = pk_slot(k, table, pk_id_slot(id));
	if (!head || pk_word_kind(pk_load(&head->word)) != PK_LIVE) {
		*error = -EINVAL;
		return NULL;
	}
	if (pk_load(&head->generation) != pk_id_generation(id)) {
		*error = -EIDRM;
		return NULL;
	}
	return head;
}

int pk_table_commit(struct portico *k, unsigned table, uint32_t slots)
{
	struct pk_table *t = table_of(k, table);
	const struct pk_table_shape *shape = &pk_shapes[table];
	uint32_t committed = pk_committed(k, table);
	if (slots <= committed)
		return 0;
	if (committed == shape->most)
		return -ENOBUFS;
	slots = slots < shape->most ? slots : shape->most;
	uint64_t from = (uint64_t)(committed ? committed : 1) * shape->stride; /* slot 0 is never used */
	uint64_t to = (uint64_t)slots * shape->stride;
	to = (to + SMALL_COMMIT - 1) / SMALL_COMMIT * SMALL_COMMIT;
	to = to < PK_WINDOW ? to : PK_WINDOW;
	int error = pk_region_commit(k, PK_WINDOW * (table + 1) + from, to - from);
	if (error)
		return error;
	uint64_t exist = to / shape->stride;
	uint32_t now = exist < shape->most ? (uint32_t)exist : shape->most;
	committed = pk_load(&t->committed);
	while (committed < now && !pk_swap_if(&t->committed, &committed, now))
		continue; /* T1: raised, never lowered, though several grow it at once */
	return 0;
}

/* The next slot to hand out, still on the list; 0: none is left. */
static uint32_t next_free(struct portico *k, unsigned table)
{
	struct pk_table *t = table_of(k, table);
	struct pk_head *head = pk_slot(k, table, t->free);
	if (head) {
		if (pk_word_kind(pk_load_relaxed(&head->word)) == PK_FREE)
			return t->free;
		pk_table_repair(k, table); /* scribbled */
		if (pk_slot(k, table, t->free))
			return t->free;
	}
	return t->fresh < pk_committed(k, table) ? t->fresh : 0;
}

int pk_claim(struct portico *k, unsigned table, uint32_t *slot)
{
	struct pk_table *t = table_of(k, table);
	int error = 0;
	lock_table(k, table);
	uint32_t found = next_free(k, table);
	if (!found) {
		uint32_t committed = pk_committed(k, table);
		error = pk_table_commit(k, table, committed + (committed / 4 < 65536 ? committed / 4 : 65536) + 2);
		found = error ? 0 : next_free(k, table);
	}
	struct pk_head *head = pk_slot(k, table, found);
	if (head) {
		PK_POINT("table: before claiming");
		pk_store(&head->word, pk_word(PK_CLAIMED, pk_self(k)));
		PK_POINT("table: claimed, still on the free list");
		if (found == t->free)
			t->free = head->next;
		else
			t->fresh = found + 1;
		head->next = 0;
		pk_store_relaxed(&t->used, pk_load_relaxed(&t->used) + 1);
		*slot = found;
	} else if (!error) {
		error = -ENOBUFS;
	}
	unlock_table(k, table);
	return error;
}

void pk_release(struct portico *k, unsigned table, uint32_t slot)
{
	struct pk_table *t = table_of(k, table);
	struct pk_head *head = pk_slot(k, table, slot);
	if (!head)
		return;
	lock_table(k, table);
	if (pk_word_kind(pk_load_relaxed(&head->word)) != PK_FREE) {
		pk_store(&head->generation, pk_load_relaxed(&head->generation) + 1);
		PK_POINT("table: before freeing");
		pk_store(&head->word, PK_FREE);
		PK_POINT("table: free, not on the free list");
		head->next = t->free;
		t->free = slot;
		pk_store_relaxed(&t->used, pk_load_relaxed(&t->used) - 1);
	}
	unlock_table(k, table);
}

pk_id pk_publish(struct portico *k, unsigned table, uint32_t slot)
{
	struct pk_head *head = pk_slot(k, table, slot);
	pk_id id = pk_slot_id(head, slot);
	PK_POINT("table: before publishing");
	pk_store(&head->word, pk_word(PK_LIVE, id));
	return id;
}

void pk_table_repair(struct portico *k, unsigned table)
{
	struct pk_table *t = table_of(k, table);
	uint32_t committed = pk_committed(k, table), used = 0;
	t->free = 0;
	t->fresh = committed;
	for (uint32_t slot = committed; slot-- > 1;) {
		struct pk_head *head = pk_slot(k, table, slot);
		if (pk_word_kind(pk_load(&head->word)) == PK_FREE) {
			head->next = t->free;
			t->free = slot;
		} else {
			used++;
		}
	}
	pk_store(&t->used, used);
}

bool pk_table_valid(struct portico *k, unsigned table)
{
	struct pk_table *t = table_of(k, table);
	uint32_t committed = pk_committed(k, table), listed = 0, free_words = 0;
	bool valid = true;
	lock_table(k, table);
	for (uint32_t slot = t->free; slot != 0 && listed <= committed; listed++) {
		struct pk_head *head = pk_slot(k, table, slot);
		if (!head || pk_word_kind(pk_load(&head->word)) != PK_FREE) {
			valid = false;
			break;
		}
		slot = head->next;
	}
	for (uint32_t slot = 1; slot < t->fresh && slot < committed; slot++) {
		struct pk_head *head = pk_slot(k, table, slot);
		free_words += pk_word_kind(pk_load(&head->word)) == PK_FREE;
	}
	valid = valid && listed == free_words;
	unlock_table(k, table);
	return valid;
}
