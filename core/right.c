/* SPDX-License-Identifier: MIT */
/* Rights: held, made, put into messages and taken out, given up, repaired.  right.h is the essay. */
#include "right.h"
#include "guard.h"
#include "log.h"
#include "part.h"
#include "portset.h"
#include "task.h"

#include <errno.h>

/* ---- records */

static uint64_t held_word(struct portico *k)
{
	return pk_word(PK_HELD, pk_self(k));
}

static pk_id name_of(struct portico *k, uint32_t slot)
{
	return pk_slot_id(&pk_right_at(k, slot)->head, slot) | PK_RIGHT_NAME;
}

struct pk_right *pk_right_of(struct portico *k, pk_id name, uint32_t *slot)
{
	*slot = pk_id_slot(name);
	struct pk_right *right = pk_right_at(k, *slot);
	bool is_right = pk_is_right(name) && right && pk_load(&right->head.word) == held_word(k) &&
			name_of(k, *slot) == name && right->kind <= PK_RIGHT_TASK;
	return is_right ? right : NULL;
}

struct pk_port *pk_right_port(struct portico *k, const struct pk_right *right)
{
	int error;
	struct pk_port *port = pk_object(k, PK_PORTS, right->port, &error);
	return port && port->use == PK_GUARDED ? port : NULL;
}

/* R2: is it, here or in a message, a right or a request in force? */
static bool in_force(const struct pk_right *right)
{
	enum pk_kind kind = pk_word_kind(pk_load(&right->head.word));
	return kind == PK_HELD || kind == PK_BODY;
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
		if (at->kind == (uint32_t)kind && in_force(at) && (about == 0 || at->about == about))
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
		if (at && at->kind == PK_ASK_TASK_ENDED && at->about == about &&
		    pk_load(&at->head.word) == held_word(k))
			return slot;
	}
	return 0;
}

/* This task's send right to that port; or 0. */
static uint32_t own_send_right(struct portico *k, const struct pk_port *port)
{
	uint32_t slot = port ? port->rights : 0;
	for (uint32_t most = pk_committed(k, PK_RIGHTS); most > 0; most--) {
		const struct pk_right *at = pk_right_at(k, slot);
		if (!at)
			break;
		if (at->kind == PK_RIGHT_SEND && pk_load(&at->head.word) == held_word(k))
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
		count += right && right->kind <= PK_RIGHT_TASK && pk_load(&right->head.word) == held_word(k);
	}
	return most == 0 || count < most;
}

/* A record that isn't a right yet. */
static int claim(struct portico *k, pk_id port, enum pk_right_kind kind, uint32_t *slot)
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

/* ---- giving up, under the lock */

/* There were senders, and are none: whoever asked is told. */
static void look_for_senders(struct portico *k, pk_id id)
{
	int error;
	const struct pk_port *port = pk_object(k, PK_PORTS, id, &error);
	uint32_t request = port ? pk_request_find(k, port, PK_ASK_NO_SENDERS, 0) : 0;
	struct pk_right *asked = pk_right_at(k, request);
	if (!asked)
		return;
	if (port->sends != 0)
		pk_store_relaxed(&asked->references, 1); /* from now on, none is news */
	else if (pk_load_relaxed(&asked->references) != 0)
		pk_notice_send(k, request);
}

void pk_right_change_receiver(struct portico *k, pk_id id, pk_id owner)
{
	struct pk_port *port, *guard;
	struct pk_wakes wakes = { 0 };
	int error;
	while ((error = pk_port_lock(k, id, &port, &guard)) == 0 && guard != port) {
		pk_portset_expel(k, guard, port); /* a set is one task's */
		pk_port_unlock(k, guard);
	}
	if (error)
		return;
	port->owner = owner;
	pk_wait_fail_all(k, &port->receivers, EIDRM, &wakes);
	pk_wait_grant_all(k, &port->watchers, &wakes); /* who looks again may no more */
	pk_port_unlock(k, guard);
	pk_wakes_send(&wakes);
}

static void tell_dead_names(struct portico *k, uint32_t slot)
{
	for (uint32_t most = pk_committed(k, PK_RIGHTS); most > 0; most--) {
		const struct pk_right *at = pk_right_at(k, slot);
		if (!at)
			break;
		uint32_t next = at->next_of_port;
		if (at->kind == PK_ASK_DEAD_NAME && in_force(at))
			pk_notice_send(k, slot);
		else if (at->kind > PK_ASK_DEAD_NAME && in_force(at))
			pk_notice_drop(k, slot);
		slot = next;
	}
}

