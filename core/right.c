/* SPDX-License-Identifier: MIT */
/* Rights: their records, the lists of ports, and what is made.  right.h is the essay. */
#include "port.h"
#include "right_inside.h"
#include "task.h"

#include <errno.h>

/* ---- records */

struct pk_right *pk_right_of(struct portico *k, pk_id name, uint32_t *slot)
{
	*slot = pk_id_slot(name);
	struct pk_right *right = pk_right_at(k, *slot);
	bool is_right = pk_is_right(name) && right && pk_load(&right->head.word) == pk_right_held_word(k) &&
			pk_right_name(k, *slot) == name && right->kind <= PK_RIGHT_TASK;
	return is_right ? right : NULL;
}

struct pk_port *pk_right_port(struct portico *k, const struct pk_right *right)
{
	int error;
	struct pk_port *port = pk_object(k, PK_PORTS, right->port, &error);
	return port && port->use == PK_GUARDED ? port : NULL;
}

void pk_right_link(struct portico *k, uint32_t slot)
{
	struct pk_right *right = pk_right_at(k, slot);
	struct pk_port *port = pk_right_port(k, right);
	if (!port || !pk_right_is_listed(right))
		return;
	right->next_of_port = port->rights;
	port->rights = slot;
	if (right->kind == PK_RIGHT_SEND)
		port->sends += pk_load_relaxed(&right->references);
	if (right->kind == PK_RIGHT_RECEIVE)
		pk_store_relaxed(&port->receiver, slot);
}

void pk_right_unlink(struct portico *k, uint32_t slot)
{
	struct pk_right *right = pk_right_at(k, slot);
	struct pk_port *port = pk_right_port(k, right);
	if (!port || !pk_right_is_listed(right))
		return;
	uint32_t *link = &port->rights;
	for (uint32_t most = pk_committed(k, PK_RIGHTS); most > 0 && *link != 0; most--) {
		struct pk_right *at = pk_right_at(k, *link);
		if (!at)
			break;
		if (*link == slot) {
			*link = right->next_of_port;
			if (right->kind == PK_RIGHT_SEND)
				port->sends -= pk_load_relaxed(&right->references);
			break;
		}
		link = &at->next_of_port;
	}
	right->next_of_port = 0;
}

uint32_t pk_request_find(struct portico *k, const struct pk_port *port, enum pk_right_kind kind,
			 uint32_t about)
{
	uint32_t slot = port->rights;
	for (uint32_t most = pk_committed(k, PK_RIGHTS); most > 0; most--) {
		const struct pk_right *at = pk_right_at(k, slot);
		if (!at)
			break;
		if (at->kind == (uint32_t)kind && pk_right_in_force(at) && (about == 0 || at->about == about))
			return slot;
		slot = at->next_of_port;
	}
	return 0;
}

uint32_t pk_request_find_task(struct portico *k, uint32_t about)
{
	uint32_t committed = pk_committed(k, PK_RIGHTS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_right *at = pk_right_at(k, slot);
		if (at && at->kind == PK_ASK_TASK_ENDED && at->about == about && pk_right_in_force(at))
			return slot;
	}
	return 0;
}

/* This task's send right to that port; or 0. */
uint32_t pk_right_own_send(struct portico *k, const struct pk_port *port)
{
	uint32_t slot = port ? port->rights : 0;
	for (uint32_t most = pk_committed(k, PK_RIGHTS); most > 0; most--) {
		const struct pk_right *at = pk_right_at(k, slot);
		if (!at)
			break;
		if (at->kind == PK_RIGHT_SEND && pk_load(&at->head.word) == pk_right_held_word(k))
			return slot;
		slot = at->next_of_port;
	}
	return 0;
}

/* ---- limits */

static bool is_within_limit(struct portico *k)
{
	uint32_t most = pk_load_relaxed(&pk_header(k)->most_rights_per_task), count = 0;
	uint32_t committed = most != 0 ? pk_committed(k, PK_RIGHTS) : 0;
	for (uint32_t slot = 1; slot < committed && count < most; slot++) {
		const struct pk_right *right = pk_right_at(k, slot);
		count += right && right->kind <= PK_RIGHT_TASK &&
			 pk_load(&right->head.word) == pk_right_held_word(k);
	}
	return most == 0 || count < most;
}

