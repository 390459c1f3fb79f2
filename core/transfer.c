/* SPDX-License-Identifier: MIT */
/* Passing messages through ports: send, receive, give back.  port.h is the essay. */
#include "receipt.h"
#include "transfer.h"
#include "part.h"
#include "listener.h"
#include "tap.h"

/* A sender that waits at a member that is paused. */
static bool of_paused(struct portico *k, const struct pk_wait *wait)
{
	const struct pk_port *port = pk_slot(k, PK_PORTS, pk_id_slot(pk_wait_object(wait)));
	return port && pk_is_paused(port);
}

uint32_t pk_find_sender(struct portico *k, struct pk_port *port, const struct pk_want *want)
{
	bool of_members = port->use == PK_PORT_SET;
	int64_t lowest = want->type;
	uint32_t best = 0, slot = port->senders.first;
	for (uint32_t most = pk_committed(k, PK_WAITS); most > 0 && slot != 0; most--) {
		struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
		struct pk_message *m = wait ? pk_message_at(k, wait->message) : NULL;
		if (!m)
			break;
		if (pk_wants(want->select, lowest, want->from, m) && !(of_members && of_paused(k, wait))) {
			best = slot;
			if (want->select != PK_TYPE_AT_MOST || m->type == INT64_MIN)
				break;
			lowest = m->type - 1;
		}
		slot = of_members ? wait->next_beside : wait->next;
	}
	return best;
}

/* ---- sending */

bool pk_grant_to(struct portico *k, struct pk_port *port, uint32_t slot, uint32_t message,
		 struct pk_message *m, struct pk_wakes *wakes)
{
	struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
	uint32_t leader_slot = wait ? pk_load_relaxed(&wait->leader) : 0;
	struct pk_wait *leader = pk_slot(k, PK_WAITS, leader_slot);
	uint64_t before = pk_load_relaxed(&m->head.word);
	if (!leader) {
		pk_wait_unlink(k, &port->receivers, slot); /* scribbled */
		return false;
	}
	pk_id receiver = pk_word_id(pk_load(&wait->head.word));
	struct pk_task *task = pk_task_of(k, pk_id_slot(receiver));
	/* of a System V queue the kernel notes the thread, of one that waited */
	uint32_t pid = port->use == PK_QUEUE ? wait->thread : task ? task->pid : 0;
	pk_store(&m->head.word, pk_word(PK_GRANTED, pk_slot_id(&leader->head, leader_slot)));
	PK_POINT("transfer: granted, not settled");
	if (pk_wait_grant(k, &port->receivers, slot, message, wakes)) {
		struct pk_port *member = pk_queue_member(k, port, m);
		member->last_receiver = pid;
		pk_party_receives(k, member, pk_task_tag(receiver));
		pk_note_time(&member->receive_time);
		return true;
	}
	pk_store(&m->head.word, before);
	return false;
}

bool pk_hand_over(struct portico *k, struct pk_port *port, uint32_t message, struct pk_message *m,
		  struct pk_wakes *wakes)
{
	uint32_t slot = pk_stays(k, port, m) ? 0 : port->receivers.first;
	for (uint32_t most = pk_committed(k, PK_WAITS); most > 0 && slot != 0; most--) {
		struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
		if (!wait)
			break;
		uint32_t next = wait->next;
		if (pk_wants((enum pk_select_how)wait->select, wait->type, wait->from, m)) {
			if (m->length > wait->room)
				pk_wait_fail(k, &port->receivers, slot, E2BIG, wakes);
			else if (pk_grant_to(k, port, slot, message, m, wakes))
				return true;
		}
		slot = next;
	}
	return false;
}

void pk_tell_watchers_slowly(struct portico *k, struct pk_port *port, struct pk_wakes *wakes)
{
	struct pk_port *queue = pk_port_queue(k, port);
	if (port->watchers.first)
		pk_wait_grant_all(k, &port->watchers, wakes);
	if (queue != port && queue->watchers.first)
		pk_wait_grant_all(k, &queue->watchers, wakes);
}

