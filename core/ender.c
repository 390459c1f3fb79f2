/* SPDX-License-Identifier: MIT */
/* Who could end each wait.  graph.h is the essay. */
#include "graph.h"
#include "guard.h"
#include "opening.h"
#include "party.h"
#include "queue.h"
#include "set.h"
#include "task.h"

#include <errno.h>
#include <string.h>

/* ---- noting one */

/* K2: where there is no room, others could. */
static void add(struct pk_graph *graph, struct pk_enders *enders, uint32_t task, int32_t units)
{
	if (task == 0 || task >= graph->task_count || graph->tasks[task].id == 0)
		return;
	for (uint32_t at = enders->first, most = 32; at != 0 && most > 0; at = graph->ender[at].next, most--)
		if (graph->ender[at].task == task)
			return;
	if (graph->ender_count >= graph->ender_most) {
		enders->open = true;
		return;
	}
	graph->ender[graph->ender_count] =
		(struct pk_ender){ .task = task, .units = units, .next = enders->first };
	enders->first = graph->ender_count++;
}

static bool is_mount(const struct pk_graph *graph, pk_id task)
{
	uint32_t slot = pk_id_slot(task);
	return slot < graph->task_count && graph->tasks[slot].flags & PK_TASK_MOUNT;
}

/* True: one of them lives, and is no mount.  And so below. */
static bool add_tags(struct portico *k, struct pk_graph *graph, struct pk_enders *enders,
		     const uint32_t *tags, unsigned count)
{
	bool any = false;
	for (unsigned i = 0; i < count; i++) {
		pk_id task = pk_task_by_tag(k, tags[i]);
		enders->open |= tags[i] == PK_MANY || is_mount(graph, task);
		if (is_mount(graph, task))
			continue;
		any |= task != 0;
		add(graph, enders, pk_id_slot(task), 0);
	}
	return any;
}

/* The process of that pid.  In another pid namespace there may be one, too: then it is any of them. */
static bool add_pid(struct pk_graph *graph, struct pk_enders *enders, uint32_t pid)
{
	bool any = false;
	for (uint32_t slot = 1; pid != 0 && slot < graph->task_count; slot++)
		if (graph->tasks[slot].id != 0 && graph->tasks[slot].pid == pid &&
		    !(graph->tasks[slot].flags & PK_TASK_MOUNT)) {
			add(graph, enders, slot, 0);
			enders->last = slot;
			any = true;
		}
	return any;
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static bool add_senders(struct portico *k, struct pk_graph *graph, struct pk_enders *enders,
			const struct pk_port *port)
{
	bool any = add_tags(k, graph, enders, port->parties.senders, COUNT(port->parties.senders));
	return add_pid(graph, enders, port->last_sender) || any;
}

/* A copy of the port, of which the graph makes a note. */
static int look_at_port(struct portico *k, pk_id id, struct pk_port *copy)
{
	struct pk_port *port, *guard;
	int error = pk_port_lock(k, id, &port, &guard);
	if (error)
		return error;
	memcpy(copy, port, sizeof *copy);
	pk_port_unlock(k, guard);
	return 0;
}

/* ---- receives: who could send there */

/* Their enders by rights are found for all at once: add_rights(). */
static void find_senders(struct portico *k, struct pk_graph *graph, struct pk_enders *enders,
			 const struct pk_port *port)
{
	switch (port->use) {
	case PK_COMPLETIONS:
		enders->how = PK_ENDER_WAITS;
		break;
	case PK_GUARDED:
		if (enders->how == PK_ENDER_ANYBODY)
			enders->how = PK_ENDER_RIGHT;
		break;
	case PK_MAILBOX:
	case PK_QUEUE:
	case PK_INBOX:
		enders->how = PK_ENDER_SENT;
		enders->mailbox |= port->use == PK_MAILBOX;
		enders->open |= !add_senders(k, graph, enders, port);
		break;
	default:
		enders->open = true;
	}
}

static void find_senders_to_members(struct portico *k, struct pk_graph *graph, struct pk_enders *enders)
{
	uint32_t committed = pk_committed(k, PK_PORTS);
	struct pk_port copy;
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_port *port = pk_slot(k, PK_PORTS, slot);
		if (!port || pk_load(&port->set) != enders->object ||
		    look_at_port(k, pk_slot_id(&port->head, slot), &copy) != 0)
			continue;
		enders->open |= copy.use == PK_COMPLETIONS || pk_is_paused(&copy);
		if (pk_load_relaxed(&copy.set) == enders->object)
			find_senders(k, graph, enders, &copy);
	}
}

