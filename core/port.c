/* SPDX-License-Identifier: MIT */
/* The life of a port: made, inspected, changed, destroyed.  port.h is the essay. */
#include "actor.h"
#include "directory.h"
#include "guard.h"
#include "index.h"
#include "lifetime.h"
#include "limit.h"
#include "listener.h"
#include "name.h"
#include "number.h"
#include "pool.h"
#include "portset.h"
#include "sysv.h"
#include "transfer.h"

#include <errno.h>
#include <string.h>

/* ---- making */

static void fill_in(struct portico *k, struct pk_port *port, enum pk_port_use use,
		    const struct pk_port_limits *limits, uint32_t mode, int32_t key)
{
	size_t past_lock = offsetof(struct pk_port, next_number);
	memset((unsigned char *)port + past_lock, 0, sizeof *port - past_lock);
	pk_permission_init(k, &port->permission, key, mode);
	port->use = use;
	port->owner = use >= PK_COMPLETIONS ? pk_self(k) : 0;
	port->slots = limits->slots;
	port->bytes = limits->bytes;
	port->capacity = limits->capacity;
	port->next_number = PK_LEAST_URGENT + 1;
	port->next_ticket = 1;
	port->special = use == PK_PORT_SET ? PK_SPECIAL_MEMBERS : 0;
	port->change_time = pk_realtime_seconds();
	port->parties.maker = pk_acts_for() ? 0 : k->mine->identity.tag;
	pk_origin_init(k, &port->origin, use == PK_QUEUE);
}

static int32_t key_of(enum pk_space space, const void *text, uint32_t length)
{
	int32_t key = 0;
	if (space == PK_NAME_MSG && text && length == sizeof key)
		memcpy(&key, text, sizeof key);
	return key;
}

int pk_port_claim(struct portico *k, enum pk_port_use use, const struct pk_port_limits *limits, uint32_t mode,
		  int32_t key, uint32_t *slot)
{
	if (limits->bytes > PK_MESSAGE_MOST)
		return -EMSGSIZE;
	int error = pk_limit_allow_port(k);
	if (!error && use == PK_QUEUE && !pk_sysv_has_room(k, PK_PORTS, PK_MSGMNI))
		error = -ENOSPC;
	if (!error)
		error = use == PK_QUEUE ? pk_sysv_claim(k, PK_PORTS, slot) : pk_claim(k, PK_PORTS, slot);
	struct pk_port *port = error ? NULL : pk_slot(k, PK_PORTS, *slot);
	if (port)
		fill_in(k, port, use, limits, mode, key);
	return error ? error : port ? 0 : -EIO;
}

/* Mailboxes made while there is a pool share it, and those of numbers always do. */
static uint32_t special_of(struct portico *k, enum pk_port_use use, enum pk_space space)
{
	bool pooled = use == PK_MAILBOX && (space == PK_NAME_NUMBER || pk_load(&pk_header(k)->most_pooled));
	return pooled ? PK_SPECIAL_POOLED : 0;
}

/* N2: before it is published. */
static int give_name(struct portico *k, const struct pk_client *client, struct pk_port *port, pk_id id,
		     enum pk_space space, const void *text, uint32_t length)
{
	struct pk_name_terms terms = { .uid = client->uid, .gid = client->gid, .mode = 0444 };
	if (!text)
		return 0;
	if (space == PK_NAME_NUMBER)
		return pk_number_give(k, *(const uint32_t *)text, id);
	int error = space == PK_NAME_MAILBOX ? pk_directory_admits(k, client, text, length) : 0;
	return error ? error : pk_name_add_on(k, space, text, length, id, &terms, &port->name);
}

/* Under the names' lock.  client: NULL for this task. */
static int create(struct portico *k, const struct pk_client *client, enum pk_port_use use,
		  const struct pk_port_limits *limits, uint32_t mode, enum pk_space space, const void *text,
		  uint32_t length, pk_id *id)
{
	uint32_t slot = 0;
	int error = pk_port_claim(k, use, limits, mode, key_of(space, text, length), &slot);
	if (error)
		return error;
	struct pk_port *port = pk_slot(k, PK_PORTS, slot);
	struct pk_client self = pk_client_self(k);
	client = client ? client : &self;
	port->special |= special_of(k, use, space);
	port->permission.uid = client->uid;
	port->permission.gid = client->gid;
	*id = pk_slot_id(&port->head, slot);
	error = give_name(k, client, port, *id, space, text, length);
	if (error)
		pk_release(k, PK_PORTS, slot);
	else
		pk_publish(k, PK_PORTS, slot); /* N2 */
	return error;
}

int pk_port_create(struct portico *k, enum pk_port_use use, const struct pk_port_limits *limits,
		   uint32_t mode, enum pk_space space, const void *text, uint32_t length, pk_id *id)
{
	int error = pk_names_lock(k);
	if (error)
		return error;
	error = create(k, NULL, use, limits, mode, space, text, length, id);
	pk_names_unlock(k);
	return error;
}

