/* SPDX-License-Identifier: MIT */
/* Port sets and all else: groups, asynchronous transfers, rights, deaths, misuse, and others who send
 * meanwhile. */
#include "sets.h"
#include "task.h"

#include <portico/message.h>

/* ---- with the other ways to receive */

static void case_group(void)
{
	portico_port set = new_set(), member = mailbox(4), other = mailbox(4), ports[2] = { other, set };
	struct portico_envelope envelope;
	char buffer[64];
	CHECK_EQUAL(portico_set_add(k, set, member), 0);
	pid_t child = CHILD(await_receivers(set, 1); CHECK_EQUAL(put(member, "member", 1), 0));
	CHECK_EQUAL(portico_receive_any(k, ports, 2, buffer, 64, NULL, &envelope, soon()), 6);
	CHECK_EQUAL(envelope.port.id, member.id);
	join_child(child);
	child = CHILD(await_receivers(set, 1); CHECK_EQUAL(put(other, "other", 1), 0));
	CHECK_EQUAL(portico_receive_any(k, ports, 2, buffer, 64, NULL, &envelope, soon()), 5);
	CHECK_EQUAL(envelope.port.id, other.id);
	join_child(child);
	CHECK_EQUAL(status_of(set).receivers, 0);
	CHECK_EQUAL(put(member, "left", 1), 0);
	get(set, "left", member);
}

static void case_async(void)
{
	portico_port set = new_set(), a = mailbox(1), completions;
	struct portico_completion completion;
	struct portico_envelope envelope;
	portico_wait receive, send;
	char buffer[64];
	CHECK_EQUAL(portico_completions_create(k, &completions), 0);
	CHECK_EQUAL(portico_set_add(k, set, a), 0);
	CHECK_EQUAL(portico_post_receive(k, &set, 1, 64, NULL, PORTICO_FOREVER, completions, 1, &receive), 0);
	CHECK_EQUAL(put(a, "one", 1), 0);
	CHECK_EQUAL(portico_complete(k, completions, &completion, soon()), 0);
	CHECK_EQUAL(portico_collect(k, receive, buffer, 64, &envelope), 3);
	CHECK_EQUAL(envelope.port.id, a.id);
	/* a post that has to wait, and one that is served at once */
	CHECK_EQUAL(put(a, "two", 1), 0);
	CHECK_EQUAL(portico_post_send(k, a, "three", 5, 1, PORTICO_FOREVER, completions, 2, &send), 0);
	CHECK_EQUAL(portico_complete(k, completions, &completion, PORTICO_NOW), -EAGAIN);
	CHECK_EQUAL(portico_post_receive(k, &set, 1, 64, NULL, PORTICO_FOREVER, completions, 3, &receive), 0);
	for (int i = 0; i < 2; i++)
		CHECK_EQUAL(portico_complete(k, completions, &completion, soon()), 0);
	CHECK_EQUAL(portico_collect(k, receive, buffer, 64, NULL), 3);
	CHECK_EQUAL(portico_collect(k, send, NULL, 0, NULL), 0);
	get(set, "three", a);
	/* cancelled, it leaves both lines */
	CHECK_EQUAL(put(a, "four", 1), 0);
	CHECK_EQUAL(portico_post_send(k, a, "five", 4, 1, PORTICO_FOREVER, completions, 4, &send), 0);
	CHECK_EQUAL(status_of(set).senders, 1);
	CHECK_EQUAL(portico_cancel(k, send), 0);
	CHECK_EQUAL(status_of(set).senders, 0);
	get(set, "four", a);
	get_none(set);
}

