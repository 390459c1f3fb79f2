/* SPDX-License-Identifier: MIT */
/* Port sets: what portico_set(3) promises, and that what is shared is in order after each step. */
#include "check.h"
#include "port.h"
#include "task.h"

#include <portico/mail.h>
#include <portico/message.h>
#include <portico/set.h>

static portico *k;

static portico_port mailbox(uint32_t slots)
{
	struct portico_limits limits = { slots, 64, 1 << 20 };
	portico_port port;
	CHECK_EQUAL(portico_mailbox_create(k, NULL, &limits, 0600, &port), 0);
	return port;
}

static portico_port new_set(void)
{
	portico_port set;
	CHECK_EQUAL(portico_set_create(k, &set), 0);
	return set;
}

static int64_t soon(void)
{
	return portico_deadline(10000000000);
}

static int put(portico_port port, const char *text, int64_t type)
{
	return portico_send(k, port, text, strlen(text), type, PORTICO_NOW);
}

/* What comes is this text, and was sent to that port. */
static void get_wanted(portico_port from, const struct portico_filter *filter, const char *text,
		       portico_port member)
{
	struct portico_envelope envelope;
	char buffer[65];
	ssize_t got = portico_receive(k, from, buffer, 64, filter, &envelope, soon());
	CHECK_EQUAL(got, strlen(text));
	buffer[got] = '\0';
	CHECK_EQUAL(strcmp(buffer, text), 0);
	CHECK_EQUAL(envelope.port.id, member.id);
	CHECK(pk_port_valid(k, from.id));
	CHECK(pk_port_valid(k, member.id));
}

static void get(portico_port from, const char *text, portico_port member)
{
	get_wanted(from, NULL, text, member);
}

static void get_none(portico_port from)
{
	char buffer[64];
	CHECK_EQUAL(portico_receive(k, from, buffer, sizeof buffer, NULL, NULL, PORTICO_NOW), -EAGAIN);
}

static struct portico_status status_of(portico_port port)
{
	struct portico_status status;
	CHECK_EQUAL(portico_mailbox_status(k, port, &status), 0);
	return status;
}

static void await_senders(portico_port port, uint32_t senders)
{
	for (int i = 0; i < 2500 && status_of(port).senders != senders; i++)
		sleep_ms(2);
	CHECK_EQUAL(status_of(port).senders, senders);
}

static void await_receivers(portico_port port, uint32_t receivers)
{
	for (int i = 0; i < 2500 && status_of(port).receivers != receivers; i++)
		sleep_ms(2);
	CHECK_EQUAL(status_of(port).receivers, receivers);
}

/* An error that says that a port is no more. */
static bool is_gone(ssize_t error)
{
	return error == -EIDRM || error == -EINVAL;
}

/* A child that sends and waits until it could. */
static pid_t sender(portico_port port, const char *text)
{
	return CHILD(CHECK_EQUAL(portico_send(k, port, text, strlen(text), 1, soon()), 0));
}

/* ---- one order */

static void case_order(void)
{
	portico_port set = new_set(), a = mailbox(8), b = mailbox(8), c = mailbox(8);
	CHECK_EQUAL(portico_set_add(k, set, a), 0);
	CHECK_EQUAL(portico_set_add(k, set, b), 0);
	CHECK_EQUAL(portico_set_add(k, set, c), 0);
	get_none(set);
	CHECK_EQUAL(put(b, "1", 1), 0);
	CHECK_EQUAL(put(a, "2", 1), 0);
	CHECK_EQUAL(put(c, "3", 1), 0);
	CHECK_EQUAL(put(b, "4", 1), 0);
	CHECK_EQUAL(status_of(b).queued, 2);
	CHECK_EQUAL(status_of(set).queued, 4);
	CHECK_EQUAL(status_of(set).queued_bytes, 4);
	get(set, "1", b);
	CHECK_EQUAL(status_of(b).queued, 1);
	get(set, "2", a);
	get(set, "3", c);
	CHECK_EQUAL(put(a, "5", 1), 0);
	get(set, "4", b);
	get(set, "5", a);
	get_none(set);
	/* somebody who waits at the set is handed what is sent to any */
	pid_t child = CHILD(CHECK_EQUAL(portico_send(k, c, "6", 1, 1, soon()), 0));
	get(set, "6", c);
	join_child(child);
}

