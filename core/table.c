/* SPDX-License-Identifier: MIT */
#include "table.h"
#include "region.h"

#include <errno.h>

#define SMALL_COMMIT (64u << 10) /* bytes: how much a table grows by, at the least */

/*
 * Processors tell a load from an earlier store by the low 12 bits of their
 * addresses first.  So the slots that a send touches in one go, a port and a
 * buffer, both of low numbers, don't begin at the same place of a page.
 */
#define APART 2048

#define OBJECTS(table, type, what, number)                                                                   \
	[table] = {                                                                                          \
		.name = (what),                                                                              \
		.offset = PK_WINDOW * ((table) + 1),                                                         \
		.stride = sizeof(struct type),                                                               \
		.most = (number),                                                                            \
	}
#define BUFFER_STRIDE(class) (sizeof(struct pk_message) + (PK_SMALLEST << (class)))
#define BUFFERS(class)                                                                                       \
	[PK_BUFFERS + (class)] = {                                                                           \
		.name = "buffers of 64 B << " #class,                                                        \
		.offset = PK_WINDOW * (PK_BUFFERS + (class) + 1) + APART,                                    \
		.stride = BUFFER_STRIDE(class),                                                              \
		.most = (PK_WINDOW - APART) / BUFFER_STRIDE(class),                                          \
	}

const struct pk_table_shape pk_shapes[PK_TABLES] = {
	OBJECTS(PK_TASKS, pk_task, "tasks", 32768),
	OBJECTS(PK_PORTS, pk_port, "ports", 131072),
	OBJECTS(PK_WAITS, pk_wait, "waits", 1 << 20),
	OBJECTS(PK_NAMES, pk_name, "names", 262144),
	OBJECTS(PK_SETS, pk_set, "semaphore sets", 32769),
	OBJECTS(PK_ADJUSTS, pk_adjust, "adjustments", 1 << 20),
	OBJECTS(PK_SEGMENTS, pk_segment, "segments", 32769),
	OBJECTS(PK_ATTACHES, pk_attach, "attachments", 1 << 20),
	OBJECTS(PK_PIPES, pk_pipe, "pipes", 131072),
	BUFFERS(0),
	BUFFERS(1),
	BUFFERS(2),
	BUFFERS(3),
	BUFFERS(4),
	BUFFERS(5),
	BUFFERS(6),
	BUFFERS(7),
	BUFFERS(8),
	BUFFERS(9),
	BUFFERS(10),
	BUFFERS(11),
	BUFFERS(12),
	BUFFERS(13),
	BUFFERS(14),
};

static struct pk_table *table_of(struct portico *k, unsigned table)
{
	return &pk_header(k)->tables[table];
}

/* 0, or -EDEADLK: in a signal handler that came upon its own thread in here. */
static int lock_table(struct portico *k, unsigned table)
{
	int locked = pk_lock(k, &table_of(k, table)->lock);
	if (locked == PK_INHERITED)
		pk_table_repair(k, table);
	return locked < 0 ? locked : 0;
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
	uint64_t end = (uint64_t)shape->most * shape->stride;
	to = to < end ? to : end;
	int error = pk_region_commit(k, shape->offset + from, to - from);
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
	int error = lock_table(k, table);
	if (error)
		return error;
	uint32_t found = next_free(k, table);
	if (!found) {
		uint32_t committed = pk_committed(k, table);
		error = pk_table_commit(k, table,
					committed + (committed / 4 < 65536 ? committed / 4 : 65536) + 2);
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
	if (lock_table(k, table) != 0) {
		/* free, and on no list before the next repair: lost rather than listed by two at once */
		pk_store(&head->generation, pk_load_relaxed(&head->generation) + 1);
		pk_store(&head->word, PK_FREE);
		return;
	}
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
	if (lock_table(k, table) != 0)
		return false;
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