static void case_killed_receiver(void)
{
	portico_port a = mailbox(4), *sets = shared_memory(sizeof *sets);
	CHECK_EQUAL(put(a, "first", 1), 0);
	pid_t child = CHILD({
		uint32_t message;
		struct pk_want any = PK_WANT_ANY;
		*sets = new_set();
		CHECK_EQUAL(portico_set_add(k, *sets, a), 0);
		CHECK_EQUAL(pk_port_receive(k, sets->id, &any, NULL, &message, NULL), 0);
		CHECK_EQUAL(put(a, "second", 1), 0);
		pause(); /* and is killed, with the message in hand */
	});
	while (status_of(a).queued != 1 || status_of(a).last_sender != child)
		sleep_ms(2);
	kill_child(child);
	pk_task_sweep(k, true);
	get(a, "first", a);
	get(a, "second", a);
}

static void case_guarded(void)
{
	struct portico_limits limits = { 4, 64, 1 << 10 };
	portico_port set = new_set(), box = mailbox(4), receive, send, listed;
	struct portico_envelope envelope;
	char buffer[64];
	CHECK_EQUAL(portico_port_create(k, &limits, &receive), 0);
	CHECK_EQUAL(portico_right_make(k, receive, PORTICO_SEND, &send), 0);
	CHECK_EQUAL(put(send, "one", 1), 0);
	CHECK_EQUAL(portico_set_add(k, set, send), -EBADF);
	CHECK_EQUAL(portico_set_add(k, set, receive), 0);
	CHECK_EQUAL(portico_set_list(k, set, &listed, 1), 1);
	CHECK_EQUAL(listed.id, receive.id);
	CHECK_EQUAL(portico_receive(k, receive, buffer, 64, NULL, NULL, PORTICO_NOW), -EBUSY);
	CHECK_EQUAL(put(send, "two", 1), 0);
	for (int i = 0; i < 2; i++) {
		CHECK_EQUAL(portico_receive(k, set, buffer, 64, NULL, &envelope, PORTICO_NOW), 3);
		CHECK_EQUAL(envelope.port.id, receive.id);
	}
	/* a receive right that goes away leaves the set, with what is queued */
	struct portico_part part = { .kind = PORTICO_PART_RIGHT, .right = receive };
	struct portico_message message = { .parts = &part, .count = 1 };
	CHECK_EQUAL(put(send, "three", 1), 0);
	CHECK_EQUAL(portico_message_send(k, box, &message, PORTICO_NOW), 0);
	CHECK_EQUAL(portico_set_list(k, set, NULL, 0), 0);
	get_none(set);
	CHECK_EQUAL(portico_message_receive(k, box, NULL, &message, PORTICO_NOW), 1);
	receive = part.right;
	CHECK_EQUAL(portico_receive(k, receive, buffer, 64, NULL, NULL, PORTICO_NOW), 5);
	/* and one that is dropped ends the port, in the set or not */
	CHECK_EQUAL(portico_set_add(k, set, receive), 0);
	CHECK_EQUAL(put(send, "four", 1), 0);
	CHECK_EQUAL(portico_right_drop(k, receive), 0);
	get_none(set);
	CHECK_EQUAL(portico_set_list(k, set, NULL, 0), 0);
	CHECK(pk_port_valid(k, set.id));
}

/* ---- what is refused */