static void case_thousand_members(void)
{
	enum { MEMBERS = 1000 };
	static portico_port members[MEMBERS], listed[MEMBERS];
	portico_port set = new_set();
	for (int i = 0; i < MEMBERS; i++) {
		members[i] = mailbox(2);
		CHECK_EQUAL(portico_set_add(k, set, members[i]), 0);
	}
	CHECK_EQUAL(portico_set_list(k, set, listed, MEMBERS), MEMBERS);
	CHECK_EQUAL(listed[0].id, members[0].id);
	CHECK_EQUAL(portico_set_list(k, set, listed, 0), MEMBERS);
	for (int i = 0; i < MEMBERS; i++)
		CHECK_EQUAL(put(members[i * 7 % MEMBERS], "x", i), 0);
	for (int i = 0; i < MEMBERS; i++) {
		struct portico_envelope envelope;
		char buffer[1];
		CHECK_EQUAL(portico_receive(k, set, buffer, 1, NULL, &envelope, PORTICO_NOW), 1);
		CHECK_EQUAL(envelope.type, i);
		CHECK_EQUAL(envelope.port.id, members[i * 7 % MEMBERS].id);
	}
	CHECK_EQUAL(portico_mailbox_destroy(k, set), 0);
	CHECK_EQUAL(put(members[3], "y", 1), 0);
	get(members[3], "y", members[3]);
}

static void case_filters(void)
{
	portico_port set = new_set(), a = mailbox(64), b = mailbox(64);
	CHECK_EQUAL(portico_set_add(k, set, a), 0);
	CHECK_EQUAL(portico_set_add(k, set, b), 0);
	for (int i = 0; i < 40; i++) /* enough for an index */
		CHECK_EQUAL(put(i % 2 ? a : b, "x", 100 + i), 0);
	CHECK_EQUAL(put(b, "seven", 7), 0);
	struct portico_filter filter = { .select = PORTICO_TYPE, .type = 139 };
	get_wanted(set, &filter, "x", a);
	filter.select = PORTICO_TYPE_AT_MOST;
	get_wanted(set, &filter, "seven", b);
	get_wanted(set, &filter, "x", b);
	/* the index goes when a member does, and comes again */
	CHECK_EQUAL(portico_set_remove(k, set, b), 0);
	CHECK_EQUAL(status_of(b).queued, 19);
	filter = (struct portico_filter){ .select = PORTICO_TYPE, .type = 138 };
	get_wanted(b, &filter, "x", b);
	filter.type = 137;
	get_wanted(set, &filter, "x", a);
	CHECK_EQUAL(portico_set_add(k, set, b), 0);
	filter.type = 136;
	get_wanted(set, &filter, "x", b);
}

static void case_priority(void)
{
	portico_port set = new_set(), a = mailbox(8), b = mailbox(8);
	struct portico_sending urgent = { .priority = 9 };
	CHECK_EQUAL(portico_set_add(k, set, a), 0);
	CHECK_EQUAL(portico_set_add(k, set, b), 0);
	CHECK_EQUAL(put(a, "letter", 1), 0);
	CHECK_EQUAL(portico_send_with(k, b, "fire", 4, &urgent, PORTICO_NOW), 0);
	get(set, "fire", b);
	get(set, "letter", a);
}

/* ---- limits are each member's */

static void case_limits(void)
{
	portico_port set = new_set(), narrow = mailbox(1), wide = mailbox(8);
	CHECK_EQUAL(portico_set_add(k, set, narrow), 0);
	CHECK_EQUAL(portico_set_add(k, set, wide), 0);
	CHECK_EQUAL(put(narrow, "1", 1), 0);
	CHECK_EQUAL(put(narrow, "2", 1), -EAGAIN);
	CHECK_EQUAL(put(wide, "3", 1), 0);
	pid_t child = sender(narrow, "4");
	await_senders(narrow, 1);
	await_senders(set, 1);
	CHECK_EQUAL(put(wide, "5", 1), 0);
	get(set, "1", narrow); /* and lets 4 in, behind 5 */
	join_child(child);
	CHECK_EQUAL(status_of(set).senders, 0);
	get(set, "3", wide);
	get(set, "5", wide);
	get(set, "4", narrow);
	/* a limit that is raised lets who waits go on */
	CHECK_EQUAL(put(narrow, "6", 1), 0);
	child = sender(narrow, "7");
	await_senders(narrow, 1);
	struct portico_limits limits = { 2, 64, 1 << 20 };
	CHECK_EQUAL(portico_mailbox_limit(k, narrow, &limits), 0);
	join_child(child);
	get(set, "6", narrow);
	get(set, "7", narrow);
}

