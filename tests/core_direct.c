/* SPDX-License-Identifier: MIT */
/* From task to task, by name: what portico_task(3) promises of inboxes. */
#include "check.h"

#include <portico/task.h>

static portico *k;

static int64_t soon(void)
{
	return portico_deadline(10000000000);
}

static int put(portico_task to, const char *text, int64_t deadline)
{
	return portico_send_to(k, to, text, strlen(text), 1, deadline);
}

/* Receive, see that it is this text, and say who sent it. */
static portico_task get(portico_task from, const char *text)
{
	struct portico_envelope envelope;
	char buffer[64];
	ssize_t got = portico_receive_from(k, from, buffer, sizeof buffer - 1, &envelope, soon());
	CHECK_EQUAL(got, strlen(text));
	buffer[got] = '\0';
	CHECK_EQUAL(strcmp(buffer, text), 0);
	return envelope.sender;
}

static int try_get(portico_task from, int64_t deadline)
{
	char buffer[64];
	return (int)portico_receive_from(k, from, buffer, sizeof buffer, NULL, deadline);
}

static const portico_task anybody;

static portico_task task_of(pid_t pid)
{
	portico_task task = { 0 };
	for (int i = 0; i < 1000 && portico_task_of_pid(k, pid, &task) == -ESRCH; i++)
		sleep_ms(5);
	CHECK(task.id != 0);
	return task;
}

/* A child that is a task, and does nothing until it is killed. */
static pid_t idle_child(portico_task *task)
{
	pid_t child = CHILD({
		CHECK(portico_self(k).id != 0);
		for (;;)
			pause();
	});
	*task = task_of(child);
	return child;
}

static void case_names(void)
{
	portico_task self = portico_self(k), other, none = { 0 }, never = { 30000 };
	CHECK(self.id != 0);
	CHECK_EQUAL(portico_self(k).id, self.id);
	CHECK_EQUAL(portico_task_of_pid(k, getpid(), &other), 0);
	CHECK_EQUAL(other.id, self.id);
	pid_t child = idle_child(&other);
	CHECK(other.id != self.id);
	CHECK_EQUAL(put(none, "", PORTICO_NOW), -EINVAL);
	CHECK_EQUAL(put(never, "", PORTICO_NOW), -EINVAL);
	CHECK_EQUAL(try_get(never, PORTICO_NOW), -EINVAL);
	kill_child(child);
	CHECK_EQUAL(portico_task_of_pid(k, child, &none), -ESRCH);
	/* its slot goes to the next, and its name doesn't */
	portico_task next;
	child = idle_child(&next);
	CHECK_EQUAL(next.id & 0x7fff, other.id & 0x7fff);
	CHECK(next.id != other.id);
	CHECK_EQUAL(put(other, "late", PORTICO_NOW), -ESRCH);
	CHECK_EQUAL(put(next, "early", PORTICO_NOW), 0);
	kill_child(child);
}

static void case_symmetric(void)
{
	portico_task self = portico_self(k);
	pid_t child = CHILD({
		CHECK_EQUAL(get(self, "ping").id, self.id);
		CHECK_EQUAL(put(self, "pong", soon()), 0);
	});
	portico_task other = task_of(child);
	CHECK_EQUAL(put(other, "ping", soon()), 0); /* perhaps before it has asked for an inbox */
	CHECK_EQUAL(get(other, "pong").id, other.id);
	join_child(child);
}

static void send_two(portico_task to, const char *first, const char *second)
{
	CHECK_EQUAL(put(to, first, soon()), 0);
	CHECK_EQUAL(put(to, second, soon()), 0);
}

static void case_from_whom(void)
{
	portico_task self = portico_self(k), a, b;
	pid_t first = CHILD(send_two(self, "a1", "a2"); pause());
	a = task_of(first);
	CHECK_EQUAL(get(a, "a1").id, a.id);
	pid_t second = CHILD(send_two(self, "b1", "b2"); pause());
	b = task_of(second);
	/* a named sender's first, though others' stand before it; then anybody's, in order */
	CHECK_EQUAL(get(b, "b1").id, b.id);
	CHECK_EQUAL(get(anybody, "a2").id, a.id);
	CHECK_EQUAL(get(anybody, "b2").id, b.id);
	CHECK_EQUAL(try_get(anybody, PORTICO_NOW), -EAGAIN);
	CHECK_EQUAL(try_get(a, PORTICO_NOW), -EAGAIN);
	CHECK_EQUAL(try_get(a, portico_deadline(1000000)), -ETIMEDOUT);
	kill_child(first);
	kill_child(second);
}

static void case_many_to_one(void)
{
	enum { SENDERS = 4, EACH = 200 };
	portico_task self = portico_self(k);
	struct portico_limits narrow = { 3, 16, 1024 };
	portico_port inbox;
	pid_t senders[SENDERS];
	int counts[SENDERS] = { 0 };
	CHECK_EQUAL(portico_inbox(k, &narrow, &inbox), 0);
	for (int i = 0; i < SENDERS; i++)
		senders[i] = CHILD(for (int n = 0; n < EACH; n++)
					   CHECK_EQUAL(portico_send_to(k, self, &n, sizeof n, i, soon()), 0));
	for (int all = 0, n; all < SENDERS * EACH; all++) {
		struct portico_envelope envelope;
		CHECK_EQUAL(portico_receive_from(k, anybody, &n, sizeof n, &envelope, soon()), sizeof n);
		CHECK(envelope.type >= 0 && envelope.type < SENDERS);
		CHECK_EQUAL(envelope.pid, senders[envelope.type]);
		CHECK_EQUAL(n, counts[envelope.type]++); /* each sender's in its order */
	}
	for (int i = 0; i < SENDERS; i++) {
		join_child(senders[i]);
		CHECK_EQUAL(counts[i], EACH);
	}
}

