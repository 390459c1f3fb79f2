/* SPDX-License-Identifier: MIT */
/* Guarded ports: who is told of whose end, kernel ports, calls, and memory that moves. */
#include "rights.h"

#include <sys/mman.h>

/* ---- notifications */

static void no_senders(void)
{
	begin();
	portico_port receive = make_port(8), notify = notify_port();
	CHECK_EQUAL(portico_notify(instance, receive, PORTICO_NO_SENDERS, notify, 1), 0);
	not_told(notify);
	portico_port send = make_right(receive, PORTICO_SEND);
	CHECK_EQUAL(portico_right_keep(instance, send, 1), 0);
	CHECK_EQUAL(portico_right_drop(instance, send), 0);
	not_told(notify);
	CHECK_EQUAL(portico_right_drop(instance, send), 0);
	struct portico_notification notification = told(notify);
	CHECK_EQUAL(notification.event, PORTICO_NO_SENDERS);
	CHECK_EQUAL(notification.cookie, 1);
	CHECK_EQUAL(portico_right_drop(instance, make_right(receive, PORTICO_SEND)), 0);
	not_told(notify); /* once */
	CHECK_EQUAL(portico_notify(instance, receive, PORTICO_NO_SENDERS, notify, 2), 0);
	CHECK_EQUAL(portico_notify(instance, receive, PORTICO_NO_SENDERS, notify, 3), 0);
	send = make_right(receive, PORTICO_SEND);
	CHECK_EQUAL(portico_notify(instance, receive, PORTICO_NO_SENDERS, (portico_port){ 0 }, 0), 0);
	CHECK_EQUAL(portico_right_drop(instance, send), 0);
	not_told(notify); /* taken back */
	CHECK_EQUAL(portico_notify(instance, send, PORTICO_NO_SENDERS, notify, 3), -EINVAL);
	CHECK_EQUAL(portico_notify(instance, receive, PORTICO_DEAD_NAME, notify, 3), -EBADF);
	CHECK_EQUAL(portico_notify(instance, receive, PORTICO_SEND_ONCE_LOST, notify, 3), -EINVAL);
	CHECK_EQUAL(put(notify, 1), -EPERM);
}

static void hold_and_die(void)
{
	portico_port send = take(meeting), once = take(meeting);
	CHECK_EQUAL(status_of(send).kind, PORTICO_SEND);
	CHECK_EQUAL(status_of(once).kind, PORTICO_SEND_ONCE);
	CHECK_EQUAL(put(send, 5), 0);
	kill(getpid(), SIGKILL);
}

static void holder_dies(void)
{
	begin();
	meeting = make_mailbox("meeting");
	portico_port receive = make_port(8), notify = notify_port();
	CHECK_EQUAL(portico_notify(instance, receive, PORTICO_NO_SENDERS, notify, 4), 0);
	CHECK_EQUAL(give(meeting, receive, PORTICO_MAKE_SEND), 0);
	CHECK_EQUAL(give(meeting, receive, PORTICO_MAKE_SEND_ONCE), 0);
	finish(start(hold_and_die));
	CHECK_EQUAL(get(receive), 5);
	CHECK_EQUAL(told(notify).event, PORTICO_NO_SENDERS);
	CHECK_EQUAL(told(receive).event, PORTICO_SEND_ONCE_LOST);
	CHECK_EQUAL(status_of(receive).senders, 0);
}

static void serve_and_die(void)
{
	portico_port receive = take(meeting);
	CHECK_EQUAL(get(receive), 1);
	kill(getpid(), SIGKILL);
}

static void receiver_dies(void)
{
	begin();
	meeting = make_mailbox("meeting");
	portico_port receive = make_port(8), send = make_right(receive, PORTICO_SEND), notify = notify_port();
	CHECK_EQUAL(portico_notify(instance, send, PORTICO_DEAD_NAME, notify, 6), 0);
	CHECK_EQUAL(give(meeting, receive, PORTICO_MOVE), 0);
	CHECK_EQUAL(put(send, 1), 0);
	CHECK_EQUAL(put(send, 2), 0);
	finish(start(serve_and_die));
	struct portico_notification notification = told(notify);
	CHECK_EQUAL(notification.event, PORTICO_DEAD_NAME);
	CHECK_EQUAL(notification.cookie, 6);
	CHECK_EQUAL(put(send, 3), -EIDRM);
	CHECK_EQUAL(portico_notify(instance, send, PORTICO_DEAD_NAME, notify, 6), -EIDRM);
}

