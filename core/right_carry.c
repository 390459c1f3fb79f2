/* SPDX-License-Identifier: MIT */
/* Rights in messages: put in, taken out, lost; and the right by which a message is sent.  right.h is the
 * essay. */
#include "right_inside.h"

#include <errno.h>

/* ---- in messages */

bool pk_right_wants_lock(struct portico *k, uint32_t slot)
{
	const struct pk_right *right = pk_right_at(k, slot);
	return !right || right->kind != PK_RIGHT_SEND_ONCE;
}

static int move_receive(struct portico *k, struct pk_right *right, uint64_t body, pk_id destination)
{
	if (pk_right_would_hold_itself(k, right->port, destination))
		return -ELOOP;
	right->tell = destination;
	PK_POINT("right: before it is the message's");
	pk_store(&right->head.word, body);
	pk_right_change_receiver(k, right->port, 0);
	return 0;
}

/* A new one, of the message. */
static int make_in(struct portico *k, pk_id port, enum pk_right_kind kind, uint64_t body, uint32_t *record)
{
	uint32_t slot;
	int error = pk_right_claim(k, port, kind, &slot);
	if (error)
		return error;
	*record = slot;
	PK_POINT("right: in the message's list, and not its own");
	pk_store(&pk_right_at(k, slot)->head.word, body);
	PK_POINT("right: the message's, and in no list");
	pk_right_link(k, slot);
	return 0;
}

/* One reference of a send right, in a record of its own. */
static int split_send(struct portico *k, struct pk_right *right, uint64_t body, bool keep, uint32_t *record)
{
	int error = make_in(k, right->port, PK_RIGHT_SEND, body, record);
	if (error || keep)
		return error;
	PK_POINT("right: in the message, and still here");
	pk_right_drop_reference(k, right);
	return 0;
}

static int move(struct portico *k, struct pk_right *right, uint32_t slot, uint64_t body, pk_id destination,
		uint32_t *record)
{
	uint64_t word = pk_right_held_word(k);
	*record = slot;
	switch (right->kind) {
	case PK_RIGHT_RECEIVE:
		return move_receive(k, right, body, destination);
	case PK_RIGHT_SEND:
		if (pk_load_relaxed(&right->references) > 1)
			return split_send(k, right, body, false, record);
		pk_store(&right->head.word, body);
		return 0;
	case PK_RIGHT_TASK:
		pk_store(&right->head.word, body);
		return 0;
	default: /* by a swap: another thread may be using it */
		return pk_swap_if(&right->head.word, &word, body) ? 0 : -EINVAL;
	}
}

static int make_from(struct portico *k, const struct pk_right *right, enum pk_right_kind kind, uint64_t body,
		     uint32_t *record)
{
	int error = right->kind == PK_RIGHT_RECEIVE ? make_in(k, right->port, kind, body, record) : -EBADF;
	if (!error && kind == PK_RIGHT_SEND)
		pk_right_look_for_senders(k, right->port);
	return error;
}

static int copy(struct portico *k, struct pk_right *right, uint64_t body, uint32_t *record)
{
	switch (right->kind) {
	case PK_RIGHT_SEND:
		return split_send(k, right, body, true, record);
	case PK_RIGHT_TASK:
		return make_in(k, right->port, PK_RIGHT_TASK, body, record);
	default:
		return -EBADF;
	}
}

int pk_right_put(struct portico *k, pk_id name, enum pk_disposition how, uint32_t message, pk_id destination,
		 uint32_t *record)
{
	uint32_t slot;
	uint64_t body = pk_message_body_word(pk_message_at(k, message), message);
	struct pk_right *right = pk_right_of(k, name, &slot);
	if (!right)
		return -EINVAL;
	switch (how) {
	case PK_MOVE:
		return move(k, right, slot, body, destination, record);
	case PK_COPY:
		return copy(k, right, body, record);
	case PK_MAKE_SEND:
		return make_from(k, right, PK_RIGHT_SEND, body, record);
	case PK_MAKE_SEND_ONCE:
		return make_from(k, right, PK_RIGHT_SEND_ONCE, body, record);
	}
	return -EINVAL;
}

