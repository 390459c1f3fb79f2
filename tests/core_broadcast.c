/* SPDX-License-Identifier: MIT */
/* One to many: what portico_broadcast(3) promises. */
#include "check.h"

#include <portico/broadcast.h>
#include <portico/mail.h>
#include <portico/task.h>
#include <sys/stat.h>

static portico *k;

static portico_port mailbox(uint32_t slots)
{
	struct portico_limits limits = { slots, 4 << 20, UINT64_C(1) << 30 };
	portico_port port;
	CHECK_EQUAL(portico_mailbox_create(k, NULL, &limits, 0600, &port), 0);
	return port;
}

/* An id that outlived what it named is one of the two: portico.h. */
static bool is_stale(int error)
{
	return error == -EIDRM || error == -EINVAL;
}

static portico_listener listen_to(portico_port source, portico_port port)
{
	portico_listener listener;
	CHECK_EQUAL(portico_listen(k, source, port, &listener), 0);
	return listener;
}

static int64_t soon(void)
{
	return portico_deadline(10000000000);
}

static int put(portico_port port, const char *text)
{
	return portico_send(k, port, text, strlen(text), 1, PORTICO_NOW);
}

/* The next message there is this text, and says that so many were missed before it. */
static struct portico_envelope get(portico_port port, const char *text, uint32_t missed)
{
	struct portico_envelope envelope;
	char buffer[64];
	ssize_t got = portico_receive(k, port, buffer, sizeof buffer - 1, NULL, &envelope, soon());
	CHECK_EQUAL(got, strlen(text));
	buffer[got] = '\0';
	CHECK_EQUAL(strcmp(buffer, text), 0);
	CHECK_EQUAL(envelope.missed, missed);
	return envelope;
}

static int try_get(portico_port port)
{
	char buffer[64];
	return (int)portico_receive(k, port, buffer, sizeof buffer, NULL, NULL, PORTICO_NOW);
}

static uint32_t queued(portico_port port)
{
	struct portico_status status;
	CHECK_EQUAL(portico_mailbox_status(k, port, &status), 0);
	return status.queued;
}

static void expect_totals(portico_listener listener, uint64_t heard, uint64_t missed, uint32_t lately)
{
	struct portico_listener_totals totals;
	CHECK_EQUAL(portico_listener_status(k, listener, &totals), 0);
	CHECK_EQUAL(totals.heard, heard);
	CHECK_EQUAL(totals.missed, missed);
	CHECK_EQUAL(totals.missed_lately, lately);
}

static void await_receivers(portico_port port, uint32_t receivers)
{
	struct portico_status status = { .receivers = receivers + 1 };
	for (int i = 0; i < 2000 && status.receivers != receivers; i++, sleep_ms(1))
		CHECK_EQUAL(portico_mailbox_status(k, port, &status), 0);
	CHECK_EQUAL(status.receivers, receivers);
}

static void case_copies(void)
{
	portico_port source = mailbox(1), a = mailbox(8), b = mailbox(8);
	CHECK_EQUAL(put(source, "before"), 0);
	portico_listener to_a = listen_to(source, a), to_b = listen_to(source, b);
	/* the source is full, and takes no part */
	for (int i = 0; i < 3; i++)
		CHECK_EQUAL(put(source, "news"), 0);
	CHECK_EQUAL(queued(source), 1);
	for (int i = 0; i < 3; i++) {
		struct portico_envelope envelope = get(a, "news", 0);
		CHECK_EQUAL(envelope.sender.id, portico_self(k).id);
		CHECK_EQUAL(envelope.pid, getpid());
		CHECK_EQUAL(envelope.type, 1);
		CHECK_EQUAL(envelope.port.id, a.id);
		get(b, "news", 0);
	}
	expect_totals(to_a, 3, 0, 0);
	CHECK_EQUAL(portico_unlisten(k, to_a), 0);
	CHECK(is_stale(portico_unlisten(k, to_a)));
	CHECK_EQUAL(put(source, "for b"), 0);
	CHECK_EQUAL(try_get(a), -EAGAIN);
	get(b, "for b", 0);
	CHECK_EQUAL(portico_unlisten(k, to_b), 0);
	/* a mailbox again */
	CHECK_EQUAL(put(source, "after"), -EAGAIN);
	get(source, "before", 0);
	CHECK_EQUAL(put(source, "after"), 0);
	get(source, "after", 0);
}

