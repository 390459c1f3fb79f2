/* SPDX-License-Identifier: MIT */
#include "receipt.h"
#include "guard.h"
#include "pool.h"
#include "queue.h"

/* Do they name each other? */
static bool belong(const struct pk_wait *wait, uint32_t slot, const struct pk_message *m)
{
	return m && pk_receipt_wanted(m) && m->receipt == slot && m->port == pk_wait_object(wait) &&
	       pk_word_kind(pk_load(&m->head.word)) != PK_FREE;
}

/* Does somebody wait at a message's port, perhaps its sender?  Without the lock. */
static struct pk_wait *somebody(struct portico *k, const struct pk_message *m)
{
	struct pk_wait *wait = pk_wait_on(k, m->receipt, PK_PORTS, m->port);
	return wait && pk_wait_is_waiting(k, wait) ? wait : NULL;
}

/* The wait of a message's sender, if it waits for that message's receipt; or NULL. */
static struct pk_wait *waiting_for(struct portico *k, uint32_t message, const struct pk_message *m)
{
	struct pk_wait *wait = somebody(k, m);
	return wait && wait->purpose == PK_FOR_RECEIPT && wait->message == message ? wait : NULL;
}

void pk_receipt_await(struct portico *k, struct pk_port *port, uint32_t slot)
{
	struct pk_wait *wait = pk_wait_at(k, slot);
	wait->purpose = PK_FOR_RECEIPT;
	PK_POINT("receipt: awaited, in the line of senders");
	pk_wait_unlink(k, &port->senders, slot);
	pk_line_append(k, &port->receipts, wait, slot);
	PK_POINT("receipt: in the line of receipts");
}

/* ---- consuming */

static struct pk_receiver receiver_of(struct portico *k, pk_id id)
{
	const struct pk_identity *mine = &k->mine->identity;
	const struct pk_task *task = pk_slot(k, PK_TASKS, pk_id_slot(id));
	if (id == pk_self(k))
		return (struct pk_receiver){ mine->tag, mine->pid, mine->uid, mine->gid };
	if (!task || pk_load(&task->head.generation) != pk_id_generation(id))
		return (struct pk_receiver){ .tag = pk_task_tag(id) };
	return (struct pk_receiver){ pk_task_tag(id), task->pid, task->uid, task->gid };
}

/* Q2: by whom the word says, who may be dead. */
static void tell(struct portico *k, uint32_t message, struct pk_message *m, pk_id consumer)
{
	struct pk_port *port, *guard;
	struct pk_wakes wakes = { 0 };
	if (pk_port_lock(k, m->port, &port, &guard) != 0)
		return;
	struct pk_wait *wait = waiting_for(k, message, m);
	if (wait) {
		wait->receiver = receiver_of(k, consumer);
		PK_POINT("receipt: signed, not given");
		pk_wait_grant(k, &port->receipts, m->receipt, 0, &wakes);
	}
	pk_port_unlock(k, guard);
	pk_wakes_flush(k, &wakes);
}

void pk_receipt_give(struct portico *k, uint32_t message, struct pk_message *m)
{
	uint64_t word = pk_load(&m->head.word), claimed = pk_word(PK_CLAIMED, pk_self(k));
	if (!somebody(k, m))
		return; /* it gave up, or its port is being destroyed: Q3 */
	if (word == pk_word(PK_HELD, pk_self(k))) {
		pk_store(&m->head.word, word = claimed);
		PK_POINT("receipt: consumed, its sender not told");
	}
	if (pk_word_kind(word) == PK_CLAIMED)
		tell(k, message, m, pk_word_id(word));
	PK_POINT("receipt: given, the message not freed");
}

/* ---- giving up */

/* What stands in the queue before it.  False: it isn't there. */
static bool locate(struct portico *k, const struct pk_port *queue, uint32_t message, struct pk_found *found)
{
	*found = (struct pk_found){ .message = queue->first };
	for (uint32_t left = pk_message_most(k, queue->count); left > 0 && found->message != message;
	     left--) {
		const struct pk_message *m = pk_message_at(k, found->message);
		if (!m)
			break;
		*found = (struct pk_found){ .message = m->head.next, .before = found->message };
	}
	return found->message == message;
}

/* Q4 */
static bool take_back(struct portico *k, struct pk_port *port, struct pk_wait *wait, uint32_t slot)
{
	struct pk_port *queue = pk_port_queue(k, port);
	struct pk_message *m = pk_message_at(k, wait->message);
	struct pk_found found;
	if (!belong(wait, slot, m) || pk_word_kind(pk_load(&m->head.word)) != PK_QUEUED ||
	    !locate(k, queue, wait->message, &found))
		return false;
	pk_store(&m->head.word, pk_load(&wait->head.word));
	PK_POINT("receipt: taken back, still on the queue");
	pk_queue_take_off(k, queue, &found);
	pk_wait_unlink(k, &port->receipts, slot);
	wait->purpose = PK_FOR_SEND; /* of what wasn't sent */
	PK_POINT("receipt: taken back, still waiting");
	return true;
}

int pk_receipt_give_up(struct portico *k, struct pk_port *port, struct pk_wait *wait, uint32_t slot,
		       int error, struct pk_wakes *wakes)
{
	if (error == EOWNERDEAD)
		return error;
	if (!take_back(k, port, wait, slot))
		return error == ECANCELED ? 0 : EALREADY;
	pk_port_advance(k, pk_id_slot(pk_wait_object(wait)), wakes); /* its place is free */
	pk_pool_settle(k, port);
	pk_wait_grant_all(k, &port->watchers, wakes);
	return error;
}

/* ---- repairing and checking */

static bool is_awaited(struct portico *k, uint32_t slot)
{
	const struct pk_wait *wait = pk_wait_at(k, slot);
	return belong(wait, slot, pk_message_at(k, wait->message));
}

void pk_receipts_repair(struct portico *k, struct pk_port *port, struct pk_wakes *wakes)
{
	uint32_t slot = port->receipts.first;
	for (uint32_t most = pk_committed(k, PK_WAITS); most > 0 && slot != 0; most--) {
		const struct pk_wait *wait = pk_wait_at(k, slot);
		if (!wait)
			break;
		uint32_t next = wait->next;
		if (!is_awaited(k, slot))
			pk_wait_fail(k, &port->receipts, slot, EIO, wakes); /* scribbled */
		slot = next;
	}
}

bool pk_receipts_valid(struct portico *k, struct pk_port *port)
{
	uint32_t slot = port->receipts.first;
	for (uint32_t most = pk_committed(k, PK_WAITS); most > 0 && slot != 0; most--) {
		const struct pk_wait *wait = pk_wait_at(k, slot);
		if (!wait || wait->purpose != PK_FOR_RECEIPT || !is_awaited(k, slot))
			return false;
		slot = wait->next;
	}
	return true;
}

/* ---- the blocking form */

int pk_port_send_for_receipt(struct portico *k, pk_id id, uint32_t *message, int64_t until_ns,
			     struct pk_receiver *receiver)
{
	struct pk_post post = { .tell = PK_TELL_THREAD, .until_ns = until_ns };
	uint32_t slot = 0;
	int error = pk_port_post_send(k, id, *message, &post, &slot);
	if (error)
		return error;
	const struct pk_wait *wait = pk_wait_at(k, slot);
	error = pk_wait_sleep(k, slot);
	*receiver = wait->receiver;
	if (wait->purpose != PK_FOR_SEND)
		*message = 0; /* it was sent */
	pk_wait_end(k, slot);
	return error;
}