/* A record that isn't a right yet. */
int pk_right_claim(struct portico *k, pk_id port, enum pk_right_kind kind, uint32_t *slot)
{
	if (!is_within_limit(k))
		return -EDQUOT;
	int error = pk_claim(k, PK_RIGHTS, slot);
	if (error)
		return error;
	struct pk_right *right = pk_right_at(k, *slot);
	right->port = port;
	right->kind = kind;
	right->next_of_port = right->notice = right->about = right->pending = 0;
	right->tell = right->cookie = 0;
	pk_store_relaxed(&right->references, 1);
	if (kind == PK_RIGHT_SEND_ONCE) {
		right->tell = port;
		error = pk_notice_claim(k, *slot);
	}
	if (error)
		pk_release(k, PK_RIGHTS, *slot);
	return error;
}

/* ---- making */

int pk_right_create_port(struct portico *k, const struct pk_port_limits *limits, pk_id *receive)
{
	uint32_t slot;
	pk_id port;
	int error = pk_rights_lock(k);
	if (error)
		return error;
	error = pk_right_claim(k, 0, PK_RIGHT_RECEIVE, &slot);
	if (!error) {
		error = pk_port_create(k, PK_GUARDED, limits, 0600, PK_NAME_MAILBOX, NULL, 0, &port);
		struct pk_right *right = pk_right_at(k, slot);
		PK_POINT("right: port made, nobody has the right to receive");
		if (error) {
			pk_release(k, PK_RIGHTS, slot);
		} else {
			right->port = port;
			pk_store(&right->head.word, pk_right_held_word(k));
			pk_right_link(k, slot);
			*receive = pk_right_name(k, slot);
		}
	}
	pk_rights_unlock(k);
	return error;
}

/* Under the lock: one reference more, or the first. */
static int add_send(struct portico *k, pk_id id, uint32_t *slot)
{
	int error;
	struct pk_port *port = pk_object(k, PK_PORTS, id, &error);
	if (!port)
		return error;
	*slot = pk_right_own_send(k, port);
	struct pk_right *right = pk_right_at(k, *slot);
	if (right) {
		if (pk_load_relaxed(&right->references) == UINT32_MAX)
			return -EDQUOT;
		pk_store(&right->references, pk_load_relaxed(&right->references) + 1);
		port->sends++;
		return 0;
	}
	error = pk_right_claim(k, id, PK_RIGHT_SEND, slot);
	if (error)
		return error;
	pk_store(&pk_right_at(k, *slot)->head.word, pk_right_held_word(k));
	PK_POINT("right: held, not listed");
	pk_right_link(k, *slot);
	return 0;
}

static int make_for(struct portico *k, pk_id port, enum pk_right_kind kind, uint32_t *slot)
{
	int error;
	if (!pk_object(k, PK_PORTS, port, &error))
		return error;
	if (kind == PK_RIGHT_SEND) {
		error = add_send(k, port, slot);
		pk_right_look_for_senders(k, port);
		return error;
	}
	error = pk_right_claim(k, port, kind, slot);
	if (!error)
		pk_store(&pk_right_at(k, *slot)->head.word, pk_right_held_word(k));
	return error;
}

int pk_right_make_for(struct portico *k, pk_id port, enum pk_right_kind kind, pk_id *name)
{
	uint32_t slot = 0;
	int error = kind == PK_RIGHT_SEND || kind == PK_RIGHT_SEND_ONCE ? pk_rights_lock(k) : -EINVAL;
	if (error)
		return error;
	error = make_for(k, port, kind, &slot);
	if (!error)
		*name = pk_right_name(k, slot);
	pk_rights_unlock(k);
	return error;
}

static bool is_held(struct portico *k, const struct pk_port *port, uint64_t held)
{
	uint32_t slot = port->rights;
	for (uint32_t most = pk_committed(k, PK_RIGHTS); most > 0; most--) {
		const struct pk_right *at = pk_right_at(k, slot);
		if (!at)
			break;
		if ((at->kind == PK_RIGHT_SEND || at->kind == PK_RIGHT_RECEIVE) &&
		    pk_load(&at->head.word) == held)
			return true;
		slot = at->next_of_port;
	}
	return false;
}

