/* SPDX-License-Identifier: MIT */
/* Rights given up, by their holder, by its death, or by what repair finds.  right.h is the essay. */
#include "guard.h"
#include "log.h"
#include "part.h"
#include "port.h"
#include "portset.h"
#include "right_inside.h"
#include "task.h"

#include <errno.h>

/* ---- giving up, under the lock */

/* There were senders, and are none: whoever asked is told. */
void pk_right_look_for_senders(struct portico *k, pk_id id)
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
		if (at->kind == PK_ASK_DEAD_NAME && pk_right_in_force(at))
			pk_notice_send(k, slot);
		else if (at->kind > PK_ASK_DEAD_NAME && pk_right_in_force(at))
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
	pk_port_unlock_destroyed(k, port, guard);
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
		pk_right_look_for_senders(k, port);
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

void pk_right_give_up(struct portico *k, uint32_t slot)
{
	struct pk_right *right = pk_right_at(k, slot);
	PK_POINT("right: before dying");
	pk_store(&right->head.word, dying_word(right, slot));
	PK_POINT("right: dying");
	finish(k, slot);
}

/* By a swap: another thread may be sending by it. */
int pk_right_give_up_once(struct portico *k, uint32_t slot)
{
	struct pk_right *right = pk_right_at(k, slot);
	uint64_t word = pk_right_held_word(k);
	if (!pk_swap_if(&right->head.word, &word, dying_word(right, slot)))
		return -EINVAL;
	finish(k, slot);
	return 0;
}

/* The request about it of that kind, whoever's; or 0. */
static uint32_t request_about(struct portico *k, const struct pk_right *right, uint32_t slot,
			      enum pk_right_kind kind)
{
	const struct pk_port *port = pk_right_port(k, right);
	if (kind == PK_ASK_TASK_ENDED)
		return pk_request_find_task(k, slot);
	return port ? pk_request_find(k, port, kind, kind == PK_ASK_DEAD_NAME ? slot : 0) : 0;
}

static void forget(struct portico *k, const struct pk_right *right, uint32_t slot, enum pk_right_kind kind,
		   bool others_only)
{
	uint32_t request = request_about(k, right, slot, kind);
	const struct pk_right *asked = pk_right_at(k, request);
	if (asked && !(others_only && pk_load(&asked->head.word) == pk_right_held_word(k)))
		pk_notice_drop(k, request);
}

static void forget_all(struct portico *k, const struct pk_right *right, uint32_t slot, bool others_only)
{
	switch (right->kind) {
	case PK_RIGHT_SEND:
		forget(k, right, slot, PK_ASK_DEAD_NAME, others_only);
		break;
	case PK_RIGHT_TASK:
		forget(k, right, slot, PK_ASK_TASK_ENDED, others_only);
		break;
	case PK_RIGHT_RECEIVE:
		forget(k, right, slot, PK_ASK_NO_SENDERS, others_only);
		forget(k, right, slot, PK_ASK_DESTROYED, others_only);
		break;
	}
}

void pk_right_forget_requests(struct portico *k, const struct pk_right *right, uint32_t slot)
{
	forget_all(k, right, slot, false);
}

void pk_right_forget_others_requests(struct portico *k, const struct pk_right *right, uint32_t slot)
{
	forget_all(k, right, slot, true);
}

/* R5: would that port's receive right, sent there, wait in its own queue? */
bool pk_right_would_hold_itself(struct portico *k, pk_id port, pk_id destination)
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
void pk_right_give_up_receive(struct portico *k, uint32_t slot)
{
	const struct pk_right *right = pk_right_at(k, slot);
	const struct pk_port *port = pk_right_port(k, right);
	uint32_t backup = port ? pk_request_find(k, port, PK_ASK_DESTROYED, 0) : 0;
	forget(k, right, slot, PK_ASK_NO_SENDERS, false);
	if (backup == 0 || pk_right_would_hold_itself(k, right->port, pk_right_at(k, backup)->tell)) {
		pk_right_give_up(k, slot);
		return;
	}
	pk_notice_send(k, backup); /* which carries the right */
}

/* One reference less of a send right. */
void pk_right_drop_reference(struct portico *k, struct pk_right *right)
{
	struct pk_port *port = pk_right_port(k, right);
	pk_store(&right->references, pk_load_relaxed(&right->references) - 1);
	PK_POINT("right: one reference less, not counted");
	if (port)
		port->sends--;
	pk_right_look_for_senders(k, right->port);
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
	if (!pk_right_in_force(right))
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
	if (!pk_right_in_force(right) || right->kind <= PK_RIGHT_TASK)
		return;
	bool is_of_task = right->kind == PK_ASK_TASK_ENDED;
	bool is_gone = is_of_task ? !pk_task_of_id(k, right->port) : !pk_right_port(k, right);
	if (is_gone && (is_of_task || right->kind == PK_ASK_DEAD_NAME))
		pk_notice_send(k, slot);
	else if (is_gone)
		pk_notice_drop(k, slot);
	else if (right->kind == PK_ASK_NO_SENDERS)
		pk_right_look_for_senders(k, right->port);
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
		pk_right_give_up_receive(k, slot);
	else if (right->kind <= PK_RIGHT_TASK)
		pk_right_give_up(k, slot);
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
		else if (right && right->kind == PK_ASK_TASK_ENDED && right->port == dead &&
			 pk_right_in_force(right))
			pk_notice_send(k, slot);
	}
	pk_rights_unlock(k);
}
