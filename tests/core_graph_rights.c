/* SPDX-License-Identifier: MIT */
/* The graph of waits where ports are used by rights: who could end a wait is known for certain. */
#include "waiters.h"

#include <portico/message.h>

static portico_port a_guarded_port(void)
{
	struct portico_limits one = { 1, 64, 64 };
	portico_port receive;
	CHECK_EQUAL(portico_port_create(k, &one, &receive), 0);
	return receive;
}

/* A send right to a port of ours, put into a mailbox. */
static void give_right(pk_id to, portico_port receive)
{
	struct portico_part part = { .kind = PORTICO_PART_RIGHT, .how = PORTICO_MAKE_SEND, .right = receive };
	struct portico_message message = { .type = 1, .parts = &part, .count = 1 };
	CHECK_EQUAL(portico_message_send(k, (portico_port){ to }, &message, PORTICO_FOREVER), 0);
}

static portico_port take_right(pk_id from)
{
	struct portico_part part = { 0 };
	struct portico_message message = { .parts = &part, .count = 1 };
	CHECK_EQUAL(portico_message_receive(k, (portico_port){ from }, NULL, &message, PORTICO_FOREVER), 1);
	return part.right;
}

/* Each has a port of its own, and a right to send to the other's. */
static void case_mutual_send(void)
{
	pk_id meeting[2] = { a_port(4), a_port(4) };
	pid_t children[2];
	for (int i = 0; i < 2; i++)
		children[i] = ACTOR({
			give_right(meeting[1 - i], a_guarded_port());
			portico_port right = take_right(meeting[i]);
			meet(2);
			fill_and_wait(right.id);
		});
	await_cycle(2, true);
	says(children[0], "it alone may receive");
	end_all(children, 2);
}

/* Each waits to hear from the other, the only one who may send. */
static void mutual_receive(bool third_holds_one)
{
	pk_id meeting[2] = { a_port(4), a_port(4) }, third = a_port(4);
	pid_t children[3];
	for (int i = 0; i < 2; i++)
		children[i] = ACTOR({
			portico_port receive = a_guarded_port();
			give_right(meeting[1 - i], receive);
			if (i == 0 && third_holds_one)
				give_right(third, receive);
			take_right(meeting[i]);
			meet(third_holds_one ? 3 : 2);
			get(receive.id);
		});
	if (third_holds_one) {
		children[2] = ACTOR({
			take_right(third);
			meet(3);
			pause();
		});
		await_meeting(3);
		await_waits(children[0], 1);
		await_waits(children[1], 1);
		no_deadlock();
		kill_child(children[2]);
	}
	await_cycle(2, true);
	says(children[0], "it holds a right to send");
	end_all(children, 2);
}

static void case_mutual_receive(void)
{
	mutual_receive(false);
}

/* Whether it is a task's, or in a message that nobody has received. */
static void case_third_right(void)
{
	mutual_receive(true);
}

static void case_right_in_a_message(void)
{
	pk_id meeting = a_port(4);
	pid_t child = ACTOR({
		portico_port receive = a_guarded_port();
		give_right(meeting, receive);
		get(receive.id);
	});
	await_waits(child, 1);
	says(child, "; no task holds a right to send there; a message may carry one");
	kill_child(child);
}

static void case_nobody_has_a_right(void)
{
	pid_t child = ACTOR(get(a_guarded_port().id));
	await_waits(child, 1);
	says(child, "; nobody holds a right to send there");
	no_deadlock(); /* it waits for nobody, and so not in a cycle */
	kill_child(child);
}

static const struct test_case cases[] = {
	{ "mutual-send", case_mutual_send },
	{ "mutual-receive", case_mutual_receive },
	{ "third-right", case_third_right },
	{ "right-in-a-message", case_right_in_a_message },
	{ "nobody-has-a-right", case_nobody_has_a_right },
	{ NULL, NULL },
};

int main(int argc, char **argv)
{
	return run_graph_cases(cases, argc, argv);
}
