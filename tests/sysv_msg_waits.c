/* SPDX-License-Identifier: MIT */
/* Who waits at a queue, and what lets them go on: runs on the real kernel, too. */
#define _GNU_SOURCE
#include "sysv_msg.h"

static pid_t sender(int id, long type, size_t bytes)
{
	pid_t child = CHILD(CHECK_EQUAL(send_bytes(id, type, bytes, 0), 0));
	until_asleep(child);
	return child;
}

static pid_t receiver(int id, long type, int flags, ssize_t bytes)
{
	pid_t child = CHILD(CHECK_EQUAL(receive(id, type, flags), bytes));
	until_asleep(child);
	return child;
}

/* ---- capacity */

static void bytes_and_messages(void)
{
	int id = queue();
	set_capacity(id, 10);
	CHECK_EQUAL(send_bytes(id, 1, 10, IPC_NOWAIT), 0);
	FAILS(send_bytes(id, 1, 1, IPC_NOWAIT), EAGAIN);
	for (int i = 1; i < 10; i++)
		CHECK_EQUAL(send_bytes(id, 1, 0, IPC_NOWAIT), 0);
	FAILS(send_bytes(id, 1, 0, IPC_NOWAIT), EAGAIN); /* as many messages as bytes */
	CHECK_EQUAL(receive(id, 0, 0), 10);
	CHECK_EQUAL(send_bytes(id, 1, 0, IPC_NOWAIT), 0);
	FAILS(send_bytes(id, 1, 0, IPC_NOWAIT), EAGAIN);
	destroy(id);
	id = queue();
	set_capacity(id, 0);
	FAILS(send_bytes(id, 1, 0, IPC_NOWAIT), EAGAIN);
	FAILS(send_bytes(id, 1, 1, IPC_NOWAIT), EAGAIN);
	destroy(id);
}

static void lowering(void)
{
	int id = queue();
	for (int i = 0; i < 10; i++)
		CHECK_EQUAL(send_bytes(id, 1, 100, IPC_NOWAIT), 0);
	set_capacity(id, 150); /* what is in it stays */
	CHECK_EQUAL(status_of(id).msg_qnum, 10);
	pid_t child = sender(id, 2, 100);
	for (int i = 0; i < 9; i++) {
		CHECK_EQUAL(receive(id, 1, IPC_NOWAIT), 100);
		FAILS(send_bytes(id, 1, 51, IPC_NOWAIT), EAGAIN);
	}
	until_asleep(child);
	FAILS(receive(id, 3, IPC_NOWAIT), ENOMSG);
	CHECK_EQUAL(receive(id, 1, IPC_NOWAIT), 100);
	join_child(child);
	CHECK_EQUAL(receive(id, 2, IPC_NOWAIT), 100);
	destroy(id);
}

static void raising(void)
{
	int id = queue();
	set_capacity(id, 100);
	CHECK_EQUAL(send_bytes(id, 1, 100, 0), 0);
	pid_t first = sender(id, 2, 50), second = sender(id, 3, 50), third = sender(id, 4, 50);
	set_capacity(id, 149);
	until_asleep(first), until_asleep(second), until_asleep(third);
	CHECK_EQUAL(status_of(id).msg_qnum, 1);
	set_capacity(id, 250); /* for all three at once */
	join_child(first), join_child(second), join_child(third);
	CHECK_EQUAL(status_of(id).msg_qnum, 4);
	CHECK_EQUAL(status_of(id).__msg_cbytes, 250);
	destroy(id);
}

/* One message makes way for several. */
static void several_senders(void)
{
	int id = queue();
	set_capacity(id, 100);
	CHECK_EQUAL(send_bytes(id, 1, 100, 0), 0);
	pid_t senders[] = { sender(id, 2, 20), sender(id, 3, 20), sender(id, 4, 20) };
	CHECK_EQUAL(receive(id, 0, 0), 100);
	for (int i = 0; i < 3; i++)
		join_child(senders[i]);
	CHECK_EQUAL(status_of(id).msg_qnum, 3);
	destroy(id);
}

/* ---- receivers */

/* A message that is too long fails who waited for it, and goes to the next who can take it. */
static void too_long_for_one(void)
{
	struct message m;
	int id = queue();
	pid_t narrow = CHILD(FAILS(msgrcv(id, &m, 3, 0, 0), E2BIG));
	until_asleep(narrow);
	pid_t other = receiver(id, 9, 0, 9);
	pid_t cut = CHILD(CHECK_EQUAL(msgrcv(id, &m, 3, 0, MSG_NOERROR), 3));
	until_asleep(cut);
	pid_t later = CHILD(FAILS(msgrcv(id, &m, 3, 0, 0), E2BIG));
	until_asleep(later);
	CHECK_EQUAL(send_bytes(id, 1, 8, 0), 0);
	join_child(narrow), join_child(cut);
	until_asleep(later), until_asleep(other);
	CHECK_EQUAL(status_of(id).msg_qnum, 0);
	CHECK_EQUAL(send_bytes(id, 9, 9, 0), 0);
	join_child(other);
	until_asleep(later); /* that one was gone before it came to it */
	CHECK_EQUAL(send_bytes(id, 1, 8, 0), 0);
	join_child(later);
	CHECK_EQUAL(receive(id, 0, IPC_NOWAIT), 8);
	destroy(id);
}