static void serve_with_backup(void)
{
	portico_port receive = take(meeting), backup = take(meeting);
	CHECK_EQUAL(portico_notify(instance, receive, PORTICO_PORT_DESTROYED, backup, 8), 0);
	CHECK_EQUAL(get(receive), 1);
	kill(getpid(), SIGKILL);
}

static void backup(void)
{
	begin();
	meeting = make_mailbox("meeting");
	portico_port receive = make_port(8), send = make_right(receive, PORTICO_SEND), mine = make_port(8);
	CHECK_EQUAL(give(meeting, receive, PORTICO_MOVE), 0);
	CHECK_EQUAL(give(meeting, mine, PORTICO_MAKE_SEND), 0);
	CHECK_EQUAL(put(send, 1), 0);
	CHECK_EQUAL(put(send, 2), 0);
	finish(start(serve_with_backup));
	struct portico_notification notification = told(mine);
	CHECK_EQUAL(notification.event, PORTICO_PORT_DESTROYED);
	CHECK_EQUAL(notification.cookie, 8);
	CHECK_EQUAL(put(send, 3), 0);
	CHECK_EQUAL(get_now(notification.receive), 2);
	CHECK_EQUAL(get_now(notification.receive), 3);
	/* a drop is the holder's end, too; and nobody is his own backup */
	CHECK_EQUAL(portico_notify(instance, notification.receive, PORTICO_PORT_DESTROYED,
				   notification.receive, 9),
		    -ELOOP);
	CHECK_EQUAL(portico_notify(instance, notification.receive, PORTICO_PORT_DESTROYED, mine, 9), 0);
	CHECK_EQUAL(portico_right_drop(instance, notification.receive), 0);
	notification = told(mine);
	CHECK_EQUAL(notification.cookie, 9);
	CHECK_EQUAL(portico_right_drop(instance, notification.receive), 0);
	CHECK_EQUAL(put(send, 4), -EIDRM);
}

/* The notification that brings a right is a message of parts like others. */
static void backup_receives(void)
{
	begin();
	portico_port receive = make_port(8), send = make_right(receive, PORTICO_SEND), mine = make_port(8);
	CHECK_EQUAL(portico_notify(instance, receive, PORTICO_PORT_DESTROYED, mine, 8), 0);
	CHECK_EQUAL(portico_right_drop(instance, receive), 0);
	struct portico_notification notification;
	struct portico_part parts[2];
	struct portico_message message = {
		.parts = parts, .count = 2, .buffer = &notification, .size_bytes = sizeof notification
	};
	CHECK_EQUAL(portico_message_receive(instance, mine, NULL, &message, PORTICO_NOW), 2);
	CHECK_EQUAL(message.type, PORTICO_NOTIFICATION);
	CHECK_EQUAL(notification.cookie, 8);
	CHECK_EQUAL(put(send, 1), 0);
	CHECK_EQUAL(get_now(parts[0].right), 1);
}

/* A task that destroyed its notify port gets another. */
static void notify_anew(void)
{
	begin();
	portico_port receive = make_port(8), before = notify_port();
	CHECK_EQUAL(portico_mailbox_destroy(instance, before), 0);
	portico_port after = notify_port();
	CHECK(after.id != before.id);
	CHECK_EQUAL(portico_notify(instance, receive, PORTICO_NO_SENDERS, before, 1), -EIDRM);
	CHECK_EQUAL(portico_notify(instance, receive, PORTICO_NO_SENDERS, after, 2), 0);
	CHECK_EQUAL(portico_right_drop(instance, make_right(receive, PORTICO_SEND)), 0);
	CHECK_EQUAL(told(after).cookie, 2);
}

