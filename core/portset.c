/* SPDX-License-Identifier: MIT */
#include "portset.h"
#include "pool.h"
#include "share.h"
#include "transfer.h"

/* ---- finding members */

static bool is_member(struct pk_port *port, pk_id set)
{
	enum pk_kind kind = pk_word_kind(pk_load(&port->head.word));
	return (kind == PK_LIVE || kind == PK_DYING) && pk_load(&port->set) == set;
}

struct pk_port *pk_portset_member(struct portico *k, pk_id set, pk_id id)
{
	struct pk_port *port = pk_slot(k, PK_PORTS, pk_id_slot(id));
	return port && is_member(port, set) && pk_slot_id(&port->head, pk_id_slot(id)) == id ? port : NULL;
}

/* J5 */
void pk_portset_each(struct portico *k, pk_id id,
		     void (*visit)(struct portico *k, struct pk_port *set, struct pk_port *member,
				   void *context),
		     void *context)
{
	struct pk_port *set = pk_slot(k, PK_PORTS, pk_id_slot(id));
	uint32_t committed = pk_committed(k, PK_PORTS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_port *port = pk_slot(k, PK_PORTS, slot);
		if (port && port != set && is_member(port, id))
			visit(k, set, port, context);
	}
}

/* ---- making */

int pk_portset_create(struct portico *k, pk_id *set)
{
	static const struct pk_port_limits none = { 0 };
	return pk_port_create(k, PK_PORT_SET, &none, 0600, PK_NAME_MAILBOX, NULL, 0, set);
}

