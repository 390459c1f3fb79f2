/* SPDX-License-Identifier: MIT */
/* What portico_tap(3) promises. */
#include "check.h"
#include "pause.h"
#include "port.h"
#include "task.h"

#include <poll.h>
#include <portico/message.h>
#include <portico/poll.h>
#include <portico/set.h>
#include <portico/tap.h>
#include <pthread.h>

static portico *k;

static portico_port mailbox(uint32_t slots)
{
	struct portico_limits limits = { slots, 1 << 20, UINT64_C(1) << 30 };
	portico_port port;
	CHECK_EQUAL(portico_mailbox_create(k, NULL, &limits, 0600, &port), 0);
	return port;
}

static portico_tap tap_of(portico_port port, uint32_t slots)
{
	portico_tap tap;
	CHECK_EQUAL(portico_tap_open(k, port, slots, 64, &tap), 0);
	return tap;
}

static int64_t soon(void)
{
	return portico_deadline(10000000000);
}

static int put(portico_port port, const char *text, int64_t deadline)
{
	return portico_send(k, port, text, strlen(text), 7, deadline);
}

static int get(portico_port port, const char *text, int64_t deadline)
{
	char buffer[64] = "";
	ssize_t got = portico_receive(k, port, buffer, sizeof buffer - 1, NULL, NULL, deadline);
	if (got >= 0)
		CHECK_EQUAL(strcmp(buffer, text), 0);
	return got < 0 ? (int)got : 0;
}

/* The next copy is this text, and says that so many were missed. */
static struct portico_tapped expect(portico_tap tap, const char *text, uint32_t missed)
{
	struct portico_tapped tapped;
	char buffer[128] = "";
	ssize_t got = portico_tap_read(k, tap, buffer, sizeof buffer - 1, &tapped, soon());
	CHECK_EQUAL(got, strlen(text));
	CHECK_EQUAL(strcmp(buffer, text), 0);
	CHECK_EQUAL(tapped.envelope.missed, missed);
	return tapped;
}

static int quiet(portico_tap tap)
{
	char buffer[8];
	return (int)portico_tap_read(k, tap, buffer, sizeof buffer, NULL, PORTICO_NOW);
}

static struct portico_status status_of(portico_port port)
{
	struct portico_status status;
	CHECK_EQUAL(portico_mailbox_status(k, port, &status), 0);
	return status;
}

static void await(portico_port port, uint32_t receivers, uint32_t senders)
{
	struct portico_status status = status_of(port);
	for (int i = 0; i < 5000 && (status.receivers != receivers || status.senders != senders); i++) {
		sleep_ms(1);
		status = status_of(port);
	}
	CHECK(status.receivers == receivers && status.senders == senders);
}

static void case_copies(void)
{
	portico_port port = mailbox(8);
	CHECK_EQUAL(put(port, "before", PORTICO_NOW), 0);
	portico_tap one = tap_of(port, 8), two = tap_of(port, 8);
	CHECK_EQUAL(put(port, "a", PORTICO_NOW), 0);
	CHECK_EQUAL(put(port, "b", PORTICO_NOW), 0);
	CHECK_EQUAL(status_of(port).queued, 3);
	struct portico_tapped tapped = expect(one, "a", 0);
	CHECK_EQUAL(tapped.envelope.pid, getpid());
	CHECK_EQUAL(tapped.envelope.type, 7);
	CHECK_EQUAL(tapped.bytes, 1);
	CHECK(tapped.time_ns / 1000000000 - time(NULL) < 2);
	expect(one, "b", 0);
	CHECK_EQUAL(quiet(one), -EAGAIN);
	expect(two, "a", 0);
	CHECK_EQUAL(portico_tap_close(k, two), 0);
	CHECK(portico_tap_close(k, two) < 0);
	CHECK_EQUAL(get(port, "before", PORTICO_NOW), 0);
	CHECK_EQUAL(get(port, "a", PORTICO_NOW), 0);
	CHECK_EQUAL(put(port, "c", PORTICO_NOW), 0);
	expect(one, "c", 0);
	CHECK(pk_port_valid(k, port.id) && pk_port_valid(k, one.port.id));
	CHECK_EQUAL(portico_tap_close(k, one), 0);
	CHECK_EQUAL(put(port, "d", PORTICO_NOW), 0);
	CHECK(pk_port_valid(k, port.id));
}

