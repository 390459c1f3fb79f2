/* SPDX-License-Identifier: MIT */
/* Asynchronous transfers, and waits on several mailboxes: what portico_async(3) promises. */
#include "check.h"

#include <portico/portico.h>
#include <pthread.h>

static portico *k;
static portico_port completions;

static portico_port mailbox(uint32_t slots)
{
	struct portico_limits limits = { slots, 64, UINT64_C(1) << 30 };
	portico_port port;
	CHECK_EQUAL(portico_mailbox_create(k, NULL, &limits, 0600, &port), 0);
	return port;
}

static int64_t soon(void)
{
	return portico_deadline(10000000000);
}

static int put(portico_port port, const char *text, int64_t deadline)
{
	return portico_send(k, port, text, strlen(text), 1, deadline);
}

static int post_put(portico_port port, const char *text, uint64_t cookie, portico_wait *wait)
{
	return portico_post_send(k, port, text, strlen(text), 1, PORTICO_FOREVER, completions, cookie, wait);
}

static portico_wait post_get(portico_port port, uint64_t cookie, int64_t deadline)
{
	portico_wait wait;
	CHECK_EQUAL(portico_post_receive(k, &port, 1, 64, NULL, deadline, completions, cookie, &wait), 0);
	return wait;
}

/* The next completion is that of this wait. */
static void expect(portico_wait wait, uint64_t cookie)
{
	struct portico_completion completion;
	CHECK_EQUAL(portico_complete(k, completions, &completion, soon()), 0);
	CHECK_EQUAL(completion.cookie, cookie);
	CHECK_EQUAL(completion.wait.id, wait.id);
}

static void expect_none(void)
{
	struct portico_completion completion;
	CHECK_EQUAL(portico_complete(k, completions, &completion, PORTICO_NOW), -EAGAIN);
}

static void collect(portico_wait wait, const char *text)
{
	char buffer[65];
	ssize_t got = portico_collect(k, wait, buffer, 64, NULL);
	CHECK_EQUAL(got, strlen(text));
	buffer[got] = '\0';
	CHECK_EQUAL(strcmp(buffer, text), 0);
}

static void case_receive(void)
{
	portico_port port = mailbox(4);
	portico_wait wait = post_get(port, 7, PORTICO_FOREVER);
	char buffer[4];
	expect_none();
	CHECK_EQUAL(portico_collect(k, wait, buffer, sizeof buffer, NULL), -EINPROGRESS);
	CHECK_EQUAL(put(port, "later", PORTICO_NOW), 0);
	expect(wait, 7);
	CHECK_EQUAL(portico_collect(k, wait, buffer, sizeof buffer, NULL), -E2BIG); /* and stays */
	collect(wait, "later");
	CHECK_EQUAL(portico_collect(k, wait, buffer, sizeof buffer, NULL), -EINVAL);
	/* one that finds its message there completes at once, and by a completion, too */
	CHECK_EQUAL(put(port, "there", PORTICO_NOW), 0);
	wait = post_get(port, 8, PORTICO_FOREVER);
	expect(wait, 8);
	collect(wait, "there");
	expect_none();
}

static void case_send(void)
{
	portico_port port = mailbox(1);
	portico_wait one, two, three;
	CHECK_EQUAL(post_put(port, "one", 1, &one), 0);
	expect(one, 1);
	CHECK_EQUAL(post_put(port, "two", 2, &two), 0);
	CHECK_EQUAL(post_put(port, "three", 3, &three), 0);
	expect_none(); /* there is no room */
	CHECK_EQUAL(portico_collect(k, two, NULL, 0, NULL), -EINPROGRESS);
	portico_wait get = post_get(port, 4, PORTICO_FOREVER);
	struct portico_completion completion;
	for (int i = 0; i < 2; i++) { /* the receive, and the send that it made room for */
		CHECK_EQUAL(portico_complete(k, completions, &completion, soon()), 0);
		CHECK(completion.cookie == 2 || completion.cookie == 4);
	}
	collect(get, "one");
	CHECK_EQUAL(portico_collect(k, one, NULL, 0, NULL), 0);
	CHECK_EQUAL(portico_collect(k, two, NULL, 0, NULL), 0);
	/* its end tells those that still wait */
	CHECK_EQUAL(portico_mailbox_destroy(k, port), 0);
	expect(three, 3);
	CHECK_EQUAL(portico_collect(k, three, NULL, 0, NULL), -EIDRM);
}

