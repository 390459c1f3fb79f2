/* SPDX-License-Identifier: MIT */
#include "table.h"
#include "log.h"
#include "magazine.h"
#include "region.h"

#include <errno.h>

#define SMALL_COMMIT (64u << 10) /* bytes: how much a table grows by, at the least */

const char *pk_table_name(unsigned table)
{
	static const char *const names[PK_TABLES] = {
		[PK_TASKS] = "tasks",
		[PK_PORTS] = "ports",
		[PK_WAITS] = "waits",
		[PK_NAMES] = "names",
		[PK_SETS] = "semaphore sets",
		[PK_ADJUSTS] = "adjustments",
		[PK_SEGMENTS] = "segments",
		[PK_ATTACHES] = "attachments",
		[PK_PIPES] = "pipes",
		[PK_LANES] = "lanes",
		[PK_RUNS] = "runs of pages",
		[PK_RIGHTS] = "rights",
		[PK_LISTENERS] = "listeners",
		[PK_USES] = "uses of objects",
		[PK_OPENINGS] = "open files of mounts",
		[PK_BUFFERS + 0] = "buffers of 64 B",
		[PK_BUFFERS + 1] = "buffers of 128 B",
		[PK_BUFFERS + 2] = "buffers of 256 B",
		[PK_BUFFERS + 3] = "buffers of 512 B",
		[PK_BUFFERS + 4] = "buffers of 1 KiB",
		[PK_BUFFERS + 5] = "buffers of 2 KiB",
		[PK_BUFFERS + 6] = "buffers of 4 KiB",
		[PK_BUFFERS + 7] = "buffers of 8 KiB",
		[PK_BUFFERS + 8] = "buffers of 16 KiB",
		[PK_BUFFERS + 9] = "buffers of 32 KiB",
		[PK_BUFFERS + 10] = "buffers of 64 KiB",
		[PK_BUFFERS + 11] = "buffers of 128 KiB",
		[PK_BUFFERS + 12] = "buffers of 256 KiB",
		[PK_BUFFERS + 13] = "buffers of 512 KiB",
		[PK_BUFFERS + 14] = "buffers of 1 MiB",
	};
	return names[table];
}

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
	uint64_t word = head ? pk_load(&head->word) : PK_FREE;
	if (pk_word_is(word, PK_LIVE, id))
		return head;
	bool was = head && id >> PK_ID_BITS == 0 &&
		   (pk_id_generation(id) < pk_load(&head->generation) || word == pk_word(PK_DYING, id));
	*error = was ? -EIDRM : -EINVAL;
	return NULL;
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
	uint64_t word = pk_load(&t->committed);
	/* T1: raised, never lowered, though several grow it at once */
	while (pk_committed(k, table) < now &&
	       !pk_swap_if(&t->committed, &word, pk_committed_word(table, now)))
		continue;
	return 0;
}

uint32_t pk_committed_anew(struct portico *k, unsigned table)
{
	_Atomic uint64_t *believed = &k->committed[table], *said = &table_of(k, table)->committed;
	uint64_t before = pk_load(believed), word;
	for (;;) {
		word = pk_load(said); /* after `before`: another thread may have come to believe more */
		uint32_t slots = (uint32_t)word;
		if (word != pk_committed_word(table, slots) || slots > pk_shapes[table].most ||
		    slots < (uint32_t)before)
			break;
		if (slots == (uint32_t)before || pk_swap_if(believed, &before, word))
			return slots;
	}
	if (before != 0) { /* T1: never lowered */
		pk_log(k, PK_LOG_DAMAGED, table, 0, 0);
		pk_swap_if(said, &word, before);
	}
	return (uint32_t)before;
}

