/* SPDX-License-Identifier: MIT */
#include "share.h"
#include "guard.h"
#include "queue.h"

/* Has that task this place? */
static bool lives(struct portico *k, pk_id task)
{
	return task != 0 && pk_task_lives(k, pk_id_slot(task), pk_id_generation(task) & 0xffff);
}

/* This task is one of the two, or now is. */
static int join(struct portico *k, struct pk_port *port)
{
	pk_id self = pk_self(k);
	if (port->users[0] == self || port->users[1] == self)
		return 0;
	for (int i = 0; i < 2; i++) {
		if (lives(k, port->users[i]))
			continue;
		port->users[i] = self;
		return 0;
	}
	return -EBUSY;
}

/* The task in whose set it is, or 0: it alone receives. */
static pk_id owner_of_set(struct portico *k, struct pk_port *port)
{
	const struct pk_port *set = pk_port_queue(k, port);
	return set != port ? set->owner : 0;
}

/* Does another task claim to be the receiver, or wait to receive? */
static bool has_other_receiver(struct portico *k, struct pk_port *port)
{
	pk_id self = pk_self(k), owner = owner_of_set(k, port);
	uint32_t slot = port->receivers.first;
	if ((owner != 0 && owner != self) || (port->users[0] != self && lives(k, port->users[0])))
		return true;
	for (uint32_t most = pk_committed(k, PK_WAITS); most > 0 && slot != 0; most--) {
		const struct pk_wait *wait = pk_wait_at(k, slot);
		if (!wait)
			break;
		owner = pk_word_id(pk_load(&wait->head.word));
		if (owner != self && pk_wait_is_waiting(k, wait) && lives(k, owner))
			return true;
		slot = wait->next;
	}
	return false;
}

int pk_share_check(struct portico *k, struct pk_port *port, enum pk_purpose purpose)
{
	if (port->rule == PK_SHARED_BY_TWO)
		return join(k, port);
	if (port->rule == PK_SHARED_BY_SENDERS && purpose == PK_FOR_RECEIVE && has_other_receiver(k, port))
		return -EBUSY;
	return 0;
}

/* The flag is there whenever the rule is. */
static void set_rule(struct portico *k, struct pk_port *port, enum pk_rule rule)
{
	port->users[0] = rule == PK_SHARED_BY_TWO ? owner_of_set(k, port) : 0;
	port->users[1] = 0;
	port->special |= PK_SPECIAL_RULE;
	PK_POINT("share: flagged, no rule yet");
	port->rule = rule;
	PK_POINT("share: the rule is set");
	if (rule == PK_SHARED_BY_ANY)
		port->special &= ~PK_SPECIAL_RULE;
}

int pk_share_set(struct portico *k, pk_id id, enum pk_rule rule)
{
	struct pk_port *port, *guard;
	if ((unsigned)rule > PK_SHARED_BY_SENDERS)
		return -EINVAL;
	int error = pk_port_lock(k, id, &port, &guard);
	if (error)
		return error;
	error = pk_permission_own(k, &port->permission);
	if (!error)
		set_rule(k, port, rule);
	pk_port_unlock(k, guard);
	return error;
}

int pk_share_claim(struct portico *k, pk_id id)
{
	struct pk_port *port, *guard;
	int error = pk_port_lock(k, id, &port, &guard);
	if (error)
		return error;
	error = port->rule != PK_SHARED_BY_SENDERS ? -EINVAL : pk_may_receive(k, port);
	if (!error && has_other_receiver(k, port))
		error = -EBUSY;
	if (!error)
		port->users[0] = pk_self(k);
	pk_port_unlock(k, guard);
	return error;
}

int pk_share_yield(struct portico *k, pk_id id)
{
	struct pk_port *port, *guard;
	int error = pk_port_lock(k, id, &port, &guard);
	if (error)
		return error;
	bool mine = port->rule == PK_SHARED_BY_SENDERS && port->users[0] == pk_self(k);
	if (mine)
		port->users[0] = 0;
	pk_port_unlock(k, guard);
	return mine ? 0 : -EINVAL;
}
