/* SPDX-License-Identifier: MIT */
/* Mailboxes through <portico/portico.h>: what each call promises. */
#include "check.h"

#include <portico/portico.h>
#include <sys/stat.h>
#include <sys/time.h>

static portico *k;

static portico_port mailbox(uint32_t slots, uint32_t bytes)
{
	struct portico_limits limits = { slots, bytes, UINT64_C(1) << 30 };
	portico_port port;
	CHECK_EQUAL(portico_mailbox_create(k, NULL, &limits, 0600, &port), 0);
	return port;
}

static int put(portico_port port, const char *text, int64_t type, int64_t deadline)
{
	return portico_send(k, port, text, strlen(text), type, deadline);
}

/* Receive, and check that it is this text. */
static void get(portico_port port, const struct portico_filter *filter, const char *text)
{
	char buffer[256];
	ssize_t got = portico_receive(k, port, buffer, sizeof buffer - 1, filter, NULL,
				      portico_deadline(5000000000));
	CHECK_EQUAL(got, strlen(text));
	buffer[got] = '\0';
	CHECK_EQUAL(strcmp(buffer, text), 0);
}

static int try_get(portico_port port, int64_t deadline)
{
	char buffer[256];
	return (int)portico_receive(k, port, buffer, sizeof buffer, NULL, NULL, deadline);
}

static void wait_for_waiters(portico_port port, uint32_t receivers, uint32_t senders)
{
	struct portico_status status;
	for (int i = 0; i < 500; i++) {
		CHECK_EQUAL(portico_mailbox_status(k, port, &status), 0);
		if (status.receivers == receivers && status.senders == senders)
			return;
		sleep_ms(10);
	}
	FAIL("the waiters never came");
}

static void case_order(void)
{
	portico_port port = mailbox(8, 64);
	CHECK_EQUAL(put(port, "one", 1, PORTICO_NOW), 0);
	CHECK_EQUAL(put(port, "two", 1, PORTICO_NOW), 0);
	CHECK_EQUAL(put(port, "", 1, PORTICO_NOW), 0);
	get(port, NULL, "one");
	get(port, NULL, "two");
	get(port, NULL, "");
	CHECK_EQUAL(try_get(port, PORTICO_NOW), -EAGAIN);
}

static void case_limits(void)
{
	portico_port port = mailbox(2, 4);
	CHECK_EQUAL(put(port, "12345", 1, PORTICO_NOW), -EMSGSIZE);
	CHECK_EQUAL(put(port, "1234", 1, PORTICO_NOW), 0);
	CHECK_EQUAL(put(port, "", 1, PORTICO_NOW), 0);
	CHECK_EQUAL(put(port, "", 1, PORTICO_NOW), -EAGAIN);
	CHECK_EQUAL(put(port, "", 1, portico_deadline(20000000)), -ETIMEDOUT);
	get(port, NULL, "1234");
	CHECK_EQUAL(put(port, "x", 1, PORTICO_NOW), 0);
	struct portico_limits more = { 3, 4, 1 << 20 };
	CHECK_EQUAL(portico_mailbox_limit(k, port, &more), 0);
	CHECK_EQUAL(put(port, "y", 1, PORTICO_NOW), 0);
	/* a mailbox of no bytes passes empty messages */
	portico_port none = mailbox(1, 0);
	CHECK_EQUAL(put(none, "x", 1, PORTICO_NOW), -EMSGSIZE);
	CHECK_EQUAL(put(none, "", 1, PORTICO_NOW), 0);
	get(none, NULL, "");
	/* bytes in all */
	struct portico_limits few = { 10, 10, 10 };
	portico_port small;
	CHECK_EQUAL(portico_mailbox_create(k, NULL, &few, 0600, &small), 0);
	CHECK_EQUAL(put(small, "123456", 1, PORTICO_NOW), 0);
	CHECK_EQUAL(put(small, "12345", 1, PORTICO_NOW), -EAGAIN);
	CHECK_EQUAL(put(small, "1234", 1, PORTICO_NOW), 0);
	few.bytes = (1u << 30) + 1;
	CHECK_EQUAL(portico_mailbox_create(k, NULL, &few, 0600, &small), -EMSGSIZE);
}

