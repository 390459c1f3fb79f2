/* SPDX-License-Identifier: MIT */
/* The life of listeners; fanout.c sends to them. */
#include "listener.h"
#include "actor.h"
#include "guard.h"
#include "limit.h"
#include "tap.h"
#include "task.h"

#include <errno.h>

static struct pk_listener *listener_at(struct portico *k, uint32_t slot)
{
	return pk_slot(k, PK_LISTENERS, slot);
}

static bool is_of(const struct pk_listener *listener, uint32_t slot, pk_id source)
{
	return pk_load(&listener->head.word) == pk_word(PK_LIVE, pk_slot_id(&listener->head, slot)) &&
	       listener->source == source;
}

/* ---- the source's lists, under its lock: of listeners, and of taps */

static uint32_t *list_of(struct pk_port *source, bool taps)
{
	return taps ? &source->taps : &source->listeners;
}

static uint32_t flags_of(const struct pk_port *source)
{
	return (source->listeners != 0 ? PK_SPECIAL_LISTENERS : 0) |
	       (source->taps != 0 ? PK_SPECIAL_TAPS : 0);
}

#define FLAGS (PK_SPECIAL_LISTENERS | PK_SPECIAL_TAPS)

static void note_whether_any(struct pk_port *source)
{
	source->special = (source->special & ~FLAGS) | flags_of(source);
}

/* Where in the list that slot stands, or would. */
static uint32_t *place_of(struct portico *k, struct pk_port *source, uint32_t slot)
{
	uint32_t *link = list_of(source, listener_at(k, slot)->tap);
	for (uint32_t most = pk_committed(k, PK_LISTENERS); most > 0 && *link > slot; most--) {
		struct pk_listener *at = listener_at(k, *link);
		if (!at)
			break;
		link = &at->next;
	}
	return link;
}

static void link_in(struct portico *k, struct pk_port *source, uint32_t slot)
{
	uint32_t *link = place_of(k, source, slot);
	listener_at(k, slot)->next = *link;
	*link = slot;
	note_whether_any(source);
}

static void take_out(struct portico *k, struct pk_port *source, uint32_t slot)
{
	uint32_t *link = place_of(k, source, slot);
	if (*link == slot)
		*link = listener_at(k, slot)->next;
	note_whether_any(source);
}

void pk_listener_rebuild(struct portico *k, struct pk_port *source, pk_id id)
{
	uint32_t committed = pk_committed(k, PK_LISTENERS);
	source->listeners = source->taps = 0;
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_listener *listener = listener_at(k, slot);
		if (!listener || !is_of(listener, slot, id))
			continue;
		uint32_t *list = list_of(source, listener->tap);
		listener->next = *list;
		*list = slot;
	}
	note_whether_any(source);
}

bool pk_listener_valid(struct portico *k, const struct pk_port *source, pk_id id)
{
	uint32_t committed = pk_committed(k, PK_LISTENERS);
	uint32_t at[2] = { source->listeners, source->taps };
	for (uint32_t slot = committed; slot-- > 1;) {
		const struct pk_listener *listener = listener_at(k, slot);
		if (!listener || !is_of(listener, slot, id))
			continue;
		if (at[listener->tap] != slot)
			return false;
		at[listener->tap] = listener->next;
	}
	return at[0] == 0 && at[1] == 0 && (source->special & FLAGS) == flags_of(source);
}

/* ---- beginning to listen */

/* What may be heard, and who may hear: 0400 a source, 0200 a listener's port. */
static int check(struct portico *k, const struct pk_port *port, uint32_t bits)
{
	bool inbox = port->use == PK_INBOX && bits == 0222;
	return port->use != PK_MAILBOX && !inbox ? -EPERM : pk_permission_check(k, &port->permission, bits);
}

static int check_port(struct portico *k, pk_id id)
{
	struct pk_port *port, *guard;
	int error = pk_port_lock(k, id, &port, &guard);
	if (error)
		return error;
	error = check(k, port, 0222);
	pk_port_unlock(k, guard);
	return error;
}

/* Under the source's lock. */
static uint32_t count_taps(struct portico *k, const struct pk_port *source, uint32_t uid)
{
	uint32_t slot = source->taps, count = 0;
	for (uint32_t most = pk_committed(k, PK_LISTENERS); most > 0 && slot != 0; most--) {
		const struct pk_listener *tap = listener_at(k, slot);
		if (!tap)
			break;
		count += tap->uid == uid;
		slot = tap->next;
	}
	return count;
}

