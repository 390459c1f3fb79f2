/* SPDX-License-Identifier: MIT */
/* For test programs of guarded ports: rights made, given, taken, and what is told of them. */
#ifndef RIGHTS_H
#define RIGHTS_H

#include "check.h"

#include <portico/message.h>
#include <portico/task.h>
#include <stdint.h>

static portico *instance;

#define NEVER PORTICO_FOREVER

/* A deadline that only who hangs reaches. */
static inline int64_t soon(void)
{
	return portico_deadline(INT64_C(20000000000));
}

static inline void begin(void)
{
	CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &instance), 0);
}

static inline portico_port make_port(uint32_t slots)
{
	struct portico_limits limits = { .slots = slots, .bytes = 4096, .capacity = 1 << 20 };
	portico_port receive;
	CHECK_EQUAL(portico_port_create(instance, &limits, &receive), 0);
	return receive;
}

static inline portico_port make_right(portico_port receive, enum portico_right_kind kind)
{
	portico_port right;
	CHECK_EQUAL(portico_right_make(instance, receive, kind, &right), 0);
	return right;
}

static inline struct portico_right_status status_of(portico_port right)
{
	struct portico_right_status status;
	CHECK_EQUAL(portico_right_inspect(instance, right, &status), 0);
	return status;
}

/* By name, for tasks to meet at. */
static inline portico_port make_mailbox(const char *name)
{
	portico_port port;
	CHECK_EQUAL(portico_mailbox_create(instance, name, NULL, 0600, &port), 0);
	return port;
}

static inline int put(portico_port port, int number)
{
	return portico_send(instance, port, &number, sizeof number, 1, PORTICO_NOW);
}

/* The number that comes next; or the error. */
static inline int get(portico_port port)
{
	int number;
	ssize_t result = portico_receive(instance, port, &number, sizeof number, NULL, NULL, soon());
	return result == sizeof number ? number : (int)result;
}

static inline int get_now(portico_port port)
{
	int number;
	ssize_t result = portico_receive(instance, port, &number, sizeof number, NULL, NULL, PORTICO_NOW);
	return result == sizeof number ? number : (int)result;
}

static inline int give(portico_port to, portico_port right, enum portico_disposition how)
{
	struct portico_part part = { .kind = PORTICO_PART_RIGHT, .how = how, .right = right };
	struct portico_message message = { .type = 5, .parts = &part, .count = 1 };
	return portico_message_send(instance, to, &message, PORTICO_NOW);
}

static inline portico_port take(portico_port from)
{
	struct portico_part part = { 0 };
	struct portico_message message = { .parts = &part, .count = 1 };
	CHECK_EQUAL(portico_message_receive(instance, from, NULL, &message, soon()), 1);
	CHECK_EQUAL(part.kind, PORTICO_PART_RIGHT);
	CHECK_EQUAL(message.type, 5);
	return part.right;
}

static inline struct portico_notification told(portico_port at)
{
	struct portico_notification notification;
	CHECK_EQUAL(portico_notified(instance, at, &notification, soon()), 0);
	return notification;
}

static inline void not_told(portico_port at)
{
	struct portico_notification notification;
	CHECK_EQUAL(portico_notified(instance, at, &notification, PORTICO_NOW), -EAGAIN);
}

static inline portico_port notify_port(void)
{
	portico_port port;
	CHECK_EQUAL(portico_notify_port(instance, &port), 0);
	return port;
}

/* A child that does that and ends; its status must be 0, or a SIGKILL of its own making. */
static inline pid_t start(void (*action)(void))
{
	pid_t child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		action();
		_exit(0);
	}
	return child;
}

static inline void finish(pid_t child)
{
	int status;
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
}

static portico_port meeting, other_meeting;

#endif
