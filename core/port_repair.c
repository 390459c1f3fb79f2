/* SPDX-License-Identifier: MIT */
/* Ports put right after a death, and checked.  port.h is the essay. */
#include "guard.h"
#include "index.h"
#include "listener.h"
#include "pause.h"
#include "pool.h"
#include "portset.h"
#include "receipt.h"
#include "sort.h"
#include "tap.h"
#include "transfer.h"

/* ---- repairing */

/* Of a port, or of a set and all that its lock guards. */
struct repair {
	struct pk_port *port;
	pk_id id;
	struct pk_wakes *wakes;
};

/* The port of that id, if that is what is being repaired, or a member. */
static struct pk_port *repaired(struct portico *k, const struct repair *repair, pk_id id)
{
	return id == repair->id			  ? repair->port
	       : repair->port->use == PK_PORT_SET ? pk_portset_member(k, repair->id, id)
						  : NULL;
}

/* W2: granted, but the wait it names doesn't have it. */
static bool granted_in_vain(struct portico *k, uint32_t message, pk_id granted)
{
	struct pk_wait *wait = pk_slot(k, PK_WAITS, pk_id_slot(granted));
	if (!wait || pk_load(&wait->head.generation) != pk_id_generation(granted) ||
	    pk_word_kind(pk_load(&wait->head.word)) != PK_CLAIMED)
		return true;
	uint64_t outcome = pk_load(&wait->outcome);
	return pk_outcome_kind(outcome) != PK_WAIT_GRANTED || pk_outcome_value(outcome) != message;
}

static void take_in(struct portico *k, uint32_t message, struct pk_message *m, void *context)
{
	struct repair *repair = context;
	uint64_t word = pk_load(&m->head.word), queued = pk_word(PK_QUEUED, m->port);
	struct pk_port *port = repaired(k, repair, m->port);
	if (!port)
		return;
	/* its receiver may live, and collect it at this moment: so by a swap */
	if (pk_word_kind(word) == PK_GRANTED && granted_in_vain(k, message, pk_word_id(word)) &&
	    pk_swap_if(&m->head.word, &word, queued))
		word = queued;
	if (pk_number_after(m->number) > repair->port->next_number)
		repair->port->next_number = pk_number_after(m->number);
	if (word != queued)
		return;
	m->head.next = repair->port->first;
	repair->port->first = message;
	repair->port->count++;
	repair->port->queued_bytes += m->length;
	if (port != repair->port) {
		port->count++;
		port->queued_bytes += m->length;
	}
}

static uint32_t *link_of(struct portico *k, uint32_t message)
{
	struct pk_message *m = pk_message_at(k, message);
	return m ? &m->head.next : NULL;
}

static uint64_t number_of(struct portico *k, uint32_t message)
{
	struct pk_message *m = pk_message_at(k, message);
	return m ? m->number : 0;
}

static void clear_queue(struct portico *k, struct pk_port *set, struct pk_port *port, void *context)
{
	(void)k;
	(void)set;
	(void)context;
	port->first = port->last = 0;
	pk_store_relaxed(&port->count, 0);
	port->queued_bytes = 0;
}

static void rebuild_queue(struct portico *k, struct repair *repair)
{
	static const struct pk_sort_by number = { link_of, number_of };
	struct pk_port *port = repair->port;
	clear_queue(k, NULL, port, NULL);
	if (port->use == PK_PORT_SET)
		pk_portset_each(k, repair->id, clear_queue, NULL);
	pk_message_each(k, take_in, repair);
	uint32_t left = port->count, message = port->first = pk_sort(k, port->first, left, &number);
	struct pk_message *m;
	for (; left > 0 && (m = pk_message_at(k, message)) != NULL; left--) {
		port->last = message;
		message = m->head.next;
	}
}

/* W3: a message queued for a sender that wasn't told. */
static void settle_senders(struct portico *k, const struct repair *repair)
{
	uint32_t committed = pk_committed(k, PK_WAITS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
		pk_id id = wait ? pk_wait_object(wait) : 0;
		struct pk_port *port = id && wait->purpose == PK_FOR_SEND ? repaired(k, repair, id) : NULL;
		if (!port || !pk_wait_on(k, slot, PK_PORTS, id))
			continue;
		struct pk_message *m = pk_message_at(k, wait->message);
		if (!m || pk_load(&m->head.word) != pk_word(PK_QUEUED, id) ||
		    pk_wait_status(k, slot) != PK_POSTED || !pk_wait_on(k, slot, PK_PORTS, id))
			continue; /* the last: settled long ago, it may wait elsewhere by now */
		if (pk_receipt_wanted(m))
			wait->purpose = PK_FOR_RECEIPT;
		else
			pk_wait_grant(k, &port->senders, slot, 0, repair->wakes);
	}
}

static void rebuild_lines(struct portico *k, const struct repair *repair)
{
	struct pk_port *port = repair->port;
	struct pk_wait_list *lines[PK_PURPOSES];
	pk_port_lines(port, lines);
	if (port->use == PK_PORT_SET)
		pk_portset_rebuild_lines(k, port, repair->id, repair->wakes);
	else
		pk_wait_rebuild(k, PK_PORTS, repair->id, lines, &port->next_ticket, repair->wakes);
}

