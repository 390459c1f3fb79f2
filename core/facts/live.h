/* SPDX-License-Identifier: MIT */
/* What is in service, by its place. */
#ifndef FACTS_LIVE_H
#define FACTS_LIVE_H

#include "table.h"

/* The id of the object in that slot if it is in service, else 0. */
static inline pk_id live_object(struct portico *k, unsigned table, uint32_t slot)
{
	const struct pk_head *head = pk_slot(k, table, slot);
	return head && pk_word_kind(pk_load(&head->word)) == PK_LIVE ? pk_slot_id(head, slot) : 0;
}

#endif
