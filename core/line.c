/* SPDX-License-Identifier: MIT */
/* The lines in which waits stand: doubly linked, every number checked. */
#include "completion.h"
#include "portset.h"
#include "sort.h"

void pk_line_append(struct portico *k, struct pk_wait_list *list, struct pk_wait *wait, uint32_t slot)
{
	struct pk_wait *last = pk_wait_at(k, list->last);
	wait->next = 0;
	wait->previous = last ? list->last : 0;
	if (last)
		last->next = slot;
	else
		list->first = slot;
	list->last = slot;
}

/* ---- beside: the line of a set, in which those stand who wait to send to its members */

void pk_line_append_beside(struct portico *k, struct pk_wait_list *list, struct pk_wait *wait, uint32_t slot)
{
	struct pk_wait *last = pk_wait_at(k, list->last);
	wait->beside = 1;
	wait->next_beside = 0;
	wait->previous_beside = last ? list->last : 0;
	if (last)
		last->next_beside = slot;
	else
		list->first = slot;
	list->last = slot;
}

void pk_line_leave_beside(struct portico *k, struct pk_wait_list *list, struct pk_wait *wait, uint32_t slot)
{
	struct pk_wait *next = pk_wait_at(k, wait->next_beside);
	struct pk_wait *previous = pk_wait_at(k, wait->previous_beside);
	wait->beside = 0;
	if (!previous && list->first != slot)
		return; /* scribbled */
	if (previous)
		previous->next_beside = wait->next_beside;
	else
		list->first = wait->next_beside;
	if (next)
		next->previous_beside = wait->previous_beside;
	else
		list->last = wait->previous_beside;
}

static uint32_t *link_beside(struct portico *k, uint32_t slot)
{
	struct pk_wait *wait = pk_wait_at(k, slot);
	return wait ? &wait->next_beside : NULL;
}

/* ---- the line of an object */

void pk_wait_unlink(struct portico *k, struct pk_wait_list *list, uint32_t slot)
{
	struct pk_wait *wait = pk_wait_at(k, slot);
	if (wait && __builtin_expect(wait->beside != 0, 0))
		pk_portset_unwait(k, wait, slot);
	if (!wait || !list || (list->first != slot && wait->previous == 0))
		return; /* on no list */
	struct pk_wait *next = pk_wait_at(k, wait->next), *previous = pk_wait_at(k, wait->previous);
	if (previous)
		previous->next = wait->next;
	else
		list->first = wait->next;
	if (next)
		next->previous = wait->previous;
	else
		list->last = wait->previous;
	wait->next = wait->previous = 0;
}

static uint32_t *link_of(struct portico *k, uint32_t slot)
{
	struct pk_wait *wait = pk_wait_at(k, slot);
	return wait ? &wait->next : NULL;
}

static uint64_t number_of(struct portico *k, uint32_t slot)
{
	struct pk_wait *wait = pk_wait_at(k, slot);
	return wait ? wait->number : 0;
}

void pk_line_sort_beside(struct portico *k, struct pk_wait_list *list)
{
	static const struct pk_sort_by number = { link_beside, number_of };
	uint32_t most = pk_committed(k, PK_WAITS), slot = pk_sort(k, list->first, most, &number);
	struct pk_wait *wait;
	*list = (struct pk_wait_list){ 0 };
	for (; most > 0 && (wait = pk_wait_at(k, slot)) != NULL; most--) {
		uint32_t next = wait->next_beside;
		pk_line_append_beside(k, list, wait, slot);
		slot = next;
	}
}

/* In the order of their numbers, and linked both ways. */
void pk_line_sort(struct portico *k, struct pk_wait_list *list)
{
	static const struct pk_sort_by number = { link_of, number_of };
	uint32_t most = pk_committed(k, PK_WAITS), slot = pk_sort(k, list->first, most, &number);
	struct pk_wait *wait;
	*list = (struct pk_wait_list){ 0 };
	for (; most > 0 && (wait = pk_wait_at(k, slot)) != NULL; most--) {
		uint32_t next = wait->next;
		pk_line_append(k, list, wait, slot);
		slot = next;
	}
}

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

uint32_t pk_line_count_beside(struct portico *k, const struct pk_wait_list *list)
{
	uint32_t count = 0, most = pk_committed(k, PK_WAITS);
	for (struct pk_wait *wait = pk_wait_at(k, list->first); wait && count < most;
	     wait = pk_wait_at(k, wait->next_beside))
		count++;
	return count;
}

uint32_t pk_wait_count(struct portico *k, const struct pk_wait_list *list)
{
	uint32_t count = 0, most = pk_committed(k, PK_WAITS);
	for (struct pk_wait *wait = pk_wait_at(k, list->first); wait && count < most;
	     wait = pk_wait_at(k, wait->next))
		count++;
	return count;
}
