/* SPDX-License-Identifier: MIT */
/*
 * What tasks of torture.c do with rights and memory: they pass them on through
 * a mailbox, use them, give them up, and die with them.  The master made them
 * and has what they lead to, so in the end it can say where each went:
 *
 *   a send-once right   its port got one message, or word that it was lost
 *   send rights         when there were none any more, that was said once
 *   a receive right     when it was gone, its dead name was told once
 *   memory              its pages are free again
 */
#include "right.h"
#include "run.h"
#include "torture_ledger.h"

#include <portico/message.h>

#define PORTS 6	 /* of each kind */
#define MINTED 4 /* send-once rights to each port, at first */
#define HELD 24	 /* rights a task looks at */
#define MEMORY 5000
#define CARRIED 3 /* parts in a message, at most */

/* ---- a task */

static struct dice *dice;

static int64_t shortly(void)
{
	return portico_deadline((int64_t)below(dice, 2000000));
}

static bool is_one_of(int error, int a, int b, int c)
{
	return error == 0 || error == a || error == b || error == c;
}

static void expect(const char *what, bool holds, int error)
{
	if (!holds)
		broken("%s: %d", what, error);
}

static portico_port some_right(enum portico_right_kind *kind)
{
	portico_port rights[HELD];
	struct portico_right_status status;
	int many = portico_right_list(k, rights, HELD);
	if (many <= 0)
		return (portico_port){ 0 };
	portico_port right = rights[below(dice, many < HELD ? (uint32_t)many : HELD)];
	expect("inspect a right", portico_right_inspect(k, right, &status) == 0, 0);
	*kind = status.kind;
	return right;
}

static unsigned add_memory(struct portico_part *part)
{
	*part = (struct portico_part){ .kind = PORTICO_PART_MEMORY };
	if (below(dice, 3) != 0 || portico_memory_allocate(k, 1 + below(dice, MEMORY), &part->memory) != 0)
		return 0;
	memset(part->memory.address, 7, part->memory.bytes);
	return 1;
}

/* To whoever takes it; a port's limits may refuse it, and then it is ours as before. */
static void pass_on(portico_port right, enum portico_right_kind kind)
{
	struct portico_part parts[CARRIED] = { { .kind = PORTICO_PART_RIGHT, .right = right } };
	struct portico_message message = { .parts = parts, .count = 1 };
	if (kind == PORTICO_SEND && below(dice, 2) == 0)
		parts[0].how = PORTICO_COPY;
	message.count += add_memory(&parts[1]);
	int error = portico_message_send(k, (portico_port){ ledger->purse }, &message, shortly());
	expect("pass a right on", is_one_of(error, -EAGAIN, -ETIMEDOUT, -ENOBUFS), error);
	if (error && message.count > 1)
		expect("free what couldn't be sent", portico_memory_free(k, &parts[1].memory) == 0, 0);
}

static void send_by(portico_port right, bool once)
{
	uint32_t letter = 1;
	if (once)
		pk_add(&ledger->once_intended, 1);
	int error = portico_send(k, right, &letter, sizeof letter, 1, shortly());
	expect("send by a right", is_one_of(error, -EAGAIN, -ETIMEDOUT, -EIDRM), error);
	if (once && error == 0)
		pk_add(&ledger->once_done, 1);
}

static void call(portico_port right)
{
	char text[8] = "ask";
	struct portico_part part = { .kind = PORTICO_PART_DATA, .data = text, .bytes = 4 }, got[CARRIED];
	struct portico_message request = { .parts = &part, .count = 1 };
	struct portico_message answer = { .parts = got, .count = CARRIED, .buffer = text, .size_bytes = 8 };
	int error = portico_call(k, right, &request, &answer, shortly());
	expect("call", error >= 0 || error == -ECONNRESET || is_one_of(error, -EAGAIN, -ETIMEDOUT, -EIDRM),
	       error);
}

/* What came with a message is this task's; it keeps the rights, and looks at the memory. */
static void keep(const struct portico_part *parts, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const struct portico_memory *memory = &parts[i].memory;
		if (parts[i].kind != PORTICO_PART_MEMORY)
			continue;
		const unsigned char *bytes = memory->address;
		expect("memory came as it was", bytes && bytes[0] == 7 && bytes[memory->bytes - 1] == 7, 0);
		if (below(dice, 4) != 0) /* else it goes with the task */
			expect("free memory", portico_memory_free(k, memory) == 0, 0);
	}
}

/* Now and then the right to answer is lost. */
static void answer(portico_port reply)
{
	char text[] = "told";
	struct portico_part part = { .kind = PORTICO_PART_DATA, .data = text, .bytes = 4 };
	struct portico_message message = { .parts = &part, .count = 1 };
	int error = below(dice, 4) == 0 ? -EAGAIN : portico_message_send(k, reply, &message, PORTICO_NOW);
	expect("answer", is_one_of(error, -EIDRM, -EAGAIN, 0), error);
	if (error)
		expect("drop a reply", portico_right_drop(k, reply) == 0, error);
}

static void receive(portico_port from)
{
	char text[64];
	struct portico_part parts[CARRIED];
	struct portico_message message = {
		.parts = parts, .count = CARRIED, .buffer = text, .size_bytes = sizeof text
	};
	int error = portico_message_receive(k, from, NULL, &message, PORTICO_NOW);
	expect("receive", error >= 0 || is_one_of(error, -EAGAIN, -EIDRM, 0), error);
	if (error < 0)
		return;
	keep(parts, message.count);
	if (message.reply.id != 0)
		answer(message.reply);
}

