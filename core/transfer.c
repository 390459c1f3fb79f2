/* SPDX-License-Identifier: MIT */
/* Passing messages through ports: send, receive, give back.  port.h is the essay. */
#include "port.h"
#include "index.h"
#include "log.h"
#include "task.h"

#include <errno.h>

/* ---- the queue, under the lock */

static void count_in(struct portico *k, struct pk_port *port, uint32_t message, struct pk_message *m)
{
	port->count++;
	port->queued_bytes += m->length;
	if (__builtin_expect(port->index != 0, 0))
		pk_index_add(k, port, message, m);
}

__attribute__((always_inline)) static inline void append(struct portico *k, struct pk_port *port, uint32_t message, struct pk_message *m)
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
	count_in(k, port, message, m);
}

/* At the place that its number gives it. */
static void insert(struct portico *k, struct pk_port *port, uint32_t message)
{
	struct pk_message *m = pk_message_at(k, message);
	struct pk_message *last = pk_message_at(k, port->last);
	if (port->first == 0 || (last && last->number <= m->number)) {
		append(k, port, message, m);
		return;
	}
	uint32_t *link = &port->first, before = 0;
	struct pk_message *at = pk_message_at(k, *link);
	for (uint32_t most = pk_message_most(k, port->count); most > 0 && at && at->number <= m->number; most--) {
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
	count_in(k, port, message, m);
}

/* What is found in a queue, and what stands before it. */
struct found {
	uint32_t message, before;
};

__attribute__((always_inline)) static inline void take_off(struct portico *k, struct pk_port *port, const struct found *found)
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
	port->count--;
	port->queued_bytes -= m->length;
}

/* ---- who wants what */

static bool wants(enum pk_select_how select, int64_t type, uint32_t from, const struct pk_message *m)
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

/* By the index.  False: there is none that can answer. */
static bool look_up(struct portico *k, struct pk_port *port, const struct pk_want *want, struct found *found)
{
	if (!pk_index_answers(port, want))
		return false;
	*found = (struct found){ .message = pk_index_find(k, port, want) };
	struct pk_message *m = pk_message_at(k, found->message);
	if (m)
		found->before = m->previous;
	return port->index != 0;
}

/*
 * The first that is wanted; of those at most a type, the first of the lowest.
 * A long search makes the port an index, if that can answer.
 */
static bool search(struct portico *k, struct pk_port *port, pk_id id, const struct pk_want *want,
		   struct found *best)
{
	int64_t lowest = want->type;
	struct found at = { .message = port->first };
	bool any = false;
	uint32_t looked = 0;
	for (uint32_t left = pk_message_most(k, port->count); left > 0; left--) {
		struct pk_message *m = pk_message_at(k, at.message);
		if (!m)
			break;
		if (wants(want->select, lowest, want->from, m)) {
			*best = at;
			any = true;
			if (want->select != PK_TYPE_AT_MOST || m->type == INT64_MIN)
				break;
			lowest = m->type - 1;
		}
		at = (struct found){ .message = m->head.next, .before = at.message };
		if (++looked == PK_INDEX_AFTER && want->select != PK_TYPE_EXCEPT && port->index == 0 &&
		    pk_index_make(k, port, id) && look_up(k, port, want, best))
			return best->message != 0;
	}
	return any;
}

static inline bool find_queued(struct portico *k, struct pk_port *port, pk_id id,
			       const struct pk_want *want, struct found *found)
{
	if (__builtin_expect(want->select == PK_ANY, 1)) {
		*found = (struct found){ .message = port->first };
		return pk_message_at(k, port->first) != NULL;
	}
	if (look_up(k, port, want, found))
		return found->message != 0;
	return port->first != 0 && search(k, port, id, want, found);
}