/* The next slot to hand out, still on the list; 0: none is left. */
static uint32_t next_free(struct portico *k, unsigned table)
{
	struct pk_table *t = table_of(k, table);
	struct pk_head *head = pk_slot(k, table, t->free);
	bool rotated = t->fresh > PK_ROTATION || !pk_table_rotates(table) || !pk_slot(k, table, t->fresh);
	if (head && rotated) {
		if (pk_word_kind(pk_load_relaxed(&head->word)) == PK_FREE)
			return t->free;
		pk_table_repair(k, table); /* scribbled */
		if (pk_slot(k, table, t->free))
			return t->free;
	}
	head = pk_slot(k, table, t->fresh);
	if (head && pk_word_kind(pk_load_relaxed(&head->word)) != PK_FREE) { /* scribbled */
		pk_table_repair(k, table);
		return pk_slot(k, table, t->free) ? t->free : 0;
	}
	return head ? t->fresh : 0;
}

/* Under the table's lock: one slot, off the free list; 0: there is none. */
static uint32_t take_locked(struct portico *k, unsigned table)
{
	struct pk_table *t = table_of(k, table);
	uint32_t slot = next_free(k, table);
	struct pk_head *head = pk_slot(k, table, slot);
	if (!head)
		return 0;
	PK_POINT("table: before claiming");
	pk_store(&head->word, pk_word(PK_CLAIMED, pk_self(k)));
	PK_POINT("table: claimed, still on the free list");
	if (slot == t->free)
		t->free = head->next;
	else
		t->fresh = slot + 1;
	head->next = 0;
	pk_store_relaxed(&t->used, pk_load_relaxed(&t->used) + 1);
	return slot;
}

static int grow(struct portico *k, unsigned table)
{
	uint32_t committed = pk_committed(k, table);
	return pk_table_commit(k, table, committed + (committed / 4 < 65536 ? committed / 4 : 65536) + 2);
}

int pk_table_take(struct portico *k, unsigned table, uint32_t *slots, int most)
{
	int taken = 0, error = lock_table(k, table);
	if (error)
		return error;
	while (taken < most && (slots[taken] = take_locked(k, table)) != 0)
		taken++;
	if (taken == 0) {
		error = grow(k, table);
		if (!error && (slots[0] = take_locked(k, table)) != 0)
			taken = 1;
		else if (!error)
			error = -ENOBUFS;
	}
	unlock_table(k, table);
	return taken > 0 ? taken : error;
}

/* A slot whose word says that it is free, to the end of the list. */
static void append_free(struct portico *k, unsigned table, uint32_t slot, struct pk_head *head)
{
	struct pk_table *t = table_of(k, table);
	struct pk_head *last = pk_slot(k, table, t->last);
	head->next = 0;
	if (t->free == 0) {
		t->free = slot;
	} else if (last && last->next == 0 && pk_word_kind(pk_load_relaxed(&last->word)) == PK_FREE) {
		last->next = slot;
	} else {
		pk_table_repair(k, table); /* scribbled */
		return;
	}
	t->last = slot;
}

/* Under the table's lock: the first free slot from there up, in a table that grows for it; 0: there is none.
 */
static uint32_t find_from(struct portico *k, unsigned table, uint32_t least, int *error)
{
	for (uint32_t slot = least ? least : 1;; slot++) {
		const struct pk_head *head = pk_slot(k, table, slot);
		if (!head && (*error = pk_table_commit(k, table, slot + 1)) == 0)
			head = pk_slot(k, table, slot);
		if (!head)
			return 0;
		if (pk_word_kind(pk_load_relaxed(&head->word)) == PK_FREE)
			return slot;
	}
}

int pk_table_take_from(struct portico *k, unsigned table, uint32_t least, uint32_t low, uint32_t mask,
		       uint32_t *slot)
{
	int error = lock_table(k, table);
	if (error)
		return error;
	*slot = least < pk_shapes[table].most ? find_from(k, table, least, &error) : 0;
	struct pk_head *head = pk_slot(k, table, *slot);
	if (head) {
		uint32_t was = pk_load_relaxed(&head->generation), wanted = (was & ~mask) | low;
		pk_store(&head->generation, wanted < was ? wanted + mask + 1 : wanted);
		pk_store(&head->word, pk_word(PK_CLAIMED, pk_self(k)));
		PK_POINT("table: claimed by its number, still on the free list");
		pk_table_repair(k, table);
	}
	unlock_table(k, table);
	return head ? 0 : error ? error : -ENOBUFS;
}