/* ---- sends: who could receive there, and so make room */

static void find_receivers(struct portico *k, struct pk_graph *graph, struct pk_enders *enders,
			   const struct pk_port *port)
{
	struct pk_port set;
	pk_id in = pk_load_relaxed(&port->set);
	pk_id owner = port->use >= PK_COMPLETIONS ? port->owner : 0;
	if (in != 0)
		owner = look_at_port(k, in, &set) == 0 ? set.owner : 0;
	if (in != 0 || port->use >= PK_COMPLETIONS) {
		enders->how = PK_ENDER_OWNER;
		enders->open = owner == 0; /* whoever gets its receive right */
		add(graph, enders, pk_id_slot(owner), 0);
		return;
	}
	enders->how = PK_ENDER_TOOK;
	enders->mailbox = port->use == PK_MAILBOX;
	bool any = add_tags(k, graph, enders, port->parties.receivers, COUNT(port->parties.receivers));
	if (add_pid(graph, enders, port->last_receiver) || any)
		return;
	enders->how = PK_ENDER_MADE;
	enders->open |= !add_tags(k, graph, enders, &port->parties.maker, 1);
}

static void find_at_port(struct portico *k, struct pk_graph *graph, struct pk_enders *enders)
{
	struct pk_port port;
	if (look_at_port(k, enders->object, &port) != 0) {
		enders->open = true;
	} else if (pk_is_paused(&port)) {
		enders->paused = enders->open = true; /* whoever may resume it */
	} else if (enders->from != 0) {
		enders->how = PK_ENDER_FROM;
		add_tags(k, graph, enders, &enders->from, 1);
	} else if (enders->purpose == PK_FOR_RECEIVE && port.use == PK_PORT_SET) {
		find_senders_to_members(k, graph, enders);
	} else if (enders->purpose == PK_FOR_RECEIVE) {
		find_senders(k, graph, enders, &port);
	} else if (enders->purpose == PK_FOR_SEND || enders->purpose == PK_FOR_RECEIPT) {
		find_receivers(k, graph, enders, &port);
	} else {
		enders->open = true;
	}
}

/* ---- semaphores: who holds what is wanted */

/* What their ends would do to it, of those who would change it as it is wanted. */
static int64_t add_holders(struct portico *k, struct pk_graph *graph, struct pk_enders *enders,
			   const struct pk_set_view *view)
{
	uint32_t slot = view->set->adjusts;
	int64_t sum = 0;
	for (uint32_t most = pk_committed(k, PK_ADJUSTS); most > 0; most--) {
		const struct pk_adjust *adjust = pk_slot(k, PK_ADJUSTS, slot);
		if (!adjust)
			break;
		int32_t value = pk_load(&adjust->value);
		if (adjust->set == view->id && adjust->semaphore == enders->semaphore &&
		    (enders->change == 0 ? value < 0 : value > 0)) {
			uint32_t holder = pk_id_slot(pk_word_id(pk_load(&adjust->head.word)));
			add(graph, enders, holder, value);
			if (enders->first != 0 && graph->ender[enders->first].task == holder)
				graph->ender[enders->first].since = pk_load_relaxed(&adjust->since);
			sum += value;
		}
		slot = adjust->next_adjust;
	}
	return sum;
}

static void find_at_set(struct portico *k, struct pk_graph *graph, struct pk_enders *enders)
{
	struct pk_set_view view;
	enders->open = true;
	if (pk_set_lock(k, enders->object, &view) != 0)
		return;
	enders->key = view.set->permission.key;
	if (enders->semaphore < view.count) {
		uint64_t word = pk_load(&view.values[enders->semaphore]);
		int64_t value =
			(int64_t)(uint32_t)word + add_holders(k, graph, enders, &view) + enders->change;
		enders->how = PK_ENDER_HOLDS;
		/* if all of them let go of it, is that what is wanted? */
		enders->open = enders->change == 0 ? value > 0 : value < 0;
		if (enders->first == 0) {
			enders->how = PK_ENDER_CHANGED;
			enders->open = !add_pid(graph, enders, (uint32_t)(word >> 32));
		}
	}
	pk_object_unlock(view.set);
}