static void case_rendezvous(void)
{
	portico_port port = mailbox(0);
	portico_wait send, receive = post_get(port, 1, PORTICO_FOREVER);
	CHECK_EQUAL(post_put(port, "met", 2, &send), 0);
	struct portico_completion first, second;
	CHECK_EQUAL(portico_complete(k, completions, &first, soon()), 0);
	CHECK_EQUAL(portico_complete(k, completions, &second, soon()), 0);
	CHECK_EQUAL(first.cookie + second.cookie, 3);
	collect(receive, "met");
	CHECK_EQUAL(portico_collect(k, send, NULL, 0, NULL), 0);
	CHECK_EQUAL(post_put(port, "first", 3, &send), 0);
	receive = post_get(port, 4, PORTICO_FOREVER);
	collect(receive, "first");
	CHECK_EQUAL(portico_collect(k, send, NULL, 0, NULL), 0);
}

static void case_cancel(void)
{
	portico_port port = mailbox(1);
	portico_wait wait = post_get(port, 1, PORTICO_FOREVER), other;
	CHECK_EQUAL(portico_cancel(k, wait), 0);
	CHECK_EQUAL(portico_cancel(k, wait), -EINVAL);
	CHECK_EQUAL(put(port, "for the next", PORTICO_NOW), 0); /* not for the cancelled */
	expect_none();
	CHECK_EQUAL(post_put(port, "never", 2, &wait), 0);
	CHECK_EQUAL(portico_cancel(k, wait), 0);
	other = post_get(port, 3, PORTICO_FOREVER);
	CHECK_EQUAL(portico_cancel(k, other), -EALREADY);
	expect(other, 3);
	collect(other, "for the next");
	struct portico_status status;
	CHECK_EQUAL(portico_mailbox_status(k, port, &status), 0);
	CHECK_EQUAL(status.queued + status.receivers + status.senders, 0);
}

/* A canceller and a sender race: the message comes with that wait, or stays for the next. */
static void *cancel_it(void *wait)
{
	int result = portico_cancel(k, *(portico_wait *)wait);
	return (void *)(intptr_t)result;
}

static void case_cancel_race(void)
{
	portico_port port = mailbox(1);
	int cancelled = 0;
	for (int i = 0; i < 3000; i++) {
		portico_wait wait = post_get(port, 9, PORTICO_FOREVER), after;
		pthread_t thread;
		void *result;
		CHECK_EQUAL(pthread_create(&thread, NULL, cancel_it, &wait), 0);
		for (int spin = i % 50 * 40; spin > 0; spin--)
			__asm__ volatile("");
		CHECK_EQUAL(put(port, "one", PORTICO_NOW), 0);
		CHECK_EQUAL(pthread_join(thread, &result), 0);
		if ((intptr_t)result == 0) {
			cancelled++;
			expect_none();
			after = post_get(port, 9, PORTICO_FOREVER);
			expect(after, 9);
			collect(after, "one");
		} else {
			CHECK_EQUAL((intptr_t)result, -EALREADY);
			expect(wait, 9);
			collect(wait, "one");
		}
	}
	printf("cancelled %d of 3000\n", cancelled);
}

static void case_deadline(void)
{
	portico_port port = mailbox(1);
	portico_wait late = post_get(port, 1, portico_deadline(200000000));
	portico_wait early = post_get(port, 2, portico_deadline(50000000));
	portico_wait never = post_get(port, 3, PORTICO_FOREVER);
	expect(early, 2);
	CHECK_EQUAL(portico_collect(k, early, NULL, 0, NULL), -ETIMEDOUT);
	expect(late, 1);
	CHECK_EQUAL(portico_collect(k, late, NULL, 0, NULL), -ETIMEDOUT);
	CHECK_EQUAL(portico_cancel(k, never), 0);
}