static void end_port(struct portico *k, pk_id id)
{
	struct pk_port *port, *guard;
	struct pk_wakes wakes = { 0 };
	if (pk_port_lock(k, id, &port, &guard) != 0)
		return;
	uint32_t records = port->rights;
	pk_port_destroy_locked(k, port, id, &wakes);
	pk_port_unlock(k, guard);
	pk_wakes_send(&wakes);
	PK_POINT("right: port ended, dead names not told");
	tell_dead_names(k, records);
}

/* R1: what follows from a right's being given up; it is DYING. */
static void finish(struct portico *k, uint32_t slot)
{
	struct pk_right *right = pk_right_at(k, slot);
	pk_id port = right->port;
	switch (right->kind) {
	case PK_RIGHT_RECEIVE:
		pk_right_unlink(k, slot);
		end_port(k, port);
		break;
	case PK_RIGHT_SEND:
		pk_right_unlink(k, slot);
		pk_store_relaxed(&right->references, 0);
		look_for_senders(k, port);
		break;
	case PK_RIGHT_TASK:
		break;
	default:
		pk_notice_send(k, slot);
		return;
	}
	PK_POINT("right: given up, not freed");
	pk_release(k, PK_RIGHTS, slot);
}

static uint64_t dying_word(const struct pk_right *right, uint32_t slot)
{
	return pk_word(PK_DYING, pk_slot_id(&right->head, slot));
}

static void give_up(struct portico *k, uint32_t slot)
{
	struct pk_right *right = pk_right_at(k, slot);
	PK_POINT("right: before dying");
	pk_store(&right->head.word, dying_word(right, slot));
	PK_POINT("right: dying");
	finish(k, slot);
}

/* By a swap: another thread may be sending by it. */
static int give_up_once(struct portico *k, uint32_t slot)
{
	struct pk_right *right = pk_right_at(k, slot);
	uint64_t word = held_word(k);
	if (!pk_swap_if(&right->head.word, &word, dying_word(right, slot)))
		return -EINVAL;
	finish(k, slot);
	return 0;
}

/* Requests about a name go with it. */
static void drop_request(struct portico *k, const struct pk_right *right, enum pk_right_kind kind,
			 uint32_t about)
{
	const struct pk_port *port = pk_right_port(k, right);
	uint32_t request = port ? pk_request_find(k, port, kind, about) : 0;
	if (request)
		pk_notice_drop(k, request);
}

/* It leaves its task, which then is told no more of it. */
static void forget_requests(struct portico *k, const struct pk_right *right, uint32_t slot)
{
	if (right->kind == PK_RIGHT_SEND)
		drop_request(k, right, PK_ASK_DEAD_NAME, slot);
	if (right->kind == PK_RIGHT_RECEIVE) {
		drop_request(k, right, PK_ASK_NO_SENDERS, 0);
		drop_request(k, right, PK_ASK_DESTROYED, 0);
	}
	uint32_t request = right->kind == PK_RIGHT_TASK ? pk_request_find_task(k, slot) : 0;
	if (request)
		pk_notice_drop(k, request);
}

/* R5: would that port's receive right, sent there, wait in its own queue? */
static bool would_hold_itself(struct portico *k, pk_id port, pk_id destination)
{
	for (uint32_t most = pk_committed(k, PK_RIGHTS); most > 0; most--) {
		int error;
		if (destination == port)
			return true;
		const struct pk_port *at = pk_object(k, PK_PORTS, destination, &error);
		const struct pk_right *right =
			at && at->use == PK_GUARDED ? pk_right_at(k, pk_load_relaxed(&at->receiver)) : NULL;
		if (!right || pk_word_kind(pk_load(&right->head.word)) != PK_BODY)
			return false;
		destination = right->tell;
	}
	return true;
}

/* A receive right whose holder goes: to its backup, if it has one. */
static void give_up_receive(struct portico *k, uint32_t slot)
{
	const struct pk_right *right = pk_right_at(k, slot);
	const struct pk_port *port = pk_right_port(k, right);
	uint32_t backup = port ? pk_request_find(k, port, PK_ASK_DESTROYED, 0) : 0;
	drop_request(k, right, PK_ASK_NO_SENDERS, 0);
	if (backup == 0 || would_hold_itself(k, right->port, pk_right_at(k, backup)->tell)) {
		give_up(k, slot);
		return;
	}
	pk_notice_send(k, backup); /* which carries the right */
}

