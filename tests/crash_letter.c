/* SPDX-License-Identifier: MIT */
/*
 * kill -9 at every commit point of what is done with messages that carry rights
 * and memory (crash.h): composed, sent, received, lost; of calls; and of memory.
 * Wherever they were lost on the way, that is told once.
 */
#include "crash_rights.h"

/* A parcel: each kind of right to one of our ports, and who of us is told when it is gone. */
static portico_port to_one, to_many, to_once, left, box;
static portico_port one, many, once, whole, mine;

enum { FOR_ONE = 1, FOR_MANY = 10, FOR_LEFT = 100, LONG = 10000 };

static void make_parcel(void)
{
	open_stage();
	to_one = make_port(4);
	to_many = make_port(4);
	to_once = make_port(4);
	whole = make_port(4);
	box = make_port(4);
	left = make_right(whole, PORTICO_SEND);
	ask(to_one, PORTICO_NO_SENDERS, FOR_ONE);
	ask(to_many, PORTICO_NO_SENDERS, FOR_MANY);
	ask(left, PORTICO_DEAD_NAME, FOR_LEFT);
}

/* Its rights were all given up, by us or with whoever had them. */
static void verify_parcel_gone(void)
{
	struct tally told = tally_at(notify), lost = tally_at(to_once);
	CHECK_EQUAL(told.no_senders, 2);
	CHECK_EQUAL(told.dead_names, 1);
	CHECK_EQUAL(told.messages + told.lost + told.destroyed, 0);
	CHECK_EQUAL(told.cookies, FOR_ONE + FOR_MANY + FOR_LEFT);
	CHECK_TOLD(lost, lost, 1);
	CHECK_EQUAL(status_of(to_many).senders, 0);
}

/* ---- sent by the victim */

static void hand_over_parcel(void)
{
	make_parcel();
	give(meeting, to_one, PORTICO_MAKE_SEND);
	give(meeting, to_many, PORTICO_MAKE_SEND);
	give(meeting, to_once, PORTICO_MAKE_SEND_ONCE);
	give(meeting, whole, PORTICO_MOVE);
	give(meeting, box, PORTICO_MAKE_SEND);
}

static struct portico_memory memory;

static void take_parcel(void)
{
	one = take(meeting);
	many = take(meeting);
	once = take(meeting);
	whole = take(meeting);
	box = take(meeting);
	mine = make_port(4);
	CHECK_EQUAL(portico_right_keep(k, many, 2), 0);
	CHECK_EQUAL(portico_memory_allocate(k, LONG, &memory), 0);
}

static int send_parcel(portico_port to, int64_t deadline)
{
	static char text[LONG];
	struct portico_part parts[] = {
		{ .kind = PORTICO_PART_DATA, .data = text, .bytes = 10 },
		{ .kind = PORTICO_PART_RIGHT, .how = PORTICO_MOVE, .right = one },
		{ .kind = PORTICO_PART_RIGHT, .how = PORTICO_COPY, .right = many },
		{ .kind = PORTICO_PART_RIGHT, .how = PORTICO_MOVE, .right = many },
		{ .kind = PORTICO_PART_RIGHT, .how = PORTICO_MOVE, .right = once },
		{ .kind = PORTICO_PART_RIGHT, .how = PORTICO_MOVE, .right = whole },
		{ .kind = PORTICO_PART_RIGHT, .how = PORTICO_MAKE_SEND, .right = mine },
		{ .kind = PORTICO_PART_RIGHT, .how = PORTICO_MAKE_SEND_ONCE, .right = mine },
		{ .kind = PORTICO_PART_MEMORY, .how = PORTICO_MOVE, .memory = memory },
		{ .kind = PORTICO_PART_MEMORY, .how = PORTICO_COPY, .data = text, .bytes = LONG },
	};
	struct portico_message message = { .reply = mine, .parts = parts, .count = 10 };
	return portico_message_send(k, to, &message, deadline);
}