static void case_buffer_too_small(void)
{
	portico_port port = mailbox(2, 64);
	char buffer[4];
	CHECK_EQUAL(put(port, "12345", 1, PORTICO_NOW), 0);
	CHECK_EQUAL(portico_receive(k, port, buffer, sizeof buffer, NULL, NULL, PORTICO_NOW), -E2BIG);
	get(port, NULL, "12345");
	/* the same for a receiver that waits */
	pid_t child = CHILD(CHECK_EQUAL(
		portico_receive(k, port, buffer, sizeof buffer, NULL, NULL, PORTICO_FOREVER), -E2BIG));
	wait_for_waiters(port, 1, 0);
	CHECK_EQUAL(put(port, "12345", 1, PORTICO_NOW), 0);
	join_child(child);
	get(port, NULL, "12345");
}

static void case_rendezvous(void)
{
	portico_port port = mailbox(0, 64);
	CHECK_EQUAL(put(port, "nobody", 1, PORTICO_NOW), -EAGAIN);
	CHECK_EQUAL(put(port, "nobody", 1, portico_deadline(20000000)), -ETIMEDOUT);
	CHECK_EQUAL(try_get(port, PORTICO_NOW), -EAGAIN);
	pid_t child = CHILD(CHECK_EQUAL(put(port, "met", 1, PORTICO_FOREVER), 0));
	wait_for_waiters(port, 0, 1);
	get(port, NULL, "met");
	join_child(child);
	child = CHILD(get(port, NULL, "there"));
	wait_for_waiters(port, 1, 0);
	CHECK_EQUAL(put(port, "there", 1, PORTICO_NOW), 0);
	join_child(child);
}

static void case_types(void)
{
	portico_port port = mailbox(16, 64);
	struct portico_filter three = { .select = PORTICO_TYPE, .type = 3 };
	struct portico_filter at_most = { .select = PORTICO_TYPE_AT_MOST, .type = 4 };
	struct portico_filter except = { .select = PORTICO_TYPE_EXCEPT, .type = 5 };
	char buffer[8];
	CHECK_EQUAL(put(port, "5a", 5, PORTICO_NOW), 0);
	CHECK_EQUAL(put(port, "4a", 4, PORTICO_NOW), 0);
	CHECK_EQUAL(put(port, "3a", 3, PORTICO_NOW), 0);
	CHECK_EQUAL(put(port, "2a", 2, PORTICO_NOW), 0);
	CHECK_EQUAL(put(port, "2b", 2, PORTICO_NOW), 0);
	get(port, &three, "3a");
	get(port, &at_most, "2a"); /* the lowest, and of those the first */
	get(port, &at_most, "2b");
	get(port, &except, "4a");
	CHECK_EQUAL(portico_receive(k, port, buffer, sizeof buffer, &at_most, NULL, PORTICO_NOW), -EAGAIN);
	get(port, NULL, "5a");
}

static void case_waiting_for_a_type(void)
{
	portico_port port = mailbox(16, 64);
	struct portico_filter seven = { .select = PORTICO_TYPE, .type = 7 };
	pid_t child = CHILD(get(port, &seven, "seven"));
	wait_for_waiters(port, 1, 0);
	CHECK_EQUAL(put(port, "six", 6, PORTICO_NOW), 0);
	CHECK_EQUAL(put(port, "seven", 7, PORTICO_NOW), 0);
	join_child(child);
	get(port, NULL, "six");
}

