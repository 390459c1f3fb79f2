/* SPDX-License-Identifier: MIT */
/*
 * An instance to look at, for the tests of the tools: two tasks that hold, send
 * and wait for something of everything.  Prints their pids, and stays until it
 * is killed; its child goes with it.
 */
#include "check.h"

#include <portico/broadcast.h>
#include <portico/limits.h>
#include <portico/mail.h>
#include <portico/message.h>
#include <portico/names.h>
#include <portico/poll.h>
#include <portico/set.h>
#include <portico/task.h>
#include <sys/prctl.h>

static portico *k;

static portico_port mailbox(const char *name, uint32_t slots)
{
	struct portico_limits limits = { slots, 4096, 1 << 20 };
	portico_port port;
	CHECK_EQUAL(portico_mailbox_create(k, name, &limits, 0600, &port), 0);
	return port;
}

static portico_port open_mailbox(const char *name)
{
	portico_port port;
	CHECK_EQUAL(portico_mailbox_open(k, name, &port), 0);
	return port;
}

static void put(portico_port port, const char *text)
{
	CHECK_EQUAL(portico_send(k, port, text, strlen(text), 1, PORTICO_NOW), 0);
}

/* ---- the server: rights, memory, a set, a bell */

static portico_port receive; /* of the port that is named clock */

static void hold_rights(void)
{
	portico_port notify;
	CHECK_EQUAL(portico_port_create(k, NULL, &receive), 0);
	CHECK_EQUAL(portico_name_register(k, "clock", receive, 0444, PORTICO_PERSISTENT), 0);
	CHECK_EQUAL(portico_notify_port(k, &notify), 0);
	CHECK_EQUAL(portico_notify(k, receive, PORTICO_NO_SENDERS, notify, 1), 0);
}

/* "parcel": a send right, the right to answer, and memory; "plain": data and memory. */
static void send_parts(void)
{
	struct portico_memory memory, other, kept;
	CHECK_EQUAL(portico_memory_allocate(k, 8192, &memory), 0);
	CHECK_EQUAL(portico_memory_allocate(k, 6, &other), 0);
	CHECK_EQUAL(portico_memory_allocate(k, 65536, &kept), 0);
	memcpy(other.address, "memory", 6);
	struct portico_part parts[] = {
		{ .kind = PORTICO_PART_DATA, .data = (char[]){ "data" }, .bytes = 4 },
		{ .kind = PORTICO_PART_RIGHT, .how = PORTICO_MAKE_SEND, .right = receive },
		{ .kind = PORTICO_PART_MEMORY, .memory = memory },
	};
	struct portico_message message = { .type = 7, .reply = receive, .parts = parts, .count = 3 };
	CHECK_EQUAL(portico_message_send(k, mailbox("parcel", 4), &message, PORTICO_NOW), 0);
	parts[1] = (struct portico_part){ .kind = PORTICO_PART_MEMORY, .memory = other };
	message = (struct portico_message){ .parts = parts, .count = 2 };
	CHECK_EQUAL(portico_message_send(k, mailbox("plain", 4), &message, PORTICO_NOW), 0);
}

static void have_set(void)
{
	portico_port set, other = mailbox("other", 4), member = mailbox("member", 4);
	CHECK_EQUAL(portico_set_create(k, &set), 0);
	CHECK_EQUAL(portico_set_add(k, set, other), 0);
	CHECK_EQUAL(portico_set_add(k, set, member), 0);
	put(other, "to the other");
	put(member, "to a member");
}

static void ring(void)
{
	CHECK(portico_port_fd(k, mailbox("bell", 4)) >= 0);
	put(open_mailbox("bell"), "rings");
}

/* What waits for a receipt, and by whom "shared" is used. */
static void post(void)
{
	const struct portico_sending how = { .type = 3, .priority = 9, .wants_receipt = true };
	portico_port completions, shared = mailbox("shared", 4), many = mailbox("many", 4);
	portico_wait wait;
	CHECK_EQUAL(portico_completions_create(k, &completions), 0);
	CHECK_EQUAL(
		portico_post_send_with(k, many, "receipt", 7, &how, PORTICO_FOREVER, completions, 1, &wait),
		0);
	put(many, "first\nsecond");
	put(many, "0123456789012345678901234567890123456789012345678901234567890123456789");
	CHECK_EQUAL(portico_mailbox_share(k, shared, PORTICO_SHARE_PAIR), 0);
	put(shared, "mine");
}

/* ---- the client: a send right, and what it hears */

static void watch_server(pid_t pid)
{
	portico_port notify, kernel;
	portico_task task;
	CHECK_EQUAL(portico_notify_port(k, &notify), 0);
	CHECK_EQUAL(portico_notify(k, open_mailbox("clock"), PORTICO_DEAD_NAME, notify, 2), 0);
	CHECK_EQUAL(portico_task_of_pid(k, pid, &task), 0);
	CHECK_EQUAL(portico_kernel_port(k, task, &kernel), 0);
	CHECK_EQUAL(portico_notify(k, kernel, PORTICO_DEAD_NAME, notify, 3), 0);
}

static void listen(void)
{
	portico_port inbox, loud = mailbox("loud", 4), ear = mailbox("ear", 1);
	portico_listener listener;
	CHECK_EQUAL(portico_inbox(k, NULL, &inbox), 0);
	CHECK_EQUAL(portico_listen(k, loud, ear, &listener), 0);
	CHECK_EQUAL(portico_listen(k, loud, inbox, &listener), 0);
	put(loud, "one");
	put(loud, "two");
}

int main(void)
{
	struct portico_instance_limits limits = { .ports = 1000 };
	int ready[2];
	char byte;
	CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
	CHECK_EQUAL(portico_limits_set(k, &limits), 0);
	hold_rights();
	send_parts();
	have_set();
	ring();
	post();
	limits.pooled = 10;
	CHECK_EQUAL(portico_limits_set(k, &limits), 0);
	put(mailbox("pooled", 4), "in the pool");
	CHECK_EQUAL(pipe(ready), 0);
	pid_t child = CHILD({
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		watch_server(getppid());
		listen();
		CHECK_EQUAL(write(ready[1], "", 1), 1);
		pause();
	});
	CHECK_EQUAL(read(ready[0], &byte, 1), 1);
	printf("%d %d\n", (int)getpid(), (int)child);
	fflush(stdout);
	pause();
}