/* ---- rights, those of all ports at once */

static uint32_t *bucket_of(struct pk_graph *graph, pk_id object)
{
	return &graph->bucket[((object ^ object >> PK_SLOT_BITS) * UINT64_C(0x9e3779b97f4a7c15) >> 32) %
			      graph->buckets];
}

/* The enders of receives there, whoever's messages they want. */
static struct pk_enders *of_receives(struct pk_graph *graph, pk_id port)
{
	for (uint32_t at = *bucket_of(graph, port); at != 0; at = graph->enders[at].chain) {
		struct pk_enders *enders = &graph->enders[at];
		if (enders->object == port && enders->table == PK_PORTS && enders->from == 0 &&
		    enders->purpose == PK_FOR_RECEIVE)
			return enders;
	}
	return NULL;
}

/* Whoever has the message that carries a right may come to use it. */
static void add_holder_of_message(struct portico *k, struct pk_graph *graph, struct pk_enders *enders,
				  uint32_t message)
{
	struct pk_message *m = pk_message_at(k, message);
	uint64_t word = m ? pk_load(&m->head.word) : PK_FREE;
	const struct pk_port *port = pk_slot(k, PK_PORTS, pk_id_slot(pk_word_id(word)));
	pk_id owner = 0;
	if (pk_word_kind(word) == PK_CLAIMED || pk_word_kind(word) == PK_HELD)
		owner = pk_word_id(word);
	else if (pk_word_kind(word) == PK_QUEUED && port)
		owner = port->owner;
	enders->open |= owner == 0;
	add(graph, enders, pk_id_slot(owner), 0);
}

static void add_right(struct portico *k, struct pk_graph *graph, struct pk_enders *enders, uint64_t word)
{
	if (pk_word_kind(word) == PK_HELD)
		add(graph, enders, pk_id_slot(pk_word_id(word)), 0);
	else if (pk_word_kind(word) == PK_BODY)
		add_holder_of_message(k, graph, enders, (uint32_t)pk_word_id(word));
}

/* Of a port, and of the set that it is in. */
static void add_right_to(struct portico *k, struct pk_graph *graph, pk_id to, uint64_t word)
{
	const struct pk_port *port = pk_slot(k, PK_PORTS, pk_id_slot(to));
	struct pk_enders *of_port = of_receives(graph, to);
	struct pk_enders *of_set = port ? of_receives(graph, pk_load(&port->set)) : NULL;
	if (of_port)
		add_right(k, graph, of_port, word);
	if (of_set)
		add_right(k, graph, of_set, word);
}

static void add_rights(struct portico *k, struct pk_graph *graph)
{
	uint32_t committed = pk_committed(k, PK_RIGHTS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_right *right = pk_slot(k, PK_RIGHTS, slot);
		uint64_t word = right ? pk_load(&right->head.word) : PK_FREE;
		if (pk_word_kind(word) == PK_FREE)
			continue;
		if (right->kind == PK_RIGHT_SEND || right->kind == PK_RIGHT_SEND_ONCE) {
			add_right_to(k, graph, right->port, word);
		} else if (right->kind >= PK_ASK_DEAD_NAME) {
			/* the kernel sends there, when what was asked about comes to pass */
			struct pk_enders *told = of_receives(graph, right->tell);
			if (told)
				told->open = true;
		}
	}
}

/* ---- listeners */

static void add_listeners(struct portico *k, struct pk_graph *graph)
{
	uint32_t committed = pk_committed(k, PK_LISTENERS);
	struct pk_port source;
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_listener *listener = pk_slot(k, PK_LISTENERS, slot);
		if (!listener || pk_word_kind(pk_load(&listener->head.word)) == PK_FREE)
			continue;
		struct pk_enders *enders = of_receives(graph, listener->port);
		if (!enders || look_at_port(k, listener->source, &source) != 0)
			continue;
		add_senders(k, graph, enders, &source);
	}
}

/* ---- who has a mailbox open as a file */

