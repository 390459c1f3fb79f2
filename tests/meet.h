/* SPDX-License-Identifier: MIT */
/* What the cases are made of where features meet. */
#ifndef MEET_H
#define MEET_H

#include "check.h"
#include "port.h"
#include "right.h"
#include "task.h"

#include <portico/broadcast.h>
#include <portico/handler.h>
#include <portico/limits.h>
#include <portico/mail.h>
#include <portico/message.h>
#include <portico/poll.h>
#include <portico/set.h>
#include <portico/task.h>

static portico *k;

static inline int64_t soon(void)
{
	return portico_deadline(INT64_C(20000000000));
}

static inline portico_port mailbox(uint32_t slots)
{
	struct portico_limits limits = { slots, 64, 1 << 20 };
	portico_port port;
	CHECK_EQUAL(portico_mailbox_create(k, NULL, &limits, 0600, &port), 0);
	return port;
}

/* One whose messages take places of a pool of that many. */
static inline portico_port pooled(uint32_t slots, uint32_t places)
{
	CHECK_EQUAL(portico_limits_set(k, &(struct portico_instance_limits){ .pooled = places }), 0);
	return mailbox(slots);
}

static inline portico_port guarded(uint32_t slots)
{
	struct portico_limits limits = { slots, 64, 1 << 20 };
	portico_port receive;
	CHECK_EQUAL(portico_port_create(k, &limits, &receive), 0);
	return receive;
}

static inline portico_port right_to(portico_port receive, enum portico_right_kind kind)
{
	portico_port right;
	CHECK_EQUAL(portico_right_make(k, receive, kind, &right), 0);
	return right;
}

static inline portico_port completions(void)
{
	portico_port port;
	CHECK_EQUAL(portico_completions_create(k, &port), 0);
	return port;
}

static inline portico_port set_of(portico_port member)
{
	portico_port set;
	CHECK_EQUAL(portico_set_create(k, &set), 0);
	CHECK_EQUAL(portico_set_add(k, set, member), 0);
	return set;
}

static inline int put(portico_port port, const char *text, int64_t type)
{
	return portico_send(k, port, text, strlen(text), type, PORTICO_NOW);
}

static inline ssize_t get_by(portico_port port, size_t room, int64_t deadline)
{
	char buffer[64];
	return portico_receive(k, port, buffer, room, NULL, NULL, deadline);
}

static inline ssize_t get(portico_port port)
{
	return get_by(port, 64, PORTICO_NOW);
}

static inline struct portico_status status_of(portico_port port)
{
	struct portico_status status;
	CHECK_EQUAL(portico_mailbox_status(k, port, &status), 0);
	return status;
}

static inline void await_receivers(portico_port port, uint32_t receivers)
{
	for (int i = 0; i < 5000 && status_of(port).receivers != receivers; i++)
		sleep_ms(2);
	CHECK_EQUAL(status_of(port).receivers, receivers);
}

static inline void await_completion(portico_port port, uint64_t cookie, portico_wait *wait)
{
	struct portico_completion completion;
	CHECK_EQUAL(portico_complete(k, port, &completion, soon()), 0);
	CHECK_EQUAL(completion.cookie, cookie);
	*wait = completion.wait;
}

#endif