bool pk_right_is_held(struct portico *k, pk_id task, pk_id id)
{
	int error;
	if (pk_rights_lock(k) != 0)
		return false;
	const struct pk_port *port = pk_object(k, PK_PORTS, id, &error);
	bool held = port && port->use == PK_GUARDED && is_held(k, port, pk_word(PK_HELD, task));
	pk_rights_unlock(k);
	return held;
}

int pk_right_make(struct portico *k, pk_id receive, enum pk_right_kind kind, pk_id *name)
{
	uint32_t right;
	pk_id port;
	int error =
		pk_is_right(receive) ? pk_right_resolve(k, receive, PK_TO_RECEIVE, &port, &right) : -EBADF;
	return error ? error : pk_right_make_for(k, port, kind, name);
}

int pk_right_make_task(struct portico *k, pk_id task, pk_id *name)
{
	uint32_t slot = 0;
	int error = pk_rights_lock(k);
	if (error)
		return error;
	error = pk_right_claim(k, task, PK_RIGHT_TASK, &slot);
	if (!error) {
		pk_store(&pk_right_at(k, slot)->head.word, pk_right_held_word(k));
		*name = pk_right_name(k, slot);
	}
	pk_rights_unlock(k);
	return error;
}

/* ---- counting and giving up */

int pk_right_keep(struct portico *k, pk_id name, uint32_t references)
{
	uint32_t slot;
	int error = pk_rights_lock(k);
	if (error)
		return error;
	struct pk_right *right = pk_right_of(k, name, &slot);
	struct pk_port *port = right ? pk_right_port(k, right) : NULL;
	error = !right ? -EINVAL : right->kind != PK_RIGHT_SEND ? -EBADF : !port ? -EIDRM : 0;
	if (!error && references > UINT32_MAX - pk_load_relaxed(&right->references))
		error = -EDQUOT;
	if (!error) {
		pk_store(&right->references, pk_load_relaxed(&right->references) + references);
		port->sends += references;
	}
	pk_rights_unlock(k);
	return error;
}

int pk_right_drop(struct portico *k, pk_id name)
{
	uint32_t slot;
	int error = pk_rights_lock(k);
	if (error)
		return error;
	struct pk_right *right = pk_right_of(k, name, &slot);
	if (!right) {
		error = -EINVAL;
	} else if (right->kind == PK_RIGHT_RECEIVE) {
		pk_right_give_up_receive(k, slot);
	} else if (right->kind == PK_RIGHT_SEND && pk_load_relaxed(&right->references) > 1) {
		pk_right_drop_reference(k, right);
	} else if (right->kind == PK_RIGHT_SEND_ONCE) {
		error = pk_right_give_up_once(k, slot);
	} else {
		pk_right_forget_requests(k, right, slot);
		pk_right_give_up(k, slot);
	}
	pk_rights_unlock(k);
	return error;
}

int pk_right_inspect(struct portico *k, pk_id name, struct pk_right_status *status)
{
	uint32_t slot;
	int error = pk_rights_lock(k);
	if (error)
		return error;
	const struct pk_right *right = pk_right_of(k, name, &slot);
	if (right) {
		const struct pk_port *port = pk_right_port(k, right);
		bool is_task = right->kind == PK_RIGHT_TASK;
		*status = (struct pk_right_status){
			.kind = (enum pk_right_kind)right->kind,
			.references = pk_load_relaxed(&right->references),
			.senders = port && right->kind == PK_RIGHT_RECEIVE ? port->sends : 0,
			.dead = is_task ? !pk_task_of_id(k, right->port) : !port,
			.port = right->port,
		};
	}
	pk_rights_unlock(k);
	return right ? 0 : -EINVAL;
}

unsigned pk_right_list(struct portico *k, pk_id *names, unsigned most)
{
	uint32_t committed = pk_committed(k, PK_RIGHTS);
	unsigned count = 0;
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_right *right = pk_right_at(k, slot);
		if (!right || right->kind > PK_RIGHT_TASK ||
		    pk_load(&right->head.word) != pk_right_held_word(k))
			continue;
		if (count++ < most)
			names[count - 1] = pk_right_name(k, slot);
	}
	return count;
}