static void case_rendezvous(void)
{
	portico_port set = new_set(), a = mailbox(0), b = mailbox(0);
	CHECK_EQUAL(portico_set_add(k, set, a), 0);
	CHECK_EQUAL(portico_set_add(k, set, b), 0);
	CHECK_EQUAL(put(a, "x", 1), -EAGAIN);
	pid_t first = sender(b, "first");
	await_senders(set, 1);
	pid_t second = sender(a, "second");
	await_senders(set, 2);
	pid_t third = sender(b, "third");
	await_senders(set, 3);
	get(set, "first", b); /* in the order in which they came, whichever the member */
	get(set, "second", a);
	/* one that gives up leaves both lines */
	kill_child(third);
	pk_task_sweep(k, true);
	get_none(set);
	CHECK_EQUAL(status_of(set).senders, 0);
	join_child(first);
	join_child(second);
	/* the receiver comes first */
	pid_t child = CHILD(await_receivers(set, 1); CHECK_EQUAL(put(a, "met", 1), 0));
	get(set, "met", a);
	join_child(child);
}

/* ---- joining and leaving with what is there */

static void case_join(void)
{
	portico_port set = new_set(), a = mailbox(2), b = mailbox(8);
	CHECK_EQUAL(put(a, "a1", 1), 0);
	CHECK_EQUAL(put(a, "a2", 1), 0);
	pid_t child = sender(a, "a3");
	await_senders(a, 1);
	for (int i = 0; i < 3; i++)
		CHECK_EQUAL(put(b, "b", 1), 0);
	CHECK_EQUAL(portico_set_add(k, set, b), 0);
	CHECK_EQUAL(portico_set_add(k, set, a), 0);
	CHECK(pk_port_valid(k, set.id));
	CHECK_EQUAL(status_of(set).queued, 5);
	CHECK_EQUAL(put(b, "last", 1), 0);
	/* a's among themselves, and b's, in their order; what came to the set, after */
	char seen[64] = "", buffer[65];
	for (int i = 0; i < 7; i++) {
		ssize_t got = portico_receive(k, set, buffer, 64, NULL, NULL, soon());
		CHECK(got > 0);
		buffer[got] = '\0';
		strcat(seen, buffer);
	}
	join_child(child);
	CHECK(strstr(seen, "a1") < strstr(seen, "a2") && strstr(seen, "a2") < strstr(seen, "last"));
	CHECK(strstr(seen, "a3") > strstr(seen, "last")); /* it was let in by the receives */
	get_none(set);
}

static void case_join_serves(void)
{
	portico_port set = new_set(), a = mailbox(4), b = mailbox(0);
	CHECK_EQUAL(put(a, "waiting", 1), 0);
	pid_t child = sender(b, "met");
	await_senders(b, 1);
	/* receives that wait at the set are served by what a newcomer brings */
	portico_port completions;
	struct portico_completion completion;
	struct portico_envelope envelope;
	portico_wait first, second;
	char buffer[64];
	CHECK_EQUAL(portico_completions_create(k, &completions), 0);
	CHECK_EQUAL(portico_post_receive(k, &set, 1, 64, NULL, PORTICO_FOREVER, completions, 1, &first), 0);
	CHECK_EQUAL(portico_post_receive(k, &set, 1, 64, NULL, PORTICO_FOREVER, completions, 2, &second), 0);
	CHECK_EQUAL(portico_set_add(k, set, b), 0);
	join_child(child);
	CHECK_EQUAL(portico_complete(k, completions, &completion, soon()), 0);
	CHECK_EQUAL(completion.cookie, 1);
	CHECK_EQUAL(portico_collect(k, first, buffer, 64, &envelope), 3);
	CHECK_EQUAL(envelope.port.id, b.id);
	CHECK_EQUAL(portico_set_add(k, set, a), 0);
	CHECK_EQUAL(portico_complete(k, completions, &completion, soon()), 0);
	CHECK_EQUAL(portico_collect(k, second, buffer, 64, &envelope), 7);
	CHECK_EQUAL(envelope.port.id, a.id);
	CHECK(pk_port_valid(k, set.id) && pk_port_valid(k, a.id) && pk_port_valid(k, b.id));
}