static void use(portico_port right, enum portico_right_kind kind)
{
	switch (kind) {
	case PORTICO_RECEIVE:
		receive(right);
		break;
	case PORTICO_SEND:
		if (below(dice, 2) == 0)
			call(right);
		else
			send_by(right, false);
		break;
	case PORTICO_SEND_ONCE:
		send_by(right, true);
		break;
	case PORTICO_TASK:
		break;
	}
}

static void count_up(portico_port right, enum portico_right_kind kind)
{
	int error = kind == PORTICO_SEND ? portico_right_keep(k, right, 1 + below(dice, 3)) : 0;
	expect("keep a right", error == 0 || error == -EIDRM, error);
}

void handle_rights(struct dice *of)
{
	enum portico_right_kind kind = PORTICO_SEND;
	dice = of;
	receive((portico_port){ ledger->purse });
	portico_port right = some_right(&kind);
	uint32_t how = below(dice, 16);
	if (right.id == 0)
		return;
	if (how < 8)
		pass_on(right, kind);
	else if (how < 12)
		use(right, kind);
	else if (how < 14)
		count_up(right, kind);
	else if (kind != PORTICO_RECEIVE || how == 15)
		expect("drop a right", portico_right_drop(k, right) == 0, 0);
}

/* ---- the master */

static portico_port once_to[PORTS], sent_to[PORTS], left[PORTS], notify;

static void mint(portico_port right, enum portico_disposition how)
{
	struct portico_part part = { .kind = PORTICO_PART_RIGHT, .how = how, .right = right };
	struct portico_message message = { .parts = &part, .count = 1 };
	CHECK_EQUAL(portico_message_send(k, (portico_port){ ledger->purse }, &message, PORTICO_NOW), 0);
}

static portico_port make_port(void)
{
	portico_port port;
	CHECK_EQUAL(portico_port_create(k, NULL, &port), 0);
	return port;
}

void mint_rights(void)
{
	portico_port purse;
	CHECK_EQUAL(portico_mailbox_create(k, NULL, NULL, 0600, &purse), 0);
	CHECK_EQUAL(portico_notify_port(k, &notify), 0);
	ledger->purse = purse.id;
	ledger->once_intended = ledger->once_done = 0;
	for (uint64_t i = 0; i < PORTS; i++) {
		portico_port moved = make_port();
		once_to[i] = make_port();
		sent_to[i] = make_port();
		CHECK_EQUAL(portico_right_make(k, moved, PORTICO_SEND, &left[i]), 0);
		CHECK_EQUAL(portico_notify(k, sent_to[i], PORTICO_NO_SENDERS, notify, 1 << i), 0);
		CHECK_EQUAL(portico_notify(k, left[i], PORTICO_DEAD_NAME, notify, 1 << (8 + i)), 0);
		for (int j = 0; j < MINTED; j++)
			mint(once_to[i], PORTICO_MAKE_SEND_ONCE);
		mint(sent_to[i], PORTICO_MAKE_SEND);
		mint(left[i], PORTICO_COPY);
		mint(moved, PORTICO_MOVE);
	}
}

/* Each of those that were made was used, or is told lost. */
static uint32_t audit_once(uint32_t i)
{
	uint32_t letter, messages = 0, lost = 0;
	struct portico_notification told;
	int error;
	while ((error = portico_notified(k, once_to[i], &told, PORTICO_NOW)) != -EAGAIN) {
		if (error == 0)
			lost += told.event == PORTICO_SEND_ONCE_LOST;
		else if (portico_receive(k, once_to[i], &letter, sizeof letter, NULL, NULL, PORTICO_NOW) ==
			 sizeof letter)
			messages++;
		else
			broken("what came by a send-once right can't be received");
	}
	if (messages + lost != MINTED)
		broken("of %d send-once rights %u were used and %u lost", MINTED, messages, lost);
	return messages;
}

static void audit_notified(void)
{
	struct portico_notification told;
	uint64_t cookies = 0;
	while (portico_notified(k, notify, &told, PORTICO_NOW) == 0) {
		if (told.event == PORTICO_MESSAGE_ACCEPTED || cookies & told.cookie)
			broken("event %u, of %llx, was told twice", told.event,
			       (unsigned long long)told.cookie);
		cookies |= told.cookie;
	}
	uint64_t all = (1 << PORTS) - 1;
	if (cookies != (all | all << 8))
		broken("of the ends of rights only %llx were told", (unsigned long long)cookies);
}

void audit_rights(void)
{
	portico_port rights[256];
	uint32_t used = 0;
	/* what nobody took goes with where it waits */
	CHECK_EQUAL(portico_mailbox_destroy(k, (portico_port){ ledger->purse }), 0);
	if (!pk_rights_valid(k) || !pk_run_valid(k))
		broken("rights, or runs of pages, aren't valid");
	for (uint32_t i = 0; i < PORTS; i++)
		used += audit_once(i);
	if (used < ledger->once_done || used > ledger->once_intended)
		broken("%u messages came by send-once rights, of %u to %u that were sent", used,
		       ledger->once_done, ledger->once_intended);
	audit_notified();
	int many = portico_right_list(k, rights, 256);
	for (int i = 0; i < many && i < 256; i++)
		while (portico_right_drop(k, rights[i]) == 0)
			continue;
}
