/* SPDX-License-Identifier: MIT */
/* The calls of <portico/poll.h>: waiting for many ports without receiving. */
#include "bell.h"
#include "public.h"
#include "remote.h"
#include "transfer.h"
#include "right.h"

#include <portico/poll.h>

static bool is_gone(int error)
{
	return error == -EINVAL || error == -EIDRM;
}

/* What it is, or why it can't be told. */
static int look_at(struct portico *k, pk_id id)
{
	struct pk_port *port, *guard;
	int error = pk_port_lock(k, id, &port, &guard);
	if (error)
		return is_gone(error) ? PORTICO_GONE : error;
	error = pk_is_member(port) ? -EBUSY : pk_may_receive(k, port);
	int result = error ? error : pk_port_offers(k, port) ? PORTICO_READY : PORTICO_QUIET;
	pk_port_unlock(k, guard);
	return result;
}

/* How many aren't quiet. */
static int look_at_all(struct portico *k, const pk_id *ids, unsigned count, unsigned char *ready)
{
	int found = 0;
	for (unsigned i = 0; i < count; i++) {
		int result = look_at(k, ids[i]);
		if (result < 0)
			return result;
		ready[i] = (unsigned char)result;
		found += result != PORTICO_QUIET;
	}
	return found;
}

/* A watch on each: *leader, 0 if there is none. */
static int watch_all(struct portico *k, const pk_id *ids, unsigned count, int64_t until_ns, uint32_t *leader)
{
	struct pk_post post = { .tell = PK_TELL_THREAD, .until_ns = until_ns };
	uint32_t wait = 0;
	int error = 0;
	for (unsigned i = 0; i < count && !error; i++) {
		error = pk_port_watch(k, ids[i], &post, &wait);
		if (!error && post.leader == 0)
			post.leader = wait;
	}
	*leader = post.leader;
	return is_gone(error) ? 0 : error; /* the next look says it */
}

/* Watch, look again, and sleep until something changes: how many aren't quiet. */
static int await(struct portico *k, const pk_id *ids, unsigned count, unsigned char *ready, int64_t until_ns)
{
	uint32_t leader;
	int result = watch_all(k, ids, count, until_ns, &leader);
	if (!result)
		result = look_at_all(k, ids, count, ready);
	if (leader == 0)
		return result;
	if (result == 0)
		result = pk_wait_sleep(k, leader);
	else
		pk_wait_withdraw(k, leader, ECANCELED);
	pk_wait_end(k, leader);
	return is_gone(result) ? 0 : result;
}

PUBLIC int portico_scan(portico *instance, const portico_port *ports, unsigned count, unsigned char *ready,
			int64_t deadline)
{
	pk_id room[PK_GROUP_MOST];
	const pk_id *ids = &ports->id;
	int found = count == 0 || count > PK_GROUP_MOST || deadline < 0 ? -EINVAL : pk_enter(instance);
	if (!found)
		found = pk_names_to_ports(instance, &ids, count, room);
	if (!found)
		found = look_at_all(instance, ids, count, ready);
	while (found == 0 && deadline != PORTICO_NOW) {
		found = await(instance, ids, count, ready, deadline);
		if (found == 0)
			found = look_at_all(instance, ids, count, ready);
	}
	return found == 0 ? -EAGAIN : found;
}

PUBLIC int portico_port_fd(portico *instance, portico_port port)
{
	pk_id id;
	if (pk_is_remote(instance))
		return pk_remote_descriptor(instance, port.id);
	int error = pk_enter(instance);
	if (!error)
		error = pk_name_to_port(instance, port.id, PK_TO_RECEIVE, &id);
	return error ? error : pk_bell_open(instance, id);
}