/* One reference less of a send right. */
static void drop_reference(struct portico *k, struct pk_right *right)
{
	struct pk_port *port = pk_right_port(k, right);
	pk_store(&right->references, pk_load_relaxed(&right->references) - 1);
	PK_POINT("right: one reference less, not counted");
	if (port)
		port->sends--;
	look_for_senders(k, right->port);
}

/* ---- the lock, and its repair */

static void forget_lists(struct portico *k)
{
	uint32_t committed = pk_committed(k, PK_PORTS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_port *port = pk_slot(k, PK_PORTS, slot);
		if (port && port->use == PK_GUARDED) {
			port->rights = port->sends = 0;
			pk_store_relaxed(&port->receiver, 0);
		}
	}
}

/* Who may receive, as the word of the receive right says. */
static void restore_owner(struct portico *k, const struct pk_right *right)
{
	uint64_t word = pk_load(&right->head.word);
	pk_id owner = pk_word_kind(word) == PK_HELD ? pk_word_id(word) : 0;
	struct pk_port *port = pk_right_port(k, right);
	if (right->kind == PK_RIGHT_RECEIVE && port && port->owner != owner)
		pk_right_change_receiver(k, right->port, owner);
}

static void for_each_record(struct portico *k,
			    void (*act)(struct portico *k, uint32_t slot, struct pk_right *right))
{
	uint32_t committed = pk_committed(k, PK_RIGHTS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_right *right = pk_right_at(k, slot);
		if (right)
			act(k, slot, right);
	}
}

static void relist(struct portico *k, uint32_t slot, struct pk_right *right)
{
	if (!in_force(right))
		return;
	pk_right_link(k, slot);
	restore_owner(k, right);
}

static void finish_if_dying(struct portico *k, uint32_t slot, struct pk_right *right)
{
	if (pk_word_kind(pk_load(&right->head.word)) == PK_DYING)
		finish(k, slot);
}

static void tell_if_due(struct portico *k, uint32_t slot, struct pk_right *right)
{
	if (!in_force(right) || right->kind <= PK_RIGHT_TASK)
		return;
	bool is_of_task = right->kind == PK_ASK_TASK_ENDED;
	bool is_gone = is_of_task ? !pk_task_of_id(k, right->port) : !pk_right_port(k, right);
	if (is_gone && (is_of_task || right->kind == PK_ASK_DEAD_NAME))
		pk_notice_send(k, slot);
	else if (is_gone)
		pk_notice_drop(k, slot);
	else if (right->kind == PK_ASK_NO_SENDERS)
		look_for_senders(k, right->port);
}

/* R5: one whose maker died before it had the right, say. */
static void end_if_bereft(struct portico *k, uint32_t slot)
{
	const struct pk_port *port = pk_slot(k, PK_PORTS, slot);
	uint64_t word = port ? pk_load(&port->head.word) : 0;
	if (pk_word_kind(word) == PK_LIVE && port->use == PK_GUARDED && pk_load_relaxed(&port->receiver) == 0)
		end_port(k, pk_word_id(word));
}

static void end_bereft_ports(struct portico *k)
{
	uint32_t committed = pk_committed(k, PK_PORTS);
	for (uint32_t slot = 1; slot < committed; slot++)
		end_if_bereft(k, slot);
}

/* R3, R4. */
static void repair(struct portico *k)
{
	pk_log(k, PK_LOG_INHERITED, PK_RIGHTS, 0, 0);
	forget_lists(k);
	for_each_record(k, relist);
	for_each_record(k, finish_if_dying);
	end_bereft_ports(k);
	for_each_record(k, tell_if_due);
}

int pk_rights_lock(struct portico *k)
{
	int error = pk_enter(k);
	int locked = error ? error : pk_lock(k, &pk_header(k)->rights_lock);
	if (locked == PK_INHERITED)
		repair(k);
	return locked < 0 ? locked : 0;
}

void pk_rights_unlock(struct portico *k)
{
	pk_unlock(&pk_header(k)->rights_lock);
	pk_parts_bury(k);
}

