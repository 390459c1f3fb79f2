/* SPDX-License-Identifier: MIT */
#include "run.h"
#include "log.h"
#include "region.h"

#include <errno.h>
#include <string.h>

#define BITMAP_BYTES (PK_RUN_PAGES / 8)
#define FIRST_PAGE (BITMAP_BYTES / PK_PAGE) /* those before it hold the bitmap */

static uint64_t *bitmap_of(struct portico *k)
{
	return (uint64_t *)(k->base + PK_RUN_OFFSET);
}

static bool is_taken(struct portico *k, uint32_t page)
{
	return bitmap_of(k)[page / 64] >> (page % 64) & 1;
}

static void mark(struct portico *k, uint32_t first, uint32_t pages, bool taken)
{
	for (uint32_t page = first; page < first + pages; page++) {
		uint64_t bit = UINT64_C(1) << (page % 64);
		if (taken)
			bitmap_of(k)[page / 64] |= bit;
		else
			bitmap_of(k)[page / 64] &= ~bit;
	}
}

/* Read once, so that what was checked is what is used. */
struct extent {
	uint32_t first, pages;
};

/* The run of that record if it has pages; NULL also where they can't be. */
static struct pk_run *run_at(struct portico *k, uint32_t slot, struct extent *extent)
{
	struct pk_run *run = pk_slot(k, PK_RUNS, slot);
	if (!run || pk_word_kind(pk_load(&run->head.word)) == PK_FREE)
		return NULL;
	*extent = (struct extent){ .first = pk_load_relaxed(&run->first), .pages = pk_load(&run->pages) };
	return extent->pages != 0 && extent->first >= FIRST_PAGE && extent->first < PK_RUN_PAGES &&
			       extent->pages <= PK_RUN_PAGES - extent->first
		       ? run
		       : NULL;
}

/* U1: from the records. */
static void rebuild(struct portico *k)
{
	uint32_t committed = pk_committed(k, PK_RUNS);
	struct extent extent;
	memset(bitmap_of(k), 0, BITMAP_BYTES);
	for (uint32_t slot = 1; slot < committed; slot++)
		if (run_at(k, slot, &extent))
			mark(k, extent.first, extent.pages, true);
	pk_header(k)->runs_hint = FIRST_PAGE;
}

static int lock_runs(struct portico *k)
{
	struct pk_header *header = pk_header(k);
	int locked = pk_lock(k, &header->runs_lock);
	if (locked < 0)
		return locked;
	if (!header->runs_mapped) {
		int error = pk_region_commit(k, PK_RUN_OFFSET, BITMAP_BYTES);
		if (error) {
			pk_unlock(&header->runs_lock);
			return error;
		}
		header->runs_mapped = 1;
	}
	if (locked == PK_INHERITED)
		rebuild(k);
	return 0;
}

static void unlock_runs(struct portico *k)
{
	pk_unlock(&pk_header(k)->runs_lock);
}

/* The first gap of that many pages, from the hint on; 0: there is none. */
static uint32_t find_gap(struct portico *k, uint32_t pages)
{
	uint32_t page = pk_header(k)->runs_hint, free = 0;
	bool all_taken = true;
	for (page = page < FIRST_PAGE ? FIRST_PAGE : page; page < PK_RUN_PAGES; page++) {
		if (page % 64 == 0 && bitmap_of(k)[page / 64] == UINT64_MAX) {
			page += 63;
			free = 0;
			continue;
		}
		if (is_taken(k, page)) {
			free = 0;
			continue;
		}
		if (all_taken)
			pk_header(k)->runs_hint = page;
		all_taken = false;
		if (++free == pages)
			return page + 1 - pages;
	}
	return 0;
}