/* Of the port that this listener hears, if it is a tap of theirs. */
static uint32_t count_taps_beside(struct portico *k, uint32_t slot, uint32_t uid)
{
	const struct pk_listener *listener = listener_at(k, slot);
	struct pk_port *source, *guard;
	uint32_t count = 0;
	if (listener && pk_word_kind(pk_load(&listener->head.word)) == PK_LIVE && listener->tap &&
	    listener->uid == uid && pk_port_lock(k, listener->source, &source, &guard) == 0) {
		count = count_taps(k, source, uid);
		pk_port_unlock(k, guard);
	}
	return count;
}

uint32_t pk_listener_most_taps(struct portico *k, uint32_t uid)
{
	uint32_t committed = pk_committed(k, PK_LISTENERS), most = 0;
	for (uint32_t slot = 1; slot < committed; slot++) {
		uint32_t count = count_taps_beside(k, slot, uid);
		most = count > most ? count : most;
	}
	return most;
}

/* What may be tapped, and by whom once more. */
static int check_tapped(struct portico *k, const struct pk_port *port, uint32_t uid)
{
	bool may = port->use == PK_MAILBOX || port->use == PK_QUEUE;
	int error = may ? pk_permission_check(k, &port->permission, 0444) : -EPERM;
	return error ? error : count_taps(k, port, uid) < pk_limit_taps(k) ? 0 : -EDQUOT;
}

/* It is claimed: have it hear. */
static int join(struct portico *k, pk_id source, uint32_t slot, pk_id *id)
{
	struct pk_port *port, *guard;
	int error = pk_port_lock(k, source, &port, &guard);
	if (error)
		return error;
	const struct pk_listener *listener = listener_at(k, slot);
	error = listener->tap ? check_tapped(k, port, listener->uid) : check(k, port, 0444);
	if (!error) {
		*id = pk_publish(k, PK_LISTENERS, slot);
		PK_POINT("listener: live, on no list");
		link_in(k, port, slot);
	}
	pk_port_unlock(k, guard);
	return error;
}

static int begin(struct portico *k, pk_id source, pk_id port, bool tap, pk_id *id)
{
	uint32_t slot = 0;
	int error = pk_claim(k, PK_LISTENERS, &slot);
	struct pk_listener *listener = listener_at(k, slot);
	if (error || !listener)
		return error ? error : -EIO;
	pk_task_refresh_ids(k);
	listener->source = source;
	listener->port = port;
	listener->owner = pk_self(k);
	listener->tap = tap;
	listener->uid = pk_acting(k).uid;
	pk_store(&listener->heard, 0);
	pk_store(&listener->missed, 0);
	listener->missed_lately = 0;
	error = join(k, source, slot, id);
	if (error)
		pk_release(k, PK_LISTENERS, slot);
	return error;
}

int pk_listen(struct portico *k, pk_id source, pk_id port, pk_id *id)
{
	int error = check_port(k, port);
	return error ? error : begin(k, source, port, false, id);
}

int pk_listen_as_tap(struct portico *k, pk_id source, pk_id port, pk_id *id)
{
	return begin(k, source, port, true, id);
}

/* ---- ending it */

static bool is_gone(int error)
{
	return error == -EINVAL || error == -EIDRM;
}

/* H1.  False: a lock couldn't be had. */
static bool silence(struct portico *k, struct pk_listener *listener, pk_id id)
{
	struct pk_port *port, *guard = NULL;
	struct pk_wakes wakes = { 0 };
	uint64_t word = pk_word(PK_LIVE, id);
	int error = pk_port_lock(k, listener->port, &port, &guard);
	if (error && !is_gone(error))
		return false;
	PK_POINT("listener: before it dies");
	pk_swap_if(&listener->head.word, &word, pk_word(PK_DYING, id));
	PK_POINT("listener: dying");
	if (!error) {
		if (listener->tap && port->use == PK_TAP)
			pk_tap_end(k, port, &wakes);
		pk_port_unlock(k, guard);
	}
	pk_wakes_flush(k, &wakes);
	return true;
}