static void send_all(void)
{
	spared(take_parcel);
	CHECK_EQUAL(send_parcel(box, PORTICO_NOW), 0);
}
static void verify_sent_or_not(void)
{
	struct tally sent = tally_at(box);
	CHECK(sent.messages <= 1);
	CHECK_TOLD(sent, messages, sent.messages);
	CHECK_EQUAL(sent.lost, 0);
	verify_parcel_gone();
}

/* Nobody receives it: what is the victim's again it has until its end. */
static void hand_over_for_nobody(void)
{
	hand_over_parcel();
	struct portico_limits none = { .bytes = 4096 };
	CHECK_EQUAL(portico_mailbox_destroy(k, aside), 0);
	CHECK_EQUAL(portico_mailbox_create(k, NULL, &none, 0600, &aside), 0);
}
static void send_in_vain(void)
{
	spared(take_parcel);
	CHECK_EQUAL(send_parcel(aside, portico_deadline(1)), -ETIMEDOUT);
	CHECK_EQUAL(status_of(many).references, 3);
	CHECK_EQUAL(status_of(one).references, 1);
	CHECK_EQUAL(status_of(whole).kind, PORTICO_RECEIVE);
	CHECK_EQUAL(status_of(mine).senders, 0);
}

/* ---- received by the victim */

static void fill_parcel(void)
{
	make_parcel();
	one = make_right(to_one, PORTICO_SEND);
	many = make_right(to_many, PORTICO_SEND);
	once = make_right(to_once, PORTICO_SEND_ONCE);
	mine = make_port(4);
	CHECK_EQUAL(portico_memory_allocate(k, LONG, &memory), 0);
}
static void post_parcel(void)
{
	fill_parcel();
	CHECK_EQUAL(send_parcel(meeting, PORTICO_NOW), 0);
}

static void receive_all(void)
{
	struct portico_part parts[10];
	char text[10];
	struct portico_message message = {
		.parts = parts, .count = 10, .buffer = text, .size_bytes = sizeof text
	};
	CHECK_EQUAL(portico_message_receive(k, meeting, NULL, &message, PORTICO_NOW), 10);
	CHECK(message.reply.id != 0);
	for (int i = 0; i < 10; i++) {
		CHECK(parts[i].kind != PORTICO_PART_RIGHT || parts[i].right.id != 0);
		CHECK(parts[i].kind != PORTICO_PART_MEMORY || parts[i].memory.bytes == LONG);
	}
}
static void verify_received_or_not(void)
{
	struct tally there = tally_at(meeting);
	CHECK(there.messages <= 1);
	verify_parcel_gone();
}

/* The mailbox where it waits, destroyed. */
static void destroy_mailbox(void)
{
	CHECK_EQUAL(portico_mailbox_destroy(k, meeting), 0);
}
static void verify_lost_or_not(void)
{
	portico_mailbox_destroy(k, meeting); /* if it is still there */
	CHECK_EQUAL(portico_mailbox_create(k, NULL, NULL, 0600, &meeting), 0);
	verify_parcel_gone();
}

/* A port of the victim's where it waits. */
static void post_to_victim(void)
{
	portico_port port, way;
	fill_parcel();
	port = make_port(4);
	way = make_right(port, PORTICO_SEND);
	CHECK_EQUAL(send_parcel(way, PORTICO_NOW), 0);
	give(meeting, port, PORTICO_MOVE);
}
static void take_port(void)
{
	mine = take(meeting);
}
static void drop_port(void)
{
	spared(take_port);
	CHECK_EQUAL(portico_right_drop(k, mine), 0);
}

/* ---- calls */

/* The answer's letter, or a negative errno. */
static int call(portico_port to)
{
	char letter = 'q';
	struct portico_part part = { .kind = PORTICO_PART_DATA, .data = &letter, .bytes = 1 }, got;
	struct portico_message request = { .parts = &part, .count = 1 };
	struct portico_message answer = { .parts = &got, .count = 1, .buffer = &letter, .size_bytes = 1 };
	int result = portico_call(k, to, &request, &answer, soon());
	return result < 0 ? result : letter;
}