static void case_missed(void)
{
	portico_port source = mailbox(0), slow = mailbox(2), fast = mailbox(64);
	portico_listener to_slow = listen_to(source, slow), to_fast = listen_to(source, fast);
	char text[8];
	for (int i = 0; i < 7; i++) {
		snprintf(text, sizeof text, "%d", i);
		CHECK_EQUAL(put(source, text), 0);
	}
	expect_totals(to_slow, 2, 5, 5);
	get(slow, "0", 0);
	CHECK_EQUAL(put(source, "7"), 0);
	expect_totals(to_slow, 3, 5, 0);
	CHECK_EQUAL(put(source, "8"), 0);
	get(slow, "1", 0);
	get(slow, "7", 5);
	CHECK_EQUAL(put(source, "9"), 0);
	get(slow, "9", 1);
	CHECK_EQUAL(put(source, "10"), 0);
	get(slow, "10", 0);
	expect_totals(to_slow, 5, 6, 0);
	expect_totals(to_fast, 11, 0, 0);
	for (int i = 0; i <= 10; i++) {
		snprintf(text, sizeof text, "%d", i);
		get(fast, text, 0);
	}
}

static void case_no_slots(void)
{
	portico_port source = mailbox(4), port = mailbox(0);
	portico_listener listener = listen_to(source, port);
	CHECK_EQUAL(put(source, "nobody waits"), 0);
	expect_totals(listener, 0, 1, 1);
	pid_t child = CHILD(get(port, "somebody does", 1));
	await_receivers(port, 1);
	CHECK_EQUAL(put(source, "somebody does"), 0);
	join_child(child);
	expect_totals(listener, 1, 1, 0);
}

static void case_too_long(void)
{
	struct portico_limits narrow = { 8, 4, 64 };
	portico_port source = mailbox(4), port, other = mailbox(4);
	CHECK_EQUAL(portico_mailbox_create(k, NULL, &narrow, 0600, &port), 0);
	portico_listener listener = listen_to(source, port);
	listen_to(source, other);
	CHECK_EQUAL(put(source, "longer"), 0);
	CHECK_EQUAL(put(source, "fits"), 0);
	get(port, "fits", 1);
	expect_totals(listener, 1, 1, 0);
	get(other, "longer", 0);
	/* and one as long as a run of pages is copied whole */
	static char big[5 << 20], back[3 << 20];
	memset(big, 'x', sizeof back);
	get(other, "fits", 0);
	CHECK_EQUAL(portico_send(k, source, big, sizeof back, 1, PORTICO_NOW), 0);
	CHECK_EQUAL(portico_receive(k, other, back, sizeof back, NULL, NULL, PORTICO_NOW), sizeof back);
	CHECK_EQUAL(memcmp(big, back, sizeof back), 0);
	CHECK_EQUAL(portico_send(k, source, big, sizeof big, 1, PORTICO_NOW),
		    -EMSGSIZE); /* the source's limit */
}

static void case_cycles(void)
{
	portico_port a = mailbox(4), b = mailbox(4), c = mailbox(4);
	listen_to(a, b);
	listen_to(b, a);
	listen_to(c, c);
	CHECK_EQUAL(put(a, "to a"), 0);
	get(b, "to a", 0);
	CHECK_EQUAL(put(b, "to b"), 0);
	get(a, "to b", 0);
	CHECK_EQUAL(put(c, "to c"), 0);
	get(c, "to c", 0);
	CHECK_EQUAL(try_get(a), -EAGAIN);
	CHECK_EQUAL(try_get(b), -EAGAIN);
	CHECK_EQUAL(try_get(c), -EAGAIN);
}

static void case_priority(void)
{
	portico_port source = mailbox(4), port = mailbox(4);
	struct portico_sending urgent = { .type = 2, .priority = 9 };
	listen_to(source, port);
	CHECK_EQUAL(put(source, "can wait"), 0);
	CHECK_EQUAL(portico_send_with(k, source, "now", 3, &urgent, PORTICO_NOW), 0);
	CHECK_EQUAL(get(port, "now", 0).priority, 9);
	CHECK_EQUAL(get(port, "can wait", 0).priority, 0);
}

static void case_posted(void)
{
	portico_port source = mailbox(0), port = mailbox(1), completions;
	struct portico_completion completion;
	portico_wait wait;
	portico_listener listener = listen_to(source, port);
	CHECK_EQUAL(portico_completions_create(k, &completions), 0);
	for (int i = 0; i < 2; i++) { /* the second is missed, and the send as good as the first */
		CHECK_EQUAL(
			portico_post_send(k, source, "posted", 6, 1, PORTICO_FOREVER, completions, 5, &wait),
			0);
		CHECK_EQUAL(portico_complete(k, completions, &completion, PORTICO_NOW), 0);
		CHECK_EQUAL(completion.cookie, 5);
		CHECK_EQUAL(completion.wait.id, wait.id);
		CHECK_EQUAL(portico_collect(k, wait, NULL, 0, NULL), 0);
	}
	get(port, "posted", 0);
	expect_totals(listener, 1, 1, 1);
}