void pk_enqueue(struct portico *k, struct pk_port *port, pk_id id, uint32_t message, struct pk_message *m,
		struct pk_wakes *wakes)
{
	PK_POINT("transfer: numbered, to be queued");
	pk_store(&m->head.word, pk_word(PK_QUEUED, id)); /* P4 */
	PK_POINT("transfer: queued at its number, on no list");
	if (!pk_is_member(port) && pk_queue_is_last(k, port, m))
		pk_queue_append(k, port, message, m);
	else
		pk_queue_insert(k, port, message);
	pk_tell_watchers(k, port, wakes);
}

int pk_post_send(struct portico *k, struct pk_port *port, pk_id id, uint32_t message,
		 const struct pk_post *post, uint32_t *wait, struct pk_wakes *wakes)
{
	struct pk_wait wanted = {
		.object = id, .message = message, .table = PK_PORTS, .purpose = PK_FOR_SEND
	};
	struct pk_port *queue = pk_port_queue(k, port);
	int error = pk_wait_post(k, &port->senders, &queue->next_ticket, &wanted, post, wait);
	if (error)
		return error;
	if (queue != port)
		pk_line_append_beside(k, &queue->senders, pk_slot(k, PK_WAITS, *wait), *wait);
	pk_tell_watchers(k, port, wakes);
	return PK_POSTED;
}

__attribute__((always_inline)) static inline int send_now(struct portico *k, struct pk_port *port, pk_id id,
							  uint32_t message, struct pk_wakes *wakes)
{
	struct pk_message *m = pk_message_at(k, message);
	struct pk_port *queue = pk_port_queue(k, port);
	m->port = id;
	m->number = pk_queue_number(queue, m);
	uint32_t pid = m->pid, sender = m->sender; /* once it is handed over it may be another message */
	if (queue->receivers.first && pk_hand_over(k, queue, message, m, wakes)) {
		pk_note_sent_by(k, port, pid, sender);
		return 0;
	}
	bool room = !port->senders.first && pk_fits(port, m);
	if (!room || !pk_pool_claim(k, port)) {
		queue->next_number--; /* that is for who is sent next */
		return room ? -ENOBUFS : -EAGAIN;
	}
	pk_note_sent(k, port, m);
	pk_enqueue(k, port, id, message, m, wakes);
	return 0;
}

/* T1: once it is handed over there is nothing left to copy. */
static __attribute__((noinline)) int send_tapped(struct portico *k, struct pk_port *port, pk_id id,
						 uint32_t message, struct pk_wakes *wakes)
{
	uint32_t copy = pk_tap_copy(k, port, message);
	int result = send_now(k, port, id, message, wakes);
	if (result == 0)
		pk_tap_give(k, port, copy, wakes);
	else if (copy != 0)
		pk_message_release(k, copy);
	return result;
}

int pk_send_now(struct portico *k, struct pk_port *port, pk_id id, uint32_t message, struct pk_wakes *wakes)
{
	return __builtin_expect(pk_is_tapped(port), 0) ? send_tapped(k, port, id, message, wakes)
						       : send_now(k, port, id, message, wakes);
}

static int send_locked(struct portico *k, struct pk_port *port, pk_id id, uint32_t message,
		       const struct pk_post *post, uint32_t *wait, struct pk_wakes *wakes)
{
	int result = pk_may_send(k, port, pk_message_at(k, message));
	if (result == 0)
		result = pk_share_allows(k, port, PK_FOR_SEND);
	if (result == 0)
		result = pk_send_now(k, port, id, message, wakes);
	return result == -EAGAIN && post ? pk_post_send(k, port, id, message, post, wait, wakes) : result;
}

