/* SPDX-License-Identifier: MIT */
/* What scenarios about rights share.  crash_rights.h says what for. */
#include "crash_rights.h"

portico_port meeting, aside, notify;

/* ---- small words for what scenarios do */

portico_port make_port(uint32_t slots)
{
	struct portico_limits limits = { .slots = slots, .bytes = 4096, .capacity = 1 << 20 };
	portico_port receive;
	CHECK_EQUAL(portico_port_create(k, &limits, &receive), 0);
	return receive;
}

portico_port make_right(portico_port receive, enum portico_right_kind kind)
{
	portico_port right;
	CHECK_EQUAL(portico_right_make(k, receive, kind, &right), 0);
	return right;
}

void ask(portico_port right, enum portico_event event, uint64_t cookie)
{
	CHECK_EQUAL(portico_notify(k, right, event, notify, cookie), 0);
}

void give(portico_port to, portico_port right, enum portico_disposition how)
{
	struct portico_part part = { .kind = PORTICO_PART_RIGHT, .how = how, .right = right };
	struct portico_message message = { .parts = &part, .count = 1 };
	CHECK_EQUAL(portico_message_send(k, to, &message, PORTICO_NOW), 0);
}

portico_port take(portico_port from)
{
	struct portico_part part = { 0 };
	struct portico_message message = { .parts = &part, .count = 1 };
	CHECK_EQUAL(portico_message_receive(k, from, NULL, &message, soon()), 1);
	CHECK_EQUAL(part.kind, PORTICO_PART_RIGHT);
	return part.right;
}

int put(portico_port to, char letter)
{
	return portico_send(k, to, &letter, 1, letter, PORTICO_NOW);
}

int get(portico_port from, int64_t deadline)
{
	char letter;
	ssize_t result = portico_receive(k, from, &letter, 1, NULL, NULL, deadline);
	return result == 1 ? letter : (int)result;
}

struct portico_right_status status_of(portico_port right)
{
	struct portico_right_status status;
	CHECK_EQUAL(portico_right_inspect(k, right, &status), 0);
	return status;
}

/* ---- what came of it */

static void receive_one(portico_port port)
{
	char data[256];
	struct portico_part parts[16];
	struct portico_message message = {
		.parts = parts, .count = 16, .buffer = data, .size_bytes = sizeof data
	};
	CHECK(portico_message_receive(k, port, NULL, &message, PORTICO_NOW) >= 0);
	for (unsigned i = 0; i < message.count; i++)
		if (parts[i].kind == PORTICO_PART_RIGHT)
			CHECK_EQUAL(portico_right_drop(k, parts[i].right), 0);
		else if (parts[i].kind == PORTICO_PART_MEMORY)
			CHECK_EQUAL(portico_memory_free(k, &parts[i].memory), 0);
	if (message.reply.id != 0)
		CHECK_EQUAL(portico_right_drop(k, message.reply), 0);
}

static void count(struct tally *tally, const struct portico_notification *notification)
{
	tally->cookies += notification->cookie;
	tally->dead_names += notification->event == PORTICO_DEAD_NAME;
	tally->no_senders += notification->event == PORTICO_NO_SENDERS;
	tally->lost += notification->event == PORTICO_SEND_ONCE_LOST;
	if (notification->event == PORTICO_PORT_DESTROYED) {
		tally->destroyed++;
		tally->inherited = notification->receive;
		CHECK(notification->receive.id != 0);
	}
}

struct tally tally_at(portico_port port)
{
	struct tally tally = { 0 };
	struct portico_notification notification;
	int error;
	while ((error = portico_notified(k, port, &notification, PORTICO_NOW)) != -EAGAIN) {
		if (error == 0) {
			count(&tally, &notification);
			continue;
		}
		CHECK_EQUAL(error, -EBADMSG);
		receive_one(port);
		tally.messages++;
	}
	return tally;
}

bool rights_are_valid(void)
{
	return pk_rights_valid(k) && pk_run_valid(k);
}

/* ---- the stage */

void open_stage(void)
{
	CHECK_EQUAL(portico_mailbox_create(k, NULL, NULL, 0600, &meeting), 0);
	CHECK_EQUAL(portico_mailbox_create(k, NULL, NULL, 0600, &aside), 0);
	CHECK_EQUAL(portico_notify_port(k, &notify), 0);
}

void close_stage(void)
{
	portico_port rights[64];
	int many = portico_right_list(k, rights, 64);
	for (int i = 0; i < many; i++)
		while (portico_right_drop(k, rights[i]) == 0)
			continue;
	CHECK_EQUAL(portico_mailbox_destroy(k, meeting), 0);
	CHECK_EQUAL(portico_mailbox_destroy(k, aside), 0);
	CHECK_EQUAL(pk_port_destroy(k, notify.id), 0);
	sweep();
}
