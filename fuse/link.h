/* SPDX-License-Identifier: MIT */
/* Doubly linked lists; a link is the first member of what it links. */
#ifndef PORTICO_FUSE_LINK_H
#define PORTICO_FUSE_LINK_H

#include <stdbool.h>
#include <stddef.h>

struct link {
	struct link *next, *previous;
};

static inline void link_init(struct link *list)
{
	list->next = list->previous = list;
}

static inline void link_append(struct link *list, struct link *item)
{
	item->previous = list->previous;
	item->next = list;
	list->previous->next = item;
	list->previous = item;
}

static inline void link_remove(struct link *item)
{
	item->next->previous = item->previous;
	item->previous->next = item->next;
	link_init(item);
}

/* All of `items`, in their order, before what is in the list. */
static inline void link_put_first(struct link *list, struct link *items)
{
	if (items->next == items)
		return;
	items->previous->next = list->next;
	list->next->previous = items->previous;
	items->next->previous = list;
	list->next = items->next;
	link_init(items);
}

/* The first, or NULL. */
static inline void *link_first(const struct link *list)
{
	return list->next == list ? NULL : list->next;
}

/* The one after it, or NULL. */
static inline void *link_after(const struct link *list, const void *item)
{
	struct link *next = ((const struct link *)item)->next;
	return next == list ? NULL : next;
}

#endif
