/* SPDX-License-Identifier: MIT */
/* Scripts about messages: a port, what actors do with it, and what is left in it. */
#ifndef INTERLEAVE_MAIL_H
#define INTERLEAVE_MAIL_H

#include "interleave.h"
#include "port.h"

/* ---- the points at which actors are stopped */

#define RECEIVED "received" /* ours: it holds the message */
#define BEFORE_SLEEPING "pk_sleep"
#define BEFORE_WAKING "pk_wake"
#define POSTING "wait: filled in, not posted"
#define SETTLED "wait: settled, nobody told"
#define GIVEN_UP "wait: given up, still on its list"
#define GRANTED "transfer: granted, not settled"
#define NUMBERED "transfer: numbered, not queued"
#define QUEUED "transfer: queued, on no list"
#define ADMITTED "transfer: sender's message queued, sender not told"
#define TAKEN "transfer: held, still on the queue"
#define INHERITING "lock: before inheriting"
#define PORT_DYING "port: dying"
#define REAPING "task: dying"

#define FOR_EVER 0

static pk_id port;

static inline void make_port(uint32_t slots)
{
	struct pk_port_limits limits = { slots, 64, 1 << 20 };
	CHECK_EQUAL(pk_port_create(k, PK_MAILBOX, &limits, 0600, PK_NAME_MAILBOX, NULL, 0, &port), 0);
}

/* ---- deeds */

static inline int64_t until(int64_t ms)
{
	return ms == FOR_EVER ? PK_FOREVER : pk_monotonic_ns() + ms * 1000000;
}

/* Where it was destroyed, its slot may be vacant or another's by now. */
static inline int gone(int error)
{
	return error == -EINVAL ? -EIDRM : error;
}

static inline int64_t send_for(struct portico *kernel, int64_t letters, int64_t ms)
{
	char text[8];
	uint32_t message, length = 0;
	for (; letters != 0; letters >>= 8)
		text[length++] = (char)letters;
	CHECK_EQUAL(pk_enter(kernel), 0);
	CHECK_EQUAL(pk_message_make_from(kernel, text, length, 1, &message), 0);
	int error = pk_port_send_until(kernel, port, message, until(ms));
	if (error)
		pk_message_release(kernel, message);
	return gone(error);
}
static inline int64_t sends(struct portico *kernel, int64_t letters)
{
	return send_for(kernel, letters, FOR_EVER);
}
static inline int64_t sends_within_50ms(struct portico *kernel, int64_t letters)
{
	return send_for(kernel, letters, 50);
}

/* The first letter of what it received, or a negative errno. */
static inline int64_t receives(struct portico *kernel, int64_t ms)
{
	struct pk_want any = PK_WANT_ANY;
	uint32_t message, length;
	int error = pk_port_receive_until(kernel, port, &any, until(ms), &message);
	if (error)
		return gone(error);
	char letter = *(char *)pk_message_data(kernel, message, &length);
	interleave_point(RECEIVED);
	pk_message_release(kernel, message);
	return letter;
}

static inline int64_t gives_back(struct portico *kernel, int64_t ms)
{
	struct pk_want any = PK_WANT_ANY;
	uint32_t message;
	CHECK_EQUAL(pk_port_receive_until(kernel, port, &any, until(ms), &message), 0);
	interleave_point(RECEIVED);
	pk_port_give_back(kernel, message);
	return 0;
}

/* Take the port's lock, and see how many messages are queued. */
static inline int64_t looks(struct portico *kernel, int64_t with)
{
	struct pk_port_status status;
	int error = pk_port_inspect(kernel, port, &status);
	(void)with;
	return error ? gone(error) : (int64_t)status.count;
}

static inline int64_t destroys(struct portico *kernel, int64_t with)
{
	(void)with;
	return pk_port_destroy(kernel, port);
}

static inline int64_t sweeps(struct portico *kernel, int64_t with)
{
	(void)with;
	pk_task_sweep(kernel, true);
	return 0;
}

/* ---- what the script does and sees itself */

static inline void reap_the_dead(void)
{
	pk_task_sweep(k, true);
}

static inline void put(char letter)
{
	CHECK_EQUAL(sends(k, letter), 0);
}

/* These are queued, in this order, and nothing else. */
#define HOLDS(should) (interleave_at(__FILE__, __LINE__), check_holds(should))
static inline void check_holds(const char *should)
{
	char letters[32];
	struct pk_want any = PK_WANT_ANY;
	uint32_t message, length, count = 0;
	CHECK(pk_port_valid(k, port));
	while (count < 31 && pk_port_receive(k, port, &any, NULL, &message, NULL) == 0) {
		letters[count++] = *(char *)pk_message_data(k, message, &length);
		pk_message_release(k, message);
	}
	letters[count] = '\0';
	if (strcmp(letters, should) != 0) {
		fprintf(stderr, "the port holds '%s', not '%s'\n", letters, should);
		exit(1);
	}
}

#endif
