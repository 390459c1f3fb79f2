/* SPDX-License-Identifier: MIT */
/* A merge sort from the bottom up: sorted[i] is empty, or a list of 2^i slots. */
#include "sort.h"

#define LEVELS 32

static uint32_t merge(struct portico *k, uint32_t a, uint32_t b, const struct pk_sort_by *by)
{
	uint32_t first = 0, *link = &first;
	while (a != 0 && b != 0) {
		uint32_t *from = by->number(k, a) <= by->number(k, b) ? &a : &b;
		*link = *from;
		link = by->next(k, *from);
		*from = *link;
	}
	*link = a != 0 ? a : b;
	return first;
}

uint32_t pk_sort(struct portico *k, uint32_t first, const struct pk_sort_by *by)
{
	uint32_t sorted[LEVELS] = { 0 }, all = 0;
	while (first != 0) {
		uint32_t one = first, *link = by->next(k, one);
		first = *link;
		*link = 0;
		int level = 0;
		for (; level < LEVELS - 1 && sorted[level] != 0; level++) {
			one = merge(k, sorted[level], one, by);
			sorted[level] = 0;
		}
		sorted[level] = merge(k, sorted[level], one, by);
	}
	for (int level = 0; level < LEVELS; level++)
		all = merge(k, sorted[level], all, by);
	return all;
}