static void case_leave(void)
{
	portico_port set = new_set(), a = mailbox(2), b = mailbox(8);
	CHECK_EQUAL(portico_set_add(k, set, a), 0);
	CHECK_EQUAL(portico_set_add(k, set, b), 0);
	CHECK_EQUAL(put(a, "a1", 1), 0);
	CHECK_EQUAL(put(b, "b1", 1), 0);
	CHECK_EQUAL(put(a, "a2", 1), 0);
	CHECK_EQUAL(put(b, "b2", 1), 0);
	pid_t child = sender(a, "a3");
	await_senders(a, 1);
	CHECK_EQUAL(portico_set_remove(k, set, a), 0);
	CHECK_EQUAL(portico_set_remove(k, set, a), -EBUSY);
	CHECK(pk_port_valid(k, set.id) && pk_port_valid(k, a.id));
	CHECK_EQUAL(status_of(set).queued, 2);
	CHECK_EQUAL(status_of(set).senders, 0);
	get(set, "b1", b);
	get(a, "a1", a);
	join_child(child);
	get(a, "a2", a);
	get(a, "a3", a);
	get(set, "b2", b);
	get_none(set);
	CHECK_EQUAL(put(a, "again", 1), 0);
	get_none(set);
	/* and joins another */
	portico_port other = new_set();
	CHECK_EQUAL(portico_set_add(k, other, a), 0);
	get(other, "again", a);
}

/* ---- ends */

static void case_destroy_member(void)
{
	portico_port set = new_set(), a = mailbox(1), b = mailbox(8);
	CHECK_EQUAL(portico_set_add(k, set, a), 0);
	CHECK_EQUAL(portico_set_add(k, set, b), 0);
	CHECK_EQUAL(put(b, "b1", 1), 0);
	CHECK_EQUAL(put(a, "a1", 1), 0);
	CHECK_EQUAL(put(b, "b2", 1), 0);
	pid_t child = CHILD(CHECK_EQUAL(portico_send(k, a, "a2", 2, 1, soon()), -EIDRM));
	await_senders(a, 1);
	CHECK_EQUAL(portico_mailbox_destroy(k, a), 0);
	join_child(child);
	CHECK(is_gone(put(a, "x", 1)));
	CHECK_EQUAL(status_of(set).queued, 2);
	CHECK_EQUAL(status_of(set).senders, 0);
	get(set, "b1", b);
	get(set, "b2", b);
	get_none(set);
	portico_port left;
	CHECK_EQUAL(portico_set_list(k, set, &left, 1), 1);
	CHECK_EQUAL(left.id, b.id);
}

static void case_destroy_set(void)
{
	portico_port set = new_set(), a = mailbox(2), b = mailbox(0);
	CHECK_EQUAL(portico_set_add(k, set, a), 0);
	CHECK_EQUAL(portico_set_add(k, set, b), 0);
	CHECK_EQUAL(put(a, "a1", 1), 0);
	CHECK_EQUAL(put(a, "a2", 1), 0);
	pid_t child = sender(b, "b1");
	await_senders(set, 1);
	CHECK_EQUAL(portico_mailbox_destroy(k, set), 0);
	CHECK(is_gone(portico_set_add(k, set, a)));
	get(a, "a1", a);
	get(b, "b1", b);
	get(a, "a2", a);
	join_child(child);
}

static void case_task_ends(void)
{
	portico_port a = mailbox(4), b = mailbox(4), *sets = shared_memory(sizeof *sets);
	pid_t child = CHILD({
		char buffer[64];
		*sets = new_set();
		CHECK_EQUAL(portico_set_add(k, *sets, a), 0);
		CHECK_EQUAL(portico_set_add(k, *sets, b), 0);
		CHECK_EQUAL(put(a, "a1", 1), 0);
		CHECK_EQUAL(put(b, "b1", 1), 0);
		CHECK_EQUAL(put(a, "a2", 1), 0);
		CHECK_EQUAL(portico_receive(k, *sets, buffer, 64, NULL, NULL, PORTICO_NOW), 2);
	});
	join_child(child);
	char buffer[64];
	pk_task_sweep(k, true);
	CHECK(is_gone(portico_receive(k, *sets, buffer, 64, NULL, NULL, PORTICO_NOW)));
	get(b, "b1", b);
	get(a, "a2", a);
	CHECK_EQUAL(portico_set_add(k, new_set(), a), 0);
}

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
		{ "order", case_order },
		{ "thousand-members", case_thousand_members },
		{ "filters", case_filters },
		{ "priority", case_priority },
		{ "limits", case_limits },
		{ "rendezvous", case_rendezvous },
		{ "join", case_join },
		{ "join-serves", case_join_serves },
		{ "leave", case_leave },
		{ "destroy-member", case_destroy_member },
		{ "destroy-set", case_destroy_set },
		{ "task-ends", case_task_ends },
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