int pk_port_create_for(struct portico *k, const struct pk_client *client, const struct pk_port_limits *limits,
		       uint32_t mode, const char *text, uint32_t length, pk_id *id)
{
	int error = pk_names_lock(k);
	if (error)
		return error;
	error = create(k, client, PK_MAILBOX, limits, mode, PK_NAME_MAILBOX, text, length, id);
	pk_names_unlock(k);
	return error;
}

void pk_port_show_name(struct portico *k, pk_id id, uint32_t name)
{
	struct pk_port *port, *guard;
	if (pk_port_lock(k, id, &port, &guard) != 0)
		return;
	port->name = name;
	pk_port_unlock(k, guard);
}

/* ---- destroying */

static void free_if_queued_here(struct portico *k, uint32_t message, struct pk_message *m, void *context)
{
	const pk_id *port = context;
	if (pk_load(&m->head.word) == pk_word(PK_QUEUED, *port))
		pk_message_release(k, message);
}

void pk_port_finish_destroying(struct portico *k, struct pk_port *port, uint32_t slot, struct pk_wakes *wakes)
{
	pk_id id = pk_slot_id(&port->head, slot);
	struct pk_port *queue = pk_port_queue(k, port);
	if (queue != port)
		pk_portset_take_out(k, queue, port);
	if (port->use == PK_PORT_SET)
		pk_portset_disband(k, port, id);
	pk_wait_fail_all(k, &port->receivers, EIDRM, wakes);
	pk_wait_fail_all(k, &port->senders, EIDRM, wakes);
	pk_wait_fail_all(k, &port->watchers, EIDRM, wakes);
	pk_wait_fail_all(k, &port->receipts, EIDRM, wakes);
	PK_POINT("port: waits failed, messages still queued");
	pk_index_drop(k, port);
	for (uint32_t left = pk_message_most(k, port->count); left > 0; left--) {
		uint32_t message = port->first;
		struct pk_message *m = pk_message_at(k, message);
		if (!m || pk_load(&m->head.word) != pk_word(PK_QUEUED, id))
			break;
		port->first = m->head.next;
		pk_message_release(k, message);
	}
	if (port->first != 0)
		pk_message_each(k, free_if_queued_here, &id);
	port->first = port->last = 0;
	pk_store_relaxed(&port->count, 0);
	pk_pool_settle(k, port);
	pk_bell_end(k, port);
	pk_release(k, PK_PORTS, slot);
}

void pk_port_destroy_locked(struct portico *k, struct pk_port *port, pk_id id, struct pk_wakes *wakes)
{
	PK_POINT("port: before dying");
	pk_store(&port->head.word, pk_word(PK_DYING, id));
	PK_POINT("port: dying");
	pk_port_finish_destroying(k, port, pk_id_slot(id), wakes);
}

/* Its name in *name, for who isn't under the names' lock to forget. */
static int end(struct portico *k, pk_id id, bool permitted, struct pk_port_ended *ended, uint32_t *name)
{
	struct pk_port *port, *guard;
	int error = pk_port_lock(k, id, &port, &guard);
	if (error)
		return error;
	bool refused = port->use == PK_GUARDED || (port->owner != 0 && port->owner != pk_self(k));
	error = refused ? -EPERM : permitted ? 0 : pk_permission_own(k, &port->permission);
	if (error) {
		pk_port_unlock(k, guard);
		return error;
	}
	*name = port->name;
	ended->listened = port->listeners | port->taps ? id : 0;
	pk_port_destroy_locked(k, port, id, &ended->wakes);
	pk_port_unlock_destroyed(k, port, guard);
	return 0;
}

int pk_port_end_within(struct portico *k, pk_id id, struct pk_port_ended *ended)
{
	uint32_t name;
	int error = end(k, id, true, ended, &name);
	pk_wakes_send(&ended->wakes);
	return error;
}

void pk_port_bury(struct portico *k, struct pk_port_ended *ended)
{
	pk_wakes_flush(k, &ended->wakes);
	if (ended->listened)
		pk_listener_forget(k, ended->listened);
}

static int destroy(struct portico *k, pk_id id, bool permitted)
{
	struct pk_port_ended ended = { 0 };
	uint32_t name = 0;
	int error = end(k, id, permitted, &ended, &name);
	pk_wakes_flush(k, &ended.wakes);
	if (name)
		pk_name_forget(k, name, id); /* N1 */
	pk_port_bury(k, &ended);
	return error;
}

int pk_port_destroy(struct portico *k, pk_id id)
{
	return destroy(k, id, false);
}

int pk_port_end(struct portico *k, pk_id id)
{
	return destroy(k, id, true);
}

static bool ends_with(const struct pk_port *port, pk_id owner)
{
	return port->owner == owner && (port->use == PK_COMPLETIONS || port->use == PK_INBOX ||
					port->use == PK_PORT_SET || port->use == PK_TAP);
}

