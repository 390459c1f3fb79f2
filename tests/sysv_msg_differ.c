/* SPDX-License-Identifier: MIT */
/*
 * Where Portico's queues are meant to differ from the kernel's: each case says
 * what the one does, and what the other.  docs/design.md, "Ports and mailboxes".
 */
#define _GNU_SOURCE
#include "sysv_msg.h"

static int full_queue(void)
{
	int id = queue();
	set_capacity(id, 100);
	CHECK_EQUAL(send_bytes(id, 1, 100, 0), 0);
	return id;
}

/*
 * The kernel's receiver looks at what is queued only: so it waits, on a full
 * queue, for a message whose sender waits for room.  Portico's takes it.
 */
static void receiver_meets_waiting_sender(void)
{
	int id = full_queue();
	pid_t sender = CHILD(CHECK_EQUAL(send_bytes(id, 5, 10, 0), 0));
	until_asleep(sender);
	errno = 0;
	ssize_t got = receive(id, 5, IPC_NOWAIT);
	if (on_portico())
		CHECK_EQUAL(got, 10);
	else
		CHECK(got == -1 && errno == ENOMSG);
	CHECK_EQUAL(receive(id, 1, IPC_NOWAIT), 100);
	join_child(sender);
	destroy(id);
}

/* The kernel's sender looks for room first, though the message would be handed over and take none. */
static void sender_meets_waiting_receiver(void)
{
	int id = full_queue();
	pid_t receiver = CHILD(CHECK_EQUAL(receive(id, 5, 0), 10));
	until_asleep(receiver);
	errno = 0;
	int sent = send_bytes(id, 5, 10, IPC_NOWAIT);
	if (on_portico()) {
		CHECK_EQUAL(sent, 0);
	} else {
		CHECK(sent == -1 && errno == EAGAIN);
		CHECK_EQUAL(receive(id, 1, IPC_NOWAIT), 100);
		CHECK_EQUAL(send_bytes(id, 5, 10, IPC_NOWAIT), 0);
	}
	join_child(receiver);
	destroy(id);
}

/* A short message finds room while a long one waits for more: the kernel lets it in, Portico keeps the line.
 */
static void nobody_is_overtaken(void)
{
	int id = full_queue();
	set_capacity(id, 150);
	pid_t sender = CHILD(CHECK_EQUAL(send_bytes(id, 2, 60, 0), 0));
	until_asleep(sender);
	errno = 0;
	int sent = send_bytes(id, 3, 10, IPC_NOWAIT);
	if (on_portico())
		CHECK(sent == -1 && errno == EAGAIN);
	else
		CHECK_EQUAL(sent, 0);
	CHECK_EQUAL(receive(id, 1, IPC_NOWAIT), 100);
	join_child(sender);
	CHECK_EQUAL(receive(id, 2, IPC_NOWAIT), 60);
	destroy(id);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "receiver_meets_waiting_sender", receiver_meets_waiting_sender },
		{ "sender_meets_waiting_receiver", sender_meets_waiting_receiver },
		{ "nobody_is_overtaken", nobody_is_overtaken },
		{ 0 },
	};
	return run_cases(cases, argc, argv);
}