/* The same among the messages of waiting senders; the sender's wait, or 0. */
static uint32_t find_sender(struct portico *k, struct pk_port *port, const struct pk_want *want)
{
	int64_t lowest = want->type;
	uint32_t best = 0, slot = port->senders.first;
	for (uint32_t most = pk_committed(k, PK_WAITS); most > 0 && slot != 0; most--) {
		struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
		struct pk_message *m = wait ? pk_message_at(k, wait->message) : NULL;
		if (!m)
			break;
		if (wants(want->select, lowest, want->from, m)) {
			best = slot;
			if (want->select != PK_TYPE_AT_MOST || m->type == INT64_MIN)
				break;
			lowest = m->type - 1;
		}
		slot = wait->next;
	}
	return best;
}

/* ---- sending */

/* Written when it changes only: a store would take the line from the other processors. */
static void note_time(int64_t *time)
{
	int64_t now = pk_realtime_seconds();
	if (*time != now)
		*time = now;
}

static void note_sent(struct pk_port *port, const struct pk_message *m)
{
	port->last_sender = m->pid;
	note_time(&port->send_time);
}

static void note_received(struct portico *k, struct pk_port *port)
{
	port->last_receiver = k->mine->process.pid;
	note_time(&port->receive_time);
}

/* Give it to that waiting receiver.  W2: the word first, then the swap. */
static bool grant_to(struct portico *k, struct pk_port *port, uint32_t slot, uint32_t message,
		     struct pk_message *m, struct pk_wakes *wakes)
{
	struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
	uint32_t leader_slot = wait ? wait->leader : 0;
	struct pk_wait *leader = pk_slot(k, PK_WAITS, leader_slot);
	uint64_t before = pk_load_relaxed(&m->head.word);
	if (!leader) {
		pk_wait_unlink(k, &port->receivers, slot); /* scribbled */
		return false;
	}
	struct pk_task *task = pk_task_of(k, pk_id_slot(pk_word_id(pk_load(&wait->head.word))));
	pk_store(&m->head.word, pk_word(PK_GRANTED, pk_slot_id(&leader->head, leader_slot)));
	PK_POINT("transfer: granted, not settled");
	if (pk_wait_grant(k, &port->receivers, slot, message, wakes)) {
		port->last_receiver = task ? task->pid : 0;
		note_time(&port->receive_time);
		return true;
	}
	pk_store(&m->head.word, before);
	return false;
}

/* Give it to the first receiver in line that wants it and can take it. */
static bool hand_over(struct portico *k, struct pk_port *port, uint32_t message, struct pk_message *m,
		      struct pk_wakes *wakes)
{
	uint32_t slot = port->receivers.first;
	for (uint32_t most = pk_committed(k, PK_WAITS); most > 0 && slot != 0; most--) {
		struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
		if (!wait)
			break;
		uint32_t next = wait->next;
		if (wants((enum pk_select_how)wait->select, wait->type, wait->from, m)) {
			if (m->length > wait->room)
				pk_wait_fail(k, &port->receivers, slot, E2BIG, wakes);
			else if (grant_to(k, port, slot, message, m, wakes))
				return true;
		}
		slot = next;
	}
	return false;
}

static bool fits(const struct pk_port *port, const struct pk_message *m)
{
	return port->count < port->slots && port->queued_bytes + m->length <= port->capacity;
}

static void enqueue(struct portico *k, struct pk_port *port, pk_id id, uint32_t message, struct pk_message *m,
		    struct pk_wakes *wakes)
{
	PK_POINT("transfer: numbered, not queued");
	pk_store(&m->head.word, pk_word(PK_QUEUED, id));
	PK_POINT("transfer: queued, on no list");
	append(k, port, message, m);
	if (port->watchers.first)
		pk_wait_grant_all(k, &port->watchers, wakes);
}

static int post_send(struct portico *k, struct pk_port *port, pk_id id, uint32_t message,
		     const struct pk_post *post, uint32_t *wait)
{
	struct pk_wait wanted = {
		.object = id, .message = message, .table = PK_PORTS, .purpose = PK_FOR_SEND
	};
	int error = pk_wait_post(k, &port->senders, &port->next_ticket, &wanted, post, wait);
	return error ? error : PK_POSTED;
}