/* Handed over, taken from a sender that waits, refused: only what is accepted is copied, then. */
static void case_accepted(void)
{
	portico_port port = mailbox(1), none = mailbox(0);
	portico_tap tap = tap_of(port, 8), met = tap_of(none, 8);
	pid_t receiver = CHILD(CHECK_EQUAL(get(port, "handed", soon()), 0));
	await(port, 1, 0);
	CHECK_EQUAL(put(port, "handed", PORTICO_NOW), 0);
	join_child(receiver);
	expect(tap, "handed", 0);
	CHECK_EQUAL(put(port, "first", PORTICO_NOW), 0);
	CHECK_EQUAL(put(port, "refused", PORTICO_NOW), -EAGAIN);
	expect(tap, "first", 0);
	CHECK_EQUAL(quiet(tap), -EAGAIN);
	pid_t sender = CHILD(CHECK_EQUAL(put(port, "waits", soon()), 0));
	await(port, 0, 1);
	CHECK_EQUAL(quiet(tap), -EAGAIN);
	CHECK_EQUAL(get(port, "first", PORTICO_NOW), 0);
	expect(tap, "waits", 0);
	join_child(sender);
	sender = CHILD(CHECK_EQUAL(put(none, "met", soon()), 0));
	await(none, 0, 1);
	CHECK_EQUAL(quiet(met), -EAGAIN);
	CHECK_EQUAL(get(none, "met", soon()), 0);
	join_child(sender);
	expect(met, "met", 0);
}

static void case_missed(void)
{
	portico_port port = mailbox(64);
	portico_tap tap = tap_of(port, 2);
	struct portico_listener_totals totals;
	for (char text[2] = "a"; *text < 'h'; ++*text)
		CHECK_EQUAL(put(port, text, PORTICO_NOW), 0);
	expect(tap, "a", 0);
	CHECK_EQUAL(put(port, "x", PORTICO_NOW), 0);
	expect(tap, "b", 0);
	expect(tap, "x", 5);
	CHECK_EQUAL(portico_listener_status(k, tap.listener, &totals), 0);
	CHECK_EQUAL(totals.heard, 3);
	CHECK_EQUAL(totals.missed, 5);
	CHECK_EQUAL(status_of(port).queued, 8);
}

static void case_cut(void)
{
	portico_port port = mailbox(8);
	static char text[100000];
	portico_tap tap = tap_of(port, 2), none;
	CHECK_EQUAL(portico_tap_open(k, port, 2, 0, &none), 0);
	memset(text, 'x', sizeof text);
	CHECK_EQUAL(portico_send(k, port, text, sizeof text, 1, PORTICO_NOW), 0);
	struct portico_tapped tapped;
	char buffer[128];
	CHECK_EQUAL(portico_tap_read(k, tap, buffer, sizeof buffer, &tapped, soon()), 64);
	CHECK_EQUAL(tapped.bytes, sizeof text);
	CHECK_EQUAL(memcmp(buffer, text, 64), 0);
	CHECK_EQUAL(portico_tap_read(k, none, NULL, 0, &tapped, soon()), 0);
	CHECK_EQUAL(tapped.bytes, sizeof text);
}

/* It passes listeners, sets and pauses as it does without. */
static void case_others(void)
{
	portico_port port = mailbox(8), hears = mailbox(8), member = mailbox(8), set;
	portico_listener listener;
	portico_tap tap = tap_of(port, 8), of_copy = tap_of(hears, 8), of_member = tap_of(member, 8);
	CHECK_EQUAL(portico_listen(k, port, hears, &listener), 0);
	CHECK_EQUAL(put(port, "news", PORTICO_NOW), 0);
	expect(tap, "news", 0);
	expect(of_copy, "news", 0);
	CHECK_EQUAL(get(hears, "news", PORTICO_NOW), 0);
	CHECK_EQUAL(status_of(port).queued, 0);
	CHECK_EQUAL(portico_unlisten(k, listener), 0);
	CHECK_EQUAL(put(port, "stays", PORTICO_NOW), 0);
	expect(tap, "stays", 0);
	CHECK(pk_port_valid(k, port.id));
	CHECK_EQUAL(portico_set_create(k, &set), 0);
	CHECK_EQUAL(portico_set_add(k, set, member), 0);
	CHECK_EQUAL(put(member, "in", PORTICO_NOW), 0);
	expect(of_member, "in", 0);
	CHECK_EQUAL(get(set, "in", PORTICO_NOW), 0);
	CHECK(portico_set_add(k, set, tap.port) < 0);
	CHECK_EQUAL(portico_mailbox_pause(k, port), 0);
	CHECK_EQUAL(put(port, "paused", PORTICO_NOW), 0);
	expect(tap, "paused", 0);
}

