/* SPDX-License-Identifier: MIT */
/* Port sets, and what else there is: looks, rules, receipts, rights, deaths. */
#include "meet.h"

/* ---- looking at a set */

static void peek_is(portico_port port, uint32_t index, const char *text, portico_port member)
{
	struct portico_envelope envelope;
	char buffer[64];
	CHECK_EQUAL(portico_peek(k, port, buffer, 64, NULL, index, &envelope), strlen(text));
	CHECK_EQUAL(memcmp(buffer, text, strlen(text)), 0);
	CHECK_EQUAL(envelope.port.id, member.id);
}

static void case_peek_set(void)
{
	portico_port a = mailbox(1), b = mailbox(0), set = set_of(a), told = completions();
	portico_wait waits[3];
	CHECK_EQUAL(portico_set_add(k, set, b), 0);
	CHECK_EQUAL(put(a, "a1", 1), 0);
	CHECK_EQUAL(portico_post_send(k, b, "b2", 2, 1, PORTICO_FOREVER, told, 1, &waits[0]), 0);
	CHECK_EQUAL(portico_post_send(k, a, "a3", 2, 1, PORTICO_FOREVER, told, 2, &waits[1]), 0);
	CHECK_EQUAL(portico_post_send(k, b, "b4", 2, 1, PORTICO_FOREVER, told, 3, &waits[2]), 0);
	peek_is(set, 0, "a1", a);
	peek_is(set, 1, "b2", b);
	peek_is(set, 2, "a3", a);
	peek_is(set, 3, "b4", b);
	char buffer[64];
	CHECK_EQUAL(portico_peek(k, set, buffer, 64, NULL, 4, NULL), -EAGAIN);
	CHECK_EQUAL(get(set), 2);
	peek_is(set, 1, "b2", b); /* the sender has come in */
}

/* ---- rules and sets */

static void case_rule_keeps_out_of_set(void)
{
	portico_port port = mailbox(4), other = mailbox(4), set = set_of(other);
	int *step = shared_memory(sizeof *step);
	CHECK_EQUAL(portico_mailbox_share(k, port, PORTICO_SHARE_ONE_RECEIVER), 0);
	pid_t child = CHILD({
		CHECK_EQUAL(portico_mailbox_claim(k, port), 0);
		*(volatile int *)step = 1;
		sleep_ms(60000);
	});
	while (*(volatile int *)step == 0)
		sleep_ms(1);
	CHECK_EQUAL(portico_set_add(k, set, port), -EBUSY);
	kill_child(child);
	CHECK_EQUAL(portico_set_add(k, set, port), 0);
}

/* Whose set it is in is its receiver. */
static void case_rule_knows_set(void)
{
	portico_port one = mailbox(4), pair = mailbox(4), set = set_of(one);
	CHECK_EQUAL(portico_set_add(k, set, pair), 0);
	CHECK_EQUAL(portico_mailbox_share(k, one, PORTICO_SHARE_ONE_RECEIVER), 0);
	CHECK_EQUAL(portico_mailbox_share(k, pair, PORTICO_SHARE_PAIR), 0);
	join_child(CHILD(CHECK_EQUAL(portico_mailbox_claim(k, one), -EBUSY)));
	int *step = shared_memory(sizeof *step);
	pid_t child = CHILD({
		CHECK_EQUAL(put(pair, "second", 1), 0);
		*(volatile int *)step = 1;
		sleep_ms(60000);
	});
	while (*(volatile int *)step == 0)
		sleep_ms(1);
	join_child(CHILD(CHECK_EQUAL(put(pair, "third", 1), -EBUSY)));
	CHECK_EQUAL(get(set), 6);
	kill_child(child);
	CHECK_EQUAL(portico_set_remove(k, set, one), 0);
	CHECK_EQUAL(get(one), -EAGAIN);
	join_child(CHILD(CHECK_EQUAL(portico_mailbox_claim(k, one), 0)));
}

/* ---- deaths, receipts, and sets */