static int may_send(struct portico *k, const struct pk_port *port, const struct pk_message *m)
{
	if (__builtin_expect(port->use == PK_COMPLETIONS, 0))
		return -EPERM;
	int error = pk_permission_check(k, &port->permission, 0222);
	if (error)
		return error;
	return !m ? -EINVAL : m->length > port->bytes ? -EMSGSIZE : 0;
}

static int send_locked(struct portico *k, struct pk_port *port, pk_id id, uint32_t message,
		       const struct pk_post *post, uint32_t *wait, struct pk_wakes *wakes)
{
	struct pk_message *m = pk_message_at(k, message);
	int error = may_send(k, port, m);
	if (error)
		return error;
	m->port = id;
	m->number = port->next_number++;
	if (port->receivers.first && hand_over(k, port, message, m, wakes)) {
		note_sent(port, m);
		return 0;
	}
	if (port->senders.first || !fits(port, m))
		return post ? post_send(k, port, id, message, post, wait) : -EAGAIN;
	note_sent(port, m);
	enqueue(k, port, id, message, m, wakes);
	return 0;
}

/* What this thread did last: who does the same again is one end of a stream. */
static uint64_t last_of(pk_id id, enum pk_purpose purpose)
{
	return pk_word((enum pk_kind)purpose, id);
}

int pk_port_send(struct portico *k, pk_id id, uint32_t message, const struct pk_post *post, uint32_t *wait)
{
	struct pk_port *port;
	struct pk_wakes wakes;
	pk_wakes_begin(&wakes);
	int result = pk_object_lock(k, PK_PORTS, id, &port);
	if (result)
		return result;
	result = send_locked(k, port, id, message, post, wait, &wakes);
	uint32_t rung = (uint32_t)port->next_number;
	pk_object_unlock(port);
	pk_store_relaxed(&port->rung, rung);
	pk_wakes_flush(k, &wakes);
	pk_thread.last = last_of(id, PK_FOR_SEND);
	return result;
}

/* Queue the message of a waiting sender.  W3: queued first, then told. */
static void admit(struct portico *k, struct pk_port *port, pk_id id, uint32_t slot, struct pk_wakes *wakes)
{
	struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
	uint32_t message = wait ? wait->message : 0;
	struct pk_message *m = pk_message_at(k, message);
	/* both are claimed by the waiting task */
	if (!m || pk_load(&m->head.word) != pk_load(&wait->head.word)) {
		pk_wait_fail(k, &port->senders, slot, EIO, wakes); /* scribbled */
		return;
	}
	m->port = id;
	m->number = port->next_number++;
	note_sent(port, m);
	enqueue(k, port, id, message, m, wakes);
	PK_POINT("transfer: sender's message queued, sender not told");
	pk_wait_grant(k, &port->senders, slot, 0, wakes);
}

void pk_port_advance(struct portico *k, uint32_t slot, struct pk_wakes *wakes)
{
	struct pk_port *port = pk_slot(k, PK_PORTS, slot);
	pk_id id = pk_slot_id(&port->head, slot);
	for (uint32_t most = pk_committed(k, PK_WAITS); port->senders.first != 0 && most > 0; most--) {
		struct pk_wait *wait = pk_slot(k, PK_WAITS, port->senders.first);
		struct pk_message *m = wait ? pk_message_at(k, wait->message) : NULL;
		if (!wait || (m && !fits(port, m)))
			break;
		admit(k, port, id, port->senders.first, wakes);
	}
}

void pk_port_serve(struct portico *k, struct pk_port *port, struct pk_wakes *wakes)
{
	struct found at = { .message = port->first };
	for (uint32_t left = pk_message_most(k, port->count); left > 0 && port->receivers.first != 0; left--) {
		struct pk_message *m = pk_message_at(k, at.message);
		if (!m)
			break;
		uint32_t next = m->head.next;
		if (hand_over(k, port, at.message, m, wakes))
			take_off(k, port, &at);
		else
			at.before = at.message;
		at.message = next;
	}
}

