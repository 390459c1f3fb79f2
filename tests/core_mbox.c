/* SPDX-License-Identifier: MIT */
/* Mailboxes of <portico/mbox.h>: what each call returns, in which order, and who meets whom. */
#include "check.h"
#include "number.h"

#include <portico/mbox.h>
#include <portico/portico.h>
#include <pthread.h>

static portico *k;

/* ---- what cases use */

static void await_waiters(int id, uint32_t receivers, uint32_t senders)
{
	struct pk_port_status status;
	for (int i = 0; i < 2000; i++) {
		CHECK_EQUAL(pk_port_inspect(k, pk_numbered(k, (uint32_t)id), &status), 0);
		if (status.receivers == receivers && status.senders == senders)
			return;
		sleep_ms(5);
	}
	FAIL("the waiters never came");
}

static int mailbox(int slots, int slot_size)
{
	int id = MboxCreate(slots, slot_size);
	CHECK(id >= 0);
	return id;
}

static int put(int id, char letter)
{
	return MboxSend(id, &letter, 1);
}

static int try_put(int id, char letter)
{
	return MboxCondSend(id, &letter, 1);
}

/* The letter received, or what the call returned. */
static int get(int id)
{
	char letter;
	int size = MboxRecv(id, &letter, 1);
	return size == 1 ? letter : size;
}

static int try_get(int id)
{
	char letter;
	int size = MboxCondRecv(id, &letter, 1);
	return size == 1 ? letter : size;
}

/* ---- making and releasing */

static void case_create(void)
{
	CHECK_EQUAL(MboxCreate(-1, 1), -1);
	CHECK_EQUAL(MboxCreate(1, -1), -1);
	CHECK_EQUAL(MboxCreate(1, MAX_MESSAGE + 1), -1);
	CHECK_EQUAL(MboxCreate(MAXSLOTS + 1, 1), -1);
	CHECK_EQUAL(MboxCreate(MAXSLOTS, MAX_MESSAGE), 0);
	CHECK_EQUAL(MboxCreate(0, 0), 1);
}

static void case_most(void)
{
	for (int id = 0; id < MAXMBOX; id++)
		CHECK_EQUAL(MboxCreate(1, 1), id);
	CHECK_EQUAL(MboxCreate(1, 1), -1);
	CHECK_EQUAL(MboxRelease(77), 0);
	CHECK_EQUAL(MboxRelease(78), 0);
	CHECK_EQUAL(MboxCreate(1, 1), 77);
	CHECK_EQUAL(MboxRelease(77), 0);
	CHECK_EQUAL(MboxCreate(1, 1), 78); /* a number just given up is given last */
	CHECK_EQUAL(MboxCreate(1, 1), 77);
	CHECK_EQUAL(MboxCreate(1, 1), -1);
}

static void case_release(void)
{
	int id = mailbox(3, 1), other = mailbox(1, 1);
	CHECK_EQUAL(put(id, 'a'), 0);
	CHECK_EQUAL(MboxRelease(id), 0);
	CHECK_EQUAL(MboxRelease(id), -1);
	CHECK_EQUAL(put(id, 'b'), -1);
	CHECK_EQUAL(get(id), -1);
	CHECK_EQUAL(MboxCondSend(id, NULL, 0), -1);
	CHECK_EQUAL(try_get(id), -1);
	CHECK_EQUAL(put(other, 'c'), 0);
	CHECK_EQUAL(get(other), 'c');
	CHECK_EQUAL(MboxRelease(-1), -1);
	CHECK_EQUAL(MboxRelease(MAXMBOX), -1);
	CHECK_EQUAL(MboxRelease(MAXMBOX - 1), -1);
}

