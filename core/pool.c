/* SPDX-License-Identifier: MIT */
#include "pool.h"
#include "table.h"

/* The header's word: places taken, and in the upper half how often that was changed. */
#define TAKEN(word) ((uint32_t)(word))

static uint64_t changed(uint64_t word, uint32_t taken)
{
	return (((word >> 32) + 1) << 32) | taken;
}

uint32_t pk_pool_most(struct portico *k)
{
	uint32_t most = pk_load_relaxed(&pk_header(k)->most_pooled);
	return most ? most : PK_POOL_PLACES;
}

/* Those of all ports; one that was just freed, or is being made, has none, nor has one that isn't pooled. */
static uint32_t places_of_ports(struct portico *k)
{
	uint32_t sum = 0, committed = pk_committed(k, PK_PORTS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_port *port = pk_slot(k, PK_PORTS, slot);
		enum pk_kind kind = port ? pk_word_kind(pk_load(&port->head.word)) : PK_FREE;
		if (kind == PK_LIVE || kind == PK_DYING)
			sum += pk_load(&port->pooled);
	}
	return sum;
}

/* O3.  Whatever the header said, it is now what the ports say; or somebody else is changing it. */
static uint64_t count_anew(struct portico *k)
{
	_Atomic uint64_t *pooled = &pk_header(k)->pooled;
	uint64_t before = pk_load(pooled);
	pk_fence();
	uint64_t now = changed(before, places_of_ports(k));
	return pk_swap_if(pooled, &before, now) ? now : before;
}

uint32_t pk_pool_taken(struct portico *k)
{
	return TAKEN(count_anew(k));
}

/* O2: one more for this port.  False: there is none, even counted anew. */
static bool take_place(struct portico *k, struct pk_port *port, bool even_if_full)
{
	_Atomic uint64_t *pooled = &pk_header(k)->pooled;
	uint32_t has = pk_load_relaxed(&port->pooled), most = pk_pool_most(k);
	for (;;) {
		uint64_t word = pk_load(pooled);
		if (!even_if_full && TAKEN(word) >= most && TAKEN(word = count_anew(k)) >= most)
			return false;
		pk_store(&port->pooled, has + 1);
		PK_POINT("pool: the port has a place, the header doesn't know");
		if (pk_swap_if(pooled, &word, changed(word, TAKEN(word) + 1)))
			return true;
		pk_store(&port->pooled, has);
	}
}

bool pk_pool_claim_slowly(struct portico *k, struct pk_port *port, bool even_if_full)
{
	if (pk_load_relaxed(&port->pooled) > pk_load_relaxed(&port->count))
		return true; /* that of a message just received */
	if (!take_place(k, port, even_if_full))
		return false;
	PK_POINT("pool: a place, and no message in it");
	return true;
}

void pk_pool_settle_slowly(struct portico *k, struct pk_port *port)
{
	_Atomic uint64_t *pooled = &pk_header(k)->pooled;
	uint32_t has = pk_load_relaxed(&port->pooled), needs = pk_load_relaxed(&port->count);
	if (has <= needs)
		return;
	PK_POINT("pool: places without messages");
	uint32_t spare = has - needs;
	uint64_t word = pk_load(pooled);
	while (!pk_swap_if(pooled, &word, changed(word, TAKEN(word) > spare ? TAKEN(word) - spare : 0)))
		continue;
	PK_POINT("pool: given back, the port doesn't know");
	pk_store(&port->pooled, needs);
}

/*
 * Of places that it has and doesn't need the header may know or not: they are
 * left to be counted anew.  Those it needs and doesn't have are messages that
 * the dead had been given.
 */
void pk_pool_repair(struct portico *k, struct pk_port *port)
{
	if (!pk_is_pooled(port)) {
		pk_store(&port->pooled, 0);
		return;
	}
	if (pk_load_relaxed(&port->pooled) > pk_load_relaxed(&port->count))
		pk_store(&port->pooled, pk_load_relaxed(&port->count));
	while (pk_load_relaxed(&port->pooled) < pk_load_relaxed(&port->count))
		take_place(k, port, true);
}