static void first_come_first_served(void)
{
	int id = queue(), order = queue();
	pid_t children[4];
	for (int i = 0; i < 4; i++) {
		children[i] = CHILD({
			CHECK_EQUAL(receive(id, i & 1 ? -5 : 0, 0), 2);
			CHECK_EQUAL(send_bytes(order, i + 1, 0, 0), 0);
		});
		until_asleep(children[i]);
	}
	for (int i = 0; i < 4; i++) {
		struct message m;
		CHECK_EQUAL(send_bytes(id, 5, 2, 0), 0);
		CHECK_EQUAL(msgrcv(order, &m, 0, 0, 0), 0);
		CHECK_EQUAL(m.type, i + 1);
		join_child(children[i]);
	}
	destroy(id), destroy(order);
}

static void except(void)
{
	int id = queue();
	pid_t child = receiver(id, 3, MSG_EXCEPT, 4);
	CHECK_EQUAL(send_bytes(id, 3, 3, 0), 0);
	until_asleep(child);
	CHECK_EQUAL(send_bytes(id, 4, 4, 0), 0);
	join_child(child);
	CHECK_EQUAL(receive(id, 3, IPC_NOWAIT), 3);
	/* of type zero and negative ones the flag says nothing */
	CHECK_EQUAL(send_bytes(id, 3, 3, 0), 0);
	CHECK_EQUAL(receive(id, 0, MSG_EXCEPT | IPC_NOWAIT), 3);
	CHECK_EQUAL(send_bytes(id, 3, 3, 0), 0);
	FAILS(receive(id, -2, MSG_EXCEPT | IPC_NOWAIT), ENOMSG);
	CHECK_EQUAL(receive(id, -3, MSG_EXCEPT | IPC_NOWAIT), 3);
	destroy(id);
}

/* Of the lowest type the first. */
static void lowest_first(void)
{
	static const struct {
		long type;
		const char *text;
	} sent[] = { { 9, "a" }, { 4, "b" }, { 7, "c" }, { 4, "d" }, { 2, "e" }, { 4, "f" }, { 2, "g" } };
	int id = queue();
	for (size_t i = 0; i < sizeof sent / sizeof sent[0]; i++)
		CHECK_EQUAL(send_text(id, sent[i].type, sent[i].text, 0), 0);
	FAILS(receive(id, -1, IPC_NOWAIT), ENOMSG);
	expect(id, -3, 0, 2, "e"), expect(id, -9, 0, 2, "g");
	FAILS(receive(id, -3, IPC_NOWAIT), ENOMSG);
	expect(id, -4, 0, 4, "b"), expect(id, -100, 0, 4, "d"), expect(id, -8, 0, 4, "f");
	expect(id, -8, 0, 7, "c"), expect(id, -9, 0, 9, "a");
	destroy(id);
}

/* ---- who may no longer */

static void child_of_another_user(int id, int result, int error)
{
	CHECK_EQUAL(setuid(65534), 0);
	FAILS(msgget(some_key(), 0), ENOENT);
	errno = 0;
	CHECK_EQUAL(receive(id, 0, 0), result);
	CHECK_EQUAL(errno, error);
}

/* IPC_SET wakes receivers: who may no longer read learns it, and who may sleeps on. */
static void stricter(void)
{
	if (geteuid() != 0)
		SKIP("only root can become another");
	int id = msgget(IPC_PRIVATE, 0606);
	pid_t other = CHILD(child_of_another_user(id, -1, EACCES));
	until_asleep(other);
	pid_t own = receiver(id, 0, 0, 5);
	set_capacity(id, 1000); /* nothing that is about them */
	until_asleep(other), until_asleep(own);
	struct msqid_ds ds = status_of(id);
	ds.msg_perm.mode = 0600;
	CHECK_EQUAL(msgctl(id, IPC_SET, &ds), 0);
	join_child(other);
	until_asleep(own);
	CHECK_EQUAL(send_bytes(id, 1, 5, 0), 0);
	join_child(own);
	destroy(id);
}

static void send_as_another_user(int id)
{
	CHECK_EQUAL(setuid(65534), 0);
	FAILS(msgget(some_key(), 0), ENOENT);
	FAILS(send_bytes(id, 1, 50, 0), EACCES);
}

/* Who may no longer send learns it at the latest when there is room. */
static void stricter_for_senders(void)
{
	if (geteuid() != 0)
		SKIP("only root can become another");
	int id = msgget(IPC_PRIVATE, 0606);
	set_capacity(id, 100);
	CHECK_EQUAL(send_bytes(id, 1, 100, 0), 0);
	pid_t other = CHILD(send_as_another_user(id));
	until_asleep(other);
	pid_t own = sender(id, 2, 50);
	struct msqid_ds ds = status_of(id);
	ds.msg_perm.mode = 0600;
	CHECK_EQUAL(msgctl(id, IPC_SET, &ds), 0);
	CHECK_EQUAL(receive(id, 0, 0), 100);
	join_child(other), join_child(own);
	CHECK_EQUAL(status_of(id).msg_qnum, 1);
	destroy(id);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "bytes_and_messages", bytes_and_messages },
		{ "lowering", lowering },
		{ "raising", raising },
		{ "several_senders", several_senders },
		{ "too_long_for_one", too_long_for_one },
		{ "first_come_first_served", first_come_first_served },
		{ "except", except },
		{ "lowest_first", lowest_first },
		{ "stricter", stricter },
		{ "stricter_for_senders", stricter_for_senders },
		{ 0 },
	};
	return run_cases(cases, argc, argv);
}