static void case_any(void)
{
	enum { COUNT = 5 };
	portico_port ports[COUNT];
	struct portico_envelope envelope;
	char buffer[64];
	for (int i = 0; i < COUNT; i++)
		ports[i] = mailbox(4);
	CHECK_EQUAL(portico_receive_any(k, ports, 0, buffer, 64, NULL, &envelope, PORTICO_NOW), -EINVAL);
	CHECK_EQUAL(portico_receive_any(k, ports, COUNT, buffer, 64, NULL, &envelope, PORTICO_NOW), -EAGAIN);
	CHECK_EQUAL(put(ports[3], "d", PORTICO_NOW), 0);
	CHECK_EQUAL(put(ports[1], "b", PORTICO_NOW), 0);
	CHECK_EQUAL(portico_receive_any(k, ports, COUNT, buffer, 64, NULL, &envelope, PORTICO_NOW), 1);
	CHECK_EQUAL(envelope.port.id, ports[1].id);
	CHECK_EQUAL(portico_receive_any(k, ports, COUNT, buffer, 64, NULL, &envelope, soon()), 1);
	CHECK_EQUAL(envelope.port.id, ports[3].id);
	/* while it sleeps */
	pid_t child = CHILD({
		sleep_ms(150);
		CHECK_EQUAL(put(ports[4], "e", PORTICO_NOW), 0);
		CHECK_EQUAL(put(ports[2], "c", PORTICO_NOW), 0);
	});
	CHECK_EQUAL(portico_receive_any(k, ports, COUNT, buffer, 64, NULL, &envelope, soon()), 1);
	CHECK_EQUAL(envelope.port.id, ports[4].id);
	join_child(child);
	CHECK_EQUAL(portico_receive_any(k, ports, COUNT, buffer, 64, NULL, &envelope, soon()), 1);
	CHECK_EQUAL(envelope.port.id, ports[2].id); /* settled once: the other waited */
	/* it left all lines */
	struct portico_status status;
	CHECK_EQUAL(portico_receive_any(k, ports, COUNT, buffer, 64, NULL, NULL, portico_deadline(20000000)),
		    -ETIMEDOUT);
	for (int i = 0; i < COUNT; i++) {
		CHECK_EQUAL(portico_mailbox_status(k, ports[i], &status), 0);
		CHECK_EQUAL(status.receivers, 0);
	}
	/* the end of one ends the wait; a stale one is an error and posts nothing */
	child = CHILD(sleep_ms(100); CHECK_EQUAL(portico_mailbox_destroy(k, ports[0]), 0));
	CHECK_EQUAL(portico_receive_any(k, ports, COUNT, buffer, 64, NULL, NULL, soon()), -EIDRM);
	join_child(child);
	CHECK(portico_receive_any(k, ports, COUNT, buffer, 64, NULL, NULL, soon()) < 0);
	CHECK_EQUAL(portico_mailbox_status(k, ports[1], &status), 0);
	CHECK_EQUAL(status.receivers, 0);
}

/* Posted on two mailboxes, and told by a completion; the stale member lets the next in line have it. */
static void case_any_posted(void)
{
	portico_port ports[] = { mailbox(4), mailbox(4) };
	portico_wait wait, next;
	CHECK_EQUAL(portico_post_receive(k, ports, 2, 64, NULL, PORTICO_FOREVER, completions, 1, &wait), 0);
	next = post_get(ports[0], 2, PORTICO_FOREVER);
	CHECK_EQUAL(put(ports[1], "second", PORTICO_NOW), 0);
	CHECK_EQUAL(put(ports[0], "first", PORTICO_NOW), 0);
	expect(wait, 1);
	expect(next, 2);
	collect(wait, "second");
	collect(next, "first");
	expect_none();
}

/* A port for completions and a mailbox, in one wait. */
static void case_any_completions(void)
{
	portico_port port = mailbox(1), ports[] = { completions, mailbox(1) };
	struct portico_completion completion;
	struct portico_envelope envelope;
	portico_wait wait = post_get(port, 11, PORTICO_FOREVER);
	CHECK_EQUAL(put(port, "x", PORTICO_NOW), 0);
	CHECK_EQUAL(portico_receive_any(k, ports, 2, &completion, sizeof completion, NULL, &envelope, soon()),
		    sizeof completion);
	CHECK_EQUAL(envelope.type, PORTICO_COMPLETION);
	CHECK_EQUAL(completion.cookie, 11);
	CHECK_EQUAL(completion.wait.id, wait.id);
	collect(wait, "x");
}