/* Receivers and senders that came before there were listeners. */
static void case_who_waits(void)
{
	portico_port source = mailbox(0), port = mailbox(8);
	pid_t receiver = CHILD(get(source, "at last", 0));
	await_receivers(source, 1);
	portico_listener listener = listen_to(source, port);
	CHECK_EQUAL(put(source, "not for the receiver"), 0);
	await_receivers(source, 1);
	get(port, "not for the receiver", 0);
	CHECK_EQUAL(portico_unlisten(k, listener), 0);
	CHECK_EQUAL(put(source, "at last"), 0);
	join_child(receiver);
}

static void case_ends(void)
{
	portico_port source = mailbox(2), port = mailbox(2), inbox;
	portico_listener with_port = listen_to(source, port), with_source, with_task = { 0 };
	struct portico_listener_totals totals;
	portico_listener *shared = shared_memory(sizeof *shared);
	/* with its own port */
	CHECK_EQUAL(portico_mailbox_destroy(k, port), 0);
	CHECK(is_stale(portico_listener_status(k, with_port, &totals)));
	CHECK_EQUAL(put(source, "nobody hears"), 0);
	CHECK(is_stale(portico_unlisten(k, with_port)));
	CHECK_EQUAL(put(source, "queued"), 0);
	get(source, "queued", 0);
	/* with its source */
	port = mailbox(2);
	with_source = listen_to(source, port);
	CHECK_EQUAL(portico_mailbox_destroy(k, source), 0);
	CHECK(is_stale(portico_listener_status(k, with_source, &totals)));
	CHECK(is_stale(portico_unlisten(k, with_source)));
	/* with its task */
	source = mailbox(2);
	pid_t child = CHILD(*shared = listen_to(source, port); pause());
	while (queued(port) == 0) {
		put(source, "heard");
		sleep_ms(1);
	}
	with_task = *shared;
	CHECK_EQUAL(portico_unlisten(k, with_task), -EPERM);
	CHECK_EQUAL(portico_listener_status(k, with_task, &totals), 0);
	kill_child(child);
	CHECK_EQUAL(portico_send_to(k, portico_self(k), "x", 1, 1, PORTICO_NOW), 0);
	portico_task dead;
	CHECK_EQUAL(portico_task_of_pid(k, child, &dead), -ESRCH); /* which reaps it */
	CHECK(is_stale(portico_listener_status(k, with_task, &totals)));
	/* and an inbox listens as a mailbox does */
	CHECK_EQUAL(portico_inbox(k, NULL, &inbox), 0);
	CHECK_EQUAL(try_get(inbox), 1);
	listen_to(source, inbox);
	CHECK_EQUAL(put(source, "to a task"), 0);
	get(inbox, "to a task", 0);
}

static void case_refused(void)
{
	portico_port source = mailbox(2), port = mailbox(2), completions, stale = mailbox(1), none = { 0 };
	portico_listener listener, never = { 0 };
	struct portico_listener_totals totals;
	CHECK_EQUAL(portico_completions_create(k, &completions), 0);
	CHECK_EQUAL(portico_mailbox_destroy(k, stale), 0);
	CHECK_EQUAL(portico_listen(k, completions, port, &listener), -EPERM);
	CHECK_EQUAL(portico_listen(k, source, completions, &listener), -EPERM);
	CHECK(is_stale(portico_listen(k, stale, port, &listener)));
	CHECK(is_stale(portico_listen(k, source, stale, &listener)));
	CHECK_EQUAL(portico_listen(k, none, port, &listener), -EINVAL);
	CHECK_EQUAL(portico_listen(k, source, none, &listener), -EINVAL);
	CHECK_EQUAL(portico_unlisten(k, never), -EINVAL);
	CHECK_EQUAL(portico_listener_status(k, never, &totals), -EINVAL);
	CHECK_EQUAL(put(source, "queued as ever"), 0);
	CHECK_EQUAL(queued(source), 1);
}

static void ask_as_somebody_else(portico_port readable, portico_port writable, portico_port hidden)
{
	portico_listener listener;
	CHECK_EQUAL(setegid(65534), 0);
	CHECK_EQUAL(seteuid(65534), 0);
	CHECK_EQUAL(portico_listen(k, hidden, writable, &listener), -EACCES);
	CHECK_EQUAL(portico_listen(k, writable, writable, &listener), -EACCES);
	CHECK_EQUAL(portico_listen(k, readable, readable, &listener), -EACCES);
	CHECK_EQUAL(portico_listen(k, readable, writable, &listener), 0);
}