/* Serve one call.  False: it was no call, but the end. */
static bool serve(portico_port port)
{
	char letter = 0, answered = 'a';
	struct portico_part part, answer = { .kind = PORTICO_PART_DATA, .data = &answered, .bytes = 1 };
	struct portico_message request = { .parts = &part, .count = 1, .buffer = &letter, .size_bytes = 1 };
	struct portico_message reply = { .parts = &answer, .count = 1 };
	CHECK_EQUAL(portico_message_receive(k, port, NULL, &request, soon()), 1);
	if (letter == 'q') {
		int error = portico_message_send(k, request.reply, &reply, PORTICO_NOW);
		if (error != -EIDRM) /* the asker is gone */
			CHECK_EQUAL(error, 0);
	}
	return letter == 'q';
}

/* The victim serves; a bystander asks. */
static void prepare_client(void)
{
	open_stage();
	portico_port port = make_port(4);
	give(aside, port, PORTICO_MAKE_SEND);
	give(meeting, port, PORTICO_MOVE);
	*bystander_result = 0;
	bystander = CHILD(*bystander_result = call(take(aside)));
}
static void serve_one(void)
{
	spared(take_port);
	CHECK(serve(mine));
}
static void verify_answered_or_reset(void)
{
	join_child(bystander);
	if (*bystander_result != 'a' && *bystander_result != -EIDRM)
		CHECK_EQUAL(*bystander_result, -ECONNRESET);
	CHECK(*died_at || *bystander_result == 'a');
}

/* The victim asks; a bystander serves, until it is told to end. */
static void serve_all(void)
{
	portico_port port = take(aside);
	while (serve(port))
		continue;
}
static void prepare_server(void)
{
	open_stage();
	portico_port port = make_port(4);
	one = make_right(port, PORTICO_SEND);
	give(meeting, port, PORTICO_MAKE_SEND);
	give(aside, port, PORTICO_MOVE);
	bystander = CHILD(serve_all());
}
static void ask_twice(void)
{
	spared(take_port);
	CHECK_EQUAL(call(mine), 'a');
	CHECK_EQUAL(call(mine), 'a');
}
static void verify_serves_on(void)
{
	CHECK_EQUAL(call(one), 'a');
	CHECK_EQUAL(put(one, 'x'), 0);
	join_child(bystander);
}

/* ---- memory */

static void prepare_nothing(void)
{
	open_stage();
}
static void allocate_and_free(void)
{
	struct portico_memory second;
	CHECK_EQUAL(portico_memory_allocate(k, LONG, &memory), 0);
	CHECK_EQUAL(portico_memory_allocate(k, PK_PAGE, &second), 0);
	CHECK_EQUAL(portico_memory_free(k, &memory), 0);
	CHECK_EQUAL(portico_memory_allocate(k, 3 * LONG, &memory), 0);
}
static void verify_nothing_there(void)
{
	struct tally there = tally_at(meeting);
	CHECK_EQUAL(there.messages, 0);
}

static const struct scenario scenarios[] = {
	{ "send", hand_over_parcel, send_all, NULL, verify_sent_or_not },
	{ "send-in-vain", hand_over_for_nobody, send_in_vain, NULL, verify_parcel_gone },
	{ "receive", post_parcel, receive_all, NULL, verify_received_or_not },
	{ "destroy-mailbox", post_parcel, destroy_mailbox, NULL, verify_lost_or_not },
	{ "drop-port", post_to_victim, drop_port, NULL, verify_parcel_gone },
	{ "serve", prepare_client, serve_one, NULL, verify_answered_or_reset },
	{ "call", prepare_server, ask_twice, NULL, verify_serves_on },
	{ "memory", prepare_nothing, allocate_and_free, NULL, verify_nothing_there },
	{ 0 },
};

int main(int argc, char **argv)
{
	static const struct stage stage = { scenarios, sweep, rights_are_valid, close_stage };
	return run_stage(&stage, argc, argv);
}