static void case_ends(void)
{
	portico_port port = mailbox(8);
	portico_tap tap = tap_of(port, 8), gone = tap_of(port, 8);
	int fd = portico_port_fd(k, tap.port);
	struct pollfd file = { .fd = fd, .events = POLLIN };
	CHECK(fd >= 0 && poll(&file, 1, 0) == 0);
	CHECK_EQUAL(put(port, "last", PORTICO_NOW), 0);
	CHECK_EQUAL(poll(&file, 1, 0), 1);
	/* its port alone was destroyed */
	CHECK_EQUAL(portico_mailbox_destroy(k, gone.port), 0);
	CHECK_EQUAL(put(port, "more", PORTICO_NOW), 0);
	CHECK(pk_port_valid(k, port.id));
	CHECK_EQUAL(portico_mailbox_destroy(k, port), 0);
	expect(tap, "last", 0);
	expect(tap, "more", 0);
	CHECK_EQUAL(quiet(tap), -EIDRM);
	CHECK_EQUAL(portico_tap_read(k, tap, NULL, 0, NULL, soon()), -EIDRM);
	CHECK_EQUAL(poll(&file, 1, 0), 1);
	close(fd);
	CHECK_EQUAL(portico_tap_close(k, tap), 0);
	/* with its task */
	port = mailbox(8);
	join_child(CHILD(tap_of(port, 8); kill(getpid(), 0)));
	pk_task_sweep(k, true);
	CHECK_EQUAL(put(port, "after", PORTICO_NOW), 0);
	CHECK(pk_port_valid(k, port.id));
	/* who waits is told */
	int *result = shared_memory(sizeof *result);
	pid_t reader = CHILD({
		portico_tap mine = tap_of(port, 8);
		*result = 1;
		*result = (int)portico_tap_read(k, mine, NULL, 0, NULL, soon());
	});
	for (int i = 0; i < 2000 && *result == 0; i++)
		sleep_ms(1);
	until_asleep(reader);
	CHECK_EQUAL(portico_mailbox_destroy(k, port), 0);
	join_child(reader);
	CHECK_EQUAL(*result, -EIDRM);
}

/* Many senders: all taps see one order, and it is the queue's. */
enum { SENDERS = 4, EACH = 500 };
static void *send_many(void *context)
{
	portico_port *port = context;
	static _Atomic int next;
	for (int i = 0; i < EACH; i++) {
		int number = next++;
		CHECK_EQUAL(portico_send(k, *port, &number, sizeof number, 1, soon()), 0);
	}
	return NULL;
}
static void case_order(void)
{
	portico_port port = mailbox(SENDERS * EACH);
	portico_tap taps[2] = { tap_of(port, SENDERS * EACH), tap_of(port, SENDERS * EACH) };
	pthread_t threads[SENDERS];
	for (int i = 0; i < SENDERS; i++)
		CHECK_EQUAL(pthread_create(&threads[i], NULL, send_many, &port), 0);
	for (int i = 0; i < SENDERS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < SENDERS * EACH; i++) {
		int is, seen[2];
		CHECK_EQUAL(portico_receive(k, port, &is, sizeof is, NULL, NULL, PORTICO_NOW), sizeof is);
		for (int t = 0; t < 2; t++)
			CHECK_EQUAL(portico_tap_read(k, taps[t], &seen[t], sizeof is, NULL, PORTICO_NOW),
				    sizeof is);
		CHECK(seen[0] == is && seen[1] == is);
	}
}

static void case_refused(void)
{
	portico_port set, port = mailbox(1);
	portico_tap tap, other;
	CHECK_EQUAL(portico_set_create(k, &set), 0);
	CHECK_EQUAL(portico_tap_open(k, set, 1, 1, &tap), -EPERM);
	tap = tap_of(port, 1);
	CHECK_EQUAL(portico_tap_open(k, tap.port, 1, 1, &other), -EPERM);
	CHECK_EQUAL(put(tap.port, "x", PORTICO_NOW), -EPERM);
	CHECK_EQUAL(portico_mailbox_pause(k, tap.port), -EPERM);
	join_child(CHILD({
		CHECK_EQUAL(portico_tap_close(k, tap), -EPERM);
		CHECK_EQUAL(portico_tap_read(k, tap, NULL, 0, NULL, PORTICO_NOW), -EPERM);
		CHECK_EQUAL(portico_unlisten(k, tap.listener), -EPERM);
	}));
	CHECK_EQUAL(portico_unlisten(k, tap.listener), 0);
	CHECK_EQUAL(portico_tap_read(k, tap, NULL, 0, NULL, PORTICO_NOW), -EIDRM);
	CHECK_EQUAL(portico_mailbox_destroy(k, port), 0);
	int error = portico_tap_open(k, port, 1, 1, &tap);
	CHECK(error == -EIDRM || error == -EINVAL);
	if (geteuid() != 0)
		return;
	port = mailbox(1);
	join_child(CHILD({
		CHECK_EQUAL(seteuid(65534), 0);
		CHECK_EQUAL(portico_tap_open(k, port, 1, 1, &tap), -EACCES);
	}));
}

static const struct test_case cases[] = {
	{ "copies", case_copies }, { "accepted", case_accepted }, { "missed", case_missed },
	{ "cut", case_cut },	   { "others", case_others },	  { "ends", case_ends },
	{ "order", case_order },   { "refused", case_refused },	  { 0 },
};

int main(int argc, char **argv)
{
	if (argc > 1)
		CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
	return run_cases(cases, argc, argv);
}