static void case_sender(void)
{
	portico_port port = mailbox(16, 64);
	struct portico_envelope envelope;
	char buffer[8];
	CHECK_EQUAL(put(port, "mine", 9, PORTICO_NOW), 0);
	pid_t child = fork();
	if (child == 0)
		_exit(put(port, "theirs", 1, PORTICO_NOW) == 0 ? 0 : 1);
	join_child(child);
	CHECK_EQUAL(portico_receive(k, port, buffer, sizeof buffer, NULL, &envelope, PORTICO_NOW), 4);
	CHECK_EQUAL(envelope.pid, getpid());
	CHECK_EQUAL(envelope.uid, geteuid());
	CHECK_EQUAL(envelope.gid, getegid());
	CHECK_EQUAL(envelope.type, 9);
	struct portico_filter from_me = { .select = PORTICO_FROM, .from = envelope.sender };
	CHECK_EQUAL(put(port, "again", 1, PORTICO_NOW), 0);
	get(port, &from_me, "again");
	CHECK_EQUAL(portico_receive(k, port, buffer, sizeof buffer, NULL, &envelope, PORTICO_NOW), 6);
	CHECK_EQUAL(envelope.pid, child);
}

static void case_receivers_in_order(void)
{
	portico_port port = mailbox(16, 64), answers = mailbox(16, 64);
	pid_t children[4];
	for (int i = 0; i < 4; i++) {
		children[i] = CHILD({
			char buffer[8];
			ssize_t got = portico_receive(k, port, buffer, 8, NULL, NULL, PORTICO_FOREVER);
			CHECK_EQUAL(got, 1);
			CHECK_EQUAL(buffer[0], 'a' + i);
			CHECK_EQUAL(portico_send(k, answers, buffer, 1, 1, PORTICO_NOW), 0);
		});
		wait_for_waiters(port, (uint32_t)i + 1, 0);
	}
	for (int i = 0; i < 4; i++)
		CHECK_EQUAL(portico_send(k, port, &"abcd"[i], 1, 1, PORTICO_NOW), 0);
	for (int i = 0; i < 4; i++)
		join_child(children[i]);
}

static void case_senders_in_order(void)
{
	portico_port port = mailbox(1, 64);
	pid_t children[4];
	CHECK_EQUAL(put(port, "first", 1, PORTICO_NOW), 0);
	for (int i = 0; i < 4; i++) {
		children[i] = CHILD(CHECK_EQUAL(portico_send(k, port, &"abcd"[i], 1, 1, PORTICO_FOREVER), 0));
		wait_for_waiters(port, 0, (uint32_t)i + 1);
	}
	CHECK_EQUAL(put(port, "over", 1, PORTICO_NOW), -EAGAIN);
	get(port, NULL, "first");
	CHECK_EQUAL(put(port, "over", 1, PORTICO_NOW), -EAGAIN); /* nobody overtakes those who wait */
	get(port, NULL, "a");
	get(port, NULL, "b");
	get(port, NULL, "c");
	get(port, NULL, "d");
	for (int i = 0; i < 4; i++)
		join_child(children[i]);
}

static void case_destroyed(void)
{
	portico_port port = mailbox(1, 64), full = mailbox(0, 64);
	pid_t receiver = CHILD(CHECK_EQUAL(try_get(port, PORTICO_FOREVER), -EIDRM));
	pid_t sender = CHILD(CHECK_EQUAL(put(full, "x", 1, PORTICO_FOREVER), -EIDRM));
	wait_for_waiters(port, 1, 0);
	wait_for_waiters(full, 0, 1);
	CHECK_EQUAL(portico_mailbox_destroy(k, port), 0);
	CHECK_EQUAL(portico_mailbox_destroy(k, full), 0);
	join_child(receiver);
	join_child(sender);
	CHECK_EQUAL(portico_mailbox_destroy(k, port), -EIDRM);
	CHECK_EQUAL(put(port, "x", 1, PORTICO_NOW), -EIDRM);
	/* its slot serves another: the old id is stale, not the new one's */
	portico_port next = mailbox(1, 64);
	portico_port other = mailbox(1, 64);
	CHECK(next.id != port.id && next.id != full.id && other.id != port.id && other.id != full.id);
	CHECK_EQUAL(put(full, "x", 1, PORTICO_NOW), -EIDRM);
	CHECK_EQUAL(try_get(next, PORTICO_NOW), -EAGAIN);
}