/* Whoever waits is told so, each of them; who comes later finds nothing. */
static void case_release_wakes(void)
{
	int full = mailbox(1, 1), empty = mailbox(1, 1), meet = mailbox(0, 1);
	pid_t waiting[9];
	CHECK_EQUAL(put(full, 'a'), 0);
	for (int i = 0; i < 3; i++) {
		waiting[i] = CHILD(CHECK_EQUAL(put(full, 'b'), -3));
		waiting[3 + i] = CHILD(CHECK_EQUAL(get(empty), -3));
		waiting[6 + i] = CHILD(CHECK_EQUAL(put(meet, 'c'), -3));
	}
	await_waiters(full, 0, 3);
	await_waiters(empty, 3, 0);
	await_waiters(meet, 0, 3);
	CHECK_EQUAL(MboxRelease(full), 0);
	CHECK_EQUAL(MboxRelease(empty), 0);
	CHECK_EQUAL(MboxRelease(meet), 0);
	for (int i = 0; i < 9; i++)
		join_child(waiting[i]);
	CHECK_EQUAL(put(full, 'd'), -1);
}

/* ---- sending and receiving */

static void case_illegal(void)
{
	char data[MAX_MESSAGE + 1] = { 0 };
	int id = mailbox(2, 4);
	CHECK_EQUAL(MboxSend(-1, data, 1), -1);
	CHECK_EQUAL(MboxSend(MAXMBOX, data, 1), -1);
	CHECK_EQUAL(MboxSend(id + 1, data, 1), -1);
	CHECK_EQUAL(MboxSend(id, data, -1), -1);
	CHECK_EQUAL(MboxSend(id, data, 5), -1);
	CHECK_EQUAL(MboxSend(id, data, MAX_MESSAGE + 1), -1);
	CHECK_EQUAL(MboxSend(id, NULL, 1), -1);
	CHECK_EQUAL(MboxCondSend(id, data, 5), -1);
	CHECK_EQUAL(MboxCondSend(id, NULL, 1), -1);
	CHECK_EQUAL(MboxRecv(-1, data, 1), -1);
	CHECK_EQUAL(MboxRecv(id, data, -1), -1);
	CHECK_EQUAL(MboxRecv(id, NULL, 1), -1);
	CHECK_EQUAL(MboxCondRecv(id, data, -1), -1);
	CHECK_EQUAL(MboxCondRecv(id, data, 1), -2); /* nothing of that was sent */
}

static void case_sizes(void)
{
	char data[MAX_MESSAGE], got[MAX_MESSAGE];
	int id = mailbox(2, MAX_MESSAGE), none = mailbox(2, 0);
	memset(data, 'x', sizeof data);
	CHECK_EQUAL(MboxSend(id, data, MAX_MESSAGE), 0);
	CHECK_EQUAL(MboxSend(id, NULL, 0), 0);
	CHECK_EQUAL(MboxRecv(id, got, MAX_MESSAGE - 1), -1); /* it stays */
	CHECK_EQUAL(MboxCondRecv(id, NULL, 0), -1);
	CHECK_EQUAL(MboxRecv(id, got, MAX_MESSAGE), MAX_MESSAGE);
	CHECK_EQUAL(memcmp(got, data, MAX_MESSAGE), 0);
	CHECK_EQUAL(MboxRecv(id, NULL, 0), 0);
	CHECK_EQUAL(MboxSend(none, data, 1), -1);
	CHECK_EQUAL(MboxSend(none, data, 0), 0);
	CHECK_EQUAL(MboxRecv(none, got, 8), 0);
}

/* A receiver that waits with too small a buffer is told; the message goes to who has room. */
static void case_small_buffer(void)
{
	int id = mailbox(1, 2);
	pid_t small = CHILD(CHECK_EQUAL(MboxRecv(id, (char[1]){ 0 }, 1), -1));
	await_waiters(id, 1, 0);
	pid_t large = CHILD(CHECK_EQUAL(MboxRecv(id, (char[2]){ 0 }, 2), 2));
	await_waiters(id, 2, 0);
	CHECK_EQUAL(MboxSend(id, (char[2]){ 0 }, 2), 0);
	join_child(small);
	join_child(large);
	CHECK_EQUAL(try_get(id), -2);
}

