/* SPDX-License-Identifier: MIT */
#include "sysv.h"
#include "message.h"
#include "semaphore.h"
#include "table.h"

#include <limits.h>
#include <string.h>

_Static_assert(PK_SHMMNI + 1 == PK_SYSV_LIMITS, "sysv_limits");

/* Linux's defaults, but for 32000 of each. */
static const uint64_t defaults[PK_SYSV_LIMITS] = {
	[PK_MSGMAX] = 8192,
	[PK_MSGMNB] = 16384,
	[PK_MSGMNI] = 32000,
	[PK_SEMMSL] = PK_SET_MOST,
	[PK_SEMMNS] = 32000 * (uint64_t)PK_SET_MOST,
	[PK_SEMOPM] = PK_OPERATION_MOST,
	[PK_SEMMNI] = 32000,
	[PK_SHMMAX] = UINT64_MAX - (UINT64_C(1) << 24),
	[PK_SHMALL] = UINT64_MAX - (UINT64_C(1) << 24),
	[PK_SHMMNI] = 32000,
};

uint64_t pk_sysv_most(enum pk_sysv_limit limit)
{
	switch (limit) {
	case PK_MSGMAX:
		return PK_MESSAGE_MOST;
	case PK_MSGMNI:
		return pk_shapes[PK_PORTS].most - 1;
	case PK_SEMMSL:
		return PK_SET_MOST;
	case PK_SEMOPM:
		return PK_OPERATION_MOST;
	case PK_SEMMNI:
		return pk_shapes[PK_SETS].most - 1;
	case PK_SHMMNI:
		return pk_shapes[PK_SEGMENTS].most - 1;
	case PK_SHMMAX:
	case PK_SHMALL:
		return UINT64_MAX;
	default:
		return INT_MAX;
	}
}

uint64_t pk_sysv_default(enum pk_sysv_limit limit)
{
	return defaults[limit];
}

void pk_sysv_init(struct pk_header *header)
{
	for (unsigned i = 0; i < PK_SYSV_LIMITS; i++)
		pk_store_relaxed(&header->sysv_limits[i], defaults[i]);
	for (unsigned i = 0; i < PK_SYSV_FAMILIES; i++)
		pk_store_relaxed(&header->sysv_next_id[i], -1);
}

static bool is_in_use(struct portico *k, unsigned table, uint32_t slot)
{
	const struct pk_head *head = pk_slot(k, table, slot);
	return head && pk_word_kind(pk_load(&head->word)) == PK_LIVE &&
	       (table != PK_PORTS || ((const struct pk_port *)head)->use == PK_QUEUE);
}

bool pk_sysv_has_room(struct portico *k, unsigned table, enum pk_sysv_limit limit)
{
	uint64_t most = pk_sysv_limit(k, limit), count = 0;
	uint32_t committed = pk_committed(k, table);
	if (committed <= most)
		return true; /* were all of that table such objects; its slot 0 is none */
	for (uint32_t slot = 1; slot < committed && count < most; slot++)
		count += is_in_use(k, table, slot);
	return count < most;
}

void pk_sysv_used(struct portico *k, uint64_t used[PK_SYSV_LIMITS])
{
	uint32_t ports = pk_committed(k, PK_PORTS), sets = pk_committed(k, PK_SETS);
	uint32_t segments = pk_committed(k, PK_SEGMENTS);
	memset(used, 0, PK_SYSV_LIMITS * sizeof *used);
	for (uint32_t slot = 1; slot < ports; slot++)
		used[PK_MSGMNI] += is_in_use(k, PK_PORTS, slot);
	for (uint32_t slot = 1; slot < sets; slot++) {
		if (!is_in_use(k, PK_SETS, slot))
			continue;
		used[PK_SEMMNI]++;
		used[PK_SEMMNS] += ((struct pk_set *)pk_slot(k, PK_SETS, slot))->count;
	}
	for (uint32_t slot = 1; slot < segments; slot++) {
		if (!is_in_use(k, PK_SEGMENTS, slot))
			continue;
		used[PK_SHMMNI]++;
		used[PK_SHMALL] +=
			(((struct pk_segment *)pk_slot(k, PK_SEGMENTS, slot))->size + PK_PAGE - 1) / PK_PAGE;
	}
}

/* ---- ids that are asked for */

static unsigned family_of(unsigned table)
{
	return table == PK_PORTS ? 0 : table == PK_SETS ? 1 : 2;
}

int pk_sysv_claim(struct portico *k, unsigned table, uint32_t *slot)
{
	_Atomic int64_t *next = &pk_header(k)->sysv_next_id[family_of(table)];
	int64_t id = pk_load_relaxed(next);
	if (id >= 0 && id <= INT32_MAX && pk_swap_if(next, &id, -1) &&
	    pk_table_take_from(k, table, (uint32_t)id & PK_SYSV_SLOT_MASK, (uint32_t)id >> PK_SYSV_SLOT_BITS,
			       PK_SYSV_GENERATION_MASK, slot) == 0)
		return 0;
	return pk_claim(k, table, slot);
}
