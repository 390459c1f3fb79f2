/* SPDX-License-Identifier: MIT */
/* What portico_mailbox_pause() promises, and what System V queues share of it. */
#include "by_hand.h"
#include "check.h"
#include "index.h"
#include "pause.h"
#include "port.h"
#include "task.h"

#include <poll.h>
#include <portico/broadcast.h>
#include <portico/poll.h>
#include <portico/portico.h>
#include <portico/set.h>
#include <portico/why.h>
#include <sys/stat.h>

static portico *k;

static portico_port mailbox(uint32_t slots)
{
	struct portico_limits limits = { slots, 4096, 1 << 20 };
	portico_port port;
	CHECK_EQUAL(portico_mailbox_create(k, NULL, &limits, 0600, &port), 0);
	return port;
}

static portico_port paused(uint32_t slots)
{
	portico_port port = mailbox(slots);
	CHECK_EQUAL(portico_mailbox_pause(k, port), 0);
	return port;
}

static int64_t soon(void)
{
	return portico_deadline(10000000000);
}

static int put(portico_port port, char letter, int64_t deadline)
{
	return portico_send(k, port, &letter, 1, letter, deadline);
}

/* The letter, or a negative errno. */
static int get(portico_port port, int64_t deadline)
{
	char letter;
	ssize_t got = portico_receive(k, port, &letter, 1, NULL, NULL, deadline);
	return got == 1 ? letter : (int)got;
}

static int get_type(portico_port port, char type, int64_t deadline)
{
	struct portico_filter filter = { .select = PORTICO_TYPE, .type = type };
	char letter;
	ssize_t got = portico_receive(k, port, &letter, 1, &filter, NULL, deadline);
	return got == 1 ? letter : (int)got;
}

static struct portico_status status_of(portico_port port)
{
	struct portico_status status;
	CHECK_EQUAL(portico_mailbox_status(k, port, &status), 0);
	return status;
}

static void await_waiters(portico_port port, uint32_t receivers, uint32_t senders)
{
	struct portico_status status = status_of(port);
	for (int i = 0; i < 5000 && (status.receivers != receivers || status.senders != senders); i++) {
		sleep_ms(1);
		status = status_of(port);
	}
	CHECK_EQUAL(status.receivers, receivers);
	CHECK_EQUAL(status.senders, senders);
}

static void case_holds(void)
{
	portico_port port = mailbox(2);
	CHECK_EQUAL(status_of(port).paused, 0);
	CHECK_EQUAL(put(port, 'a', PORTICO_NOW), 0);
	CHECK_EQUAL(portico_mailbox_pause(k, port), 0);
	CHECK_EQUAL(portico_mailbox_pause(k, port), 0);
	CHECK_EQUAL(status_of(port).paused, 1);
	CHECK_EQUAL(get(port, PORTICO_NOW), -EAGAIN);
	CHECK_EQUAL(get(port, portico_deadline(1000000)), -ETIMEDOUT);
	CHECK_EQUAL(put(port, 'b', PORTICO_NOW), 0);
	CHECK_EQUAL(put(port, 'c', PORTICO_NOW), -EAGAIN); /* it is full */
	CHECK_EQUAL(status_of(port).queued, 2);
	CHECK(pk_port_valid(k, port.id));
	CHECK_EQUAL(portico_mailbox_resume(k, port), 0);
	CHECK_EQUAL(portico_mailbox_resume(k, port), 0);
	CHECK_EQUAL(status_of(port).paused, 0);
	CHECK_EQUAL(get(port, PORTICO_NOW), 'a');
	CHECK_EQUAL(get(port, PORTICO_NOW), 'b');
}

/* Those who waited before, and those who come meanwhile, are served in their order. */
static void case_order(void)
{
	portico_port port = mailbox(8);
	int *got = shared_memory(4 * sizeof *got);
	pid_t readers[4];
	for (unsigned i = 0; i < 4; i++) {
		if (i == 2)
			CHECK_EQUAL(portico_mailbox_pause(k, port), 0);
		readers[i] = CHILD(got[i] = get(port, soon()));
		await_waiters(port, i + 1, 0);
	}
	for (char letter = 'a'; letter < 'e'; letter++)
		CHECK_EQUAL(put(port, letter, PORTICO_NOW), 0);
	await_waiters(port, 4, 0);
	CHECK_EQUAL(status_of(port).queued, 4);
	CHECK_EQUAL(portico_mailbox_resume(k, port), 0);
	for (int i = 0; i < 4; i++) {
		join_child(readers[i]);
		CHECK_EQUAL(got[i], 'a' + i);
	}
	CHECK(pk_port_valid(k, port.id));
}