static void case_conditional(void)
{
	int id = mailbox(1, 1), meet = mailbox(0, 1);
	CHECK_EQUAL(try_get(id), -2);
	CHECK_EQUAL(try_put(id, 'a'), 0);
	CHECK_EQUAL(try_put(id, 'a'), -2);
	CHECK_EQUAL(try_get(id), 'a');
	CHECK_EQUAL(try_put(meet, 'a'), -2);
	CHECK_EQUAL(try_get(meet), -2);
	pid_t receiver = CHILD(CHECK_EQUAL(get(meet), 'a'));
	await_waiters(meet, 1, 0);
	CHECK_EQUAL(try_put(meet, 'a'), 0);
	join_child(receiver);
	pid_t sender = CHILD(CHECK_EQUAL(put(meet, 'b'), 0));
	await_waiters(meet, 0, 1);
	CHECK_EQUAL(try_get(meet), 'b');
	join_child(sender);
}

static void case_senders_in_order(void)
{
	pid_t sender[5];
	int id = mailbox(1, 1);
	CHECK_EQUAL(put(id, 'a'), 0);
	for (int i = 0; i < 5; i++) {
		sender[i] = CHILD(CHECK_EQUAL(put(id, (char)('b' + i)), 0));
		await_waiters(id, 0, (uint32_t)i + 1);
	}
	CHECK_EQUAL(try_put(id, 'z'), -2);
	for (int letter = 'a'; letter <= 'f'; letter++)
		CHECK_EQUAL(get(id), letter);
	for (int i = 0; i < 5; i++)
		join_child(sender[i]);
	CHECK_EQUAL(try_get(id), -2);
}

static void case_receivers_in_order(void)
{
	pid_t receiver[5];
	int id = mailbox(3, 1);
	for (int i = 0; i < 5; i++) {
		receiver[i] = CHILD(CHECK_EQUAL(get(id), 'a' + i));
		await_waiters(id, (uint32_t)i + 1, 0);
	}
	for (int i = 0; i < 5; i++)
		CHECK_EQUAL(put(id, (char)('a' + i)), 0);
	for (int i = 0; i < 5; i++)
		join_child(receiver[i]);
}

/* ---- the slots of all */

/* Fill every slot that there is, but for `left`, in a mailbox of many. */
static int hoard(int left)
{
	int id = mailbox(MAXSLOTS, 0);
	for (int i = 0; i < MAXSLOTS - left; i++)
		CHECK_EQUAL(MboxCondSend(id, NULL, 0), 0);
	return id;
}

static void case_exhausted(void)
{
	int id = mailbox(10, 1), hoarder = hoard(1);
	CHECK_EQUAL(put(id, 'a'), 0);
	CHECK_EQUAL(put(id, 'b'), -2); /* although it has room */
	CHECK_EQUAL(try_put(id, 'b'), -2);
	CHECK_EQUAL(MboxCondSend(hoarder, NULL, 0), -2);
	CHECK_EQUAL(get(id), 'a');
	CHECK_EQUAL(put(id, 'c'), 0);
	CHECK_EQUAL(put(id, 'd'), -2);
	CHECK_EQUAL(MboxRelease(hoarder), 0); /* and its slots with it */
	for (int i = 0; i < 9; i++)
		CHECK_EQUAL(put(id, 'e'), 0);
	CHECK_EQUAL(try_put(id, 'f'), -2);
}

/* A message that doesn't stay in a mailbox needs no slot. */
static void case_exhausted_meeting(void)
{
	int id = mailbox(1, 1), meet = mailbox(0, 1), hoarder = hoard(0);
	pid_t receiver = CHILD(CHECK_EQUAL(get(id), 'a'));
	await_waiters(id, 1, 0);
	CHECK_EQUAL(put(id, 'a'), 0);
	join_child(receiver);
	CHECK_EQUAL(put(id, 'b'), -2);
	pid_t sender =
		CHILD(CHECK_EQUAL(put(meet, 'c'), 0)); /* it waits: there is no slot to be had at all */
	await_waiters(meet, 0, 1);
	CHECK_EQUAL(get(meet), 'c');
	join_child(sender);
	CHECK_EQUAL(MboxCondSend(hoarder, NULL, 0), -2);
	CHECK_EQUAL(MboxCondRecv(hoarder, NULL, 0), 0);
	CHECK_EQUAL(put(id, 'd'), 0); /* that one slot, and no more */
	CHECK_EQUAL(MboxCondSend(hoarder, NULL, 0), -2);
}