static void case_names(void)
{
	portico_port port, found;
	char longest[202];
	memset(longest, 'n', sizeof longest);
	longest[201] = '\0';
	CHECK_EQUAL(portico_mailbox_create(k, "jobs", NULL, 0600, &port), 0);
	CHECK_EQUAL(portico_mailbox_create(k, "jobs", NULL, 0600, &found), -EEXIST);
	CHECK_EQUAL(portico_mailbox_open(k, "jobs", &found), 0);
	CHECK_EQUAL(found.id, port.id);
	CHECK_EQUAL(portico_mailbox_open(k, "none", &found), -ENOENT);
	CHECK_EQUAL(portico_mailbox_create(k, "", NULL, 0600, &found), -EINVAL);
	CHECK_EQUAL(portico_mailbox_create(k, "a/b", NULL, 0600, &found), -ENOENT);
	CHECK_EQUAL(portico_mailbox_create(k, "jobs/b", NULL, 0600, &found), -ENOTDIR);
	CHECK_EQUAL(portico_mailbox_create(k, "..", NULL, 0600, &found), -EINVAL);
	CHECK_EQUAL(portico_mailbox_create(k, longest, NULL, 0600, &found), -ENAMETOOLONG);
	longest[200] = '\0';
	CHECK_EQUAL(portico_mailbox_create(k, longest, NULL, 0600, &found), 0);
	CHECK_EQUAL(portico_mailbox_destroy(k, port), 0);
	CHECK_EQUAL(portico_mailbox_open(k, "jobs", &found), -ENOENT);
	CHECK_EQUAL(portico_mailbox_create(k, "jobs", NULL, 0600, &port), 0);
}

static void nothing(int number)
{
	(void)number;
}

static void case_interrupted(void)
{
	portico_port port = mailbox(1, 64);
	struct sigaction action = { .sa_handler = nothing, .sa_flags = SA_RESTART };
	CHECK_EQUAL(sigaction(SIGUSR1, &action, NULL), 0);
	pid_t receiver = CHILD(CHECK_EQUAL(try_get(port, PORTICO_FOREVER), -EINTR));
	wait_for_waiters(port, 1, 0);
	sleep_ms(50);
	/* a signal that comes between two sleeps interrupts nothing: so until it has */
	for (int i = 0; i < 100 && waitpid(receiver, NULL, WNOHANG | __WALL) == 0; i++) {
		kill(receiver, SIGUSR1);
		sleep_ms(5);
	}
	wait_for_waiters(port, 0, 0);
	CHECK_EQUAL(put(port, "kept", 1, PORTICO_NOW), 0);
	get(port, NULL, "kept");
}

/* A signal that comes just as a sleeper looks round, which it does every 100 ms, interrupts it, too. */
static void case_interrupted_at_the_tick(void)
{
	portico_port port = mailbox(1, 64);
	struct sigaction action = { .sa_handler = nothing };
	int lost = 0;
	CHECK_EQUAL(sigaction(SIGALRM, &action, NULL), 0);
	for (int i = 0; i < 10; i++) {
		struct itimerval in_100_ms = { .it_value = { 0, 100000 + i * 10 } };
		CHECK_EQUAL(setitimer(ITIMER_REAL, &in_100_ms, NULL), 0);
		int error = try_get(port, portico_deadline(400000000));
		CHECK(error == -EINTR || error == -ETIMEDOUT);
		lost += error == -ETIMEDOUT;
	}
	CHECK(lost <= 5); /* an instruction or two remain in which it is missed; more on a busy machine */
}

static void case_deadline(void)
{
	portico_port port = mailbox(1, 64);
	int64_t before = portico_deadline(0);
	CHECK_EQUAL(try_get(port, before + 50000000), -ETIMEDOUT);
	CHECK(portico_deadline(0) >= before + 50000000);
	CHECK_EQUAL(try_get(port, before), -ETIMEDOUT); /* one that has passed */
	wait_for_waiters(port, 0, 0);
}