void pk_stream_wait(struct portico *k, pk_id id)
{
	struct pk_port *port = pk_slot(k, PK_PORTS, pk_id_slot(id));
	uint32_t mine = (uint32_t)(pk_thread.owner >> 32), flag = (uint32_t)(PK_LOCK_WAITERS >> 32);
	if (!port || k->cpus == 1 || (pk_lock_high(&port->lock) & ~flag) == mine)
		return;
	for (int i = 0; i < PK_TURN; i++)
		pk_pause();
}

/* Nobody waits here, there is no index to keep, and nothing else to mind: what most transfers find. */
static inline bool is_plain(const struct pk_port *port)
{
	return (port->receivers.first | port->senders.first | port->watchers.first | port->index |
		port->special) == 0;
}

static bool send_plainly(struct portico *k, struct pk_port *port, pk_id id, uint32_t message)
{
	struct pk_message *m = pk_message_at(k, message);
	if (!is_plain(port) || pk_may_send(k, port, m) != 0 || m->more & PK_MORE_PRIORITY ||
	    !pk_fits(port, m))
		return false;
	m->port = id;
	m->number = port->next_number++;
	pk_note_sent(k, port, m);
	pk_queue_put(k, port, id, message, m);
	return true;
}

static __attribute__((noinline)) int send_and_unlock(struct portico *k, struct pk_port *port, pk_id id,
						     uint32_t message, const struct pk_post *post,
						     uint32_t *wait)
{
	struct pk_wakes wakes;
	struct pk_port *guard;
	int result = pk_port_guard(k, id, &port, &guard);
	if (result)
		return result;
	if (pk_has_listeners(port))
		return pk_listener_send(k, port, guard, id, message);
	pk_wakes_begin(&wakes);
	result = send_locked(k, port, id, message, post, wait, &wakes);
	pk_port_unlock(k, guard);
	if (guard != port)
		pk_store_relaxed(&guard->rung, (uint32_t)guard->next_number);
	pk_wakes_flush(k, &wakes);
	return result;
}

int pk_port_send(struct portico *k, pk_id id, uint32_t message, const struct pk_post *post, uint32_t *wait)
{
	struct pk_port *port;
	pk_stream_turn(k, id, PK_FOR_SEND);
	int result = pk_object_lock(k, PK_PORTS, id, &port);
	if (result)
		return result;
	uint32_t rung = (uint32_t)port->next_number + 1;
	if (__builtin_expect(send_plainly(k, port, id, message), 1))
		pk_object_unlock(port);
	else
		result = send_and_unlock(k, port, id, message, post, wait);
	pk_store_relaxed(&port->rung, rung);
	if (result == 0)
		pk_stream_note(id, PK_FOR_SEND);
	return result;
}

void pk_admit(struct portico *k, struct pk_port *port, pk_id id, uint32_t slot, struct pk_wakes *wakes)
{
	struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
	uint32_t message = wait ? wait->message : 0;
	struct pk_message *m = pk_message_at(k, message);
	if (wait && port->use == PK_PORT_SET) {
		id = pk_wait_object(wait);
		port = pk_slot(k, PK_PORTS, pk_id_slot(id));
		if (!port)
			return; /* scribbled */
	}
	/* both are claimed by the waiting task */
	if (!m || pk_load(&m->head.word) != pk_load(&wait->head.word)) {
		pk_wait_fail(k, &port->senders, slot, EIO, wakes); /* scribbled */
		return;
	}
	pk_pool_claim_anyway(k, port);
	m->port = id;
	m->number = pk_queue_number(pk_port_queue(k, port), m);
	if (pk_receipt_wanted(m))
		m->receipt = slot; /* Q1 */
	pk_note_sent(k, port, m);
	pk_enqueue(k, port, id, message, m, wakes);
	pk_tap_note(k, port, message, wakes);
	PK_POINT("transfer: sender's message queued, sender not told");
	if (pk_receipt_wanted(m))
		pk_receipt_await(k, port, slot);
	else
		pk_wait_grant(k, &port->senders, slot, 0, wakes);
}