static void case_refused(void)
{
	portico_port set = new_set(), other = new_set(), a = mailbox(4), b = mailbox(4), completions;
	char buffer[64];
	CHECK_EQUAL(portico_completions_create(k, &completions), 0);
	CHECK_EQUAL(portico_set_add(k, set, set), -EINVAL);
	CHECK_EQUAL(portico_set_add(k, set, other), -EINVAL);
	CHECK_EQUAL(portico_set_add(k, set, completions), -EINVAL);
	CHECK_EQUAL(portico_set_add(k, a, b), -EINVAL);
	CHECK_EQUAL(portico_set_add(k, set, (portico_port){ 0 }), -EINVAL);
	CHECK_EQUAL(portico_set_list(k, a, NULL, 0), -EINVAL);
	CHECK_EQUAL(put(set, "x", 1), -EPERM);
	CHECK_EQUAL(portico_set_add(k, set, a), 0);
	CHECK_EQUAL(portico_set_add(k, set, a), -EBUSY);
	CHECK_EQUAL(portico_set_add(k, other, a), -EBUSY);
	CHECK_EQUAL(portico_set_remove(k, other, a), -EBUSY);
	CHECK_EQUAL(portico_receive(k, a, buffer, 64, NULL, NULL, PORTICO_NOW), -EBUSY);
	CHECK_EQUAL(portico_receive(k, a, buffer, 64, NULL, NULL, soon()), -EBUSY);
	CHECK_EQUAL(portico_receive_any(k, &a, 1, buffer, 64, NULL, NULL, soon()), -EBUSY);
	/* another task's set */
	join_child(CHILD({
		CHECK_EQUAL(portico_set_add(k, set, b), -EPERM);
		CHECK_EQUAL(portico_set_remove(k, set, a), -EPERM);
		CHECK_EQUAL(portico_receive(k, set, buffer, 64, NULL, NULL, PORTICO_NOW), -EPERM);
		CHECK_EQUAL(portico_mailbox_destroy(k, set), -EPERM);
		CHECK_EQUAL(put(a, "from there", 1), 0);
	}));
	get(set, "from there", a);
	/* a port where somebody waits to receive */
	pid_t child = CHILD(CHECK_EQUAL(portico_receive(k, b, buffer, 64, NULL, NULL, soon()), 1));
	await_receivers(b, 1);
	CHECK_EQUAL(portico_set_add(k, set, b), -EBUSY);
	CHECK_EQUAL(put(b, "x", 1), 0);
	join_child(child);
	CHECK_EQUAL(portico_set_add(k, set, b), 0);
	CHECK_EQUAL(portico_mailbox_destroy(k, b), 0);
	CHECK(is_gone(portico_set_add(k, set, b)));
	CHECK(is_gone(portico_set_remove(k, set, b)));
}

/* ---- two processes send while a third adds and removes */

static void case_shuffle(void)
{
	enum { EACH = 3000, MEMBERS = 3 };
	portico_port members[MEMBERS], set = new_set();
	pid_t children[MEMBERS];
	int64_t next[MEMBERS] = { 0 };
	for (int i = 0; i < MEMBERS; i++)
		members[i] = mailbox((uint32_t)i * 2); /* the first is a rendezvous */
	for (int i = 0; i < MEMBERS; i++)
		children[i] = CHILD(for (int n = 0; n < EACH; n++)
					    CHECK_EQUAL(portico_send(k, members[i], "x", 1, n, soon()), 0));
	for (int received = 0, turn = 0; received < EACH * MEMBERS; turn++) {
		struct portico_envelope envelope;
		char byte;
		portico_port member = members[turn % MEMBERS];
		bool in = turn / MEMBERS % 2 == 0;
		CHECK_EQUAL(in ? portico_set_add(k, set, member) : portico_set_remove(k, set, member), 0);
		for (int i = 0; i < 20; i++) {
			portico_port from = i % 2 && !in ? member : set;
			ssize_t got = portico_receive(k, from, &byte, 1, NULL, &envelope, PORTICO_NOW);
			if (got == -EAGAIN)
				continue;
			CHECK_EQUAL(got, 1);
			int which = 0;
			while (members[which].id != envelope.port.id)
				CHECK(++which < MEMBERS);
			CHECK_EQUAL(envelope.type, next[which]++);
			received++;
		}
	}
	for (int i = 0; i < MEMBERS; i++)
		join_child(children[i]);
	CHECK(pk_port_valid(k, set.id));
	for (int i = 0; i < MEMBERS; i++)
		CHECK(pk_port_valid(k, members[i].id));
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "group", case_group },
		{ "async", case_async },
		{ "killed-receiver", case_killed_receiver },
		{ "guarded", case_guarded },
		{ "refused", case_refused },
		{ "shuffle", case_shuffle },
		{ 0 },
	};
	CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
	return run_cases(cases, argc, argv);
}