/* The slot of a message received goes to who waits there, and no slot is made up for it. */
static void case_exhausted_in_line(void)
{
	int id = mailbox(1, 1), hoarder = hoard(1);
	CHECK_EQUAL(put(id, 'a'), 0);
	pid_t sender = CHILD(CHECK_EQUAL(put(id, 'b'), 0));
	await_waiters(id, 0, 1);
	CHECK_EQUAL(MboxCondSend(hoarder, NULL, 0), -2);
	CHECK_EQUAL(get(id), 'a');
	join_child(sender);
	CHECK_EQUAL(MboxCondSend(hoarder, NULL, 0), -2);
	CHECK_EQUAL(get(id), 'b');
	CHECK_EQUAL(MboxCondSend(hoarder, NULL, 0), 0);
}

/* Those for whom there is room now, and no slot, are told so. */
static void case_exhausted_room(void)
{
	struct pk_port_limits three = { 3, 1, 100 };
	int id = mailbox(1, 1), hoarder = hoard(2);
	CHECK_EQUAL(put(id, 'a'), 0);
	pid_t first = CHILD(CHECK_EQUAL(put(id, 'b'), 0));
	await_waiters(id, 0, 1);
	pid_t second = CHILD(CHECK_EQUAL(put(id, 'c'), -2));
	await_waiters(id, 0, 2);
	CHECK_EQUAL(pk_port_adjust(k, pk_numbered(k, (uint32_t)id), &three, NULL), 0);
	join_child(first);
	join_child(second);
	CHECK(pk_port_valid(k, pk_numbered(k, (uint32_t)id)));
	CHECK_EQUAL(get(id), 'a');
	CHECK_EQUAL(get(id), 'b');
	CHECK_EQUAL(try_get(id), -2);
	CHECK_EQUAL(MboxCondSend(hoarder, NULL, 0), 0);
	CHECK_EQUAL(MboxCondSend(hoarder, NULL, 0), 0);
	CHECK_EQUAL(MboxCondSend(hoarder, NULL, 0), -2);
}

/* Many at once, and the pool nearly full: nothing is lost, and nothing of the pool. */
static void case_contended(void)
{
	pid_t child[6];
	int hoarder = hoard(3), id[3] = { mailbox(5, 4), mailbox(2, 4), mailbox(1, 4) };
	for (int i = 0; i < 6; i++)
		child[i] = CHILD(for (int n = 0; n < 3000; n++) {
			if (i % 2 == 0)
				while (MboxSend(id[i / 2], &n, sizeof n) == -2)
					sched_yield();
			int got = n;
			if (i % 2 == 1)
				CHECK_EQUAL(MboxRecv(id[i / 2], &got, sizeof got), sizeof got);
			CHECK_EQUAL(got, n);
		});
	for (int i = 0; i < 6; i++)
		join_child(child[i]);
	for (int i = 0; i < 3; i++) {
		CHECK_EQUAL(MboxCondSend(hoarder, NULL, 0), 0);
		CHECK_EQUAL(try_get(id[i]), -2);
	}
	CHECK_EQUAL(MboxCondSend(hoarder, NULL, 0), -2);
}

/* ---- who shares them */