/* Once all is in its place. */
static void go_on(struct portico *k, struct pk_port *port, struct pk_wakes *wakes)
{
	uint32_t slot = pk_port_slot(k, port);
	if (pk_word_kind(pk_load(&port->head.word)) == PK_DYING) {
		pk_port_finish_destroying(k, port, slot, wakes);
		return;
	}
	pk_receipts_repair(k, port, wakes);
	pk_listener_rebuild(k, port, pk_slot_id(&port->head, slot));
	if (port->special & PK_SPECIAL_OVER)
		pk_tap_end(k, port, wakes);
	pk_port_catch_up(k, port, wakes); /* PA3 */
	pk_port_advance(k, slot, wakes);
	pk_pool_settle(k, port);
	pk_wait_grant_all(k, &port->watchers, wakes);
	pk_bell_repair(k, port);
}

static void repair_pool(struct portico *k, struct pk_port *set, struct pk_port *port, void *context)
{
	(void)set;
	(void)context;
	pk_pool_repair(k, port);
}

static void member_goes_on(struct portico *k, struct pk_port *set, struct pk_port *port, void *context)
{
	(void)set;
	port->special |= PK_SPECIAL_SET;
	go_on(k, port, context);
}

void pk_port_repair(struct portico *k, uint32_t slot)
{
	struct pk_port *port = pk_slot(k, PK_PORTS, slot);
	struct pk_wakes wakes = { 0 };
	enum pk_kind kind = port ? pk_word_kind(pk_load(&port->head.word)) : PK_FREE;
	if (kind != PK_LIVE && kind != PK_DYING)
		return;
	struct repair repair = { port, pk_slot_id(&port->head, slot), &wakes };
	if (pk_load(&port->set) != 0) {
		if (!pk_is_member(port)) /* scribbled; else not even that is ours to write: A4 */
			port->special |= PK_SPECIAL_SET;
		return;
	}
	port->special &= ~PK_SPECIAL_SET;
	pk_index_forget(k, port, repair.id);
	port->stamp_count = 0; /* ST1 */
	port->returned++;      /* perhaps */
	settle_senders(k, &repair);
	rebuild_queue(k, &repair);
	pk_pool_repair(k, port);
	if (port->use == PK_PORT_SET)
		pk_portset_each(k, repair.id, repair_pool, NULL);
	rebuild_lines(k, &repair);
	if (kind != PK_DYING)
		pk_port_serve(k, port, &wakes);
	if (port->use == PK_PORT_SET)
		pk_portset_each(k, repair.id, member_goes_on, &wakes);
	go_on(k, port, &wakes);
	pk_wakes_send(&wakes);
}

/* ---- checking */

struct census {
	pk_id id;
	bool of_set;
	uint32_t count;
	uint64_t bytes;
};

static void take_census(struct portico *k, uint32_t message, struct pk_message *m, void *context)
{
	struct census *census = context;
	uint64_t word = pk_load(&m->head.word);
	pk_id id = pk_word_kind(word) == PK_QUEUED ? pk_word_id(word) : 0;
	(void)message;
	if (id != 0 && (id == census->id || (census->of_set && pk_portset_member(k, census->id, id)))) {
		census->count++;
		census->bytes += m->length;
	}
}

/* P3; J2: two members may each have one of a number. */
static bool in_order(const struct census *census, const struct pk_message *m, uint64_t number)
{
	return m->number > number || (census->of_set && m->number == number);
}

static bool queue_listed(struct portico *k, struct pk_port *port, const struct census *census)
{
	uint32_t listed = 0, message = port->first, last = 0;
	uint64_t number = 0;
	for (; message != 0 && listed <= census->count; listed++) {
		struct pk_message *m = pk_message_at(k, message);
		if (!m || !pk_queue_has(port, census->id, m) || !in_order(census, m, number) ||
		    pk_number_after(m->number) > port->next_number)
			return false;
		number = m->number;
		last = message;
		message = m->head.next;
	}
	return listed == census->count && port->last == last;
}

/* A member's messages are looked at with its set's. */
static bool queue_valid(struct portico *k, struct pk_port *port, pk_id id)
{
	struct census census = { .id = id, .of_set = port->use == PK_PORT_SET };
	pk_message_each(k, take_census, &census);
	return port->count == census.count && port->queued_bytes == census.bytes &&
	       (!pk_is_pooled(port) || pk_load(&port->pooled) >= census.count) && /* O1 */
	       (pk_is_member(port) ? port->first == 0 : queue_listed(k, port, &census));
}

bool pk_port_valid(struct portico *k, pk_id id)
{
	struct pk_port *port, *guard;
	if (pk_port_lock(k, id, &port, &guard))
		return false;
	bool valid = pk_is_member(port) == (guard != port) && queue_valid(k, port, id) &&
		     pk_index_valid(k, port) && pk_listener_valid(k, port, id) &&
		     pk_port_settled(k, port, id) && pk_receipts_valid(k, port);
	pk_port_unlock(k, guard);
	return valid;
}
