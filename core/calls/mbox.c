/* SPDX-License-Identifier: MIT */
/* The calls of <portico/mbox.h>: the course's return values over core's. */
#include "deliver.h"
#include "number.h"
#include "pool.h"
#include "public.h"

#include <portico/mbox.h>

#define ILLEGAL (-1)
#define WOULD_BLOCK (-2) /* and: there is no slot left */
#define RELEASED (-3)

_Static_assert(MAXMBOX == PK_NUMBERS, "a number for each");
_Static_assert(MAXSLOTS == PK_POOL_PLACES, "the pool, unless it is set");

/* This process's hold on the instance, for all its threads; NULL: there is none to be had. */
static portico *instance(void)
{
	static _Atomic(portico *) opened;
	portico *held = pk_load(&opened), *fresh;
	if (held || portico_open(NULL, PORTICO_CREATE, &fresh) != 0)
		return held;
	if (pk_swap_if(&opened, &held, fresh))
		return fresh;
	portico_close(fresh); /* another thread was faster */
	return held;
}

/* The mailbox of that number, 0: there is none. */
static pk_id find(portico *k, int id)
{
	return k && id >= 0 && pk_enter(k) == 0 ? pk_numbered(k, (uint32_t)id) : 0;
}

static bool is_gone(int error)
{
	return error == -EIDRM || error == -EINVAL;
}

/* `waited`: the call had found the mailbox, and no room or no message there. */
static int returned(int error, bool waited)
{
	switch (error) {
	case -EAGAIN:
	case -ENOBUFS:
	case -ENOSPC:
		return WOULD_BLOCK;
	default:
		return waited && is_gone(error) ? RELEASED : ILLEGAL;
	}
}

PUBLIC int portico_mbox_create(int slots, int slot_size)
{
	uint32_t number;
	portico *k = instance();
	if (!k || slots < 0 || slots > MAXSLOTS || slot_size < 0 || slot_size > MAX_MESSAGE ||
	    pk_enter(k) != 0)
		return ILLEGAL;
	struct pk_port_limits limits = { (uint32_t)slots, (uint32_t)slot_size, PK_DEFAULT_CAPACITY };
	return pk_numbered_create(k, &limits, 0600, &number) == 0 ? (int)number : ILLEGAL;
}

PUBLIC int portico_mbox_release(int id)
{
	portico *k = instance();
	pk_id port = find(k, id);
	return port && pk_port_destroy(k, port) == 0 ? 0 : ILLEGAL;
}

/* ---- sending */

/* The course has no signals: who is interrupted stands in line again. */
static int send_message(portico *k, pk_id port, uint32_t message, bool may_wait)
{
	bool waited = false;
	int error = pk_port_send(k, port, message, NULL, NULL);
	while (may_wait && (error == -EAGAIN || error == -EINTR)) {
		waited = true;
		error = pk_port_send_until(k, port, message, PK_FOREVER);
	}
	if (error && error != -EIO) /* then a wait that couldn't be withdrawn may still name it */
		pk_message_release(k, message);
	return error ? returned(error, waited) : 0;
}

static int send_bytes(int id, const void *data, int size, bool may_wait)
{
	uint32_t message = 0;
	portico *k = instance();
	pk_id port = find(k, id);
	if (!port || size < 0 || size > MAX_MESSAGE || (!data && size > 0))
		return ILLEGAL;
	int error = pk_message_make_from(k, data, (uint64_t)size, 0, &message);
	return error ? returned(error, false) : send_message(k, port, message, may_wait);
}

PUBLIC int portico_mbox_send(int id, const void *msg, int size)
{
	return send_bytes(id, msg, size, true);
}

PUBLIC int portico_mbox_try_send(int id, const void *msg, int size)
{
	return send_bytes(id, msg, size, false);
}

/* ---- receiving */

static int receive_bytes(int id, void *buffer, int max_size, bool may_wait)
{
	uint32_t message = 0;
	bool waited = false;
	portico *k = instance();
	pk_id port = find(k, id);
	if (!port || max_size < 0 || (!buffer && max_size > 0))
		return ILLEGAL;
	struct pk_want want = { .room = (uint32_t)max_size };
	int error = pk_port_receive(k, port, &want, NULL, &message, NULL);
	while (may_wait && (error == -EAGAIN || error == -EINTR)) {
		waited = true;
		error = pk_port_receive_until(k, port, &want, PK_FOREVER, &message);
	}
	if (error)
		return returned(error, waited);
	ssize_t length = pk_deliver(k, message, buffer, (size_t)max_size, NULL);
	return length < 0 ? ILLEGAL : (int)length;
}

PUBLIC int portico_mbox_receive(int id, void *msg, int max_size)
{
	return receive_bytes(id, msg, max_size, true);
}

PUBLIC int portico_mbox_try_receive(int id, void *msg, int max_size)
{
	return receive_bytes(id, msg, max_size, false);
}