void pk_port_advance(struct portico *k, uint32_t slot, struct pk_wakes *wakes)
{
	struct pk_port *port = pk_slot(k, PK_PORTS, slot);
	pk_id id = pk_slot_id(&port->head, slot);
	if (port->use == PK_PORT_SET)
		return; /* those beside are its members' */
	for (uint32_t most = pk_committed(k, PK_WAITS); port->senders.first != 0 && most > 0; most--) {
		struct pk_wait *wait = pk_slot(k, PK_WAITS, port->senders.first);
		struct pk_message *m = wait ? pk_message_at(k, wait->message) : NULL;
		if (!wait || (m && !pk_fits(port, m)))
			break;
		if (pk_pool_claim(k, port))
			pk_admit(k, port, id, port->senders.first, wakes);
		else
			pk_wait_fail(k, &port->senders, port->senders.first, ENOBUFS, wakes);
	}
}

void pk_port_serve(struct portico *k, struct pk_port *port, struct pk_wakes *wakes)
{
	struct pk_found at = { .message = port->first };
	for (uint32_t left = pk_message_most(k, port->count); left > 0 && port->receivers.first != 0;
	     left--) {
		struct pk_message *m = pk_message_at(k, at.message);
		if (!m)
			break;
		uint32_t next = m->head.next;
		if (pk_hand_over(k, port, at.message, m, wakes))
			pk_queue_take_off(k, port, &at);
		else
			at.before = at.message;
		at.message = next;
	}
}

bool pk_port_settled(struct portico *k, struct pk_port *port, pk_id id)
{
	struct pk_wait *sender = pk_slot(k, PK_WAITS, port->senders.first);
	struct pk_message *first =
		sender && port->use != PK_PORT_SET ? pk_message_at(k, sender->message) : NULL;
	if (first && pk_fits(port, first))
		return false;
	uint32_t at = pk_is_paused(port) ? 0 : port->receivers.first; /* PA2 */
	struct pk_wait *wait = pk_slot(k, PK_WAITS, at);
	for (uint32_t most = pk_committed(k, PK_WAITS); most > 0 && wait; most--) {
		struct pk_want want = {
			.select = (enum pk_select_how)wait->select,
			.type = wait->type,
			.from = wait->from,
		};
		struct pk_found found;
		if (pk_wait_status(k, at) == PK_POSTED &&
		    (pk_queue_find(k, port, id, &want, &found) || pk_find_sender(k, port, &want)))
			return false;
		at = wait->next;
		wait = pk_slot(k, PK_WAITS, at);
	}
	return true;
}

/* ---- receiving */

static inline void prefetch(const void *line)
{
	if (line)
		__builtin_prefetch(line);
}

__attribute__((always_inline)) static inline int bring(struct portico *k, struct pk_port *port, pk_id id,
						       const struct pk_want *want, struct pk_found *found,
						       struct pk_wakes *wakes)
{
	struct pk_message *m;
	for (uint32_t most = pk_committed(k, PK_WAITS); !pk_queue_find(k, port, id, want, found); most--) {
		uint32_t sender = pk_find_sender(k, port, want);
		if (!sender)
			return -EAGAIN;
		struct pk_wait *at = pk_slot(k, PK_WAITS, sender);
		m = at ? pk_message_at(k, at->message) : NULL;
		if (!m || most == 0)
			return -EIO; /* scribbled */
		if (m->length > want->room)
			return -E2BIG;
		pk_admit(k, port, id, sender, wakes);
	}
	m = pk_message_at(k, found->message);
	return m->length > want->room ? -E2BIG : 0;
}

int pk_bring(struct portico *k, struct pk_port *port, pk_id id, const struct pk_want *want,
	     struct pk_found *found, struct pk_wakes *wakes)
{
	return bring(k, port, id, want, found, wakes);
}

