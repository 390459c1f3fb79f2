/* SPDX-License-Identifier: MIT */
/* For scenarios about ports: messages of one letter, sent and received. */
#ifndef CRASH_LETTERS_H
#define CRASH_LETTERS_H

#include "crash.h"
#include "port.h"

static inline uint32_t message_of(char letter)
{
	uint32_t message;
	CHECK_EQUAL(pk_enter(k), 0);
	CHECK_EQUAL(pk_message_make_from(k, &letter, 1, letter, &message), 0);
	return message;
}

/* The letter, or a negative errno. */
static inline int letter_of(uint32_t message, int error)
{
	uint32_t length;
	if (error)
		return error;
	int letter = *(char *)pk_message_data(k, message, &length);
	pk_message_release(k, message);
	return letter;
}

static inline int put_until(pk_id port, char letter, int64_t until_ns)
{
	uint32_t message = message_of(letter);
	int error = until_ns ? pk_port_send_until(k, port, message, until_ns)
			     : pk_port_send(k, port, message, NULL, NULL);
	if (error)
		pk_message_release(k, message);
	return error;
}

/* The letter received, or a negative errno. */
static inline int get_until(pk_id port, int64_t until_ns)
{
	struct pk_want any = PK_WANT_ANY;
	uint32_t message = 0;
	int error = until_ns ? pk_port_receive_until(k, port, &any, until_ns, &message)
			     : pk_port_receive(k, port, &any, NULL, &message, NULL);
	return letter_of(message, error);
}

#endif