bool pk_port_settled(struct portico *k, struct pk_port *port, pk_id id)
{
	struct pk_wait *sender = pk_slot(k, PK_WAITS, port->senders.first);
	struct pk_message *first = sender ? pk_message_at(k, sender->message) : NULL;
	if (first && fits(port, first))
		return false;
	uint32_t at = port->receivers.first;
	struct pk_wait *wait = pk_slot(k, PK_WAITS, at);
	for (uint32_t most = pk_committed(k, PK_WAITS); most > 0 && wait; most--) {
		struct pk_want want = {
			.select = (enum pk_select_how)wait->select,
			.type = wait->type,
			.from = wait->from,
		};
		struct found found;
		if (pk_wait_status(k, at) == PK_POSTED &&
		    (find_queued(k, port, id, &want, &found) || find_sender(k, port, &want)))
			return false;
		at = wait->next;
		wait = pk_slot(k, PK_WAITS, at);
	}
	return true;
}

/* ---- receiving */

static void prefetch(const void *line)
{
	if (line)
		__builtin_prefetch(line);
}

static int take(struct portico *k, struct pk_port *port, const struct pk_want *want,
		const struct found *found, uint32_t *message)
{
	struct pk_message *m = pk_message_at(k, found->message);
	if (m->length > want->room)
		return -E2BIG;
	PK_POINT("transfer: before taking");
	pk_store(&m->head.word, pk_word(PK_HELD, pk_self(k)));
	PK_POINT("transfer: held, still on the queue");
	take_off(k, port, found);
	note_received(k, port);
	*message = found->message;
	prefetch(m + 1);
	prefetch(pk_message_at(k, port->first)); /* it is the next to be received */
	return 0;
}

static int post_receive(struct portico *k, struct pk_port *port, pk_id id, const struct pk_want *want,
			const struct pk_post *post, uint32_t *wait)
{
	struct pk_wait wanted = {
		.object = id,
		.type = want->type,
		.from = want->from,
		.room = want->room,
		.table = PK_PORTS,
		.purpose = PK_FOR_RECEIVE,
		.select = (uint8_t)want->select,
	};
	int error = pk_wait_post(k, &port->receivers, &port->next_ticket, &wanted, post, wait);
	return error ? error : PK_POSTED;
}

static int receive_locked(struct portico *k, struct pk_port *port, pk_id id, const struct pk_want *want,
			  const struct pk_post *post, uint32_t *message, uint32_t *wait,
			  struct pk_wakes *wakes)
{
	struct found found = { 0 };
	int error = pk_permission_check(k, &port->permission, 0444);
	if (error)
		return error;
	while (!find_queued(k, port, id, want, &found)) {
		uint32_t sender = find_sender(k, port, want);
		if (!sender)
			return post ? post_receive(k, port, id, want, post, wait) : -EAGAIN;
		struct pk_wait *at = pk_slot(k, PK_WAITS, sender);
		struct pk_message *m = at ? pk_message_at(k, at->message) : NULL;
		if (!m)
			return -EIO; /* scribbled since it was found */
		if (m->length > want->room)
			return -E2BIG;
		admit(k, port, id, sender, wakes);
	}
	error = take(k, port, want, &found, message);
	if (error)
		return error;
	if (port->senders.first)
		pk_port_advance(k, pk_id_slot(id), wakes);
	if (port->watchers.first)
		pk_wait_grant_all(k, &port->watchers, wakes);
	return 0;
}

int pk_port_receive(struct portico *k, pk_id id, const struct pk_want *want, const struct pk_post *post,
		    uint32_t *message, uint32_t *wait)
{
	struct pk_port *port;
	struct pk_wakes wakes;
	pk_wakes_begin(&wakes);
	int result = pk_object_lock(k, PK_PORTS, id, &port);
	if (result)
		return result;
	result = receive_locked(k, port, id, want, post, message, wait, &wakes);
	pk_object_unlock(port);
	pk_wakes_flush(k, &wakes);
	if (result == 0)
		pk_thread.last = last_of(id, PK_FOR_RECEIVE);
	return result;
}