/* What was asked stays asked where the right stays after all, and else ends when another takes it. */
static void requests_of_the_unsent(void)
{
	begin();
	portico_port full = make_port(1), to = make_right(full, PORTICO_SEND), mine = make_port(8);
	portico_port receive = make_port(8), send = make_right(receive, PORTICO_SEND), notify = notify_port();
	CHECK_EQUAL(portico_notify(instance, receive, PORTICO_PORT_DESTROYED, mine, 1), 0);
	CHECK_EQUAL(portico_notify(instance, receive, PORTICO_NO_SENDERS, notify, 2), 0);
	CHECK_EQUAL(put(to, 1), 0);
	CHECK_EQUAL(give(to, receive, PORTICO_MOVE), -EAGAIN);
	CHECK_EQUAL(portico_right_drop(instance, send), 0);
	CHECK_EQUAL(told(notify).cookie, 2);
	CHECK_EQUAL(portico_right_drop(instance, receive), 0);
	struct portico_notification notification = told(mine);
	CHECK_EQUAL(notification.cookie, 1);
	receive = notification.receive;

	meeting = make_mailbox("meeting");
	CHECK_EQUAL(portico_notify(instance, receive, PORTICO_PORT_DESTROYED, mine, 3), 0);
	CHECK_EQUAL(give(meeting, receive, PORTICO_MOVE), 0);
	pid_t child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		CHECK_EQUAL(portico_right_drop(instance, take(meeting)), 0);
		_exit(0);
	}
	finish(child);
	not_told(mine);
}

/* The backup went first: then the port goes, and its dead names are told. */
static void backup_gone(void)
{
	begin();
	portico_port receive = make_port(8), send = make_right(receive, PORTICO_SEND), mine = make_port(8);
	portico_port notify = notify_port();
	CHECK_EQUAL(portico_notify(instance, send, PORTICO_DEAD_NAME, notify, 1), 0);
	CHECK_EQUAL(portico_notify(instance, receive, PORTICO_PORT_DESTROYED, mine, 2), 0);
	CHECK_EQUAL(portico_right_drop(instance, mine), 0);
	CHECK_EQUAL(portico_right_drop(instance, receive), 0);
	CHECK_EQUAL(told(notify).event, PORTICO_DEAD_NAME);
	CHECK(status_of(send).is_dead);
}

static void send_one(void)
{
	begin();
	portico_port receive = make_port(1), send = make_right(receive, PORTICO_SEND), notify = notify_port();
	int number = 1;
	CHECK_EQUAL(portico_send_one(instance, send, &number, sizeof number, 0, 10), 0);
	number = 2;
	CHECK_EQUAL(portico_send_one(instance, send, &number, sizeof number, 0, 20), 1);
	number = 3;
	CHECK_EQUAL(portico_send_one(instance, send, &number, sizeof number, 0, 30), -EBUSY);
	not_told(notify);
	CHECK_EQUAL(get_now(receive), 1);
	struct portico_notification notification = told(notify);
	CHECK_EQUAL(notification.event, PORTICO_MESSAGE_ACCEPTED);
	CHECK_EQUAL(notification.cookie, 20);
	CHECK_EQUAL(notification.error, 0);
	CHECK_EQUAL(portico_send_one(instance, send, &number, sizeof number, 0, 40), 1);
	CHECK_EQUAL(portico_right_drop(instance, receive), 0);
	notification = told(notify);
	CHECK_EQUAL(notification.cookie, 40);
	CHECK_EQUAL(notification.error, -EIDRM);
	CHECK_EQUAL(portico_send_one(instance, receive, &number, sizeof number, 0, 1), -EINVAL);
}

/* ---- kernel ports */

static void hand_over_kernel_port(void)
{
	portico_port kernel;
	CHECK_EQUAL(portico_kernel_port(instance, portico_self(instance), &kernel), 0);
	CHECK_EQUAL(put(kernel, 1), -EBADF);
	CHECK_EQUAL(get_now(kernel), -EBADF);
	CHECK_EQUAL(give(meeting, kernel, PORTICO_COPY), 0);
	CHECK_EQUAL(give(meeting, kernel, PORTICO_MOVE), 0);
	CHECK_EQUAL(give(meeting, kernel, PORTICO_MOVE), -EINVAL);
	get(other_meeting);
}