static void case_inbox(void)
{
	struct portico_limits limits = { 2, 8, 64 };
	struct portico_status status;
	portico_port inbox, again;
	portico_task self = portico_self(k), other;
	CHECK_EQUAL(put(self, "made by a send to itself", PORTICO_NOW), 0);
	CHECK_EQUAL(portico_inbox(k, &limits, &inbox), 0);
	CHECK_EQUAL(portico_inbox(k, NULL, &again), 0);
	CHECK_EQUAL(again.id, inbox.id);
	CHECK_EQUAL(portico_mailbox_status(k, inbox, &status), 0);
	CHECK_EQUAL(status.limits.slots, 2);
	CHECK_EQUAL(status.queued, 1); /* lower limits lose nothing */
	CHECK_EQUAL(put(self, "over the limit", PORTICO_NOW), -EMSGSIZE);
	CHECK_EQUAL(put(self, "two", PORTICO_NOW), 0);
	CHECK_EQUAL(put(self, "three", PORTICO_NOW), -EAGAIN);
	CHECK_EQUAL(put(self, "three", portico_deadline(1000000)), -ETIMEDOUT);
	/* it is a port like others, but that one task alone receives, and ends it */
	join_child(CHILD({
		char buffer[64];
		CHECK_EQUAL(portico_receive(k, inbox, buffer, sizeof buffer, NULL, NULL, PORTICO_NOW),
			    -EPERM);
		CHECK_EQUAL(portico_mailbox_destroy(k, inbox), -EPERM);
		CHECK_EQUAL(portico_send(k, inbox, "x", 1, 1, PORTICO_NOW), -EAGAIN);
	}));
	CHECK_EQUAL(portico_mailbox_destroy(k, inbox), 0);
	CHECK_EQUAL(portico_inbox(k, NULL, &again), 0);
	CHECK(again.id != inbox.id);
	/* and it ends with its task */
	pid_t child = idle_child(&other);
	CHECK_EQUAL(put(other, "unread", PORTICO_NOW), 0);
	kill_child(child);
	CHECK_EQUAL(portico_task_of_pid(k, child, &other), -ESRCH);
}

/* What a receiver of a named sender gets when that is killed. */
static void case_sender_dies(void)
{
	portico_task self = portico_self(k);
	portico_port inbox;
	struct portico_status status = { 0 };
	pid_t sender = CHILD(send_two(self, "one", "two"); pause());
	portico_task named = task_of(sender);
	get(named, "one");
	CHECK_EQUAL(portico_inbox(k, NULL, &inbox), 0);
	while (status.queued == 0) /* until it has sent the other */
		CHECK_EQUAL(portico_mailbox_status(k, inbox, &status), 0);
	kill_child(sender);
	get(named, "two"); /* what it sent before it died */
	CHECK_EQUAL(try_get(named, PORTICO_FOREVER), -ESRCH);
	CHECK_EQUAL(try_get(named, PORTICO_NOW), -ESRCH);
	/* one that has been waiting learns of it as well */
	sender = idle_child(&named);
	pid_t killer = CHILD({
		struct portico_status waiting = { 0 };
		while (waiting.receivers == 0)
			CHECK_EQUAL(portico_mailbox_status(k, inbox, &waiting), 0);
		kill(sender, SIGKILL);
	});
	CHECK_EQUAL(try_get(named, PORTICO_FOREVER), -ESRCH);
	join_child(killer);
	kill_child(sender);
	CHECK_EQUAL(try_get(anybody, PORTICO_NOW), -EAGAIN);
}

static void have_little_room(void)
{
	static const struct portico_limits one = { .slots = 1, .bytes = 8, .capacity = 64 };
	portico_port inbox;
	CHECK_EQUAL(portico_inbox(k, &one, &inbox), 0);
	for (;;)
		pause();
}

static void case_receiver_dies(void)
{
	pid_t receiver = CHILD(have_little_room());
	portico_task named = task_of(receiver);
	int sent;
	while ((sent = put(named, "full", PORTICO_NOW)) == 0)
		sleep_ms(1);
	CHECK_EQUAL(sent, -EAGAIN);
	pid_t killer = CHILD(sleep_ms(20); kill(receiver, SIGKILL));
	CHECK_EQUAL(put(named, "waits", PORTICO_FOREVER), -ESRCH);
	CHECK_EQUAL(put(named, "late", PORTICO_NOW), -ESRCH);
	join_child(killer);
	kill_child(receiver);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "names", case_names },
		{ "symmetric", case_symmetric },
		{ "from-whom", case_from_whom },
		{ "many-to-one", case_many_to_one },
		{ "inbox", case_inbox },
		{ "sender-dies", case_sender_dies },
		{ "receiver-dies", case_receiver_dies },
		{ 0 },
	};
	if (portico_open(NULL, PORTICO_CREATE, &k) != 0)
		FAIL(portico_open_error());
	return run_cases(cases, argc, argv);
}