int pk_port_collect(struct portico *k, uint32_t slot, uint32_t *message)
{
	struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
	int error = pk_wait_status(k, slot);
	if (!wait || error)
		return error ? error : -EINVAL;
	*message = pk_outcome_value(pk_load(&wait->outcome));
	struct pk_message *m = pk_message_at(k, *message);
	uint64_t granted = pk_word(PK_GRANTED, pk_slot_id(&wait->head, slot));
	PK_POINT("transfer: granted, not collected");
	/* by a swap: of two threads that collect it one has it */
	error = m && pk_swap_if(&m->head.word, &granted, pk_word(PK_HELD, pk_self(k))) ? 0 : -EIO;
	pk_wait_end(k, slot);
	return error;
}

void pk_port_give_back(struct portico *k, uint32_t message)
{
	struct pk_message *m = pk_message_at(k, message);
	struct pk_port *port;
	struct pk_wakes wakes;
	pk_wakes_begin(&wakes);
	if (!m)
		return;
	pk_id id = m->port;
	int error = pk_object_lock(k, PK_PORTS, id, &port);
	if (error == -EINVAL || error == -EIDRM)
		pk_message_release(k, message); /* its port is no more */
	if (error)
		return;
	PK_POINT("transfer: before giving back");
	if (!hand_over(k, port, message, m, &wakes)) {
		pk_store(&m->head.word, pk_word(PK_QUEUED, id));
		PK_POINT("transfer: given back, on no list");
		insert(k, port, message);
		pk_wait_grant_all(k, &port->watchers, &wakes);
	}
	pk_object_unlock(port);
	pk_wakes_flush(k, &wakes);
}

static int watch_locked(struct portico *k, struct pk_port *port, pk_id id, const struct pk_post *post,
			uint32_t *wait)
{
	struct pk_wait wanted = { .object = id, .table = PK_PORTS, .purpose = PK_FOR_CHANGE };
	return pk_wait_post(k, &port->watchers, &port->next_ticket, &wanted, post, wait);
}

int pk_port_watch(struct portico *k, pk_id id, const struct pk_post *post, uint32_t *wait)
{
	struct pk_port *port;
	int error = pk_object_lock(k, PK_PORTS, id, &port);
	if (error)
		return error;
	error = watch_locked(k, port, id, post, wait);
	pk_object_unlock(port);
	return error;
}

int pk_port_await(struct portico *k, pk_id id, int64_t until_ns)
{
	struct pk_post post = { .tell = PK_TELL_THREAD, .until_ns = until_ns };
	struct pk_port *port;
	uint32_t wait = 0;
	int error = pk_object_lock(k, PK_PORTS, id, &port);
	if (error)
		return error;
	if (port->count == 0)
		error = watch_locked(k, port, id, &post, &wait);
	pk_object_unlock(port);
	if (wait == 0)
		return error;
	error = pk_wait_sleep(k, wait);
	pk_wait_end(k, wait);
	return error;
}

/* ---- completions */

int pk_port_completes(struct portico *k, pk_id id)
{
	int error;
	const struct pk_port *port = pk_object(k, PK_PORTS, id, &error);
	if (!port)
		return error;
	return port->use == PK_COMPLETIONS && port->owner == pk_self(k) ? 0 : -EPERM;
}

int pk_port_complete(struct portico *k, pk_id id, pk_id told, struct pk_wakes *wakes)
{
	struct pk_wait *wait = pk_slot(k, PK_WAITS, pk_id_slot(told));
	struct pk_port *port;
	int error = wait ? pk_object_lock(k, PK_PORTS, id, &port) : -EIO;
	if (error)
		return error;
	uint32_t message = wait->completion;
	struct pk_message *m = pk_message_at(k, message);
	/* the id last: then what was looked at was that wait's */
	if (m && port->use == PK_COMPLETIONS && pk_wait_untold(k, pk_id_slot(told)) &&
	    pk_wait_id(k, pk_id_slot(told)) == told) {
		m->port = id;
		m->number = port->next_number++; /* its limits don't count */
		note_sent(port, m);
		if (!hand_over(k, port, message, m, wakes))
			enqueue(k, port, id, message, m, wakes);
	}
	pk_object_unlock(port);
	return 0;
}