static void kernel_port(void)
{
	begin();
	meeting = make_mailbox("meeting");
	other_meeting = make_mailbox("other");
	pid_t child = start(hand_over_kernel_port);
	portico_port kernel = take(meeting), second = take(meeting), notify = notify_port();
	struct portico_task_status status;
	portico_task task;
	CHECK(second.id != kernel.id);
	CHECK_EQUAL(status_of(kernel).kind, PORTICO_TASK);
	CHECK_EQUAL(portico_kernel_task(instance, kernel, &task), 0);
	CHECK_EQUAL(portico_task_suspend(instance, task), 0);
	CHECK_EQUAL(portico_task_inspect(instance, task, &status), 0);
	CHECK_EQUAL(status.pid, child);
	CHECK_EQUAL(status.suspended, 1);
	CHECK_EQUAL(portico_task_resume(instance, task), 0);
	CHECK_EQUAL(portico_notify(instance, second, PORTICO_DEAD_NAME, notify, 1), 0);
	CHECK_EQUAL(portico_right_drop(instance, second), 0); /* and what was asked with it */
	CHECK_EQUAL(portico_notify(instance, kernel, PORTICO_NO_SENDERS, notify, 2), -EBADF);
	CHECK_EQUAL(portico_notify(instance, kernel, PORTICO_DEAD_NAME, notify, 3), 0);
	not_told(notify);
	CHECK_EQUAL(portico_task_end(instance, task, SIGKILL), 0);
	finish(child);
	struct portico_notification notification = told(notify);
	CHECK_EQUAL(notification.event, PORTICO_DEAD_NAME);
	CHECK_EQUAL(notification.cookie, 3);
	not_told(notify);
	CHECK(status_of(kernel).is_dead);
	CHECK_EQUAL(portico_kernel_task(instance, kernel, &task), -ESRCH);
	CHECK_EQUAL(portico_notify(instance, kernel, PORTICO_DEAD_NAME, notify, 3), -ESRCH);
	CHECK_EQUAL(portico_kernel_task(instance, notify, &task), -EINVAL);
	CHECK_EQUAL(portico_kernel_task(instance, make_port(1), &task), -EBADF);
}

/* ---- request and answer */

static void square(void)
{
	portico_port receive = take(meeting);
	for (;;) {
		int number;
		struct portico_part part, answer = { .kind = PORTICO_PART_DATA };
		struct portico_message request = {
			.parts = &part, .count = 1, .buffer = &number, .size_bytes = sizeof number
		};
		CHECK_EQUAL(portico_message_receive(instance, receive, NULL, &request, soon()), 1);
		CHECK(request.reply.id != 0);
		if (number == 0)
			kill(getpid(), SIGKILL);
		if (number < 0) {
			CHECK_EQUAL(portico_right_drop(instance, request.reply), 0);
			continue;
		}
		number *= number;
		answer.data = &number;
		answer.bytes = sizeof number;
		struct portico_message reply = { .parts = &answer, .count = 1 };
		int error = portico_message_send(instance, request.reply, &reply, PORTICO_NOW);
		if (number == 9 && error == -EIDRM)
			continue; /* asked before we came */
		CHECK_EQUAL(error, 0);
		CHECK_EQUAL(portico_message_send(instance, request.reply, &reply, PORTICO_NOW), -EINVAL);
	}
}

static int ask(portico_port send, int number, int64_t deadline)
{
	int answer = 0;
	struct portico_part part = { .kind = PORTICO_PART_DATA, .data = &number, .bytes = sizeof number },
			    got;
	struct portico_message request = { .parts = &part, .count = 1 };
	struct portico_message reply = { .parts = &got, .count = 1, .buffer = &answer, .size_bytes = 4 };
	int error = portico_call(instance, send, &request, &reply, deadline);
	CHECK(error < 0 || error == 1);
	return error < 0 ? error : answer;
}

static void call(void)
{
	begin();
	meeting = make_mailbox("meeting");
	portico_port receive = make_port(8), send = make_right(receive, PORTICO_SEND), rights[8];
	CHECK_EQUAL(give(meeting, receive, PORTICO_MOVE), 0);
	CHECK_EQUAL(ask(send, 3, portico_deadline(1000000)), -ETIMEDOUT); /* nobody serves yet */
	pid_t child = start(square);
	for (int i = 1; i < 1000; i++)
		CHECK_EQUAL(ask(send, i, soon()), i * i);
	CHECK_EQUAL(ask(send, -1, soon()), -ECONNRESET);
	CHECK_EQUAL(ask(send, 4, soon()), 16);
	CHECK_EQUAL(portico_right_list(instance, rights, 8), 2); /* to send, and a port for answers */
	CHECK_EQUAL(ask(send, 0, soon()), -ECONNRESET);
	finish(child);
	int error = ask(send, 1, soon());
	CHECK(error == -EIDRM || error == -ECONNRESET);
}