void pk_rights_inherit(struct portico *k, pk_id dead)
{
	if (pk_lock_held_by(&pk_header(k)->rights_lock, dead) && pk_rights_lock(k) == 0)
		pk_rights_unlock(k);
}

/* ---- the end of a task */

static void reap_right(struct portico *k, uint32_t slot, struct pk_right *right)
{
	if (right->kind == PK_RIGHT_RECEIVE)
		give_up_receive(k, slot);
	else if (right->kind <= PK_RIGHT_TASK)
		give_up(k, slot);
}

void pk_rights_reap(struct portico *k, pk_id dead)
{
	uint64_t held = pk_word(PK_HELD, dead), claimed = pk_word(PK_CLAIMED, dead);
	uint32_t committed = pk_committed(k, PK_RIGHTS);
	if (committed <= 1 || pk_rights_lock(k) != 0)
		return;
	for (uint32_t slot = 1; slot < committed;
	     slot++) { /* while its requests stand: a backup's among them */
		struct pk_right *right = pk_right_at(k, slot);
		if (right && pk_load(&right->head.word) == held)
			reap_right(k, slot, right);
	}
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_right *right = pk_right_at(k, slot);
		uint64_t word = right ? pk_load(&right->head.word) : 0;
		if (word == held || word == claimed)
			pk_notice_drop(k, slot);
		else if (right && right->kind == PK_ASK_TASK_ENDED && right->port == dead && in_force(right))
			pk_notice_send(k, slot);
	}
	pk_rights_unlock(k);
}

/* ---- names */

static bool suits(enum pk_right_use use, uint32_t kind)
{
	switch (use) {
	case PK_TO_RECEIVE:
		return kind == PK_RIGHT_RECEIVE;
	case PK_TO_SEND:
		return kind == PK_RIGHT_SEND || kind == PK_RIGHT_SEND_ONCE;
	case PK_TO_LOOK:
		return kind != PK_RIGHT_TASK;
	case PK_TO_CONTROL:
		return kind == PK_RIGHT_TASK;
	}
	return false;
}

int pk_right_resolve(struct portico *k, pk_id name, enum pk_right_use use, pk_id *port, uint32_t *slot)
{
	int error = pk_enter(k);
	*slot = 0;
	if (error)
		return error;
	*port = name;
	if (!pk_is_right(name))
		return 0;
	const struct pk_right *right = pk_right_of(k, name, slot);
	if (!right)
		return -EINVAL;
	uint32_t kind = right->kind;
	*port = right->port;
	pk_fence();
	if (pk_right_of(k, name, slot) != right)
		return -EINVAL; /* another thread gave it up meanwhile */
	if (!suits(use, kind))
		return -EBADF;
	if (kind == PK_RIGHT_TASK)
		return pk_task_of_id(k, *port) ? 0 : -ESRCH;
	return pk_object(k, PK_PORTS, *port, &error) ? 0 : -EIDRM;
}

int pk_names_to_ports(struct portico *k, const pk_id **ports, unsigned count, pk_id *room)
{
	pk_id any = 0;
	int error = 0;
	for (unsigned i = 0; i < count; i++)
		any |= (*ports)[i];
	if (!pk_is_right(any))
		return 0;
	for (unsigned i = 0; i < count && !error; i++)
		error = pk_name_to_port(k, (*ports)[i], PK_TO_RECEIVE, &room[i]);
	*ports = room;
	return error;
}

pk_id pk_port_name(struct portico *k, pk_id id)
{
	int error;
	const struct pk_port *port = pk_object(k, PK_PORTS, id, &error);
	uint32_t slot = port && port->use == PK_GUARDED ? pk_load_relaxed(&port->receiver) : 0;
	return pk_right_at(k, slot) ? name_of(k, slot) : id;
}

/* ---- making */

