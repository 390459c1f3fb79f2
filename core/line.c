/* SPDX-License-Identifier: MIT */
/* The lines in which waits stand: doubly linked, every number checked. */
#include "completion.h"
#include "portset.h"
#include "sort.h"

/*
 * A wait has links for two lines: that of its object, and, beside it, that of
 * the set in which those stand who wait to send to its members.
 */
struct links {
	size_t next, previous;
};

static const struct links of_object = { offsetof(struct pk_wait, next), offsetof(struct pk_wait, previous) };
static const struct links of_set = { offsetof(struct pk_wait, next_beside),
				     offsetof(struct pk_wait, previous_beside) };

static inline uint32_t *link_at(struct pk_wait *wait, size_t offset)
{
	return (uint32_t *)((char *)wait + offset);
}

/* ---- either line */

static inline void append(struct portico *k, struct pk_wait_list *list, struct pk_wait *wait, uint32_t slot,
			  struct links links)
{
	struct pk_wait *last = pk_wait_at(k, list->last);
	*link_at(wait, links.next) = 0;
	*link_at(wait, links.previous) = last ? list->last : 0;
	if (last)
		*link_at(last, links.next) = slot;
	else
		list->first = slot;
	list->last = slot;
}

static inline void leave(struct portico *k, struct pk_wait_list *list, struct pk_wait *wait, uint32_t slot,
			 struct links links)
{
	uint32_t next_slot = *link_at(wait, links.next), previous_slot = *link_at(wait, links.previous);
	struct pk_wait *next = pk_wait_at(k, next_slot), *previous = pk_wait_at(k, previous_slot);
	if (!previous && list->first != slot)
		return; /* on no list; or scribbled */
	if (previous)
		*link_at(previous, links.next) = next_slot;
	else
		list->first = next_slot;
	if (next)
		*link_at(next, links.previous) = previous_slot;
	else
		list->last = previous_slot;
	*link_at(wait, links.next) = *link_at(wait, links.previous) = 0;
}

static uint64_t number_of(struct portico *k, uint32_t slot)
{
	struct pk_wait *wait = pk_wait_at(k, slot);
	return wait ? wait->number : 0;
}

/* In the order of their numbers, and linked both ways. */
static inline void sort(struct portico *k, struct pk_wait_list *list, const struct pk_sort_by *by,
			struct links links)
{
	uint32_t most = pk_committed(k, PK_WAITS), slot = pk_sort(k, list->first, most, by);
	struct pk_wait *wait;
	*list = (struct pk_wait_list){ 0 };
	for (; most > 0 && (wait = pk_wait_at(k, slot)) != NULL; most--) {
		uint32_t next = *link_at(wait, links.next);
		append(k, list, wait, slot, links);
		slot = next;
	}
}

static inline uint32_t count(struct portico *k, const struct pk_wait_list *list, struct links links)
{
	uint32_t found = 0, most = pk_committed(k, PK_WAITS);
	for (struct pk_wait *wait = pk_wait_at(k, list->first); wait && found < most;
	     wait = pk_wait_at(k, *link_at(wait, links.next)))
		found++;
	return found;
}

/* ---- the line of a set */

static uint32_t *next_of_set(struct portico *k, uint32_t slot)
{
	struct pk_wait *wait = pk_wait_at(k, slot);
	return wait ? &wait->next_beside : NULL;
}

void pk_line_append_beside(struct portico *k, struct pk_wait_list *list, struct pk_wait *wait, uint32_t slot)
{
	wait->beside = 1;
	append(k, list, wait, slot, of_set);
}

void pk_line_leave_beside(struct portico *k, struct pk_wait_list *list, struct pk_wait *wait, uint32_t slot)
{
	wait->beside = 0;
	leave(k, list, wait, slot, of_set);
}

void pk_line_sort_beside(struct portico *k, struct pk_wait_list *list)
{
	static const struct pk_sort_by number = { next_of_set, number_of };
	sort(k, list, &number, of_set);
}

uint32_t pk_line_count_beside(struct portico *k, const struct pk_wait_list *list)
{
	return count(k, list, of_set);
}

/* ---- the line of an object */

static uint32_t *next_of_object(struct portico *k, uint32_t slot)
{
	struct pk_wait *wait = pk_wait_at(k, slot);
	return wait ? &wait->next : NULL;
}

void pk_line_append(struct portico *k, struct pk_wait_list *list, struct pk_wait *wait, uint32_t slot)
{
	append(k, list, wait, slot, of_object);
}

void pk_wait_unlink(struct portico *k, struct pk_wait_list *list, uint32_t slot)
{
	struct pk_wait *wait = pk_wait_at(k, slot);
	if (wait && __builtin_expect(wait->beside != 0, 0))
		pk_portset_unwait(k, wait, slot);
	if (wait && list)
		leave(k, list, wait, slot, of_object);
}

void pk_line_sort(struct portico *k, struct pk_wait_list *list)
{
	static const struct pk_sort_by number = { next_of_object, number_of };
	sort(k, list, &number, of_object);
}

uint32_t pk_wait_count(struct portico *k, const struct pk_wait_list *list)
{
	return count(k, list, of_object);
}

/* ---- who stands in it */

struct pk_wait *pk_line_regain(struct portico *k, uint32_t slot, unsigned table, pk_id object,
			       struct pk_wait_list *lists[PK_PURPOSES], uint64_t *next_ticket,
			       struct pk_wakes *wakes)
{
	struct pk_wait *wait = pk_wait_on(k, slot, table, object);
	if (!wait)
		return NULL;
	if (!pk_wait_is_waiting(k, wait)) {
		pk_completion_tell_late(k, pk_load_relaxed(&wait->leader), wakes);
		return NULL;
	}
	if (!pk_wait_on(k, slot, table, object))
		return NULL; /* it was settled long ago, and now waits elsewhere */
	if (wait->number >= *next_ticket)
		*next_ticket = wait->number + 1;
	wait->beside = 0;
	if (wait->purpose < 1 || wait->purpose > PK_PURPOSES || !lists[wait->purpose - 1])
		return NULL;
	wait->next = lists[wait->purpose - 1]->first;
	lists[wait->purpose - 1]->first = slot;
	return wait;
}

void pk_wait_rebuild(struct portico *k, unsigned table, pk_id object, struct pk_wait_list *lists[PK_PURPOSES],
		     uint64_t *next_ticket, struct pk_wakes *wakes)
{
	uint32_t committed = pk_committed(k, PK_WAITS);
	for (int i = 0; i < PK_PURPOSES; i++)
		if (lists[i])
			*lists[i] = (struct pk_wait_list){ 0 };
	for (uint32_t slot = 1; slot < committed; slot++)
		pk_line_regain(k, slot, table, object, lists, next_ticket, wakes);
	for (int i = 0; i < PK_PURPOSES; i++)
		if (lists[i])
			pk_line_sort(k, lists[i]);
}

bool pk_wait_in_line(struct portico *k, const struct pk_wait_list *list, uint32_t slot)
{
	const struct pk_wait *wait = pk_wait_at(k, slot);
	if (!wait || !list)
		return false;
	const struct pk_wait *next = pk_wait_at(k, wait->next), *previous = pk_wait_at(k, wait->previous);
	return (previous ? previous->next : list->first) == slot &&
	       (next ? next->previous : list->last) == slot;
}