static inline void take(struct portico *k, struct pk_port *port, const struct pk_found *found,
			uint32_t *message)
{
	struct pk_message *m = pk_message_at(k, found->message);
	PK_POINT("transfer: before taking");
	pk_store(&m->head.word, pk_word(PK_HELD, pk_self(k)));
	PK_POINT("transfer: held, still on the queue");
	pk_queue_take_off(k, port, found);
	pk_note_received(k, pk_queue_member(k, port, m));
	*message = found->message;
	prefetch(m + 1);
}

int pk_post_receive(struct portico *k, struct pk_port *port, pk_id id, const struct pk_want *want,
		    const struct pk_post *post, uint32_t *wait, struct pk_wakes *wakes)
{
	struct pk_wait wanted = {
		.object = id,
		.type = want->type,
		.from = want->from,
		.room = want->room,
		.thread = (uint32_t)pk_thread.owner,
		.table = PK_PORTS,
		.purpose = PK_FOR_RECEIVE,
		.select = (uint8_t)want->select,
	};
	int error = pk_wait_post(k, &port->receivers, &port->next_ticket, &wanted, post, wait);
	if (error)
		return error;
	if (port->slots == 0) /* there is room as long as somebody waits */
		pk_tell_watchers(k, port, wakes);
	return PK_POSTED;
}

static int may_receive_now(struct portico *k, struct pk_port *port)
{
	int error = pk_is_member(port) ? -EBUSY : pk_may_receive(k, port);
	return error ? error : pk_share_allows(k, port, PK_FOR_RECEIVE);
}

/* Whether paused or not. */
static int take_locked(struct portico *k, struct pk_port *port, pk_id id, const struct pk_want *want,
		       uint32_t *message, struct pk_wakes *wakes)
{
	struct pk_found found = { 0 };
	int error = bring(k, port, id, want, &found, wakes);
	if (error)
		return error;
	take(k, port, &found, message);
	struct pk_port *member = pk_queue_member(k, port, pk_message_at(k, *message));
	if (member->senders.first)
		pk_port_advance(k, pk_port_slot(k, member), wakes);
	pk_pool_settle(k, member);
	pk_tell_watchers(k, member, wakes);
	return 0;
}

static int receive_locked(struct portico *k, struct pk_port *port, pk_id id, const struct pk_want *want,
			  const struct pk_post *post, uint32_t *message, uint32_t *wait,
			  struct pk_wakes *wakes)
{
	int error = may_receive_now(k, port);
	if (error)
		return error;
	error = pk_is_paused(port) ? -EAGAIN : take_locked(k, port, id, want, message, wakes);
	if (error == -EAGAIN && __builtin_expect(port->special & PK_SPECIAL_OVER, 0))
		return -EIDRM; /* T4 */
	return error == -EAGAIN && post ? pk_post_receive(k, port, id, want, post, wait, wakes) : error;
}

int pk_port_take(struct portico *k, pk_id id, const struct pk_want *want, uint32_t *message)
{
	struct pk_port *port, *guard;
	struct pk_wakes wakes;
	pk_wakes_begin(&wakes);
	int error = pk_port_lock(k, id, &port, &guard);
	if (error)
		return error;
	error = may_receive_now(k, port);
	if (!error)
		error = take_locked(k, port, id, want, message, &wakes);
	pk_port_unlock(k, guard);
	pk_wakes_flush(k, &wakes);
	return error;
}

bool pk_port_offers(struct portico *k, struct pk_port *port)
{
	struct pk_found found;
	if (port->use != PK_PORT_SET || !pk_port_has(port))
		return (pk_port_has(port) && !pk_is_paused(port)) || port->special & PK_SPECIAL_OVER;
	pk_id id = pk_slot_id(&port->head, pk_port_slot(k, port));
	return pk_queue_find(k, port, id, &PK_WANT_ANY, &found) || pk_find_sender(k, port, &PK_WANT_ANY) != 0;
}