static void case_selective(void)
{
	portico_port port = paused(8);
	int *got = shared_memory(2 * sizeof *got);
	pid_t first = CHILD(got[0] = get_type(port, 'b', soon()));
	await_waiters(port, 1, 0);
	pid_t second = CHILD(got[1] = get(port, soon()));
	await_waiters(port, 2, 0);
	CHECK_EQUAL(put(port, 'a', PORTICO_NOW), 0);
	CHECK_EQUAL(put(port, 'b', PORTICO_NOW), 0);
	CHECK_EQUAL(portico_mailbox_resume(k, port), 0);
	join_child(first);
	join_child(second);
	CHECK_EQUAL(got[0], 'b');
	CHECK_EQUAL(got[1], 'a');
}

static void case_rendezvous(void)
{
	portico_port port = paused(0);
	int *result = shared_memory(2 * sizeof *result);
	pid_t receiver = CHILD(result[0] = get(port, soon()));
	await_waiters(port, 1, 0);
	CHECK_EQUAL(put(port, 'x', PORTICO_NOW), -EAGAIN);
	result[1] = 1;
	pid_t sender = CHILD(result[1] = put(port, 'y', soon()));
	await_waiters(port, 1, 1);
	CHECK(pk_port_valid(k, port.id));
	CHECK_EQUAL(portico_mailbox_resume(k, port), 0);
	join_child(receiver);
	join_child(sender);
	CHECK_EQUAL(result[0], 'y');
	CHECK_EQUAL(result[1], 0);
}

static void case_full(void)
{
	portico_port port = paused(1);
	int *result = shared_memory(sizeof *result);
	CHECK_EQUAL(put(port, 'a', PORTICO_NOW), 0);
	*result = 1;
	pid_t sender = CHILD(*result = put(port, 'b', soon()));
	await_waiters(port, 0, 1);
	CHECK_EQUAL(portico_mailbox_resume(k, port), 0);
	await_waiters(port, 0, 1); /* there is no more room than before */
	CHECK_EQUAL(get(port, PORTICO_NOW), 'a');
	join_child(sender);
	CHECK_EQUAL(*result, 0);
	CHECK_EQUAL(get(port, PORTICO_NOW), 'b');
}

static void case_posted(void)
{
	portico_port port = paused(2), completions;
	struct portico_completion completion;
	portico_wait wait;
	char letter;
	CHECK_EQUAL(portico_completions_create(k, &completions), 0);
	CHECK_EQUAL(put(port, 'a', PORTICO_NOW), 0);
	CHECK_EQUAL(portico_post_receive(k, &port, 1, 1, NULL, PORTICO_FOREVER, completions, 7, &wait), 0);
	CHECK_EQUAL(portico_complete(k, completions, &completion, PORTICO_NOW), -EAGAIN);
	CHECK_EQUAL(portico_mailbox_resume(k, port), 0);
	CHECK_EQUAL(portico_complete(k, completions, &completion, PORTICO_NOW), 0);
	CHECK_EQUAL(completion.cookie, 7);
	CHECK_EQUAL(portico_collect(k, wait, &letter, 1, NULL), 1);
	CHECK_EQUAL(letter, 'a');
}

/* A member's messages stay, and others' pass them. */
static void members(int crowd)
{
	portico_port quiet = paused(200), other = mailbox(200), set;
	CHECK_EQUAL(portico_set_create(k, &set), 0);
	CHECK_EQUAL(portico_set_add(k, set, quiet), 0);
	CHECK_EQUAL(portico_set_add(k, set, other), 0);
	for (int i = 0; i < crowd; i++)
		CHECK_EQUAL(put(quiet, 'q', PORTICO_NOW), 0);
	CHECK_EQUAL(get(set, PORTICO_NOW), -EAGAIN);
	CHECK_EQUAL(get_type(set, 'q', PORTICO_NOW), -EAGAIN);
	CHECK_EQUAL(put(other, 'o', PORTICO_NOW), 0);
	CHECK_EQUAL(put(other, 'q', PORTICO_NOW), 0);
	CHECK_EQUAL(get_type(set, 'q', PORTICO_NOW), 'q');
	CHECK_EQUAL(status_of(quiet).queued, crowd);
	CHECK_EQUAL(get(set, PORTICO_NOW), 'o');
	CHECK_EQUAL(get(set, PORTICO_NOW), -EAGAIN);
	CHECK(pk_port_valid(k, set.id) && pk_port_valid(k, quiet.id));
	CHECK_EQUAL(portico_mailbox_resume(k, quiet), 0);
	for (int i = 0; i < crowd; i++)
		CHECK_EQUAL(get(set, PORTICO_NOW), 'q');
	CHECK_EQUAL(get(set, PORTICO_NOW), -EAGAIN);
}
static void case_member(void)
{
	members(1);
}
static void case_member_indexed(void)
{
	members(2 * PK_INDEX_AFTER);
}