/* What a stranger does that knows a number only: reads letters, and sends them back. */
static void case_stranger(void)
{
	const char *told = getenv("MBOX_TEST_ID");
	int id = told ? atoi(told) : mailbox(1, 1), back = id + 1, letter;
	if (told) {
		while ((letter = get(id)) >= 0)
			CHECK_EQUAL(put(back, (char)letter), 0);
		CHECK_EQUAL(letter, -3);
		return;
	}
	char text[16];
	snprintf(text, sizeof text, "%d", id);
	setenv("MBOX_TEST_ID", text, 1);
	CHECK_EQUAL(mailbox(1, 1), back);
	pid_t stranger = CHILD(execl("/proc/self/exe", "core_mbox", "stranger", NULL); _exit(1));
	for (letter = 'a'; letter <= 'z'; letter++) {
		CHECK_EQUAL(put(id, (char)letter), 0);
		CHECK_EQUAL(get(back), letter);
	}
	await_waiters(id, 1, 0);
	CHECK_EQUAL(MboxRelease(id), 0);
	join_child(stranger);
}

static void *receive_all(void *context)
{
	int id = *(int *)context;
	for (int n = 0; n < 1000; n++)
		CHECK_EQUAL(get(id), 'a' + n % 26);
	return NULL;
}

static void case_threads(void)
{
	pthread_t thread;
	int id = mailbox(3, 1);
	CHECK_EQUAL(pthread_create(&thread, NULL, receive_all, &id), 0);
	for (int n = 0; n < 1000; n++)
		CHECK_EQUAL(put(id, (char)('a' + n % 26)), 0);
	CHECK_EQUAL(pthread_join(thread, NULL), 0);
	CHECK_EQUAL(try_get(id), -2);
}

/* One that dies in line is passed over. */
static void case_killed(void)
{
	int id = mailbox(1, 1);
	pid_t dead = CHILD(get(id));
	await_waiters(id, 1, 0);
	pid_t alive = CHILD(CHECK_EQUAL(get(id), 'a'));
	await_waiters(id, 2, 0);
	kill_child(dead);
	CHECK_EQUAL(put(id, 'a'), 0);
	join_child(alive);
}

static void ignore(int signal)
{
	(void)signal;
}

/* The course has no signals: one that comes makes no call return. */
static void case_interrupted(void)
{
	int id = mailbox(1, 1);
	pid_t receiver = CHILD(signal(SIGUSR1, ignore); CHECK_EQUAL(get(id), 'a'));
	await_waiters(id, 1, 0);
	for (int i = 0; i < 10; i++) {
		CHECK_EQUAL(kill(receiver, SIGUSR1), 0);
		sleep_ms(2);
	}
	CHECK_EQUAL(put(id, 'a'), 0);
	join_child(receiver);
}

static void case_no_instance(void)
{
	setenv("PORTICO_KERNEL", "/proc/nowhere", 1);
	CHECK_EQUAL(MboxCreate(1, 1), -1);
	CHECK_EQUAL(MboxSend(0, NULL, 0), -1);
	CHECK_EQUAL(MboxRecv(0, NULL, 0), -1);
	CHECK_EQUAL(MboxRelease(0), -1);
}

static const struct test_case cases[] = {
	{ "create", case_create },
	{ "most", case_most },
	{ "release", case_release },
	{ "release-wakes", case_release_wakes },
	{ "illegal", case_illegal },
	{ "sizes", case_sizes },
	{ "small-buffer", case_small_buffer },
	{ "conditional", case_conditional },
	{ "senders-in-order", case_senders_in_order },
	{ "receivers-in-order", case_receivers_in_order },
	{ "exhausted", case_exhausted },
	{ "exhausted-meeting", case_exhausted_meeting },
	{ "exhausted-in-line", case_exhausted_in_line },
	{ "exhausted-room", case_exhausted_room },
	{ "contended", case_contended },
	{ "stranger", case_stranger },
	{ "threads", case_threads },
	{ "killed", case_killed },
	{ "interrupted", case_interrupted },
	{ "no-instance", case_no_instance },
	{ 0 },
};

int main(int argc, char **argv)
{
	if (argc > 1)
		CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
	return run_cases(cases, argc, argv);
}
