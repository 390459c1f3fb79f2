/* SPDX-License-Identifier: MIT */
#include "queue.h"

/*
 * Where to begin to look for a message's place: at what was put before others
 * last, if that is still here and stands before it; for one is often followed by
 * more of its priority.  0: at the first.
 */
static uint32_t begin_at(struct portico *k, const struct pk_port *port, uint32_t message,
			 const struct pk_message *m)
{
	const struct pk_message *urgent = pk_message_at(k, port->urgent);
	return urgent && port->urgent != message &&
			       pk_load(&urgent->head.word) == pk_word(PK_QUEUED, m->port) &&
			       urgent->number <= m->number
		       ? port->urgent
		       : 0;
}

static void insert(struct portico *k, struct pk_port *port, uint32_t message, struct pk_message *m)
{
	if (pk_queue_is_last(k, port, m)) {
		pk_queue_append(k, port, message, m);
		return;
	}
	uint32_t before = begin_at(k, port, message, m);
	struct pk_message *at = pk_message_at(k, before);
	uint32_t *link = at ? &at->head.next : &port->first;
	at = pk_message_at(k, *link);
	for (uint32_t most = pk_message_most(k, port->count); most > 0 && at && at->number <= m->number;
	     most--) {
		before = *link;
		link = &at->head.next;
		at = pk_message_at(k, *link);
	}
	m->head.next = *link;
	if (port->index != 0) {
		m->previous = before;
		if (at)
			at->previous = message;
	}
	*link = message;
	port->urgent = message;
	pk_queue_count(k, port, message, m);
}

void pk_queue_insert(struct portico *k, struct pk_port *port, uint32_t message)
{
	struct pk_message *m = pk_message_at(k, message);
	struct pk_port *queue = pk_port_queue(k, port);
	insert(k, queue, message, m);
	if (queue != port) {
		pk_store_relaxed(&port->count, pk_load_relaxed(&port->count) + 1);
		port->queued_bytes += m->length;
	}
}

/* PA2: a message of a member that is paused. */
static bool passed_over(struct portico *k, struct pk_port *port, const struct pk_message *m)
{
	return port->use == PK_PORT_SET && m && pk_stays(k, port, m);
}

/* By the index.  False: there is none that can answer. */
static bool look_up(struct portico *k, struct pk_port *port, pk_id id, const struct pk_want *want,
		    struct pk_found *found)
{
	if (!pk_index_answers(port, want))
		return false;
	*found = (struct pk_found){ .message = pk_index_find(k, port, want) };
	struct pk_message *m = pk_message_at(k, found->message);
	if (found->message != 0 && (!m || !pk_queue_has(port, id, m)))
		pk_index_drop(k, port); /* scribbled */
	else if (m)
		found->before = m->previous;
	return port->index != 0 && !passed_over(k, port, m);
}

bool pk_queue_search(struct portico *k, struct pk_port *port, pk_id id, const struct pk_want *want,
		     struct pk_found *best)
{
	int64_t lowest = want->type;
	struct pk_found at = { .message = port->first };
	bool any = false;
	uint32_t looked = 0;
	if (look_up(k, port, id, want, best))
		return best->message != 0;
	for (uint32_t left = pk_message_most(k, port->count); left > 0; left--) {
		struct pk_message *m = pk_message_at(k, at.message);
		if (!m)
			break;
		if (pk_wants(want->select, lowest, want->from, m) && !passed_over(k, port, m)) {
			*best = at;
			any = true;
			if (want->select != PK_TYPE_AT_MOST || m->type == INT64_MIN)
				break;
			lowest = m->type - 1;
		}
		at = (struct pk_found){ .message = m->head.next, .before = at.message };
		if (++looked == PK_INDEX_AFTER && want->select != PK_TYPE_EXCEPT && port->index == 0 &&
		    pk_index_make(k, port, id) && look_up(k, port, id, want, best))
			return best->message != 0;
	}
	return any;
}