/* H2 */
static void bury(struct portico *k, struct pk_listener *listener, pk_id id)
{
	struct pk_port *source, *guard;
	uint32_t slot = pk_id_slot(id);
	uint64_t dying = pk_word(PK_DYING, id);
	int error = pk_port_lock(k, listener->source, &source, &guard);
	if (is_gone(error) && pk_swap_if(&listener->head.word, &dying, pk_word(PK_CLAIMED, pk_self(k))))
		pk_release(k, PK_LISTENERS, slot);
	if (error)
		return;
	if (pk_load(&listener->head.word) == dying) {
		take_out(k, source, slot);
		PK_POINT("listener: off the list, not freed");
		pk_release(k, PK_LISTENERS, slot);
	}
	pk_port_unlock(k, guard);
}

int pk_listener_end(struct portico *k, pk_id id)
{
	struct pk_listener *listener = listener_at(k, pk_id_slot(id));
	if (!listener || !silence(k, listener, id))
		return -EIO;
	bury(k, listener, id);
	return 0;
}

void pk_listener_drop(struct portico *k, struct pk_port *source, uint32_t slot)
{
	struct pk_listener *listener = listener_at(k, slot);
	uint64_t live = listener ? pk_word(PK_LIVE, pk_slot_id(&listener->head, slot)) : 0;
	if (!listener || !pk_swap_if(&listener->head.word, &live, pk_word(PK_DYING, pk_word_id(live))))
		return; /* somebody else is at it */
	PK_POINT("listener: dropped, on the list");
	take_out(k, source, slot);
	pk_release(k, PK_LISTENERS, slot);
}

void pk_listener_leave(struct portico *k, pk_id port)
{
	uint32_t committed = pk_committed(k, PK_LISTENERS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_listener *listener = listener_at(k, slot);
		uint64_t word = listener ? pk_load(&listener->head.word) : PK_FREE;
		if (pk_word_kind(word) == PK_LIVE && listener->port == port && listener->owner == pk_self(k))
			pk_listener_end(k, pk_word_id(word));
	}
}

int pk_unlisten(struct portico *k, pk_id id)
{
	int error = pk_enter(k);
	const struct pk_listener *listener = error ? NULL : pk_object(k, PK_LISTENERS, id, &error);
	if (!listener)
		return error;
	return listener->owner == pk_self(k) ? pk_listener_end(k, id) : -EPERM;
}

void pk_listener_forget(struct portico *k, pk_id source)
{
	uint32_t committed = pk_committed(k, PK_LISTENERS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_listener *listener = listener_at(k, slot);
		if (listener && is_of(listener, slot, source))
			pk_listener_end(k, pk_slot_id(&listener->head, slot));
	}
}

static bool is_alive(struct portico *k, pk_id port)
{
	int error;
	return pk_object(k, PK_PORTS, port, &error) != NULL;
}

void pk_listener_reap(struct portico *k, pk_id owner)
{
	uint32_t committed = pk_committed(k, PK_LISTENERS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_listener *listener = listener_at(k, slot);
		uint64_t word = listener ? pk_load(&listener->head.word) : PK_FREE;
		enum pk_kind kind = pk_word_kind(word);
		if (kind == PK_DYING ||
		    (kind == PK_LIVE && (listener->owner == owner || !is_alive(k, listener->source) ||
					 !is_alive(k, listener->port))))
			pk_listener_end(k, pk_word_id(word)); /* its generation may have been raised */
	}
}

/* ---- asking */

int pk_listener_inspect(struct portico *k, pk_id id, struct pk_listener_status *status)
{
	struct pk_port *port, *guard;
	int error = pk_enter(k);
	const struct pk_listener *listener = error ? NULL : pk_object(k, PK_LISTENERS, id, &error);
	if (!listener)
		return error;
	error = pk_port_lock(k, listener->port, &port, &guard);
	if (error)
		return is_gone(error) ? -EIDRM : error;
	*status = (struct pk_listener_status){
		.source = listener->source,
		.port = listener->port,
		.owner = listener->owner,
		.heard = pk_load(&listener->heard),
		.missed = pk_load(&listener->missed),
		.missed_lately = listener->missed_lately,
	};
	bool lives = pk_load(&listener->head.word) == pk_word(PK_LIVE, id);
	pk_port_unlock(k, guard);
	return lives && is_alive(k, status->source) ? 0 : -EIDRM;
}
