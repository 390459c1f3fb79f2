/* SPDX-License-Identifier: MIT */
/* A merge sort from the bottom up: sorted[i] is empty, or a list of 2^i slots. */
#include "sort.h"

#define LEVELS 32

/* *left bounds what scribbled links can make of it: whoever finds none left cuts the list off. */
static uint32_t merge(struct portico *k, uint32_t a, uint32_t b, const struct pk_sort_by *by, uint64_t *left)
{
	uint32_t first = 0, *link = &first;
	for (; a != 0 && b != 0 && *left > 0; --*left) {
		uint32_t *from = by->number(k, a) <= by->number(k, b) ? &a : &b;
		uint32_t *next = by->next(k, *from);
		if (!next) {
			*from = 0;
			continue;
		}
		*link = *from;
		link = next;
		*from = *link;
	}
	*link = *left == 0 ? 0 : a != 0 ? a : b;
	return first;
}

uint32_t pk_sort(struct portico *k, uint32_t first, uint32_t most, const struct pk_sort_by *by)
{
	uint32_t sorted[LEVELS] = { 0 }, all = 0;
	uint64_t left = (uint64_t)most * LEVELS; /* comparisons */
	for (; first != 0 && most > 0; most--) {
		uint32_t one = first, *link = by->next(k, one);
		if (!link)
			break;
		first = *link;
		*link = 0;
		int level = 0;
		for (; level < LEVELS - 1 && sorted[level] != 0; level++) {
			one = merge(k, sorted[level], one, by, &left);
			sorted[level] = 0;
		}
		sorted[level] = merge(k, sorted[level], one, by, &left);
	}
	for (int level = 0; level < LEVELS; level++)
		all = merge(k, sorted[level], all, by, &left);
	return all;
}