void pk_port_reap(struct portico *k, pk_id owner)
{
	uint32_t committed = pk_committed(k, PK_PORTS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_port *port = pk_slot(k, PK_PORTS, slot), *guard;
		struct pk_wakes wakes = { 0 };
		if (!port || !ends_with(port, owner) ||
		    pk_port_lock(k, pk_slot_id(&port->head, slot), &port, &guard) != 0)
			continue;
		if (ends_with(port, owner)) {
			pk_port_destroy_locked(k, port, pk_slot_id(&port->head, slot), &wakes);
			pk_port_unlock_destroyed(k, port, guard);
		} else {
			pk_port_unlock(k, guard);
		}
		pk_wakes_flush(k, &wakes);
	}
}

/* ---- inspecting and changing */

void pk_port_received_for(struct portico *k, pk_id id, uint32_t pid)
{
	struct pk_port *port, *guard;
	if (pk_port_lock(k, id, &port, &guard) != 0)
		return;
	if (port->last_receiver == k->mine->process.pid)
		port->last_receiver = pid;
	pk_port_unlock(k, guard);
}

int pk_port_inspect(struct portico *k, pk_id id, struct pk_port_status *status)
{
	struct pk_port *port, *guard;
	int error = pk_port_lock(k, id, &port, &guard);
	if (error)
		return error;
	*status = (struct pk_port_status){
		.id = id,
		.permission = port->permission,
		.use = port->use,
		.limits = { port->slots, port->bytes, port->capacity },
		.count = port->count,
		.queued_bytes = port->queued_bytes,
		.receivers = pk_wait_count(k, &port->receivers),
		.senders = pk_wait_count(k, &port->senders),
		.last_sender = port->last_sender,
		.last_receiver = port->last_receiver,
		.send_time = port->send_time,
		.receive_time = port->receive_time,
		.change_time = port->change_time,
		.paused = pk_is_paused(port),
		.names = pk_load_relaxed(&port->names),
	};
	if (port->use == PK_PORT_SET)
		status->senders = pk_line_count_beside(k, &port->senders);
	uint32_t name = port->name;
	pk_port_unlock(k, guard);
	if (status->use == PK_MAILBOX || status->use == PK_GUARDED)
		pk_name_text(k, name, id, status->name);
	if (!pk_directory_reaches(k, status->name))
		status->name[0] = '\0';
	return 0;
}

int pk_port_ready(struct portico *k, pk_id id, struct pk_port_readiness *ready)
{
	struct pk_port *port, *guard;
	int error = pk_port_lock(k, id, &port, &guard);
	if (error)
		return error;
	const struct pk_port *queue = pk_port_queue(k, port);
	bool taken = queue->receivers.first != 0 && !pk_is_paused(port);
	*ready = (struct pk_port_readiness){
		.offers = pk_port_offers(k, port),
		.accepts = port->senders.first == 0 && port->queued_bytes < port->capacity &&
			   (port->count < port->slots || taken),
		.arrivals = queue->next_number + queue->returned,
	};
	pk_port_unlock(k, guard);
	return 0;
}

/*
 * Who waits at a System V queue asks anew, and learns whether it still may: its
 * EAGAIN.  First, and then the change: it waits for the lock meanwhile, and if we
 * die in between it asked in vain.
 */
static void have_all_ask_anew(struct portico *k, struct pk_port *port, const struct pk_permission *to,
			      struct pk_wakes *wakes)
{
	const struct pk_permission *from = &port->permission;
	if (port->use != PK_QUEUE ||
	    (from->uid == to->uid && from->gid == to->gid && (from->mode & 0777) == (to->mode & 0777)))
		return;
	pk_wait_fail_all(k, &port->receivers, EAGAIN, wakes);
	pk_wait_fail_all(k, &port->senders, EAGAIN, wakes);
	PK_POINT("port: all ask anew, not changed");
}

int pk_port_adjust(struct portico *k, pk_id id, const struct pk_port_limits *limits,
		   const struct pk_permission *permission)
{
	struct pk_port *port, *guard;
	struct pk_wakes wakes = { 0 };
	if (limits && limits->bytes > PK_MESSAGE_MOST)
		return -EMSGSIZE;
	int error = pk_port_lock(k, id, &port, &guard);
	if (error)
		return error;
	error = pk_permission_own(k, &port->permission);
	if (!error && permission)
		have_all_ask_anew(k, port, permission, &wakes);
	if (!error)
		error = pk_permission_change(k, &port->permission,
					     permission ? permission : &port->permission);
	if (!error && limits) {
		port->slots = limits->slots;
		port->bytes = limits->bytes;
		port->capacity = limits->capacity;
	}
	if (!error) {
		port->change_time = pk_realtime_seconds();
		pk_port_advance(k, pk_id_slot(id), &wakes);
		pk_tell_watchers(k, port, &wakes);
	}
	pk_port_unlock(k, guard);
	pk_wakes_flush(k, &wakes);
	return error;
}