static void case_member_waits(void)
{
	portico_port quiet = paused(4), none = paused(0), set, completions;
	struct portico_completion completion;
	portico_wait wait, sent;
	char letter;
	CHECK_EQUAL(portico_completions_create(k, &completions), 0);
	CHECK_EQUAL(portico_set_create(k, &set), 0);
	CHECK_EQUAL(portico_set_add(k, set, quiet), 0);
	CHECK_EQUAL(portico_set_add(k, set, none), 0);
	CHECK_EQUAL(portico_post_receive(k, &set, 1, 1, NULL, PORTICO_FOREVER, completions, 1, &wait), 0);
	CHECK_EQUAL(put(quiet, 'a', PORTICO_NOW), 0);
	CHECK_EQUAL(portico_post_send(k, none, "b", 1, 1, PORTICO_FOREVER, completions, 2, &sent), 0);
	CHECK_EQUAL(portico_complete(k, completions, &completion, PORTICO_NOW), -EAGAIN);
	CHECK(pk_port_valid(k, set.id));
	CHECK_EQUAL(portico_mailbox_resume(k, none), 0);
	CHECK_EQUAL(portico_complete(k, completions, &completion, PORTICO_NOW), 0);
	CHECK_EQUAL(portico_complete(k, completions, &completion, PORTICO_NOW), 0);
	CHECK_EQUAL(portico_collect(k, wait, &letter, 1, NULL), 1);
	CHECK_EQUAL(letter, 'b');
	CHECK_EQUAL(portico_collect(k, sent, NULL, 0, NULL), 0);
	CHECK_EQUAL(get(set, PORTICO_NOW), -EAGAIN);
	CHECK_EQUAL(portico_set_remove(k, set, quiet), 0);
	CHECK_EQUAL(get(quiet, PORTICO_NOW), -EAGAIN);
	CHECK_EQUAL(portico_mailbox_resume(k, quiet), 0);
	CHECK_EQUAL(get(quiet, PORTICO_NOW), 'a');
}

static bool is_readable(int fd)
{
	struct pollfd file = { .fd = fd, .events = POLLIN };
	return poll(&file, 1, 0) == 1;
}

static void case_poll(void)
{
	portico_port port = mailbox(4), other = mailbox(4), set;
	unsigned char ready;
	int fd = portico_port_fd(k, port);
	CHECK(fd >= 0);
	CHECK_EQUAL(put(port, 'a', PORTICO_NOW), 0);
	CHECK(is_readable(fd));
	CHECK_EQUAL(portico_mailbox_pause(k, port), 0);
	CHECK(!is_readable(fd));
	CHECK_EQUAL(portico_scan(k, &port, 1, &ready, PORTICO_NOW), -EAGAIN);
	CHECK_EQUAL(portico_mailbox_resume(k, port), 0);
	CHECK(is_readable(fd));
	close(fd);
	CHECK_EQUAL(portico_set_create(k, &set), 0);
	CHECK_EQUAL(portico_set_add(k, set, port), 0);
	CHECK_EQUAL(portico_set_add(k, set, other), 0);
	fd = portico_port_fd(k, set);
	CHECK(fd >= 0 && is_readable(fd));
	CHECK_EQUAL(portico_mailbox_pause(k, port), 0);
	CHECK(!is_readable(fd));
	CHECK_EQUAL(put(other, 'b', PORTICO_NOW), 0);
	CHECK(is_readable(fd));
	CHECK_EQUAL(get(set, PORTICO_NOW), 'b');
	CHECK(!is_readable(fd));
	close(fd);
}

static void case_listener(void)
{
	portico_port source = mailbox(4), hears = paused(4);
	portico_listener listener;
	int *got = shared_memory(sizeof *got);
	CHECK_EQUAL(portico_listen(k, source, hears, &listener), 0);
	pid_t receiver = CHILD(*got = get(hears, soon()));
	await_waiters(hears, 1, 0);
	CHECK_EQUAL(put(source, 'a', PORTICO_NOW), 0);
	CHECK_EQUAL(status_of(hears).queued, 1);
	CHECK_EQUAL(portico_mailbox_resume(k, hears), 0);
	join_child(receiver);
	CHECK_EQUAL(*got, 'a');
}