/* ---- posting in any case, and serving what was posted at once */

/* The receiver that stands in line as `slot` takes what there is for it. */
static void serve_receiver(struct portico *k, struct pk_port *port, pk_id id, const struct pk_want *want,
			   uint32_t slot, struct pk_wakes *wakes)
{
	struct found found = { 0 };
	while (!find_queued(k, port, id, want, &found)) {
		uint32_t sender = find_sender(k, port, want);
		if (!sender)
			return;
		admit(k, port, id, sender, wakes);
	}
	struct pk_message *m = pk_message_at(k, found.message);
	if (m->length > want->room)
		pk_wait_fail(k, &port->receivers, slot, E2BIG, wakes);
	else if (grant_to(k, port, slot, found.message, m, wakes))
		take_off(k, port, &found);
	pk_port_advance(k, pk_id_slot(id), wakes);
	pk_wait_grant_all(k, &port->watchers, wakes);
}

int pk_port_post_receive(struct portico *k, pk_id id, const struct pk_want *want, const struct pk_post *post,
			 uint32_t *wait)
{
	struct pk_port *port;
	struct pk_wakes wakes;
	pk_wakes_begin(&wakes);
	int error = pk_object_lock(k, PK_PORTS, id, &port);
	if (error)
		return error;
	error = pk_permission_check(k, &port->permission, 0444);
	if (!error)
		error = post_receive(k, port, id, want, post, wait);
	if (error == PK_POSTED) {
		error = 0;
		serve_receiver(k, port, id, want, *wait, &wakes);
	}
	pk_object_unlock(port);
	pk_wakes_flush(k, &wakes);
	return error;
}

/* Might the queue, or a receiver in line, take it at once?  W3: it is queued, then handed over. */
static bool is_welcome(struct portico *k, const struct pk_port *port, const struct pk_message *m, bool first)
{
	uint32_t slot = port->receivers.first;
	for (uint32_t most = pk_committed(k, PK_WAITS); most > 0 && slot != 0; most--) {
		const struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
		if (!wait)
			break;
		if (wants((enum pk_select_how)wait->select, wait->type, wait->from, m) &&
		    m->length <= wait->room && pk_wait_status(k, slot) == PK_POSTED)
			return true;
		slot = wait->next;
	}
	return first && fits(port, m);
}

int pk_port_post_send(struct portico *k, pk_id id, uint32_t message, const struct pk_post *post,
		      uint32_t *wait)
{
	struct pk_port *port;
	struct pk_message *m = pk_message_at(k, message);
	struct pk_wakes wakes;
	pk_wakes_begin(&wakes);
	int error = pk_object_lock(k, PK_PORTS, id, &port);
	if (error)
		return error;
	bool first = port->senders.first == 0;
	error = may_send(k, port, m);
	if (!error)
		error = post_send(k, port, id, message, post, wait);
	if (error == PK_POSTED) {
		error = 0;
		if (is_welcome(k, port, m, first)) {
			admit(k, port, id, *wait, &wakes);
			pk_port_serve(k, port, &wakes);
		}
	}
	pk_object_unlock(port);
	pk_wakes_flush(k, &wakes);
	return error;
}

/* ---- blocking forms */

/* Send if there is room, or soon is. */
static int send_soon(struct portico *k, pk_id id, uint32_t message)
{
	bool streams = pk_thread.last == last_of(id, PK_FOR_SEND);
	int result = pk_port_send(k, id, message, NULL, NULL);
	const struct pk_port *port = pk_slot(k, PK_PORTS, pk_id_slot(id));
	uint32_t full = port ? __atomic_load_n(&port->count, __ATOMIC_RELAXED) : 0;
	if (result == -EAGAIN && streams && full != 0 && pk_spin_first(k, &port->count, full, true))
		result = pk_port_send(k, id, message, NULL, NULL);
	return result;
}

