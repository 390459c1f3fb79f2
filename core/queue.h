/* SPDX-License-Identifier: MIT */
/*
 * The queue of a port, under its lock: what transfer.c and posting.c do to it.
 * port.h is the essay.
 */
#ifndef PK_QUEUE_H
#define PK_QUEUE_H

#include "guard.h"
#include "index.h"
#include "party.h"
#include "stamp.h"
#include "task.h"

#include <errno.h>

/* ---- its lines, by purpose */

static inline void pk_port_lines(struct pk_port *port, struct pk_wait_list *lines[PK_PURPOSES])
{
	for (unsigned i = 0; i < PK_PURPOSES; i++)
		lines[i] = NULL;
	lines[PK_FOR_RECEIVE - 1] = &port->receivers;
	lines[PK_FOR_SEND - 1] = &port->senders;
	lines[PK_FOR_CHANGE - 1] = &port->watchers;
	lines[PK_FOR_RECEIPT - 1] = &port->receipts;
}

/* ---- whose it is */

/* The port that it was sent to: that whose queue it is in, or a member of that set. */
static inline struct pk_port *pk_queue_member(struct portico *k, struct pk_port *port,
					      const struct pk_message *m)
{
	if (__builtin_expect(port->use != PK_PORT_SET, 1))
		return port;
	struct pk_port *member = pk_slot(k, PK_PORTS, pk_id_slot(m->port));
	return member ? member : port;
}

/* Is it queued here, or for a member of this set? */
static inline bool pk_queue_has(const struct pk_port *port, pk_id id, const struct pk_message *m)
{
	return pk_load(&m->head.word) == pk_word(PK_QUEUED, port->use == PK_PORT_SET ? m->port : id);
}

/* ---- which may be handed out: pause.h */

static inline bool pk_is_paused(const struct pk_port *port)
{
	return port->special & PK_SPECIAL_PAUSED;
}

/* A message that is queued here, or for a member of this set, or would be: is it to stay for now? */
static inline bool pk_stays(struct portico *k, struct pk_port *port, const struct pk_message *m)
{
	return pk_is_paused(pk_queue_member(k, port, m));
}

/* ---- putting in and taking off */

static inline void pk_queue_count(struct portico *k, struct pk_port *port, uint32_t message,
				  struct pk_message *m)
{
	pk_store_relaxed(&port->count, pk_load_relaxed(&port->count) + 1);
	port->queued_bytes += m->length;
	if (__builtin_expect(port->index != 0, 0))
		pk_index_add(k, port, message, m);
}

__attribute__((always_inline)) static inline void pk_queue_append(struct portico *k, struct pk_port *port,
								  uint32_t message, struct pk_message *m)
{
	struct pk_message *last = port->first != 0 ? pk_message_at(k, port->last) : NULL;
	m->head.next = 0;
	if (__builtin_expect(port->index != 0, 0))
		m->previous = port->last;
	if (last)
		last->head.next = message;
	else
		port->first = message;
	port->last = message;
	pk_queue_count(k, port, message, m);
}

/* Is its place at the end? */
static inline bool pk_queue_is_last(struct portico *k, const struct pk_port *port, const struct pk_message *m)
{
	const struct pk_message *last = pk_message_at(k, port->last);
	return port->first == 0 || (last && last->number <= m->number);
}

/* The number of a message that is sent now. */
static inline uint64_t pk_queue_number(struct pk_port *port, const struct pk_message *m)
{
	uint64_t number = port->next_number++;
	if (m->more & PK_MORE_PRIORITY)
		number -= (uint64_t)m->priority << PK_SEQUENCE_BITS;
	return number;
}

/* At the place that its number gives it; of a port in a set, among the set's. */
void pk_queue_insert(struct portico *k, struct pk_port *port, uint32_t message);

/* At the end.  P4: the word first. */
static inline void pk_queue_put(struct portico *k, struct pk_port *port, pk_id id, uint32_t message,
				struct pk_message *m)
{
	PK_POINT("transfer: numbered, not queued");
	pk_store(&m->head.word, pk_word(PK_QUEUED, id));
	PK_POINT("transfer: queued, on no list");
	pk_queue_append(k, port, message, m);
}

/* What is found in a queue, and what stands before it. */
struct pk_found {
	uint32_t message, before;
};

__attribute__((always_inline)) static inline void pk_queue_take_off(struct portico *k, struct pk_port *port,
								    const struct pk_found *found)
{
	struct pk_message *m = pk_message_at(k, found->message);
	struct pk_message *before = found->before != 0 ? pk_message_at(k, found->before) : NULL;
	if (__builtin_expect(port->index != 0, 0)) {
		struct pk_message *next = pk_message_at(k, m->head.next);
		pk_index_remove(k, port, m);
		if (next)
			next->previous = found->before;
	}
	if (before)
		before->head.next = m->head.next;
	else
		port->first = m->head.next;
	if (port->last == found->message)
		port->last = found->before;
	m->head.next = 0;
	pk_store_relaxed(&port->count, pk_load_relaxed(&port->count) - 1);
	port->queued_bytes -= m->length;
	struct pk_port *member = pk_queue_member(k, port, m);
	if (__builtin_expect(member != port, 0)) {
		pk_store_relaxed(&member->count, pk_load_relaxed(&member->count) - 1);
		member->queued_bytes -= m->length;
	}
}

