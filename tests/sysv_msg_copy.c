/* SPDX-License-Identifier: MIT */
/* MSG_COPY, as kernels built with CONFIG_CHECKPOINT_RESTORE have it: runs on the real one, too. */
#define _GNU_SOURCE
#include "sysv_msg.h"

#include <limits.h>

/* Skips where this kernel hasn't got it. */
static int queue_of_three(void)
{
	int id = queue();
	errno = 0;
	if (msgrcv(id, &(struct message){ 0 }, 1, 0, MSG_COPY | IPC_NOWAIT) == -1 && errno == ENOSYS) {
		destroy(id);
		SKIP("this kernel has no MSG_COPY");
	}
	send_text(id, 7, "first", 0), send_text(id, 3, "second one", 0), send_text(id, 7, "third", 0);
	return id;
}

static ssize_t copy(int id, struct message *m, size_t size, long position, int flags)
{
	*m = (struct message){ .type = -1, .text = "untouched" };
	return msgrcv(id, m, size, position, MSG_COPY | IPC_NOWAIT | flags);
}

static void positions(void)
{
	struct message m;
	int id = queue_of_three();
	CHECK_EQUAL(copy(id, &m, sizeof m.text, 0, 0), 6);
	CHECK(m.type == 7 && strcmp(m.text, "first") == 0);
	CHECK_EQUAL(copy(id, &m, sizeof m.text, 2, 0), 6);
	CHECK(m.type == 7 && strcmp(m.text, "third") == 0);
	CHECK_EQUAL(copy(id, &m, sizeof m.text, 1, 0), 11);
	CHECK(m.type == 3 && strcmp(m.text, "second one") == 0);
	FAILS(copy(id, &m, sizeof m.text, 3, 0), ENOMSG); /* past the end */
	FAILS(copy(id, &m, sizeof m.text, LONG_MAX, 0), ENOMSG);
	FAILS(copy(id, &m, sizeof m.text, -1, 0), ENOMSG); /* no type: no message has that position */
	FAILS(copy(id, &m, sizeof m.text, LONG_MIN, 0), ENOMSG);
	FAILS(copy(id, &m, sizeof m.text, 0x100000001, 0), ENOMSG);
	CHECK(m.type == -1 && strcmp(m.text, "untouched") == 0);
	expect(id, 0, 0, 7, "first");
	CHECK_EQUAL(copy(id, &m, sizeof m.text, 0, 0), 11); /* positions move up */
	destroy(id);
}

static void nothing_changes(void)
{
	struct message m;
	int id = queue_of_three();
	struct msqid_ds before = status_of(id);
	CHECK_EQUAL(copy(id, &m, sizeof m.text, 0, 0), 6);
	struct msqid_ds after = status_of(id);
	CHECK_EQUAL(after.msg_qnum, 3);
	CHECK_EQUAL(after.__msg_cbytes, before.__msg_cbytes);
	CHECK_EQUAL(after.msg_rtime, 0);
	CHECK_EQUAL(after.msg_lrpid, 0);
	expect(id, 0, 0, 7, "first");
	expect(id, 0, 0, 3, "second one");
	expect(id, 0, 0, 7, "third");
	FAILS(copy(id, &m, sizeof m.text, 0, 0), ENOMSG);
	destroy(id);
}

static void flags(void)
{
	struct message m;
	int id = queue_of_three();
	FAILS(msgrcv(id, &m, sizeof m.text, 0, MSG_COPY), EINVAL); /* it never waits, and one must say so */
	FAILS(msgrcv(id, &m, sizeof m.text, 0, MSG_COPY | MSG_NOERROR), EINVAL);
	FAILS(copy(id, &m, sizeof m.text, 0, MSG_EXCEPT), EINVAL);
	FAILS(msgrcv(-1, &m, sizeof m.text, 0, MSG_COPY | IPC_NOWAIT), EINVAL);
	FAILS(copy(id, &m, (size_t)-1, 0, 0), EINVAL);
	CHECK_EQUAL(status_of(id).msg_qnum, 3);
	destroy(id);
	FAILS(copy(id, &m, sizeof m.text, 0, 0), EINVAL);
	FAILS(msgrcv(id, &m, sizeof m.text, 0, MSG_COPY), EINVAL);
}