/* The first of the queue, where any will do: take(), of which little is left. */
static inline bool receive_plainly(struct portico *k, struct pk_port *port, const struct pk_want *want,
				   uint32_t *message)
{
	uint32_t first = port->first;
	struct pk_message *m = pk_message_at(k, first);
	if (want->select != PK_ANY || !is_plain(port) || !m || m->length > want->room ||
	    pk_may_receive(k, port) != 0)
		return false;
	uint32_t next = m->head.next;
	PK_POINT("transfer: before taking");
	pk_store(&m->head.word, pk_word(PK_HELD, pk_self(k)));
	PK_POINT("transfer: held, still on the queue");
	port->first = next;
	if (next == 0)
		port->last = 0;
	else
		prefetch(pk_message_at(k, next)); /* it is the next to be received */
	prefetch(m + 1);
	pk_store_relaxed(&port->count, pk_load_relaxed(&port->count) - 1);
	port->queued_bytes -= m->length;
	pk_note_received(k, port);
	*message = first;
	return true;
}

static __attribute__((noinline)) int receive_and_unlock(struct portico *k, struct pk_port *port, pk_id id,
							const struct pk_want *want,
							const struct pk_post *post, uint32_t *message,
							uint32_t *wait)
{
	struct pk_wakes wakes;
	struct pk_port *guard;
	int result = pk_port_guard(k, id, &port, &guard);
	if (result)
		return result;
	pk_wakes_begin(&wakes);
	result = receive_locked(k, port, id, want, post, message, wait, &wakes);
	pk_port_unlock(k, guard);
	pk_wakes_flush(k, &wakes);
	return result;
}

int pk_port_receive(struct portico *k, pk_id id, const struct pk_want *want, const struct pk_post *post,
		    uint32_t *message, uint32_t *wait)
{
	struct pk_port *port;
	pk_stream_turn(k, id, PK_FOR_RECEIVE);
	int result = pk_object_lock(k, PK_PORTS, id, &port);
	if (result)
		return result;
	if (__builtin_expect(receive_plainly(k, port, want, message), 1))
		pk_object_unlock(port);
	else
		result = receive_and_unlock(k, port, id, want, post, message, wait);
	if (result == 0)
		pk_stream_note(id, PK_FOR_RECEIVE);
	return result;
}

int pk_port_collect(struct portico *k, pk_id id, uint32_t *message)
{
	uint32_t slot = pk_id_slot(id);
	struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
	int error = pk_wait_status(k, slot);
	if (!wait || error)
		return error ? error : -EINVAL;
	*message = pk_outcome_value(pk_load(&wait->outcome));
	struct pk_message *m = pk_message_at(k, *message);
	uint64_t granted = pk_word(PK_GRANTED, id);
	PK_POINT("transfer: granted, not collected");
	if (!m || !pk_swap_if(&m->head.word, &granted, pk_word(PK_HELD, pk_self(k))))
		return -EINVAL;
	pk_wait_discard(k, slot);
	return 0;
}

void pk_port_give_back(struct portico *k, uint32_t message)
{
	struct pk_message *m = pk_message_at(k, message);
	struct pk_port *port, *guard;
	struct pk_wakes wakes;
	pk_wakes_begin(&wakes);
	if (!m)
		return;
	pk_id id = m->port;
	int error = pk_port_lock(k, id, &port, &guard);
	if (error == -EINVAL || error == -EIDRM) {
		pk_message_release(k, message); /* its port is no more */
		pk_parts_bury(k);
	}
	if (error)
		return;
	PK_POINT("transfer: before giving back");
	pk_port_queue(k, port)->returned++; /* first: who then looks for what is new doesn't miss it */
	if (!pk_hand_over(k, pk_port_queue(k, port), message, m, &wakes)) {
		pk_pool_claim_anyway(k, port);
		pk_store(&m->head.word, pk_word(PK_QUEUED, id));
		PK_POINT("transfer: given back, on no list");
		pk_queue_insert(k, port, message);
		pk_tell_watchers(k, port, &wakes);
	}
	pk_port_unlock(k, guard);
	pk_wakes_flush(k, &wakes);
}
