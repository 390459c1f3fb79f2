/* SPDX-License-Identifier: MIT */
/* Completions, and the ports where they are queued.  wait.h is the essay: W5. */
#include "completion.h"
#include "transfer.h"

#include <errno.h>

/* ---- ports for completions */

int pk_completions_create(struct portico *k, pk_id *id)
{
	static const struct pk_port_limits none = { .bytes = sizeof(struct pk_completion) };
	return pk_port_create(k, PK_COMPLETIONS, &none, 0600, PK_NAME_MAILBOX, NULL, 0, id);
}

static bool is_completions(struct portico *k, pk_id id)
{
	int error;
	const struct pk_port *port = pk_object(k, PK_PORTS, id, &error);
	return port && port->use == PK_COMPLETIONS;
}

int pk_completions_mine(struct portico *k, pk_id id)
{
	int error;
	const struct pk_port *port = pk_object(k, PK_PORTS, id, &error);
	if (!port)
		return error;
	return port->use == PK_COMPLETIONS && port->owner == pk_self(k) ? 0 : -EPERM;
}

/* A port for completions can't be told by one: its lock is the inner one. */
bool pk_completion_would_nest(struct portico *k, const struct pk_wait *wanted, const struct pk_post *post)
{
	const struct pk_wait *leader = pk_wait_at(k, post->leader);
	return (leader ? (enum pk_tell_how)pk_load_relaxed(&leader->tell) : post->tell) == PK_TELL_PORT &&
	       wanted->table == PK_PORTS && is_completions(k, wanted->object);
}

/* ---- telling */

/* The message that will tell of that wait, if it hasn't yet. */
static struct pk_message *pk_completion_untold(struct portico *k, const struct pk_wait *wait, uint32_t slot)
{
	struct pk_message *m =
		pk_load_relaxed(&wait->tell) == PK_TELL_PORT ? pk_message_at(k, wait->completion) : NULL;
	return m && pk_load(&m->head.word) == pk_load(&wait->head.word) && m->tells == slot ? m : NULL;
}

bool pk_wait_untold(struct portico *k, uint32_t slot)
{
	const struct pk_wait *wait = pk_wait_at(k, slot);
	return wait && pk_completion_untold(k, wait, slot);
}

/* W5: claimed now, so that no completion fails for want of memory later. */
int pk_completion_claim(struct portico *k, struct pk_wait *wait, uint32_t slot, const struct pk_post *post)
{
	struct pk_completion completion = { .cookie = post->cookie, .wait = pk_slot_id(&wait->head, slot) };
	int error = pk_completions_mine(k, post->port);
	if (!error)
		error = pk_message_make_from(k, &completion, sizeof completion, PK_COMPLETION_TYPE,
					     &wait->completion);
	if (!error)
		pk_message_at(k, wait->completion)->tells = post->held ? 0 : slot;
	return error;
}

/* The port's lock comes after that of the object waited on. */
static int queue(struct portico *k, pk_id id, pk_id told, struct pk_wakes *wakes)
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
		pk_note_sent(k, port, m);
		if (!pk_hand_over(k, port, message, m, wakes))
			pk_enqueue(k, port, id, message, m, wakes);
	}
	pk_port_unlock(k, port);
	return 0;
}

/*
 * W5, under the lock of an object that it waits on.  A port for completions is
 * waited on by threads only, so its lock comes after that of any object; and
 * under it whoever tells looks whether somebody else has, so of many one does.
 */
void pk_completion_tell(struct portico *k, const struct pk_wait *wait, pk_id id, struct pk_wakes *wakes)
{
	int error = pk_completion_untold(k, wait, pk_id_slot(id)) ? queue(k, wait->tell_port, id, wakes) : 0;
	if (error == -EDEADLK || error == -EIO)
		pk_thread.owes_completions = true; /* a handler's own thread holds that lock, say: later */
}

/* The same where whoever settled it may have died before it told.  The id first: the slot may be used again.
 */
void pk_completion_tell_late(struct portico *k, uint32_t slot, struct pk_wakes *wakes)
{
	struct pk_wait *wait = pk_wait_at(k, slot);
	if (!wait)
		return;
	pk_id id = pk_slot_id(&wait->head, slot);
	pk_fence();
	if (pk_wait_object(wait) == 0)
		return; /* it was ended, and that id may be the next one's */
	uint64_t outcome = pk_load(&wait->outcome);
	if (pk_outcome_kind(outcome) != PK_WAITING && !(outcome & PK_WAIT_SILENT))
		pk_completion_tell(k, wait, id, wakes);
}

void pk_wait_tell_owed(struct portico *k)
{
	uint32_t committed = pk_committed(k, PK_WAITS);
	pk_thread.owes_completions = false;
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_wait *wait = pk_wait_at(k, slot);
		struct pk_wakes wakes = { 0 };
		if (!wait || pk_wait_object(wait) == 0 || !pk_completion_untold(k, wait, slot))
			continue;
		struct pk_waited waited;
		if (pk_wait_lock_object(k, wait, &waited)) {
			pk_completion_tell_late(k, slot, &wakes);
			pk_wait_unlock_object(k, &waited);
			pk_wakes_send(&wakes);
		} else {
			pk_thread.owes_completions = true;
		}
	}
}

void pk_wait_announce(struct portico *k, uint32_t slot)
{
	struct pk_wait *wait = pk_wait_at(k, slot);
	struct pk_waited waited;
	bool locked = wait && pk_wait_lock_object(k, wait, &waited);
	struct pk_message *m = wait ? pk_message_at(k, wait->completion) : NULL;
	struct pk_wakes wakes = { 0 };
	if (m)
		m->tells = slot;
	/* the outcome is looked at after this is seen; a settler looks at this after that is */
	pk_fence();
	if (!locked)
		return;
	pk_completion_tell_late(k, slot, &wakes);
	pk_wait_unlock_object(k, &waited);
	pk_wakes_flush(k, &wakes);
}

void pk_wait_discard(struct portico *k, uint32_t slot)
{
	const struct pk_wait *wait = pk_wait_at(k, slot);
	if (wait && pk_completion_untold(k, wait, slot))
		pk_message_release(k, wait->completion);
	pk_wait_end(k, slot);
}
