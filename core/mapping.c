/* SPDX-License-Identifier: MIT */
#include "mapping.h"
#include "lock.h"
#include "table.h"

#include <errno.h>
#include <string.h>

#define KEPT 8
#define FIRST_BYTES (2 * PK_PAGE)

/* A segment that was attached lately, in one of the ways in which a file can be opened and mapped. */
struct kept {
	pk_id segment;
	uint64_t size;
	unsigned how;
	bool page; /* one is kept; else it was attached once */
};

struct pk_mappings {
	uint32_t count;
	uint32_t room;
	pk_id writer; /* the task whose records count the pieces */
	uint32_t writer_pid;
	uint32_t oldest; /* of those kept */
	uint64_t serial, size;
	unsigned char *area; /* where pages are kept */
	struct kept kept[KEPT];
	struct pk_piece pieces[];
};

/* ---- the lock: a thread's number, and whether somebody sleeps for it */

#define SLEEPERS 0x80000000u

int pk_mappings_lock(struct portico *k)
{
	_Atomic uint32_t *lock = &k->mine->mapping;
	uint32_t self = (uint32_t)(pk_thread.owner & PK_LOCK_THREAD), found = 0, wanted = self;
	while (!pk_swap_if(lock, &found, wanted)) {
		if ((found & ~SLEEPERS) == self)
			return -EDEADLK;
		if (found == 0)
			continue;
		if (found & SLEEPERS || pk_swap_if(lock, &found, found | SLEEPERS))
			pk_sleep(lock, found | SLEEPERS, PK_FOREVER);
		wanted = self | SLEEPERS; /* there may be others */
		found = 0;
	}
	return 0;
}

void pk_mappings_unlock(struct portico *k)
{
	if (pk_exchange(&k->mine->mapping, 0) & SLEEPERS)
		pk_wake(&k->mine->mapping, 1);
}

/* ---- the list */

bool pk_mappings_any(struct portico *k)
{
	return pk_load_relaxed(&k->pieces) > 0;
}

static uint32_t room_in(uint64_t size)
{
	return (uint32_t)((size - sizeof(struct pk_mappings)) / sizeof(struct pk_piece));
}

/* Now, so that later nothing of ours comes to lie where the program has just made room for itself. */
void pk_mappings_open(struct portico *k)
{
	void *area = NULL;
	if (pk_map(&area, KEPT * PK_PAGE + FIRST_BYTES, -1, 0) != 0)
		return; /* pk_mappings_reserve() will say so */
	struct pk_mappings *m = (struct pk_mappings *)((char *)area + KEPT * PK_PAGE);
	m->area = area;
	m->size = FIRST_BYTES;
	m->room = room_in(m->size);
	k->mappings = m;
}

static int grow(struct portico *k, uint32_t room)
{
	struct pk_mappings *old = k->mappings;
	uint64_t size = old->size;
	void *new = NULL;
	while (room_in(size) < room)
		size *= 2;
	int error = pk_map(&new, size, -1, 0);
	if (error)
		return error;
	struct pk_mappings *m = new;
	memcpy(m, old, sizeof *m + old->count * sizeof *m->pieces);
	m->size = size;
	m->room = room_in(size);
	k->mappings = m;
	pk_unmap(old, old->size);
	return 0;
}

int pk_mappings_reserve(struct portico *k, uint32_t more)
{
	struct pk_mappings *m = k->mappings;
	if (!m)
		return -ENOMEM;
	pk_mappings_take_over(k);
	return m->count + more <= m->room ? 0 : grow(k, m->count + more);
}

struct pk_piece *pk_mappings_at(struct portico *k, uint32_t index)
{
	struct pk_mappings *m = k->mappings;
	return m && index < m->count ? &m->pieces[index] : NULL;
}

uint32_t pk_mappings_search(struct portico *k, uint64_t address)
{
	struct pk_mappings *m = k->mappings;
	uint32_t low = 0, high = m ? m->count : 0;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (m->pieces[middle].to <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void pk_mappings_add(struct portico *k, const struct pk_piece *piece)
{
	struct pk_mappings *m = k->mappings;
	uint32_t at = pk_mappings_search(k, piece->from);
	memmove(&m->pieces[at + 1], &m->pieces[at], (m->count - at) * sizeof *piece);
	m->pieces[at] = *piece;
	pk_store_relaxed(&k->pieces, ++m->count);
}

void pk_mappings_remove(struct portico *k, uint32_t index)
{
	struct pk_mappings *m = k->mappings;
	memmove(&m->pieces[index], &m->pieces[index + 1], (m->count - index - 1) * sizeof *m->pieces);
	pk_store_relaxed(&k->pieces, --m->count);
}

uint64_t pk_mappings_next_serial(struct portico *k)
{
	return ++k->mappings->serial;
}

uint32_t pk_mappings_take_over(struct portico *k)
{
	struct pk_mappings *m = k->mappings;
	if (!m || m->writer == pk_self(k))
		return 0;
	uint32_t was = m->writer_pid;
	m->writer = pk_self(k);
	m->writer_pid = k->mine->process.pid;
	return was;
}

/* ---- pages that are kept */

#define WAYS (PK_MAP_READ_ONLY | PK_MAP_EXECUTE)

static struct kept *find_kept(struct portico *k, pk_id segment, uint64_t size, unsigned how)
{
	struct pk_mappings *m = k->mappings;
	for (int i = 0; m && i < KEPT; i++) {
		struct kept *kept = &m->kept[i];
		if (kept->segment == segment && kept->how == (how & WAYS) && kept->size == size)
			return kept;
	}
	return NULL;
}

static void *page_of(struct pk_mappings *m, const struct kept *kept)
{
	return m->area + (kept - m->kept) * PK_PAGE;
}

static void let_go(struct pk_mappings *m, struct kept *kept)
{
	void *page = page_of(m, kept);
	if (kept->page)
		pk_map(&page, PK_PAGE, -1, PK_MAP_FIXED); /* the place is kept */
	*kept = (struct kept){ 0 };
}

int pk_mappings_again(struct portico *k, pk_id segment, uint64_t size, unsigned how, void **address)
{
	struct kept *kept = how & PK_MAP_VACANT ? NULL : find_kept(k, segment, size, how);
	return kept && kept->page ? pk_map_again(page_of(k->mappings, kept), size, how, address) : -ENOENT;
}

bool pk_mappings_keep(struct portico *k, pk_id segment, uint64_t size, unsigned how, void *address)
{
	struct pk_mappings *m = k->mappings;
	struct kept *kept = find_kept(k, segment, size, how);
	if (kept) {
		void *page = page_of(m, kept);
		kept->page = kept->page || pk_map_again(address, PK_PAGE, PK_MAP_FIXED, &page) == 0;
		return kept->page;
	}
	kept = &m->kept[m->oldest++ % KEPT];
	let_go(m, kept);
	*kept = (struct kept){ .segment = segment, .size = size, .how = how & WAYS };
	return false;
}

void pk_mappings_tidy(struct portico *k)
{
	struct pk_mappings *m = k->mappings;
	int error;
	for (int i = 0; m && i < KEPT; i++)
		if (m->kept[i].segment && !pk_object(k, PK_SEGMENTS, m->kept[i].segment, &error))
			let_go(m, &m->kept[i]);
}

void pk_mappings_close(struct portico *k)
{
	struct pk_mappings *m = k->mappings;
	if (!m)
		return;
	k->mappings = NULL;
	pk_unmap(m->area, KEPT * PK_PAGE);
	pk_unmap(m, m->size);
}
