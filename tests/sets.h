/* SPDX-License-Identifier: MIT */
/* For test programs of port sets: members, and what comes out of a set. */
#ifndef SETS_H
#define SETS_H

#include "check.h"
#include "port.h"
#include "task.h"

#include <portico/mail.h>
#include <portico/set.h>

static portico *k;

static inline portico_port mailbox(uint32_t slots)
{
	struct portico_limits limits = { slots, 64, 1 << 20 };
	portico_port port;
	CHECK_EQUAL(portico_mailbox_create(k, NULL, &limits, 0600, &port), 0);
	return port;
}

static inline portico_port new_set(void)
{
	portico_port set;
	CHECK_EQUAL(portico_set_create(k, &set), 0);
	return set;
}

static inline int64_t soon(void)
{
	return portico_deadline(10000000000);
}

static inline int put(portico_port port, const char *text, int64_t type)
{
	return portico_send(k, port, text, strlen(text), type, PORTICO_NOW);
}

/* What comes is this text, and was sent to that port. */
static inline void get_wanted(portico_port from, const struct portico_filter *filter, const char *text,
			      portico_port member)
{
	struct portico_envelope envelope;
	char buffer[65];
	ssize_t got = portico_receive(k, from, buffer, 64, filter, &envelope, soon());
	CHECK_EQUAL(got, strlen(text));
	buffer[got] = '\0';
	CHECK_EQUAL(strcmp(buffer, text), 0);
	CHECK_EQUAL(envelope.port.id, member.id);
	CHECK(pk_port_valid(k, from.id));
	CHECK(pk_port_valid(k, member.id));
}

static inline void get(portico_port from, const char *text, portico_port member)
{
	get_wanted(from, NULL, text, member);
}

static inline void get_none(portico_port from)
{
	char buffer[64];
	CHECK_EQUAL(portico_receive(k, from, buffer, sizeof buffer, NULL, NULL, PORTICO_NOW), -EAGAIN);
}

static inline struct portico_status status_of(portico_port port)
{
	struct portico_status status;
	CHECK_EQUAL(portico_mailbox_status(k, port, &status), 0);
	return status;
}

static inline void await_senders(portico_port port, uint32_t senders)
{
	for (int i = 0; i < 2500 && status_of(port).senders != senders; i++)
		sleep_ms(2);
	CHECK_EQUAL(status_of(port).senders, senders);
}

static inline void await_receivers(portico_port port, uint32_t receivers)
{
	for (int i = 0; i < 2500 && status_of(port).receivers != receivers; i++)
		sleep_ms(2);
	CHECK_EQUAL(status_of(port).receivers, receivers);
}

/* An error that says that a port is no more. */
static inline bool is_gone(ssize_t error)
{
	return error == -EIDRM || error == -EINVAL;
}

/* A child that sends and waits until it could. */
static inline pid_t sender(portico_port port, const char *text)
{
	return CHILD(CHECK_EQUAL(portico_send(k, port, text, strlen(text), 1, soon()), 0));
}

#endif