static bool is_in(struct portico *k, uint32_t slot, uint32_t message)
{
	const struct pk_right *right = pk_right_at(k, slot);
	const struct pk_message *m = pk_message_at(k, message);
	return right && m && pk_load(&right->head.word) == pk_message_body_word(m, message);
}

/* Its references join those that this task has. */
static uint32_t join(struct portico *k, struct pk_right *right, uint32_t slot)
{
	struct pk_port *port = pk_right_port(k, right);
	uint32_t own = pk_right_own_send(k, port);
	struct pk_right *mine = pk_right_at(k, own);
	uint32_t more = pk_load_relaxed(&right->references);
	if (!mine || pk_load_relaxed(&mine->references) > UINT32_MAX - more) {
		pk_store(&right->head.word, pk_right_held_word(k));
		return slot;
	}
	pk_right_forget_requests(k, right, slot);
	pk_right_unlink(k, slot);
	pk_store(&right->head.word, pk_word(PK_CLAIMED, pk_self(k)));
	PK_POINT("right: out of the message, and not added");
	pk_store(&mine->references, pk_load_relaxed(&mine->references) + more);
	port->sends += more;
	pk_release(k, PK_RIGHTS, slot);
	return own;
}

pk_id pk_right_take(struct portico *k, uint32_t slot, uint32_t message)
{
	struct pk_right *right = pk_right_at(k, slot);
	if (!is_in(k, slot, message))
		return 0; /* scribbled */
	pk_right_forget_others_requests(k, right, slot);
	if (right->kind == PK_RIGHT_SEND) {
		slot = join(k, right, slot);
	} else {
		pk_store(&right->head.word, pk_right_held_word(k));
		PK_POINT("right: taken, its port not ours");
		if (right->kind == PK_RIGHT_RECEIVE)
			pk_right_change_receiver(k, right->port, pk_self(k));
	}
	return pk_right_name(k, slot);
}

void pk_right_lose(struct portico *k, uint32_t slot, uint32_t message)
{
	if (!is_in(k, slot, message))
		return;
	pk_right_forget_requests(k, pk_right_at(k, slot), slot);
	pk_right_give_up(k, slot);
}

/* ---- the right by which a message is sent: R6 */

int pk_right_sign(struct portico *k, pk_id name, uint32_t message)
{
	uint32_t slot;
	struct pk_message *m = pk_message_at(k, message);
	struct pk_right *right = pk_right_of(k, name, &slot);
	uint64_t word = pk_right_held_word(k);
	if (!right)
		return -EINVAL;
	bool once = right->kind == PK_RIGHT_SEND_ONCE;
	m->via = once ? slot : 0; /* first: so it is found there */
	m->more |= PK_MORE_VIA;
	PK_POINT("right: to be its message's");
	if (once && !pk_swap_if(&right->head.word, &word, pk_message_body_word(m, message))) {
		m->more &= ~PK_MORE_VIA;
		return -EINVAL;
	}
	PK_POINT("right: its message's, which isn't sent");
	return 0;
}

void pk_right_unsign(struct portico *k, uint32_t message)
{
	struct pk_message *m = pk_message_at(k, message);
	if (m && m->more & PK_MORE_VIA && m->via != 0 && is_in(k, m->via, message))
		pk_store(&pk_right_at(k, m->via)->head.word, pk_right_held_word(k));
}

void pk_right_unsent(struct portico *k, uint32_t message, struct pk_message *m)
{
	if (!(m->more & PK_MORE_VIA) || m->via == 0 || pk_rights_lock(k) != 0)
		return;
	pk_right_lose(k, m->via, message);
	pk_rights_unlock(k);
}

void pk_right_used(struct portico *k, uint32_t message, struct pk_message *m)
{
	uint32_t slot = m->via;
	if (slot == 0 || !is_in(k, slot, message) || pk_right_at(k, slot)->kind != PK_RIGHT_SEND_ONCE)
		return;
	pk_store(&pk_right_at(k, slot)->head.word, pk_word(PK_CLAIMED, pk_self(k)));
	PK_POINT("right: used up, not freed");
	pk_notice_drop(k, slot);
}
