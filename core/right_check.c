/* SPDX-License-Identifier: MIT */
/* Are rights what right.h says?  Words, the lists made of them, and what carries them. */
#include "part.h"
#include "right_inside.h"

/* ---- what its word names */

static bool is_in_list(struct portico *k, uint32_t slot, uint32_t message)
{
	uint32_t count;
	const struct pk_message *m = pk_message_at(k, message);
	const struct pk_part *parts = pk_parts_of(k, message, &count);
	for (uint32_t i = 0; parts && i < count; i++)
		if (parts[i].record == slot &&
		    (parts[i].kind == PK_PART_RIGHT || parts[i].kind == PK_PART_REPLY))
			return true;
	return m && m->more & PK_MORE_VIA && m->via == slot;
}

/* R1: a message that is there, and knows of it: else nobody would ever find it again. */
static bool is_carried(struct portico *k, uint32_t slot, uint64_t word)
{
	uint32_t message = (uint32_t)pk_word_id(word);
	const struct pk_message *m = pk_message_at(k, message);
	return m && pk_word_kind(pk_load(&m->head.word)) != PK_FREE &&
	       pk_message_body_word(m, message) == word && is_in_list(k, slot, message);
}

static bool is_task(struct portico *k, pk_id id)
{
	const struct pk_head *head = pk_slot(k, PK_TASKS, pk_id_slot(id));
	enum pk_kind kind = head ? pk_word_kind(pk_load(&head->word)) : PK_FREE;
	return (kind == PK_LIVE || kind == PK_DYING) && pk_slot_id(head, pk_id_slot(id)) == id;
}

/* R4: what it may have to send is its own. */
static bool has_notice(struct portico *k, const struct pk_right *right, uint32_t slot)
{
	const struct pk_message *m = pk_message_at(k, right->notice);
	return m && pk_load(&m->head.word) == pk_word(PK_BODY, pk_slot_id(&right->head, slot));
}

static bool is_well_placed(struct portico *k, uint32_t slot, uint64_t word)
{
	switch (pk_word_kind(word)) {
	case PK_FREE:
	case PK_CLAIMED:
		return true;
	case PK_HELD:
		return is_task(k, pk_word_id(word));
	case PK_BODY:
		return is_carried(k, slot, word);
	default: /* DYING, and the lock is free: R3 */
		return false;
	}
}

static bool wants_notice(const struct pk_right *right)
{
	return right->kind == PK_RIGHT_SEND_ONCE || right->kind > PK_RIGHT_TASK;
}

static bool is_in_force(uint64_t word)
{
	return pk_word_kind(word) == PK_HELD || pk_word_kind(word) == PK_BODY;
}

/* A send-once right may be used at this moment, without the lock: then its word has changed. */
static bool record_valid(struct portico *k, uint32_t slot)
{
	const struct pk_right *right = pk_right_at(k, slot);
	uint64_t word = pk_load(&right->head.word);
	bool valid = is_well_placed(k, slot, word) &&
		     (!is_in_force(word) || !wants_notice(right) || has_notice(k, right, slot));
	pk_fence();
	return valid || (right->kind == PK_RIGHT_SEND_ONCE && pk_load(&right->head.word) != word);
}

/* ---- R3: the caches of a port */

struct census {
	uint32_t records, receivers, receiver, sends;
	pk_id owner;
};

static bool is_listed_of(const struct pk_right *right, pk_id port)
{
	return right->port == port && pk_right_is_listed(right) && is_in_force(pk_load(&right->head.word));
}

static void count(struct census *census, const struct pk_right *right, uint32_t slot)
{
	uint64_t word = pk_load(&right->head.word);
	census->records++;
	if (right->kind == PK_RIGHT_SEND)
		census->sends += pk_load_relaxed(&right->references);
	if (right->kind != PK_RIGHT_RECEIVE)
		return;
	census->receivers++;
	census->receiver = slot;
	census->owner = pk_word_kind(word) == PK_HELD ? pk_word_id(word) : 0;
}

/* Of its list; one that doesn't end, or holds what isn't the port's, has no receivers. */
static struct census census_of(struct portico *k, const struct pk_port *port, pk_id id)
{
	struct census census = { 0 };
	uint32_t slot = port->rights;
	for (uint32_t most = pk_committed(k, PK_RIGHTS); slot != 0 && most > 0; most--) {
		const struct pk_right *right = pk_right_at(k, slot);
		if (!right || !is_listed_of(right, id))
			break;
		count(&census, right, slot);
		slot = right->next_of_port;
	}
	if (slot != 0)
		census.receivers = 0;
	return census;
}

/* R5: exactly one receive right.  *listed grows by how many its list has. */
static bool port_valid(struct portico *k, const struct pk_port *port, pk_id id, uint32_t *listed)
{
	struct census census = census_of(k, port, id);
	*listed += census.records;
	return census.receivers == 1 && port->sends == census.sends &&
	       pk_load(&port->receiver) == census.receiver && port->owner == census.owner;
}

/* ---- all of them */

/* *listed: how many stand in their ports' lists, if those hold all that they should. */
static bool records_valid(struct portico *k, uint32_t *listed)
{
	uint32_t committed = pk_committed(k, PK_RIGHTS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_right *right = pk_right_at(k, slot);
		if (!right)
			continue;
		if (!record_valid(k, slot))
			return false;
		*listed += is_listed_of(right, right->port) && pk_right_port(k, right);
	}
	return true;
}

static bool ports_valid(struct portico *k, uint32_t *listed)
{
	uint32_t committed = pk_committed(k, PK_PORTS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_port *port = pk_slot(k, PK_PORTS, slot);
		uint64_t word = port ? pk_load(&port->head.word) : 0;
		if (pk_word_kind(word) == PK_LIVE && port->use == PK_GUARDED &&
		    !port_valid(k, port, pk_word_id(word), listed))
			return false;
	}
	return true;
}

/* No record stands in two lists, as each names its port; so if there are as many, they are the same. */
bool pk_rights_valid(struct portico *k)
{
	uint32_t there = 0, listed = 0;
	if (pk_rights_lock(k) != 0)
		return false;
	bool valid = records_valid(k, &there) && ports_valid(k, &listed) && there == listed;
	pk_rights_unlock(k);
	return valid;
}
