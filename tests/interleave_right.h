/* SPDX-License-Identifier: MIT */
/* Scripts about rights: a guarded port, who holds what to it, and what they are told. */
#ifndef INTERLEAVE_RIGHT_H
#define INTERLEAVE_RIGHT_H

#include "part.h"
#include "port.h"
#include "right.h"
#include "task.h"

#include "interleave.h"

#include <portico/message.h>
#include <portico/rights.h>

/* What is heard: letters that were sent, and of each notification this. */
#define DEAD_NAME '1'
#define NO_SENDERS '2'
#define BACKUP '3'
#define LOST '4'

static pk_id receive_right; /* the last that was made */
static pk_id right;	    /* the last that was made or taken */
static pk_id post;	    /* a mailbox, for rights that go from one to another */

static inline void make_post(void)
{
	struct pk_port_limits limits = { 8, 1024, 1 << 20 };
	CHECK_EQUAL(pk_port_create(k, PK_MAILBOX, &limits, 0600, PK_NAME_MAILBOX, NULL, 0, &post), 0);
}

/* ---- deeds */

static inline int64_t makes_port(struct portico *kernel, int64_t slots)
{
	struct pk_port_limits limits = { (uint32_t)slots, 1024, 1 << 20 };
	return pk_right_create_port(kernel, &limits, &receive_right);
}
static inline int64_t makes_send(struct portico *kernel, int64_t from)
{
	return pk_right_make(kernel, (pk_id)from, PK_RIGHT_SEND, &right);
}
static inline int64_t makes_once(struct portico *kernel, int64_t from)
{
	return pk_right_make(kernel, (pk_id)from, PK_RIGHT_SEND_ONCE, &right);
}
static inline int64_t drops(struct portico *kernel, int64_t name)
{
	return pk_right_drop(kernel, (pk_id)name);
}
static inline int64_t sends_by(struct portico *kernel, int64_t name)
{
	return portico_send(kernel, (portico_port){ (pk_id)name }, "a", 1, 1, PORTICO_NOW);
}

/* Into a message, and out of it. */
static inline int64_t puts_into(struct portico *kernel, pk_id to, int64_t name)
{
	struct portico_part part = { .kind = PORTICO_PART_RIGHT, .right = { (pk_id)name } };
	struct portico_message message = { .type = 5, .parts = &part, .count = 1 };
	return portico_message_send(kernel, (portico_port){ to }, &message, PORTICO_NOW);
}
static inline int64_t posts_right(struct portico *kernel, int64_t name)
{
	return puts_into(kernel, post, name);
}
static inline int64_t takes_right(struct portico *kernel, int64_t with)
{
	struct portico_part part = { 0 };
	struct portico_message message = { .parts = &part, .count = 1 };
	(void)with;
	int count = portico_message_receive(kernel, (portico_port){ post }, NULL, &message, PORTICO_NOW);
	right = part.right.id;
	return count == 1 ? 0 : count;
}

/* At the task's own notify port. */
static inline int64_t asks(struct portico *kernel, pk_id name, enum pk_event event)
{
	pk_id to;
	int error = pk_notify_port(kernel, &to);
	return error ? error : pk_notify(kernel, name, event, to, 7);
}
static inline int64_t asks_no_senders(struct portico *kernel, int64_t name)
{
	return asks(kernel, (pk_id)name, PK_NO_SENDERS);
}
static inline int64_t asks_dead_name(struct portico *kernel, int64_t name)
{
	return asks(kernel, (pk_id)name, PK_DEAD_NAME);
}

static inline char heard(struct portico *kernel, uint32_t message)
{
	uint32_t length, count;
	const struct pk_message *m = pk_message_at(kernel, message);
	const char *data = pk_message_data(kernel, message, &length);
	pk_parts_of(kernel, message, &count);
	if (m->type != PK_NOTIFICATION_TYPE)
		return *data;
	CHECK_EQUAL(m->sender, 0);
	return (char)('0' + ((const struct pk_notification *)(data + count * sizeof(struct pk_part)))->event);
}

/* All that is queued at that port: the letters, the first lowest. */
static inline int64_t hears_at(struct portico *kernel, pk_id at)
{
	struct pk_want any = PK_WANT_ANY;
	int64_t letters = 0;
	uint32_t message;
	for (int i = 0; pk_port_receive(kernel, at, &any, NULL, &message, NULL) == 0; i++) {
		CHECK(i < 7);
		letters |= (int64_t)heard(kernel, message) << 8 * i;
		pk_message_release(kernel, message);
		pk_parts_bury(kernel);
	}
	return letters;
}
static inline int64_t hears(struct portico *kernel, int64_t name)
{
	pk_id at;
	CHECK_EQUAL(pk_name_to_port(kernel, (pk_id)name, PK_TO_RECEIVE, &at), 0);
	return hears_at(kernel, at);
}
static inline int64_t is_told(struct portico *kernel, int64_t with)
{
	pk_id at;
	(void)with;
	CHECK_EQUAL(pk_notify_port(kernel, &at), 0);
	return hears_at(kernel, at);
}

/* Its references; of a receive right, how many there are to send. */
static inline int64_t counts_references(struct portico *kernel, int64_t name)
{
	struct pk_right_status status;
	int error = pk_right_inspect(kernel, (pk_id)name, &status);
	if (error)
		return error;
	return status.kind == PK_RIGHT_RECEIVE ? status.senders : status.references;
}

/* ---- what the script does */

/* That right goes from one to the other, which then calls it so. */
static inline pk_id hand_over(struct actor *from, pk_id name, struct actor *to)
{
	does(from, posts_right, (int64_t)name, 0);
	does(to, takes_right, 0, 0);
	return right;
}

/* A send right to the last port made, for another than its maker. */
static inline pk_id hand_send(struct actor *maker, struct actor *to)
{
	does(maker, makes_send, (int64_t)receive_right, 0);
	return hand_over(maker, right, to);
}

static inline void reap_the_dead(void)
{
	pk_task_sweep(k, true);
}

/* So many of a table's slots are in use as rights, requests, or are being given up. */
static inline int rights_in_use(void)
{
	int used = 0;
	for (uint32_t slot = 1; slot < pk_committed(k, PK_RIGHTS); slot++)
		used += pk_word_kind(pk_load(&pk_right_at(k, slot)->head.word)) != PK_FREE;
	return used;
}

#endif
