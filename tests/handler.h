/* SPDX-License-Identifier: MIT */
/* For test programs of handlers: mailboxes of numbers, and a function that passes them on. */
#ifndef HANDLER_H
#define HANDLER_H

#include "check.h"

#include <portico/handler.h>

static portico *k;

static inline portico_port mailbox(uint32_t slots)
{
	struct portico_limits limits = { slots, 1 << 20, UINT64_C(1) << 30 };
	portico_port port;
	CHECK_EQUAL(portico_mailbox_create(k, NULL, &limits, 0600, &port), 0);
	return port;
}

static inline int64_t soon(void)
{
	return portico_deadline(10000000000);
}

static inline void put(portico_port port, int64_t number)
{
	CHECK_EQUAL(portico_send(k, port, &number, sizeof number, 1, soon()), 0);
}

static inline int64_t get(portico_port port, int64_t deadline)
{
	int64_t number;
	ssize_t bytes = portico_receive(k, port, &number, sizeof number, NULL, NULL, deadline);
	return bytes < 0 ? bytes : number;
}

/* Stale, or as if it had never been. */
static inline bool is_gone(int64_t error)
{
	return error == -EIDRM || error == -EINVAL;
}

static inline void open_instance(void)
{
	CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
}

/* ---- what functions do */

/* What a function was given goes on to a mailbox, where the case finds it. */
struct relay {
	portico_port to;
	portico_handler handler;
};

static inline void relay(portico *instance, void *context, const void *data, ssize_t bytes,
			 const struct portico_envelope *envelope)
{
	const struct relay *relay = context;
	int64_t number;
	CHECK(instance == k);
	CHECK((bytes < 0) == (data == NULL) && (bytes < 0) == (envelope == NULL));
	if (bytes < 0)
		number = bytes;
	else
		memcpy(&number, data, sizeof number);
	CHECK(bytes < 0 || envelope->pid == getpid());
	put(relay->to, number);
}

static inline void handle(portico_port port, struct relay *how)
{
	CHECK_EQUAL(portico_handle(k, port, relay, how, &how->handler), 0);
}

#endif