void pk_openers_add(struct pk_openers *openers, uint32_t pid)
{
	for (uint32_t i = 0; i < openers->count && i < PK_OPENERS; i++)
		if (openers->pid[i] == pid)
			return;
	if (openers->count < PK_OPENERS)
		openers->pid[openers->count] = pid;
	if (openers->count <= PK_OPENERS)
		openers->count++;
}

/* To whatever waits at that port, or set, for what such a file may do. */
static void add_opener_at(struct pk_graph *graph, pk_id object, unsigned ends, uint32_t pid)
{
	for (uint32_t at = *bucket_of(graph, object); at != 0; at = graph->enders[at].chain) {
		struct pk_enders *enders = &graph->enders[at];
		unsigned wanted = enders->purpose == PK_FOR_RECEIVE ? PK_OPEN_TO_SEND : PK_OPEN_TO_RECEIVE;
		if (enders->object != object || enders->table != PK_PORTS || enders->from != 0 ||
		    !enders->mailbox || !(ends & wanted))
			continue;
		enders->open = true;
		pk_openers_add(&enders->openers, pid);
	}
}

static void add_openers(struct portico *k, struct pk_graph *graph)
{
	uint32_t committed = pk_committed(k, PK_OPENINGS);
	struct pk_opened opened;
	for (uint32_t slot = 1; slot < committed; slot++) {
		if (!pk_opening_read(k, slot, &opened) || opened.table != PK_PORTS || opened.waits)
			continue;
		const struct pk_port *port = pk_slot(k, PK_PORTS, pk_id_slot(opened.object));
		pk_id set = port ? pk_load(&port->set) : 0;
		add_opener_at(graph, opened.object, opened.ends, opened.pid);
		if (set != 0)
			add_opener_at(graph, set, opened.ends, opened.pid);
	}
}

/* ---- all waits */

/* What it is that it waits for.  False: for nothing any more. */
static bool key_of(struct portico *k, const struct pk_graph_wait *wait, uint32_t slot, struct pk_enders *key)
{
	struct pk_semaphore_part part;
	struct pk_set_view view;
	*key = (struct pk_enders){ .object = wait->object, .table = wait->table, .purpose = wait->purpose };
	if (wait->table == PK_PORTS && wait->purpose == PK_FOR_RECEIVE && wait->select == PK_FROM)
		key->from = wait->from;
	if (wait->table != PK_SETS)
		return true;
	if (pk_set_lock(k, wait->object, &view) != 0)
		return false;
	bool blocks =
		pk_wait_id(k, slot) == wait->id && pk_set_blocking(k, &view, pk_wait_at(k, slot), &part);
	pk_object_unlock(view.set);
	key->semaphore = blocks ? part.semaphore : 0;
	key->change = blocks ? part.change : 0;
	return blocks;
}

static bool is_of(const struct pk_enders *enders, const struct pk_enders *key)
{
	return enders->object == key->object && enders->table == key->table &&
	       enders->purpose == key->purpose && enders->from == key->from &&
	       enders->semaphore == key->semaphore && enders->change == key->change;
}

static uint32_t find_or_note(struct pk_graph *graph, const struct pk_enders *key)
{
	uint32_t *bucket = bucket_of(graph, key->object);
	for (uint32_t at = *bucket; at != 0; at = graph->enders[at].chain)
		if (is_of(&graph->enders[at], key))
			return at;
	if (graph->enders_count >= graph->enders_most)
		return 0;
	graph->enders[graph->enders_count] = *key;
	graph->enders[graph->enders_count].chain = *bucket;
	return *bucket = graph->enders_count++;
}

void pk_enders_find(struct portico *k, struct pk_graph *graph)
{
	struct pk_enders key;
	graph->enders[0].open = true; /* of what isn't known, anybody */
	for (uint32_t slot = 1; slot < graph->wait_count; slot++) {
		struct pk_graph_wait *wait = &graph->waits[slot];
		if (wait->id != 0 && key_of(k, wait, slot, &key))
			wait->enders = find_or_note(graph, &key);
	}
	for (uint32_t i = 1; i < graph->enders_count; i++) {
		struct pk_enders *enders = &graph->enders[i];
		if (enders->table == PK_PORTS)
			find_at_port(k, graph, enders);
		else if (enders->table == PK_SETS)
			find_at_set(k, graph, enders);
		else
			enders->open = true;
	}
	add_rights(k, graph);
	add_listeners(k, graph);
	add_openers(k, graph);
}