static int take_pages(struct portico *k, struct pk_run *run, uint32_t pages)
{
	int error = lock_runs(k);
	if (error)
		return error;
	uint32_t first = find_gap(k, pages);
	if (first == 0 && pk_header(k)->runs_hint != FIRST_PAGE) { /* the hint may be scribbled */
		pk_header(k)->runs_hint = FIRST_PAGE;
		first = find_gap(k, pages);
	}
	if (first != 0) {
		mark(k, first, pages, true);
		PK_POINT("run: pages taken, not recorded");
		pk_store_relaxed(&run->first, first);
		pk_store(&run->pages, pages);
		PK_POINT("run: recorded");
	}
	unlock_runs(k);
	if (first == 0)
		return -ENOBUFS;
	return pk_region_commit(k, PK_RUN_OFFSET + (uint64_t)first * PK_PAGE, (uint64_t)pages * PK_PAGE);
}

int pk_run_claim(struct portico *k, uint64_t bytes, uint32_t *slot)
{
	uint64_t pages = (bytes + PK_PAGE - 1) / PK_PAGE;
	if (pages == 0 || pages > PK_RUN_PAGES)
		return -ENOBUFS;
	int error = pk_claim(k, PK_RUNS, slot);
	if (error)
		return error;
	struct pk_run *run = pk_slot(k, PK_RUNS, *slot);
	pk_store(&run->pages, 0);
	error = take_pages(k, run, (uint32_t)pages);
	if (error)
		pk_run_release(k, *slot);
	return error;
}

void pk_run_release(struct portico *k, uint32_t slot)
{
	struct extent extent;
	struct pk_run *run = run_at(k, slot, &extent);
	if (run) {
		/* while they are still its own */
		pk_region_discard(k, PK_RUN_OFFSET + (uint64_t)extent.first * PK_PAGE,
				  (uint64_t)extent.pages * PK_PAGE);
		if (lock_runs(k) != 0)
			return;
		pk_store(&run->pages, 0);
		PK_POINT("run: given up, pages still marked");
		mark(k, extent.first, extent.pages, false);
		if (extent.first < pk_header(k)->runs_hint)
			pk_header(k)->runs_hint = extent.first;
		unlock_runs(k);
	}
	if (pk_slot(k, PK_RUNS, slot))
		pk_release(k, PK_RUNS, slot);
}

static void *data_of(struct portico *k, const struct extent *extent, uint64_t *bytes)
{
	*bytes = (uint64_t)extent->pages * PK_PAGE;
	return k->base + PK_RUN_OFFSET + (uint64_t)extent->first * PK_PAGE;
}

void pk_run_fence(struct portico *k, uint32_t slot, bool closed)
{
#ifdef PORTICO_FENCED
	struct extent extent;
	uint64_t bytes;
	if (run_at(k, slot, &extent)) {
		void *data = data_of(k, &extent, &bytes);
		pk_protect(data, bytes, closed);
	}
#else
	(void)k;
	(void)slot;
	(void)closed;
#endif
}

void *pk_run_data(struct portico *k, uint32_t slot, uint64_t *bytes)
{
	struct extent extent;
	if (!run_at(k, slot, &extent))
		return NULL;
	pk_run_fence(k, slot, false);
	return data_of(k, &extent, bytes);
}

bool pk_run_valid(struct portico *k)
{
	uint32_t committed = pk_committed(k, PK_RUNS), recorded = 0, marked = 0;
	struct extent extent;
	bool valid = true;
	if (!pk_header(k)->runs_mapped)
		return true;
	if (lock_runs(k) != 0)
		return false;
	for (uint32_t slot = 1; slot < committed; slot++) {
		if (!run_at(k, slot, &extent))
			continue;
		for (uint32_t i = 0; i < extent.pages; i++)
			valid = valid && is_taken(k, extent.first + i);
		recorded += extent.pages;
	}
	for (uint32_t i = 0; i < PK_RUN_PAGES / 64; i++)
		marked += (uint32_t)__builtin_popcountll(bitmap_of(k)[i]);
	unlock_runs(k);
	return valid && recorded == marked;
}

void pk_run_inherit(struct portico *k, pk_id dead)
{
	if (pk_lock_held_by(&pk_header(k)->runs_lock, dead) && lock_runs(k) == 0)
		unlock_runs(k);
}