/* ---- finding */

static inline bool pk_wants(enum pk_select_how select, int64_t type, uint32_t from,
			    const struct pk_message *m)
{
	switch (select) {
	case PK_ANY:
		return true;
	case PK_TYPE:
		return m->type == type;
	case PK_TYPE_AT_MOST:
		return m->type <= type;
	case PK_TYPE_EXCEPT:
		return m->type != type;
	case PK_FROM:
		return m->sender == from;
	}
	return false;
}

/*
 * The first that is wanted; of those at most a type, the first of the lowest; in
 * a set, of members that aren't paused.
 * A long search makes the port an index, if that can answer.
 */
bool pk_queue_search(struct portico *k, struct pk_port *port, pk_id id, const struct pk_want *want,
		     struct pk_found *best);

static inline bool pk_queue_find(struct portico *k, struct pk_port *port, pk_id id,
				 const struct pk_want *want, struct pk_found *found)
{
	if (__builtin_expect(want->select == PK_ANY, 1)) {
		*found = (struct pk_found){ .message = port->first };
		const struct pk_message *m = pk_message_at(k, port->first);
		if (!m || __builtin_expect(port->use != PK_PORT_SET || !pk_stays(k, port, m), 1))
			return m != NULL;
	}
	return port->first != 0 && pk_queue_search(k, port, id, want, found);
}

/* ---- what each transfer asks, and notes */

static inline bool pk_fits(const struct pk_port *port, const struct pk_message *m)
{
	return pk_load_relaxed(&port->count) < port->slots &&
	       port->queued_bytes + m->length <= port->capacity;
}

/* Is there something to receive?  Or to be taken from a sender that waits. */
static inline bool pk_port_has(const struct pk_port *port)
{
	return pk_load_relaxed(&port->count) != 0 || port->senders.first != 0;
}

/* What is sent to a member is received from its set. */
static inline bool pk_is_member(const struct pk_port *port)
{
	return port->special & PK_SPECIAL_SET;
}

static inline int pk_may_receive(struct portico *k, const struct pk_port *port)
{
	if (__builtin_expect(port->use >= PK_COMPLETIONS && port->owner != pk_self(k), 0))
		return -EPERM;
	return pk_permission_check(k, &port->permission, 0444);
}

/* As a guarded port wants it. */
static inline bool pk_is_sent_by_right(const struct pk_port *port, const struct pk_message *m)
{
	return port->use == PK_GUARDED && m && m->more & PK_MORE_VIA;
}

static inline int pk_may_send(struct portico *k, const struct pk_port *port, const struct pk_message *m)
{
	if (__builtin_expect(port->use >= PK_COMPLETIONS, 0) && port->use != PK_INBOX &&
	    !pk_is_sent_by_right(port, m))
		return -EPERM;
	int error = pk_permission_check(k, &port->permission, 0222);
	if (error)
		return error;
	return !m ? -EINVAL : m->length > port->bytes ? -EMSGSIZE : 0;
}

/* Written when it changes only: a store would take the line from the other processors. */
static inline void pk_note_time(int64_t *time)
{
	int64_t now = pk_realtime_seconds();
	if (*time != now)
		*time = now;
}

/* By whom, only when that isn't who it was the last time; and when. */
static inline void pk_note_numbered(struct portico *k, struct pk_port *port, uint32_t pid, uint32_t sender,
				    uint64_t number)
{
	if (__builtin_expect(port->last_sender != pid, 0)) {
		port->last_sender = pid;
		pk_party_sends(k, port, sender);
	}
	int64_t now = pk_realtime_seconds();
	if (__builtin_expect(port->send_time != now, 0))
		pk_stamp(k, port, number, now);
}

/* Of a message that isn't queued there. */
static inline void pk_note_sent_by(struct portico *k, struct pk_port *port, uint32_t pid, uint32_t sender)
{
	pk_note_numbered(k, port, pid, sender, port->next_number);
}

/* Of one that has its number there. */
static inline void pk_note_sent(struct portico *k, struct pk_port *port, const struct pk_message *m)
{
	pk_note_numbered(k, port, m->pid, m->sender, m->number);
}

static inline void pk_note_received(struct portico *k, struct pk_port *port)
{
	if (__builtin_expect(port->last_receiver != k->mine->process.pid, 0)) {
		port->last_receiver = k->mine->process.pid;
		pk_party_receives(k, port, k->mine->identity.tag);
	}
	pk_note_time(&port->receive_time);
}

#endif
