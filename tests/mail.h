/* SPDX-License-Identifier: MIT */
/* For tests of <portico/mail.h>: mailboxes of short texts, and waiting until somebody waits. */
#ifndef MAIL_H
#define MAIL_H

#include "check.h"
#include "port.h"

#include <portico/mail.h>

static portico *k;

static inline portico_port mailbox(uint32_t slots)
{
	struct portico_limits limits = { slots, 64, 1 << 20 };
	portico_port port;
	CHECK_EQUAL(portico_mailbox_create(k, NULL, &limits, 0600, &port), 0);
	return port;
}

static inline int put(portico_port port, const char *text, int64_t type)
{
	return portico_send(k, port, text, strlen(text), type, PORTICO_NOW);
}

static inline int put_urgent(portico_port port, const char *text, int64_t type, unsigned priority,
			     int64_t deadline)
{
	struct portico_sending how = { .type = type, .priority = priority };
	return portico_send_with(k, port, text, strlen(text), &how, deadline);
}

/* Receive, and check that it is this text of that priority. */
static inline void get(portico_port port, const struct portico_filter *filter, const char *text,
		       unsigned priority)
{
	struct portico_envelope envelope;
	char buffer[65];
	ssize_t got = portico_receive(k, port, buffer, sizeof buffer - 1, filter, &envelope,
				      portico_deadline(5000000000));
	CHECK_EQUAL(got, strlen(text));
	buffer[got] = '\0';
	CHECK_EQUAL(strcmp(buffer, text), 0);
	CHECK_EQUAL(envelope.priority, priority);
	CHECK(pk_port_valid(k, port.id));
}

static inline void await_senders(portico_port port, uint32_t senders)
{
	struct portico_status status;
	for (int i = 0; i < 2500; i++, sleep_ms(2)) {
		CHECK_EQUAL(portico_mailbox_status(k, port, &status), 0);
		if (status.senders == senders)
			return;
	}
	FAIL("the senders never came");
}

static inline int put_for_receipt(portico_port port, const char *text, struct portico_receipt *receipt,
				  int64_t deadline)
{
	struct portico_sending how = { .type = 1, .wants_receipt = true, .receipt = receipt };
	return portico_send_with(k, port, text, strlen(text), &how, deadline);
}

static inline uint32_t queued_in(portico_port port)
{
	struct portico_status status;
	CHECK_EQUAL(portico_mailbox_status(k, port, &status), 0);
	return status.queued;
}

static inline void await_queued(portico_port port, uint32_t queued)
{
	for (int i = 0; i < 2500; i++, sleep_ms(2))
		if (queued_in(port) == queued)
			return;
	FAIL("the message never came");
}

static inline int try_get(portico_port port)
{
	char text[64];
	return (int)portico_receive(k, port, text, sizeof text, NULL, NULL, PORTICO_NOW);
}

static inline void await_receivers(portico_port port, uint32_t receivers)
{
	struct portico_status status;
	for (int i = 0; i < 2500; i++, sleep_ms(2)) {
		CHECK_EQUAL(portico_mailbox_status(k, port, &status), 0);
		if (status.receivers == receivers)
			return;
	}
	FAIL("the receiver never came");
}

#endif