/* Under the table's lock. */
static void give_locked(struct portico *k, unsigned table, uint32_t slot)
{
	struct pk_table *t = table_of(k, table);
	struct pk_head *head = pk_slot(k, table, slot);
	if (!head || pk_word_kind(pk_load_relaxed(&head->word)) == PK_FREE)
		return;
	pk_store(&head->generation, pk_load_relaxed(&head->generation) + 1);
	PK_POINT("table: before freeing");
	pk_store(&head->word, PK_FREE);
	PK_POINT("table: free, not on the free list");
	pk_store_relaxed(&t->used, pk_load_relaxed(&t->used) - 1);
	if (pk_table_rotates(table)) {
		append_free(k, table, slot, head);
		return;
	}
	head->next = t->free;
	t->free = slot;
}

void pk_table_give(struct portico *k, unsigned table, const uint32_t *slots, int count)
{
	bool locked = lock_table(k, table) == 0;
	for (int i = 0; i < count; i++) {
		struct pk_head *head = pk_slot(k, table, slots[i]);
		if (locked) {
			give_locked(k, table, slots[i]);
		} else if (head) {
			/* free, and on no list before the next repair: lost rather than listed by two at once
			 */
			pk_store(&head->generation, pk_load_relaxed(&head->generation) + 1);
			pk_store(&head->word, PK_FREE);
		}
	}
	if (locked)
		unlock_table(k, table);
}

/* ---- claiming and releasing: by the thread's magazine, if it keeps slots of that table */

/* One that it holds and that is ours; 0: it holds none. */
static uint32_t take_round(struct portico *k, struct pk_magazine *magazine, unsigned table, int kind)
{
	uint32_t slot;
	while ((slot = pk_magazine_take(k, magazine, table, kind)) == 0 && magazine->count[kind] > 0)
		magazine->count[kind]--; /* scribbled */
	return slot;
}

int pk_claim(struct portico *k, unsigned table, uint32_t *slot)
{
	int kind = pk_magazine_kind(table), taken;
	struct pk_magazine *magazine = pk_magazine_enter(k, kind);
	if (!magazine) {
		taken = pk_table_take(k, table, slot, 1);
		return taken > 0 ? 0 : taken;
	}
	*slot = take_round(k, magazine, table, kind);
	taken = 1;
	if (*slot == 0 && (taken = pk_magazine_fill(k, magazine, table, kind)) > 0)
		*slot = take_round(k, magazine, table, kind);
	pk_magazine_leave(magazine);
	if (*slot != 0)
		return 0;
	return taken < 0 ? taken : -EIO;
}

void pk_release(struct portico *k, unsigned table, uint32_t slot)
{
	int kind = pk_magazine_kind(table);
	struct pk_head *head = pk_slot(k, table, slot);
	struct pk_magazine *magazine = head ? pk_magazine_enter(k, kind) : NULL;
	if (!magazine) {
		pk_table_give(k, table, &slot, 1);
		return;
	}
	if (magazine->count[kind] == pk_magazine_rounds(kind))
		pk_magazine_drain(k, magazine, table, kind);
	pk_magazine_leave(magazine);
	pk_release_quickly(k, table, slot, head);
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
	t->free = t->last = 0;
	t->fresh = committed;
	for (uint32_t slot = committed; slot-- > 1;) {
		struct pk_head *head = pk_slot(k, table, slot);
		if (pk_word_kind(pk_load(&head->word)) == PK_FREE) {
			head->next = t->free;
			t->free = slot;
			t->last = t->last ? t->last : slot;
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