int pk_right_create_port(struct portico *k, const struct pk_port_limits *limits, pk_id *receive)
{
	uint32_t slot;
	pk_id port;
	int error = pk_rights_lock(k);
	if (error)
		return error;
	error = claim(k, 0, PK_RIGHT_RECEIVE, &slot);
	if (!error) {
		error = pk_port_create(k, PK_GUARDED, limits, 0600, PK_NAME_MAILBOX, NULL, 0, &port);
		struct pk_right *right = pk_right_at(k, slot);
		PK_POINT("right: port made, nobody has the right to receive");
		if (error) {
			pk_release(k, PK_RIGHTS, slot);
		} else {
			right->port = port;
			pk_store(&right->head.word, held_word(k));
			pk_right_link(k, slot);
			*receive = name_of(k, slot);
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
	*slot = own_send_right(k, port);
	struct pk_right *right = pk_right_at(k, *slot);
	if (right) {
		if (pk_load_relaxed(&right->references) == UINT32_MAX)
			return -EDQUOT;
		pk_store(&right->references, pk_load_relaxed(&right->references) + 1);
		port->sends++;
		return 0;
	}
	error = claim(k, id, PK_RIGHT_SEND, slot);
	if (error)
		return error;
	pk_store(&pk_right_at(k, *slot)->head.word, held_word(k));
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
		look_for_senders(k, port);
		return error;
	}
	error = claim(k, port, kind, slot);
	if (!error)
		pk_store(&pk_right_at(k, *slot)->head.word, held_word(k));
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
		*name = name_of(k, slot);
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
	error = claim(k, task, PK_RIGHT_TASK, &slot);
	if (!error) {
		pk_store(&pk_right_at(k, slot)->head.word, held_word(k));
		*name = name_of(k, slot);
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
		give_up_receive(k, slot);
	} else if (right->kind == PK_RIGHT_SEND && pk_load_relaxed(&right->references) > 1) {
		drop_reference(k, right);
	} else if (right->kind == PK_RIGHT_SEND_ONCE) {
		error = give_up_once(k, slot);
	} else {
		forget_requests(k, right, slot);
		give_up(k, slot);
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
		if (!right || right->kind > PK_RIGHT_TASK || pk_load(&right->head.word) != held_word(k))
			continue;
		if (count++ < most)
			names[count - 1] = name_of(k, slot);
	}
	return count;
}

/* ---- in messages */

bool pk_right_wants_lock(struct portico *k, uint32_t slot)
{
	const struct pk_right *right = pk_right_at(k, slot);
	return !right || right->kind != PK_RIGHT_SEND_ONCE;
}

static int move_receive(struct portico *k, struct pk_right *right, uint32_t slot, uint64_t body,
			pk_id destination)
{
	if (would_hold_itself(k, right->port, destination))
		return -ELOOP;
	forget_requests(k, right, slot);
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
	int error = claim(k, port, kind, &slot);
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
	drop_reference(k, right);
	return 0;
}

static int move(struct portico *k, struct pk_right *right, uint32_t slot, uint64_t body, pk_id destination,
		uint32_t *record)
{
	uint64_t word = held_word(k);
	*record = slot;
	switch (right->kind) {
	case PK_RIGHT_RECEIVE:
		return move_receive(k, right, slot, body, destination);
	case PK_RIGHT_SEND:
		if (pk_load_relaxed(&right->references) > 1)
			return split_send(k, right, body, false, record);
		forget_requests(k, right, slot);
		pk_store(&right->head.word, body);
		return 0;
	case PK_RIGHT_TASK:
		forget_requests(k, right, slot);
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
		look_for_senders(k, right->port);
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
	uint32_t own = own_send_right(k, port);
	struct pk_right *mine = pk_right_at(k, own);
	uint32_t more = pk_load_relaxed(&right->references);
	if (!mine || pk_load_relaxed(&mine->references) > UINT32_MAX - more) {
		pk_store(&right->head.word, held_word(k));
		return slot;
	}
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
	if (right->kind == PK_RIGHT_SEND) {
		slot = join(k, right, slot);
	} else {
		pk_store(&right->head.word, held_word(k));
		PK_POINT("right: taken, its port not ours");
		if (right->kind == PK_RIGHT_RECEIVE)
			pk_right_change_receiver(k, right->port, pk_self(k));
	}
	return name_of(k, slot);
}

void pk_right_lose(struct portico *k, uint32_t slot, uint32_t message)
{
	if (is_in(k, slot, message))
		give_up(k, slot);
}

/* ---- the right by which a message is sent: R6 */

int pk_right_sign(struct portico *k, uint32_t slot, uint32_t message)
{
	struct pk_message *m = pk_message_at(k, message);
	struct pk_right *right = pk_right_at(k, slot);
	uint64_t word = held_word(k);
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
		pk_store(&pk_right_at(k, m->via)->head.word, held_word(k));
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