/* Take an urgent message out of a set with an index, and stay with it in hand. */
static void take_by_set(portico_port a, portico_port b, volatile int *step)
{
	struct portico_filter nine = { .select = PORTICO_TYPE, .type = 9 };
	portico_port set = set_of(a);
	uint32_t message;
	char buffer[64];
	CHECK_EQUAL(portico_set_add(k, set, b), 0);
	CHECK_EQUAL(portico_receive(k, set, buffer, 64, &nine, NULL, PORTICO_NOW), 1);
	CHECK_EQUAL(pk_port_receive(k, set.id, &PK_WANT_ANY, NULL, &message, NULL), 0);
	*step = 1;
	sleep_ms(60000);
}

/* It is killed, and its set with it: the message is the next of its port again. */
static void case_killed_with_urgent(void)
{
	portico_port a = pooled(20, 40), b = mailbox(20);
	struct portico_sending urgent = { .type = 3, .priority = 9 };
	struct portico_envelope envelope;
	char buffer[64];
	volatile int *step = shared_memory(sizeof *step);
	for (int i = 0; i < 10; i++)
		CHECK_EQUAL(put(i % 2 ? a : b, "x", i), 0);
	CHECK_EQUAL(portico_send_with(k, a, "first", 5, &urgent, PORTICO_NOW), 0);
	pid_t child = CHILD(take_by_set(a, b, step));
	while (*step == 0)
		sleep_ms(1);
	kill_child(child);
	pk_task_sweep(k, true);
	CHECK(pk_port_valid(k, a.id));
	CHECK(pk_port_valid(k, b.id));
	CHECK_EQUAL(portico_receive(k, a, buffer, 64, NULL, &envelope, PORTICO_NOW), 5);
	CHECK_EQUAL(envelope.priority, 9);
	CHECK_EQUAL(status_of(a).queued, 4);
	CHECK_EQUAL(status_of(b).queued, 5);
}

/* Receipts of a member that has places of a pool: refused, cancelled, and given. */
static void case_receipt_by_set(void)
{
	portico_port member = pooled(2, 1), set = set_of(member), told = completions();
	struct portico_sending how = { .wants_receipt = true, .priority = 2 };
	struct portico_envelope envelope;
	portico_wait waits[3];
	CHECK_EQUAL(portico_post_send_with(k, member, "a", 1, &how, PORTICO_FOREVER, told, 1, &waits[0]), 0);
	CHECK_EQUAL(portico_post_send_with(k, member, "b", 1, &how, PORTICO_FOREVER, told, 2, &waits[1]), 0);
	await_completion(told, 2, &waits[1]);
	CHECK_EQUAL(portico_collect(k, waits[1], NULL, 0, NULL), -ENOBUFS);
	CHECK_EQUAL(portico_cancel(k, waits[0]), 0);
	CHECK(pk_port_valid(k, set.id));
	CHECK_EQUAL(get(set), -EAGAIN);
	CHECK_EQUAL(portico_post_send_with(k, member, "c", 1, &how, PORTICO_FOREVER, told, 3, &waits[2]), 0);
	CHECK_EQUAL(portico_set_remove(k, set, member), 0);
	CHECK_EQUAL(get(member), 1);
	await_completion(told, 3, &waits[2]);
	CHECK_EQUAL(portico_collect(k, waits[2], NULL, 0, &envelope), 0);
	CHECK_EQUAL(envelope.pid, getpid());
}

/* ---- rights and sets */

/* Call by the right that is in that mailbox. */
static void call_what_is_at(portico_port home)
{
	char buffer[64];
	struct portico_part part = { 0 }, room[2];
	struct portico_message message = { .parts = &part, .count = 1 };
	struct portico_message answer = { .parts = room, .count = 2, .buffer = buffer, .size_bytes = 64 };
	CHECK_EQUAL(portico_message_receive(k, home, NULL, &message, soon()), 1);
	message = (struct portico_message){ .type = 4 };
	CHECK_EQUAL(portico_call(k, part.right, &message, &answer, soon()), 1);
	CHECK_EQUAL(room[0].bytes, 2);
}