/* Lock a set of this task's. */
static int lock_set(struct portico *k, pk_id id, struct pk_port **set)
{
	int error = pk_object_lock(k, PK_PORTS, id, set);
	if (error)
		return error;
	error = (*set)->use != PK_PORT_SET ? -EINVAL : (*set)->owner != pk_self(k) ? -EPERM : 0;
	if (error)
		pk_object_unlock(*set);
	return error;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* ---- joining */

/* J3: those that were settled elsewhere leave the line by themselves. */
static bool somebody_receives(struct portico *k, const struct pk_port *port)
{
	uint32_t slot = port->receivers.first;
	for (uint32_t most = pk_committed(k, PK_WAITS); most > 0 && slot != 0; most--) {
		const struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
		if (!wait || pk_wait_status(k, slot) == PK_POSTED)
			return true;
		slot = wait->next;
	}
	return false;
}

static int may_join(struct portico *k, struct pk_port *port)
{
	if (port->use == PK_PORT_SET || port->use == PK_COMPLETIONS || port->use == PK_TAP)
		return -EINVAL;
	int error = pk_may_receive(k, port);
	if (!error && (pk_load(&port->set) != 0 || somebody_receives(k, port)))
		error = -EBUSY;
	return error ? error : pk_share_allows(k, port, PK_FOR_RECEIVE);
}

/* Both queues are in the order of their numbers, and so is what becomes of them. */
static void merge_queues(struct portico *k, struct pk_port *set, struct pk_port *port)
{
	uint32_t here = set->first, there = port->first, last = 0, first = 0;
	uint32_t left = pk_message_most(k, set->count + port->count);
	pk_index_drop(k, set);
	pk_index_drop(k, port);
	for (struct pk_message *tail = NULL; left > 0 && (here | there) != 0; left--) {
		struct pk_message *mine = pk_message_at(k, here), *its = pk_message_at(k, there);
		bool take_its = its && (!mine || its->number < mine->number);
		struct pk_message *m = take_its ? its : mine;
		if (!m)
			break;
		last = take_its ? there : here;
		if (tail)
			tail->head.next = last;
		else
			first = last;
		tail = m;
		*(take_its ? &there : &here) = m->head.next;
		m->head.next = 0;
	}
	set->first = first;
	set->last = last;
	set->count += port->count;
	set->queued_bytes += port->queued_bytes;
	port->first = port->last = 0;
}

/* The waits of who sends to it, into the set's line, too. */
static void stand_beside(struct portico *k, struct pk_port *set, struct pk_port *port)
{
	uint32_t slot = port->senders.first;
	for (uint32_t most = pk_committed(k, PK_WAITS); most > 0 && slot != 0; most--) {
		struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
		if (!wait)
			break;
		wait->beside = 1;
		wait->next_beside = set->senders.first;
		set->senders.first = slot;
		slot = wait->next;
	}
	if (port->senders.first != 0)
		pk_line_sort_beside(k, &set->senders);
}

/* P1: what it brings may be what somebody at the set waits for. */
static void serve_newcomer(struct portico *k, struct pk_port *set, struct pk_port *port, pk_id id,
			   struct pk_wakes *wakes)
{
	uint32_t slot = port->senders.first;
	pk_port_serve(k, set, wakes);
	for (uint32_t most = pk_committed(k, PK_WAITS); most > 0 && slot != 0; most--) {
		struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
		struct pk_message *m = wait ? pk_message_at(k, wait->message) : NULL;
		if (!m)
			break;
		uint32_t next = wait->next;
		if (!pk_is_paused(port) && pk_is_awaited(k, set, m, wakes)) {
			pk_admit(k, port, id, slot, wakes);
			pk_port_serve(k, set, wakes);
		}
		slot = next;
	}
	pk_port_advance(k, pk_id_slot(id), wakes);
	pk_pool_settle(k, port);
	pk_tell_watchers(k, port, wakes);
}

static void join(struct portico *k, struct pk_port *set, pk_id set_id, struct pk_port *port, pk_id id,
		 struct pk_wakes *wakes)
{
	set->next_number = later(set->next_number, port->next_number);
	set->next_ticket = later(set->next_ticket, port->next_ticket);
	port->special |= PK_SPECIAL_SET; /* A2 */
	port->stamp_count = 0;		 /* ST2 */
	PK_POINT("set: before joining");
	merge_queues(k, set, port);
	stand_beside(k, set, port);
	PK_POINT("set: queues joined, not a member");
	pk_store(&port->set, set_id); /* A1 */
	PK_POINT("set: joined, nobody served");
	serve_newcomer(k, set, port, id, wakes);
	if (port->special & PK_SPECIAL_BELL)
		pk_bell_settle(k, port);
}

int pk_portset_add(struct portico *k, pk_id set_id, pk_id id)
{
	struct pk_port *port, *set;
	struct pk_wakes wakes;
	pk_wakes_begin(&wakes);
	int error = set_id == id ? -EINVAL : pk_object_lock(k, PK_PORTS, id, &port);
	if (error)
		return error;
	error = may_join(k, port);
	if (!error)
		error = lock_set(k, set_id, &set);
	if (!error) {
		join(k, set, set_id, port, id, &wakes);
		pk_port_unlock(k, set);
	}
	pk_object_unlock(port);
	pk_wakes_flush(k, &wakes);
	return error;
}

/* ---- leaving */

static void append(struct portico *k, struct pk_port *port, uint32_t message, struct pk_message *m)
{
	struct pk_message *last = port->first != 0 ? pk_message_at(k, port->last) : NULL;
	m->head.next = 0;
	if (last)
		last->head.next = message;
	else
		port->first = message;
	port->last = message;
}

void pk_portset_take_out(struct portico *k, struct pk_port *set, struct pk_port *only)
{
	uint32_t message = set->first, before = 0;
	pk_index_drop(k, set);
	for (uint32_t left = pk_message_most(k, set->count); left > 0; left--) {
		struct pk_message *m = pk_message_at(k, message), *stays = pk_message_at(k, before);
		if (!m)
			break;
		struct pk_port *member = pk_queue_member(k, set, m);
		uint32_t next = m->head.next;
		if (only && member != only) {
			before = message;
		} else {
			*(stays ? &stays->head.next : &set->first) = next;
			set->count--;
			set->queued_bytes -= m->length;
			append(k, member, message, m);
		}
		message = next;
	}
	set->last = before;
}

void pk_portset_unwait(struct portico *k, struct pk_wait *wait, uint32_t slot)
{
	struct pk_port *port = pk_slot(k, PK_PORTS, pk_id_slot(pk_wait_object(wait)));
	struct pk_port *set = port ? pk_slot(k, PK_PORTS, pk_id_slot(pk_load(&port->set))) : NULL;
	if (set && set->use == PK_PORT_SET)
		pk_line_leave_beside(k, &set->senders, wait, slot);
}

/* Its queue is its own again: so is the rest. */
static void leave(struct portico *k, struct pk_port *set, struct pk_port *port, void *context)
{
	uint32_t slot = port->senders.first;
	(void)context;
	for (uint32_t most = pk_committed(k, PK_WAITS); most > 0 && slot != 0; most--) {
		struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
		if (!wait)
			break;
		if (wait->beside)
			pk_line_leave_beside(k, &set->senders, wait, slot);
		slot = wait->next;
	}
	port->next_number = later(set->next_number, port->next_number); /* J2 */
	port->next_ticket = later(set->next_ticket, port->next_ticket);
	if (port->special & PK_SPECIAL_BELL)
		pk_bell_show(k, port, pk_port_offers(k, port));
	PK_POINT("set: its own again, still a member");
	pk_store(&port->set, 0); /* A1 */
	PK_POINT("set: left");
}

void pk_portset_expel(struct portico *k, struct pk_port *set, struct pk_port *member)
{
	PK_POINT("set: before leaving");
	pk_portset_take_out(k, set, member);
	leave(k, set, member, NULL);
}

int pk_portset_remove(struct portico *k, pk_id set_id, pk_id id)
{
	struct pk_port *set;
	int error;
	if (!pk_object(k, PK_PORTS, id, &error))
		return error;
	error = lock_set(k, set_id, &set);
	if (error)
		return error;
	struct pk_port *port = pk_portset_member(k, set_id, id);
	if (port)
		pk_portset_expel(k, set, port);
	pk_port_unlock(k, set);
	return port ? 0 : -EBUSY;
}

void pk_portset_disband(struct portico *k, struct pk_port *set, pk_id id)
{
	pk_portset_take_out(k, set, NULL);
	PK_POINT("set: disbanding");
	pk_portset_each(k, id, leave, NULL);
	set->senders = (struct pk_wait_list){ 0 };
}

/* ---- listing */

struct list {
	pk_id *members;
	unsigned most;
	int count;
};

static void add_to_list(struct portico *k, struct pk_port *set, struct pk_port *member, void *context)
{
	struct list *list = context;
	(void)set;
	if ((unsigned)list->count < list->most)
		list->members[list->count] = pk_slot_id(&member->head, pk_port_slot(k, member));
	list->count++;
}

int pk_portset_list(struct portico *k, pk_id id, pk_id *members, unsigned most)
{
	struct pk_port *set;
	struct list list = { members, most, 0 };
	int error = lock_set(k, id, &set);
	if (error)
		return error;
	pk_portset_each(k, id, add_to_list, &list);
	pk_port_unlock(k, set);
	return list.count;
}

/* ---- repairing: J4 */

static void clear_lines(struct portico *k, struct pk_port *set, struct pk_port *member, void *context)
{
	(void)k;
	(void)set;
	(void)context;
	struct pk_wait_list *lines[PK_PURPOSES];
	pk_port_lines(member, lines);
	for (int i = 0; i < PK_PURPOSES; i++)
		if (lines[i])
			*lines[i] = (struct pk_wait_list){ 0 };
}

static void sort_lines(struct portico *k, struct pk_port *set, struct pk_port *member, void *context)
{
	(void)set;
	(void)context;
	struct pk_wait_list *lines[PK_PURPOSES];
	pk_port_lines(member, lines);
	for (int i = 0; i < PK_PURPOSES; i++)
		if (lines[i])
			pk_line_sort(k, lines[i]);
}

void pk_portset_rebuild_lines(struct portico *k, struct pk_port *set, pk_id id, struct pk_wakes *wakes)
{
	struct pk_wait_list *lines[PK_PURPOSES];
	pk_port_lines(set, lines);
	lines[PK_FOR_SEND - 1] = NULL; /* what stands there is its members' */
	uint32_t committed = pk_committed(k, PK_WAITS);
	pk_wait_rebuild(k, PK_PORTS, id, lines, &set->next_ticket, wakes);
	set->senders = (struct pk_wait_list){ 0 };
	pk_portset_each(k, id, clear_lines, NULL);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
		pk_id object = wait ? pk_wait_object(wait) : 0;
		struct pk_port *member = object ? pk_portset_member(k, id, object) : NULL;
		if (!member)
			continue;
		pk_port_lines(member, lines);
		wait = pk_line_regain(k, slot, PK_PORTS, object, lines, &set->next_ticket, wakes);
		if (wait && wait->purpose == PK_FOR_SEND) {
			wait->beside = 1;
			wait->next_beside = set->senders.first;
			set->senders.first = slot;
		}
	}
	pk_portset_each(k, id, sort_lines, NULL);
	pk_line_sort_beside(k, &set->senders);
}
