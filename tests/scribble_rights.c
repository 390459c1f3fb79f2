/* SPDX-License-Identifier: MIT */
/* What a bystander of scribble.c does with rights, messages of parts, and memory. */
#include "scribble.h"
#include "right.h"
#include "run.h"

#include <portico/message.h>

#define HELD 16
#define BYTES 3000

static struct portico *k;
static struct dice *dice;

static int64_t shortly(void)
{
	return portico_deadline((int64_t)below(dice, 2000000));
}

/* One of this task's; or what is none. */
static portico_port some_right(void)
{
	portico_port rights[HELD];
	int many = portico_right_list(k, rights, HELD);
	portico_port none = { roll(dice) };
	return many > 0 ? rights[below(dice, many < HELD ? (uint32_t)many : HELD)] : none;
}

/* They would be as many as there is room for. */
static void drop_some(void)
{
	portico_port rights[HELD];
	int many = portico_right_list(k, rights, HELD);
	for (int i = 0; many > HELD && i < HELD; i++)
		portico_right_drop(k, rights[i]);
}

static int make_port(void)
{
	struct portico_limits limits = { below(dice, 8), BYTES, 1 << 16 };
	portico_port port, right, notify;
	int error = portico_port_create(k, &limits, &port);
	if (error)
		return error;
	portico_right_make(k, port, (enum portico_right_kind)below(dice, 4), &right);
	portico_notify_port(k, &notify);
	portico_notify(k, below(dice, 2) ? port : right, (enum portico_event)below(dice, 4), notify, 1);
	return 0;
}

static int count(void)
{
	struct portico_right_status status;
	portico_right_inspect(k, some_right(), &status);
	portico_right_keep(k, some_right(), 1 + below(dice, 5));
	return portico_right_drop(k, some_right());
}

static int send(portico_port to)
{
	struct portico_part parts[3] = {
		{ .kind = PORTICO_PART_RIGHT,
		  .how = (enum portico_disposition)below(dice, 4),
		  .right = some_right() },
		{ .kind = PORTICO_PART_DATA, .data = parts, .bytes = below(dice, sizeof parts) },
		{ .kind = PORTICO_PART_MEMORY },
	};
	struct portico_message message = { .parts = parts, .count = 2 };
	if (below(dice, 2) == 0 && portico_memory_allocate(k, 1 + below(dice, BYTES), &parts[2].memory) == 0)
		message.count = 3;
	if (below(dice, 2) == 0)
		message.reply = some_right();
	int error = portico_message_send(k, to, &message, shortly());
	if (error && message.count == 3)
		portico_memory_free(k, &parts[2].memory);
	return error;
}

static int receive(portico_port from)
{
	char data[BYTES];
	struct portico_part parts[8];
	struct portico_message message = {
		.parts = parts, .count = 8, .buffer = data, .size_bytes = sizeof data
	};
	int error = portico_message_receive(k, from, NULL, &message, shortly());
	for (unsigned i = 0; error >= 0 && i < message.count; i++)
		if (parts[i].kind == PORTICO_PART_MEMORY && parts[i].memory.address)
			portico_memory_free(k, &parts[i].memory);
	return error < 0 ? error : 0;
}

static int call(void)
{
	char data[BYTES];
	struct portico_part part = { .kind = PORTICO_PART_DATA, .data = data, .bytes = 9 }, got[8];
	struct portico_message request = { .parts = &part, .count = 1 };
	struct portico_message answer = {
		.parts = got, .count = 8, .buffer = data, .size_bytes = sizeof data
	};
	memset(data, 0, 9);
	int error = portico_call(k, some_right(), &request, &answer, shortly());
	return error < 0 ? error : 0;
}

static int be_notified(void)
{
	struct portico_notification told;
	portico_port notify;
	int error = portico_notify_port(k, &notify);
	return error ? error : portico_notified(k, notify, &told, PORTICO_NOW);
}

int use_rights(struct portico *of, struct dice *rolled, pk_id mailbox)
{
	portico_port box = { mailbox };
	k = of;
	dice = rolled;
	drop_some();
	switch (below(dice, 8)) {
	case 0:
		return make_port();
	case 1:
		return count();
	case 2:
		return send(box);
	case 3:
		return send(some_right());
	case 4:
		return receive(box);
	case 5:
		return receive(some_right());
	case 6:
		return call();
	default:
		return pk_rights_valid(k) && pk_run_valid(k) ? be_notified() : -EIO;
	}
}