static void case_permission(void)
{
	struct portico_limits limits = { 2, 64, 256 };
	portico_port readable, writable, hidden;
	if (getuid() != 0)
		SKIP("only root can become somebody else");
	CHECK_EQUAL(portico_mailbox_create(k, NULL, &limits, 0644, &readable), 0);
	CHECK_EQUAL(portico_mailbox_create(k, NULL, &limits, 0622, &writable), 0);
	CHECK_EQUAL(portico_mailbox_create(k, NULL, &limits, 0600, &hidden), 0);
	/* it is open already, and a fork's child is a task of its own */
	chmod(portico_directory(k), 0755);
	join_child(CHILD(ask_as_somebody_else(readable, writable, hidden)));
}

/* More than are noted at once; ended in any order. */
static void case_many_listeners(void)
{
	enum { MANY = 200 };
	static portico_port ports[MANY];
	static portico_listener listeners[MANY];
	portico_port source = mailbox(0);
	for (int i = 0; i < MANY; i++)
		listeners[i] = listen_to(source, ports[i] = mailbox(4));
	CHECK_EQUAL(put(source, "one"), 0);
	for (int i = 0; i < MANY; i += 3)
		CHECK_EQUAL(portico_unlisten(k, listeners[i]), 0);
	CHECK_EQUAL(put(source, "two"), 0);
	for (int i = 0; i < MANY; i += 3) /* slots of before, in another order */
		listeners[i] = listen_to(source, ports[i]);
	CHECK_EQUAL(put(source, "three"), 0);
	for (int i = 0; i < MANY; i++) {
		get(ports[i], "one", 0);
		if (i % 3 != 0)
			get(ports[i], "two", 0);
		get(ports[i], "three", 0);
		CHECK_EQUAL(try_get(ports[i]), -EAGAIN);
		CHECK_EQUAL(portico_unlisten(k, listeners[i]), 0);
	}
	CHECK_EQUAL(put(source, "four"), -EAGAIN);
}

enum { SENDERS = 3, LISTENERS = 4, EACH = 500 };

/* Of each sender in order, and what is missing between is counted; the last message says what is missing
 * after. */
static void hear(portico_port port)
{
	int next[SENDERS] = { 0 }, number;
	unsigned got = 0, missed = 0;
	for (;;) {
		struct portico_envelope envelope;
		ssize_t length = portico_receive(k, port, &number, sizeof number, NULL, &envelope, soon());
		CHECK_EQUAL(length, sizeof number);
		missed += envelope.missed;
		if (envelope.type == SENDERS)
			break;
		CHECK(envelope.type >= 0 && envelope.type < SENDERS);
		CHECK(number >= next[envelope.type]);
		next[envelope.type] = number + 1;
		got++;
	}
	CHECK_EQUAL(got + missed + (unsigned)number, SENDERS * EACH);
}

/* Many to many: narrow listeners miss some, the wide one none. */
static void case_many_to_many(void)
{
	portico_port source = mailbox(0), ports[LISTENERS];
	portico_listener listeners[LISTENERS];
	pid_t senders[SENDERS], receivers[LISTENERS];
	for (int i = 0; i < LISTENERS; i++) {
		ports[i] = mailbox(i == 0 ? SENDERS * EACH : 2);
		listeners[i] = listen_to(source, ports[i]);
		receivers[i] = CHILD(hear(ports[i]));
	}
	for (int i = 0; i < SENDERS; i++)
		senders[i] = CHILD(for (int n = 0; n < EACH; n++) CHECK_EQUAL(
			portico_send(k, source, &n, sizeof n, i, PORTICO_NOW), 0));
	for (int i = 0; i < SENDERS; i++)
		join_child(senders[i]);
	for (int i = 0; i < LISTENERS; i++) {
		struct portico_listener_totals totals;
		CHECK_EQUAL(portico_listener_status(k, listeners[i], &totals), 0);
		CHECK_EQUAL(totals.heard + totals.missed, SENDERS * EACH);
		CHECK(i != 0 || totals.missed == 0);
		CHECK_EQUAL(portico_unlisten(k, listeners[i]), 0);
		int lately = (int)totals.missed_lately;
		CHECK_EQUAL(portico_send(k, ports[i], &lately, sizeof lately, SENDERS, soon()), 0);
		join_child(receivers[i]);
	}
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "copies", case_copies },
		{ "missed", case_missed },
		{ "no-slots", case_no_slots },
		{ "too-long", case_too_long },
		{ "cycles", case_cycles },
		{ "priority", case_priority },
		{ "posted", case_posted },
		{ "who-waits", case_who_waits },
		{ "ends", case_ends },
		{ "refused", case_refused },
		{ "permission", case_permission },
		{ "many-listeners", case_many_listeners },
		{ "many-to-many", case_many_to_many },
		{ 0 },
	};
	if (portico_open(NULL, PORTICO_CREATE, &k) != 0)
		FAIL(portico_open_error());
	return run_cases(cases, argc, argv);
}