int pk_port_send_until(struct portico *k, pk_id id, uint32_t message, int64_t until_ns)
{
	struct pk_post post = { .tell = PK_TELL_THREAD, .until_ns = until_ns };
	uint32_t wait = 0;
	int result = send_soon(k, id, message);
	if (result == -EAGAIN)
		result = pk_port_send(k, id, message, &post, &wait);
	if (result != PK_POSTED)
		return result;
	result = pk_wait_sleep(k, wait);
	pk_wait_end(k, wait);
	return result;
}

/* Receive if there is something, or soon is. */
static int receive_soon(struct portico *k, pk_id id, const struct pk_want *want, uint32_t *message)
{
	const struct pk_port *port = pk_slot(k, PK_PORTS, pk_id_slot(id));
	const uint32_t *rung = port ? (const uint32_t *)&port->rung : NULL;
	uint32_t before = rung ? __atomic_load_n(rung, __ATOMIC_RELAXED) : 0;
	bool streams = pk_thread.last == last_of(id, PK_FOR_RECEIVE);
	int result = pk_port_receive(k, id, want, NULL, message, NULL);
	if (result == -EAGAIN && rung && pk_spin_first(k, rung, before, streams))
		result = pk_port_receive(k, id, want, NULL, message, NULL);
	return result;
}

int pk_port_receive_until(struct portico *k, pk_id id, const struct pk_want *want, int64_t until_ns,
			  uint32_t *message)
{
	struct pk_post post = { .tell = PK_TELL_THREAD, .until_ns = until_ns };
	uint32_t wait = 0;
	int result = receive_soon(k, id, want, message);
	if (result == -EAGAIN)
		result = pk_port_receive(k, id, want, &post, message, &wait);
	if (result != PK_POSTED)
		return result;
	result = pk_wait_sleep(k, wait);
	if (result == 0)
		return pk_port_collect(k, wait, message);
	pk_wait_end(k, wait);
	return result;
}

/* Post on each until one has something; then they are a group, led by the first. */
static int post_group(struct portico *k, const pk_id *ids, unsigned count, const struct pk_want *want,
		      struct pk_post *post, uint32_t *leader)
{
	uint32_t wait = 0;
	int error = 0;
	*leader = 0;
	post->held = post->tell == PK_TELL_PORT && count > 1;
	for (unsigned i = 0; i < count && !error; i++) {
		error = pk_port_post_receive(k, ids[i], want, post, &wait);
		if (!error && *leader == 0) {
			*leader = post->leader = wait;
			post->id = NULL;
		}
		if (*leader != 0 && pk_wait_status(k, *leader) != PK_POSTED)
			break;
	}
	if (error && *leader != 0 && pk_wait_withdraw(k, *leader, -error) != error)
		error = 0; /* one of them was faster */
	return error;
}

int pk_port_post_receive_any(struct portico *k, const pk_id *ids, unsigned count, const struct pk_want *want,
			     const struct pk_post *post, uint32_t *wait)
{
	struct pk_post each = *post;
	if (count == 0 || count > PK_GROUP_MOST)
		return -EINVAL;
	int error = post_group(k, ids, count, want, &each, wait);
	if (each.held && *wait != 0)
		pk_wait_announce(k, *wait);
	if (error && *wait != 0) {
		pk_wait_discard(k, *wait);
		*wait = 0;
	}
	return error;
}

int pk_port_receive_any_until(struct portico *k, const pk_id *ids, unsigned count, const struct pk_want *want,
			      int64_t until_ns, uint32_t *message)
{
	struct pk_post post = { .tell = PK_TELL_THREAD, .until_ns = until_ns };
	uint32_t wait = 0;
	int result = -EAGAIN;
	for (unsigned i = 0; i < count && result == -EAGAIN; i++)
		result = pk_port_receive(k, ids[i], want, NULL, message, NULL);
	if (result != -EAGAIN || until_ns == 0)
		return count == 0 || count > PK_GROUP_MOST ? -EINVAL : result;
	result = pk_port_post_receive_any(k, ids, count, want, &post, &wait);
	if (result)
		return result;
	result = pk_wait_sleep(k, wait);
	if (result == 0)
		return pk_port_collect(k, wait, message);
	pk_wait_end(k, wait);
	return result;
}