static void sizes(void)
{
	struct message m;
	int id = queue_of_three();
	FAILS(copy(id, &m, 5, 0, 0), E2BIG);
	/* The man page has MSG_NOERROR cut the copy; the kernel refuses to. */
	FAILS(copy(id, &m, 5, 0, MSG_NOERROR), EINVAL);
	CHECK_EQUAL(copy(id, &m, 6, 0, MSG_NOERROR), 6);
	CHECK_EQUAL(strcmp(m.text, "first"), 0);
	struct message *huge = calloc(1, sizeof *huge + (1 << 20));
	huge->type = -1;
	CHECK_EQUAL(msgrcv(id, huge, sizeof huge->text + (1 << 20), 0, MSG_COPY | IPC_NOWAIT), 6);
	CHECK_EQUAL(strcmp(huge->text, "first"), 0);
	free(huge);
	static struct message most = { .type = 2 };
	memset(most.text, 'x', sizeof most.text);
	CHECK_EQUAL(msgsnd(id, &most, sizeof most.text, 0), 0);
	CHECK_EQUAL(copy(id, &m, sizeof m.text, 3, 0), sizeof m.text);
	CHECK(m.type == 2 && memcmp(m.text, most.text, sizeof m.text) == 0);
	CHECK_EQUAL(msgsnd(id, &most, 0, 0), 0);
	CHECK_EQUAL(copy(id, &m, 0, 4, 0), 0);
	CHECK_EQUAL(m.type, 2);
	destroy(id);
}

static void to_nowhere(void)
{
	int id = queue_of_three(), flag = MSG_COPY | IPC_NOWAIT;
	FAILS(msgrcv(id, NULL, 10, 0, flag), EFAULT);
	FAILS(msgrcv(id, (void *)-1, 10, 0, flag), EFAULT);
	FAILS(msgrcv(id, NULL, 10, 9, flag), EFAULT); /* before it looks for one */
	FAILS(msgrcv(id, NULL, 10, 0, MSG_COPY), EINVAL);
	CHECK_EQUAL(status_of(id).msg_qnum, 3);
	destroy(id);
}

/* A sender that waits for room isn't in the queue yet. */
static void not_of_senders(void)
{
	struct message m;
	int id = queue_of_three();
	set_capacity(id, 30);
	pid_t child = CHILD(CHECK_EQUAL(send_bytes(id, 1, 20, 0), 0));
	until_asleep(child);
	FAILS(copy(id, &m, sizeof m.text, 3, 0), ENOMSG);
	expect(id, 3, 0, 3, "second one");
	expect(id, 7, 0, 7, "first");
	join_child(child);
	CHECK_EQUAL(copy(id, &m, sizeof m.text, 1, 0), 20);
	destroy(id);
}

static void of_many(void)
{
	struct message m;
	int id = queue();
	for (int i = 0; i < 1000; i++)
		CHECK_EQUAL(send_bytes(id, i + 1, 8, IPC_NOWAIT), 0);
	for (int i = 0; i < 1000; i += 37) {
		CHECK_EQUAL(copy(id, &m, 8, i, 0), 8);
		CHECK_EQUAL(m.type, i + 1);
	}
	CHECK_EQUAL(receive(id, 500, IPC_NOWAIT), 8); /* by type: what was behind moves up */
	CHECK_EQUAL(copy(id, &m, 8, 499, 0), 8);
	CHECK_EQUAL(m.type, 501);
	destroy(id);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "positions", positions },   { "nothing_changes", nothing_changes },
		{ "flags", flags },	      { "sizes", sizes },
		{ "to_nowhere", to_nowhere }, { "not_of_senders", not_of_senders },
		{ "of_many", of_many },	      { 0 },
	};
	return run_cases(cases, argc, argv);
}
