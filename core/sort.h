/* SPDX-License-Identifier: MIT */
/* Sorting a singly linked list of slots by number, in place: repair has no memory to spare. */
#ifndef PK_SORT_H
#define PK_SORT_H

#include "kernel.h"

struct pk_sort_by {
	uint32_t *(*next)(struct portico *k, uint32_t slot); /* where its link is; NULL: no such slot */
	uint64_t (*number)(struct portico *k, uint32_t slot);
};

/* The list from `first` on, in rising order of numbers; its new first.  Takes n log n steps. */
uint32_t pk_sort(struct portico *k, uint32_t first, uint32_t most, const struct pk_sort_by *by);

#endif