static void case_call_by_set(void)
{
	portico_port receive = guarded(0), send = right_to(receive, PORTICO_SEND), home = mailbox(1);
	struct portico_part part = { .kind = PORTICO_PART_RIGHT, .right = send };
	struct portico_message message = { .parts = &part, .count = 1 };
	CHECK_EQUAL(portico_message_send(k, home, &message, PORTICO_NOW), 0);
	pid_t child = CHILD(call_what_is_at(home));
	portico_port set = set_of(receive);
	struct portico_message request = { 0 };
	CHECK_EQUAL(portico_message_receive(k, set, NULL, &request, soon()), 0);
	CHECK_EQUAL(request.envelope.port.id, receive.id);
	CHECK_EQUAL(put(request.reply, "ok", 1), 0);
	join_child(child);
}

static void case_send_one_by_set(void)
{
	portico_port receive = guarded(1), send = right_to(receive, PORTICO_SEND), set = set_of(receive),
		     notify;
	struct portico_notification notification;
	CHECK_EQUAL(portico_notify_port(k, &notify), 0);
	CHECK_EQUAL(portico_send_one(k, send, "1", 1, 1, 5), 0);
	CHECK_EQUAL(portico_send_one(k, send, "2", 1, 1, 6), 1);
	CHECK_EQUAL(portico_send_one(k, send, "3", 1, 1, 7), -EBUSY);
	CHECK_EQUAL(portico_notified(k, notify, &notification, PORTICO_NOW), -EAGAIN);
	CHECK_EQUAL(get(set), 1);
	CHECK_EQUAL(portico_notified(k, notify, &notification, PORTICO_NOW), 0);
	CHECK_EQUAL(notification.event, PORTICO_MESSAGE_ACCEPTED);
	CHECK_EQUAL(notification.cookie, 6);
	CHECK_EQUAL(portico_send_one(k, send, "3", 1, 1, 7), 1);
	CHECK_EQUAL(portico_right_drop(k, receive), 0);
	CHECK_EQUAL(portico_notified(k, notify, &notification, PORTICO_NOW), 0);
	CHECK_EQUAL(notification.error, -EIDRM);
}

/* A receive right that leaves ends the waits of who had it, of a group, too; and takes its port out of a set.
 */
static void case_moved_while_awaited(void)
{
	portico_port receive = guarded(4), member = guarded(4), other = mailbox(1), home = mailbox(2);
	portico_port ports[2] = { other, receive }, told = completions(), set = set_of(member);
	struct portico_part parts[2] = { { .kind = PORTICO_PART_RIGHT, .right = receive },
					 { .kind = PORTICO_PART_RIGHT, .right = member } };
	struct portico_message message = { .parts = parts, .count = 2 };
	portico_wait wait, at_set;
	CHECK_EQUAL(portico_post_receive(k, ports, 2, 64, NULL, PORTICO_FOREVER, told, 1, &wait), 0);
	CHECK_EQUAL(portico_post_receive(k, &set, 1, 64, NULL, PORTICO_FOREVER, told, 2, &at_set), 0);
	CHECK_EQUAL(portico_message_send(k, home, &message, PORTICO_NOW), 0);
	await_completion(told, 1, &wait);
	CHECK_EQUAL(portico_collect(k, wait, NULL, 0, NULL), -EIDRM);
	CHECK_EQUAL(portico_collect(k, at_set, NULL, 0, NULL), -EINPROGRESS);
	CHECK_EQUAL(portico_set_list(k, set, &member, 0), 0);
	CHECK(pk_port_valid(k, set.id));
	CHECK_EQUAL(status_of(other).receivers, 0);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "peek-set", case_peek_set },
		{ "rule-keeps-out-of-set", case_rule_keeps_out_of_set },
		{ "rule-knows-set", case_rule_knows_set },
		{ "killed-with-urgent", case_killed_with_urgent },
		{ "receipt-by-set", case_receipt_by_set },
		{ "call-by-set", case_call_by_set },
		{ "send-one-by-set", case_send_one_by_set },
		{ "moved-while-awaited", case_moved_while_awaited },
		{ 0 },
	};
	if (argc > 1)
		CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
	return run_cases(cases, argc, argv);
}