/* What a receiver gives back stays, too. */
static void case_given_back(void)
{
	portico_port port = mailbox(4);
	uint32_t message;
	CHECK_EQUAL(put(port, 'a', PORTICO_NOW), 0);
	CHECK_EQUAL(pk_port_receive(k, port.id, &PK_WANT_ANY, NULL, &message, NULL), 0);
	CHECK_EQUAL(portico_mailbox_pause(k, port), 0);
	int *got = shared_memory(sizeof *got);
	pid_t receiver = CHILD(*got = get(port, soon()));
	await_waiters(port, 1, 0);
	pk_port_give_back(k, message);
	await_waiters(port, 1, 0);
	CHECK_EQUAL(status_of(port).queued, 1);
	CHECK_EQUAL(portico_mailbox_resume(k, port), 0);
	join_child(receiver);
	CHECK_EQUAL(*got, 'a');
}

static void case_by_hand(void)
{
	portico_port port = paused(4);
	struct pk_identity as = { .pid = 4711, .uid = 12, .gid = 13 };
	struct portico_envelope envelope;
	char letter;
	for (char c = 'a'; c < 'd'; c++)
		CHECK_EQUAL(put(port, c, PORTICO_NOW), 0);
	CHECK_EQUAL(pk_port_drop(k, port.id, &PK_WANT_ANY, 2), 2);
	CHECK_EQUAL(pk_port_inject(k, port.id, "x", 1, -5, &as, PORTICO_NOW), 0);
	CHECK_EQUAL(status_of(port).queued, 2);
	CHECK_EQUAL(portico_mailbox_resume(k, port), 0);
	CHECK_EQUAL(get(port, PORTICO_NOW), 'c');
	CHECK_EQUAL(portico_receive(k, port, &letter, 1, NULL, &envelope, PORTICO_NOW), 1);
	CHECK_EQUAL(letter, 'x');
	CHECK_EQUAL(envelope.type, -5);
	CHECK_EQUAL(envelope.pid, 4711);
	CHECK_EQUAL(envelope.uid, 12);
	CHECK_EQUAL(pk_port_drop(k, port.id, &PK_WANT_ANY, UINT64_MAX), 0);
}

static void case_why(void)
{
	char lines[1024];
	portico_port port = paused(4);
	CHECK_EQUAL(put(port, 'a', PORTICO_NOW), 0);
	pid_t receiver = CHILD(get(port, soon()));
	await_waiters(port, 1, 0);
	CHECK_EQUAL(portico_why(k, receiver, lines, sizeof lines), 1);
	CHECK(strstr(lines, "paused") != NULL);
	CHECK_EQUAL(portico_mailbox_resume(k, port), 0);
	join_child(receiver);
}

static void case_refused(void)
{
	portico_port set, completions, port = mailbox(1);
	CHECK_EQUAL(portico_set_create(k, &set), 0);
	CHECK_EQUAL(portico_completions_create(k, &completions), 0);
	CHECK_EQUAL(portico_mailbox_pause(k, set), -EPERM);
	CHECK_EQUAL(portico_mailbox_pause(k, completions), -EPERM);
	CHECK_EQUAL(portico_mailbox_destroy(k, port), 0);
	int error = portico_mailbox_pause(k, port);
	CHECK(error == -EIDRM || error == -EINVAL);
	if (geteuid() != 0)
		return;
	port = mailbox(1);
	CHECK_EQUAL(chmod(portico_directory(k), 0755), 0);
	join_child(CHILD({
		CHECK_EQUAL(seteuid(65534), 0);
		CHECK_EQUAL(portico_mailbox_pause(k, port), -EPERM);
	}));
}

static const struct test_case cases[] = {
	{ "holds", case_holds },
	{ "order", case_order },
	{ "selective", case_selective },
	{ "rendezvous", case_rendezvous },
	{ "full", case_full },
	{ "posted", case_posted },
	{ "member", case_member },
	{ "member-indexed", case_member_indexed },
	{ "member-waits", case_member_waits },
	{ "poll", case_poll },
	{ "listener", case_listener },
	{ "given-back", case_given_back },
	{ "by-hand", case_by_hand },
	{ "why", case_why },
	{ "refused", case_refused },
	{ 0 },
};

int main(int argc, char **argv)
{
	if (argc > 1)
		CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
	return run_cases(cases, argc, argv);
}