/* ---- memory */

static void child_fills(void)
{
	struct portico_part part;
	struct portico_message message = { .parts = &part, .count = 1 };
	CHECK_EQUAL(portico_message_receive(instance, meeting, NULL, &message, soon()), 1);
	CHECK_EQUAL(part.memory.bytes, 3 << 20);
	unsigned char *bytes = part.memory.address;
	CHECK_EQUAL(bytes[0], 1);
	CHECK_EQUAL(bytes[(3 << 20) - 1], 2);
	bytes[1 << 20] = 3;
	part.how = PORTICO_MOVE;
	CHECK_EQUAL(portico_message_send(instance, other_meeting, &message, soon()), 0);
}

static void memory(void)
{
	begin();
	meeting = make_mailbox("meeting");
	other_meeting = make_mailbox("other");
	struct portico_part part = { .kind = PORTICO_PART_MEMORY };
	struct portico_message message = { .parts = &part, .count = 1 };
	CHECK_EQUAL(portico_memory_allocate(instance, 3 << 20, &part.memory), 0);
	unsigned char *bytes = part.memory.address;
	bytes[0] = 1;
	bytes[(3 << 20) - 1] = 2;
	CHECK_EQUAL(portico_message_send(instance, meeting, &message, PORTICO_NOW), 0);
	CHECK_EQUAL(portico_memory_free(instance, &part.memory), -EINVAL);
	CHECK_EQUAL(portico_message_send(instance, meeting, &message, PORTICO_NOW), -EINVAL);
	pid_t child = start(child_fills);
	message.count = 1;
	CHECK_EQUAL(portico_message_receive(instance, other_meeting, NULL, &message, soon()), 1);
	finish(child);
	bytes = part.memory.address;
	CHECK_EQUAL(bytes[1 << 20], 3);
	struct portico_memory stale = part.memory;
	CHECK_EQUAL(portico_memory_free(instance, &part.memory), 0);
	CHECK_EQUAL(portico_memory_free(instance, &stale), -EINVAL);
	CHECK_EQUAL(portico_memory_allocate(instance, 3 << 20, &part.memory), 0);
	CHECK_EQUAL(((unsigned char *)part.memory.address)[0], 0);
	CHECK_EQUAL(portico_memory_allocate(instance, 0, &stale), -EINVAL);
	CHECK_EQUAL(portico_memory_allocate(instance, SIZE_MAX, &stale), -EINVAL);
}

static void allocate_and_die(void)
{
	struct portico_part part = { .kind = PORTICO_PART_MEMORY };
	struct portico_message message = { .parts = &part, .count = 1 };
	CHECK_EQUAL(portico_memory_allocate(instance, UINT64_C(9) << 30, &part.memory), 0);
	(void)message;
	kill(getpid(), SIGKILL);
}

/* More than half of all there is, each time. */
static void memory_of_the_dead(void)
{
	begin();
	struct portico_memory mine;
	for (int i = 0; i < 3; i++)
		finish(start(allocate_and_die));
	int64_t until = soon();
	int error;
	while ((error = portico_memory_allocate(instance, UINT64_C(9) << 30, &mine)) != 0 &&
	       portico_deadline(0) < until)
		CHECK(error == -ENOBUFS || error == -ENOSPC);
	CHECK_EQUAL(error, 0);
}

static const struct test_case cases[] = {
	{ "no-senders", no_senders },
	{ "holder-dies", holder_dies },
	{ "receiver-dies", receiver_dies },
	{ "backup", backup },
	{ "backup-receives", backup_receives },
	{ "notify-anew", notify_anew },
	{ "backup-gone", backup_gone },
	{ "requests-of-the-unsent", requests_of_the_unsent },
	{ "send-one", send_one },
	{ "kernel-port", kernel_port },
	{ "call", call },
	{ "memory", memory },
	{ "memory-of-the-dead", memory_of_the_dead },
	{ 0 },
};

int main(int argc, char **argv)
{
	return run_cases(cases, argc, argv);
}