static void case_sizes(void)
{
	portico_port port = mailbox(4, 1 << 20);
	static char data[(1 << 20) + 1], back[(1 << 20) + 1];
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (char)(i * 7 + i / 251);
	for (size_t size = 0; size <= 1 << 20; size = size * 2 + (size % 3 == 0)) {
		CHECK_EQUAL(portico_send(k, port, data, size, 1, PORTICO_NOW), 0);
		CHECK_EQUAL(portico_receive(k, port, back, sizeof back, NULL, NULL, PORTICO_NOW), size);
		CHECK_EQUAL(memcmp(data, back, size), 0);
	}
	CHECK_EQUAL(portico_send(k, port, data, 1 << 20, 1, PORTICO_NOW), 0);
	CHECK_EQUAL(portico_send(k, port, data, (1 << 20) + 1, 1, PORTICO_NOW), -EMSGSIZE);
}

/* Over 1 MiB a message lies in a run of pages, which go back to the file system with it. */
static void case_large(void)
{
	enum { SIZE = (5 << 20) + 123 };
	portico_port port = mailbox(4, 64 << 20);
	unsigned char *data = malloc(SIZE), *back = malloc(SIZE);
	for (size_t i = 0; i < SIZE; i++)
		data[i] = (unsigned char)(i * 13 + i / 4099);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < 4; i++)
			CHECK_EQUAL(portico_send(k, port, data + i, SIZE - i, 1, PORTICO_NOW), 0);
		for (size_t i = 0; i < 4; i++) {
			CHECK_EQUAL(portico_receive(k, port, back, SIZE, NULL, NULL, PORTICO_NOW), SIZE - i);
			CHECK_EQUAL(memcmp(data + i, back, SIZE - i), 0);
		}
	}
	CHECK_EQUAL(portico_send(k, port, data, SIZE, 1, PORTICO_NOW), 0);
	CHECK_EQUAL(portico_mailbox_destroy(k, port), 0);
	struct stat region;
	char path[300];
	snprintf(path, sizeof path, "%s/region", portico_directory(k));
	CHECK_EQUAL(stat(path, &region), 0);
	CHECK(region.st_blocks * 512 < SIZE);
	/* killed with one in its hands */
	port = mailbox(4, 64 << 20);
	CHECK_EQUAL(portico_send(k, port, data, SIZE, 1, PORTICO_NOW), 0);
	portico_port meeting = mailbox(0, 64 << 20);
	pid_t child = CHILD(CHECK_EQUAL(portico_send(k, port, data, SIZE, 1, PORTICO_NOW), 0);
			    portico_send(k, meeting, data, SIZE, 1, PORTICO_FOREVER));
	wait_for_waiters(meeting, 0, 1);
	kill_child(child);
	for (int i = 0; i < 2; i++)
		CHECK_EQUAL(portico_receive(k, port, back, SIZE, NULL, NULL, PORTICO_NOW), SIZE);
	free(data);
	free(back);
}

static void case_many(void)
{
	portico_port port = mailbox(200000, 64);
	char buffer[64];
	for (uint32_t i = 0; i < 150000; i++)
		CHECK_EQUAL(portico_send(k, port, &i, sizeof i, i % 7 + 1, PORTICO_NOW), 0);
	for (uint32_t i = 0; i < 150000; i++) {
		CHECK_EQUAL(portico_receive(k, port, buffer, sizeof buffer, NULL, NULL, PORTICO_NOW),
			    sizeof i);
		CHECK_EQUAL(memcmp(buffer, &i, sizeof i), 0);
	}
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "order", case_order },
		{ "limits", case_limits },
		{ "buffer-too-small", case_buffer_too_small },
		{ "rendezvous", case_rendezvous },
		{ "types", case_types },
		{ "waiting-for-a-type", case_waiting_for_a_type },
		{ "sender", case_sender },
		{ "receivers-in-order", case_receivers_in_order },
		{ "senders-in-order", case_senders_in_order },
		{ "destroyed", case_destroyed },
		{ "names", case_names },
		{ "interrupted", case_interrupted },
		{ "interrupted-at-the-tick", case_interrupted_at_the_tick },
		{ "deadline", case_deadline },
		{ "sizes", case_sizes },
		{ "large", case_large },
		{ "many", case_many },
		{ 0 },
	};
	CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
	return run_cases(cases, argc, argv);
}