static void case_refused(void)
{
	portico_port port = mailbox(1);
	portico_wait wait;
	CHECK_EQUAL(put(completions, "x", PORTICO_NOW), -EPERM);
	CHECK_EQUAL(portico_post_receive(k, &port, 1, 64, NULL, PORTICO_FOREVER, port, 1, &wait), -EPERM);
	CHECK_EQUAL(
		portico_post_receive(k, &completions, 1, 64, NULL, PORTICO_FOREVER, completions, 1, &wait),
		-EPERM);
	/* half posted, and then refused: nothing stays in line, nothing comes */
	portico_port some[] = { port, { 0 } };
	struct portico_status status;
	CHECK_EQUAL(portico_post_receive(k, some, 2, 64, NULL, PORTICO_FOREVER, completions, 1, &wait),
		    -EINVAL);
	CHECK_EQUAL(portico_mailbox_status(k, port, &status), 0);
	CHECK_EQUAL(status.receivers, 0);
	expect_none();
	struct portico_completion completion;
	CHECK_EQUAL(portico_complete(k, port, &completion, PORTICO_NOW), -EPERM);
	join_child(CHILD({ /* another's */
			   CHECK_EQUAL(post_put(port, "x", 1, &wait), -EPERM);
			   CHECK_EQUAL(portico_complete(k, completions, &completion, PORTICO_NOW), -EPERM);
	}));
	/* destroyed under a post: what was posted goes on, and can be asked */
	wait = post_get(port, 1, PORTICO_FOREVER);
	CHECK_EQUAL(portico_mailbox_destroy(k, completions), 0);
	CHECK_EQUAL(put(port, "x", PORTICO_NOW), 0);
	collect(wait, "x");
}

static void case_ten_thousand(void)
{
	enum { COUNT = 10000, PORTS = 500 };
	static portico_wait waits[COUNT];
	static portico_port ports[PORTS];
	for (int i = 0; i < PORTS; i++)
		ports[i] = mailbox(1);
	for (uint64_t i = 0; i < COUNT; i++)
		waits[i] = post_get(ports[i % PORTS], i, PORTICO_FOREVER);
	pid_t child = CHILD({
		for (uint64_t i = 0; i < COUNT; i++)
			CHECK_EQUAL(portico_send(k, ports[i % PORTS], &i, sizeof i, 1, PORTICO_NOW), 0);
	});
	for (uint64_t i = 0, number; i < COUNT; i++) {
		expect(waits[i], i); /* in the order in which they were told */
		CHECK_EQUAL(portico_collect(k, waits[i], &number, sizeof number, NULL), sizeof number);
		CHECK_EQUAL(number, i);
	}
	join_child(child);
	expect_none();
}

/* What a task that dies had posted disturbs nobody, and its port for completions goes with it. */
static void case_poster_dies(void)
{
	portico_port port = mailbox(4);
	uint64_t *ids = shared_memory(sizeof *ids);
	pid_t child = CHILD({
		portico_port mine;
		portico_wait wait;
		CHECK_EQUAL(portico_completions_create(k, &mine), 0);
		for (int i = 0; i < 3; i++)
			CHECK_EQUAL(
				portico_post_receive(k, &port, 1, 64, NULL, PORTICO_FOREVER, mine, 1, &wait),
				0);
		CHECK_EQUAL(put(port, "back", PORTICO_NOW), 0); /* granted to the first, never collected */
		*ids = mine.id;
		kill(getpid(), SIGKILL);
	});
	int status;
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	portico_wait wait = post_get(port, 5, PORTICO_FOREVER); /* behind the dead */
	expect(wait, 5);
	collect(wait, "back");
	struct portico_status found;
	CHECK(portico_mailbox_status(k, (portico_port){ *ids }, &found) < 0);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "receive", case_receive },
		{ "send", case_send },
		{ "rendezvous", case_rendezvous },
		{ "cancel", case_cancel },
		{ "cancel-race", case_cancel_race },
		{ "deadline", case_deadline },
		{ "any", case_any },
		{ "any-posted", case_any_posted },
		{ "any-completions", case_any_completions },
		{ "refused", case_refused },
		{ "ten-thousand", case_ten_thousand },
		{ "poster-dies", case_poster_dies },
		{ 0 },
	};
	CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
	CHECK_EQUAL(portico_completions_create(k, &completions), 0);
	return run_cases(cases, argc, argv);
}
