/* SPDX-License-Identifier: MIT */
/* Guarded ports: rights, what carries them, and who is told of their end. */
#include "check.h"

#include <portico/message.h>
#include <portico/task.h>
#include <stdint.h>
#include <sys/mman.h>

static portico *instance;

#define NEVER PORTICO_FOREVER

/* A deadline that only who hangs reaches. */
static int64_t soon(void)
{
	return portico_deadline(INT64_C(20000000000));
}

static void begin(void)
{
	CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &instance), 0);
}

static portico_port make_port(uint32_t slots)
{
	struct portico_limits limits = { .slots = slots, .bytes = 4096, .capacity = 1 << 20 };
	portico_port receive;
	CHECK_EQUAL(portico_port_create(instance, &limits, &receive), 0);
	return receive;
}

static portico_port make_right(portico_port receive, enum portico_right_kind kind)
{
	portico_port right;
	CHECK_EQUAL(portico_right_make(instance, receive, kind, &right), 0);
	return right;
}

static struct portico_right_status status_of(portico_port right)
{
	struct portico_right_status status;
	CHECK_EQUAL(portico_right_inspect(instance, right, &status), 0);
	return status;
}

/* By name, for tasks to meet at. */
static portico_port make_mailbox(const char *name)
{
	portico_port port;
	CHECK_EQUAL(portico_mailbox_create(instance, name, NULL, 0600, &port), 0);
	return port;
}

static int put(portico_port port, int number)
{
	return portico_send(instance, port, &number, sizeof number, 1, PORTICO_NOW);
}

/* The number that comes next; or the error. */
static int get(portico_port port)
{
	int number;
	ssize_t result = portico_receive(instance, port, &number, sizeof number, NULL, NULL, soon());
	return result == sizeof number ? number : (int)result;
}

static int get_now(portico_port port)
{
	int number;
	ssize_t result = portico_receive(instance, port, &number, sizeof number, NULL, NULL, PORTICO_NOW);
	return result == sizeof number ? number : (int)result;
}

static int give(portico_port to, portico_port right, enum portico_disposition how)
{
	struct portico_part part = { .kind = PORTICO_PART_RIGHT, .how = how, .right = right };
	struct portico_message message = { .type = 5, .parts = &part, .count = 1 };
	return portico_message_send(instance, to, &message, PORTICO_NOW);
}

static portico_port take(portico_port from)
{
	struct portico_part part = { 0 };
	struct portico_message message = { .parts = &part, .count = 1 };
	CHECK_EQUAL(portico_message_receive(instance, from, NULL, &message, soon()), 1);
	CHECK_EQUAL(part.kind, PORTICO_PART_RIGHT);
	CHECK_EQUAL(message.type, 5);
	return part.right;
}

static struct portico_notification told(portico_port at)
{
	struct portico_notification notification;
	CHECK_EQUAL(portico_notified(instance, at, &notification, soon()), 0);
	return notification;
}

static void not_told(portico_port at)
{
	struct portico_notification notification;
	CHECK_EQUAL(portico_notified(instance, at, &notification, PORTICO_NOW), -EAGAIN);
}

static portico_port notify_port(void)
{
	portico_port port;
	CHECK_EQUAL(portico_notify_port(instance, &port), 0);
	return port;
}

/* A child that does that and ends; its status must be 0, or a SIGKILL of its own making. */
static pid_t start(void (*action)(void))
{
	pid_t child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		action();
		_exit(0);
	}
	return child;
}

static void finish(pid_t child)
{
	int status;
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
}

static portico_port meeting, other_meeting;

/* ---- rights of one task */

static void kinds(void)
{
	begin();
	portico_port receive = make_port(8), send = make_right(receive, PORTICO_SEND);
	CHECK_EQUAL(put(send, 1), 0);
	CHECK_EQUAL(put(receive, 2), -EBADF);
	CHECK_EQUAL(get_now(send), -EBADF);
	struct portico_envelope envelope;
	int number;
	CHECK_EQUAL(portico_receive(instance, receive, &number, sizeof number, NULL, &envelope, PORTICO_NOW),
		    4);
	CHECK_EQUAL(number, 1);
	CHECK_EQUAL(envelope.port.id, receive.id);
	CHECK_EQUAL(envelope.pid, getpid());
	CHECK_EQUAL(status_of(receive).kind, PORTICO_RECEIVE);
	CHECK_EQUAL(status_of(send).kind, PORTICO_SEND);

	portico_port once = make_right(receive, PORTICO_SEND_ONCE);
	CHECK_EQUAL(put(once, 3), 0);
	CHECK_EQUAL(put(once, 4), -EINVAL);
	CHECK_EQUAL(get_now(receive), 3);
	CHECK_EQUAL(get_now(receive), -EAGAIN);

	portico_port right;
	CHECK_EQUAL(portico_right_make(instance, send, PORTICO_SEND, &right), -EBADF);
	CHECK_EQUAL(portico_right_make(instance, meeting, PORTICO_SEND, &right), -EBADF);
	CHECK_EQUAL(portico_right_make(instance, receive, PORTICO_RECEIVE, &right), -EINVAL);
	CHECK_EQUAL(portico_right_drop(instance, (portico_port){ 0 }), -EINVAL);
}

static void references(void)
{
	begin();
	portico_port receive = make_port(8), send = make_right(receive, PORTICO_SEND);
	CHECK_EQUAL(make_right(receive, PORTICO_SEND).id, send.id);
	CHECK_EQUAL(portico_right_keep(instance, send, 3), 0);
	CHECK_EQUAL(status_of(send).references, 5);
	CHECK_EQUAL(status_of(receive).senders, 5);
	CHECK_EQUAL(portico_right_keep(instance, receive, 1), -EBADF);
	CHECK_EQUAL(portico_right_keep(instance, send, UINT32_MAX), -EDQUOT);
	CHECK_EQUAL(portico_right_keep(instance, send, 0), -EINVAL);
	for (int i = 5; i > 0; i--) {
		CHECK_EQUAL(status_of(receive).senders, i);
		CHECK_EQUAL(put(send, i), 0);
		CHECK_EQUAL(portico_right_drop(instance, send), 0);
	}
	CHECK_EQUAL(status_of(receive).senders, 0);
	CHECK_EQUAL(portico_right_drop(instance, send), -EINVAL);
	CHECK_EQUAL(put(send, 1), -EINVAL);
	portico_port list[4];
	CHECK_EQUAL(portico_right_list(instance, list, 4), 1);
	CHECK_EQUAL(list[0].id, receive.id);
}

static void dead_name(void)
{
	begin();
	portico_port receive = make_port(8), send = make_right(receive, PORTICO_SEND);
	CHECK_EQUAL(put(send, 1), 0);
	CHECK_EQUAL(portico_right_drop(instance, receive), 0);
	CHECK_EQUAL(put(send, 2), -EIDRM);
	CHECK_EQUAL(get_now(receive), -EINVAL);
	CHECK(status_of(send).is_dead);
	CHECK_EQUAL(portico_right_keep(instance, send, 1), -EIDRM);
	CHECK_EQUAL(portico_right_drop(instance, send), 0);
	CHECK_EQUAL(portico_right_drop(instance, send), -EINVAL);
}

/* What the id of a guarded port would be is of no use. */
static void raw_id(void)
{
	begin();
	portico_port receive = make_port(8);
	for (uint64_t slot = 1; slot < 4; slot++)
		for (uint64_t generation = 0; generation < 4; generation++) {
			portico_port guess = { generation << 24 | slot };
			CHECK(put(guess, 1) < 0);
			CHECK(portico_mailbox_destroy(instance, guess) < 0);
		}
	CHECK_EQUAL(get_now(receive), -EAGAIN);
	CHECK_EQUAL(portico_mailbox_destroy(instance, receive), 0);
	CHECK_EQUAL(get_now(receive), -EINVAL);
}

/* ---- rights in messages */

static void child_sends(void)
{
	portico_port send = take(meeting);
	CHECK_EQUAL(status_of(send).kind, PORTICO_SEND);
	CHECK_EQUAL(status_of(send).references, 1);
	CHECK_EQUAL(put(send, 42), 0);
	CHECK_EQUAL(portico_right_drop(instance, send), 0);
}

static void make_in_message(void)
{
	begin();
	meeting = make_mailbox("meeting");
	portico_port receive = make_port(8);
	pid_t child = start(child_sends);
	CHECK_EQUAL(give(meeting, receive, PORTICO_MAKE_SEND), 0);
	CHECK_EQUAL(get(receive), 42);
	finish(child);
	CHECK_EQUAL(status_of(receive).senders, 0);
	CHECK_EQUAL(put(receive, 1), -EBADF);
}

static void names_are_local_child(void)
{
	portico_port send = take(meeting);
	CHECK_EQUAL(put(send, 1), 0);
	CHECK_EQUAL(get(other_meeting), 7);
	_exit(0);
}

/* A name of one task's is nothing to another. */
static void names_are_local(void)
{
	begin();
	meeting = make_mailbox("meeting");
	other_meeting = make_mailbox("other");
	portico_port receive = make_port(8), send = make_right(receive, PORTICO_SEND);
	pid_t child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		CHECK_EQUAL(put(send, 1), -EINVAL);
		CHECK_EQUAL(get_now(receive), -EINVAL);
		CHECK_EQUAL(portico_right_drop(instance, send), -EINVAL);
		names_are_local_child();
	}
	CHECK_EQUAL(give(meeting, send, PORTICO_COPY), 0);
	CHECK_EQUAL(get(receive), 1);
	CHECK_EQUAL(status_of(receive).senders, 2);
	CHECK_EQUAL(put(other_meeting, 7), 0);
	finish(child);
	while (status_of(receive).senders != 1) /* once the child is reaped */
		CHECK_EQUAL(
			portico_receive(instance, receive, NULL, 0, NULL, NULL, portico_deadline(10000000)),
			-ETIMEDOUT);
}

static void copy_and_move(void)
{
	begin();
	meeting = make_mailbox("meeting");
	portico_port receive = make_port(8), send = make_right(receive, PORTICO_SEND);
	CHECK_EQUAL(give(meeting, send, PORTICO_COPY), 0);
	CHECK_EQUAL(status_of(send).references, 1);
	CHECK_EQUAL(status_of(receive).senders, 2);
	CHECK_EQUAL(give(meeting, send, PORTICO_MOVE), 0);
	CHECK_EQUAL(put(send, 1), -EINVAL);
	CHECK_EQUAL(status_of(receive).senders, 2);
	portico_port first = take(meeting), second = take(meeting);
	CHECK_EQUAL(first.id, second.id);
	CHECK_EQUAL(status_of(first).references, 2);
	CHECK_EQUAL(put(first, 1), 0);
	CHECK_EQUAL(get_now(receive), 1);
	CHECK_EQUAL(give(meeting, receive, PORTICO_COPY), -EBADF);
	CHECK_EQUAL(give(meeting, first, PORTICO_MAKE_SEND), -EBADF);
	portico_port once = make_right(receive, PORTICO_SEND_ONCE);
	CHECK_EQUAL(give(meeting, once, PORTICO_COPY), -EBADF);
	CHECK_EQUAL(give(meeting, once, PORTICO_MOVE), 0);
	CHECK_EQUAL(put(once, 1), -EINVAL);
	once = take(meeting);
	CHECK_EQUAL(put(once, 9), 0);
	CHECK_EQUAL(get_now(receive), 9);
}

/* Parts that couldn't be sent are where they were. */
static void given_back(void)
{
	begin();
	portico_port full = make_port(1), to = make_right(full, PORTICO_SEND);
	CHECK_EQUAL(put(to, 1), 0);
	portico_port receive = make_port(8), send = make_right(receive, PORTICO_SEND);
	portico_port once = make_right(receive, PORTICO_SEND_ONCE), mine = make_port(8);
	struct portico_memory memory;
	CHECK_EQUAL(portico_memory_allocate(instance, 100, &memory), 0);
	struct portico_part parts[] = {
		{ .kind = PORTICO_PART_RIGHT, .how = PORTICO_MOVE, .right = send },
		{ .kind = PORTICO_PART_DATA, .data = (void *)"x", .bytes = 1 },
		{ .kind = PORTICO_PART_RIGHT, .how = PORTICO_MOVE, .right = once },
		{ .kind = PORTICO_PART_RIGHT, .how = PORTICO_MOVE, .right = mine },
		{ .kind = PORTICO_PART_MEMORY, .how = PORTICO_MOVE, .memory = memory },
		{ .kind = PORTICO_PART_RIGHT, .how = PORTICO_MAKE_SEND, .right = receive },
	};
	struct portico_message message = { .parts = parts, .count = 6 };
	CHECK_EQUAL(portico_message_send(instance, to, &message, PORTICO_NOW), -EAGAIN);
	CHECK_EQUAL(portico_message_send(instance, to, &message, portico_deadline(1000000)), -ETIMEDOUT);
	parts[5].how = PORTICO_COPY; /* a receive right can't be */
	CHECK_EQUAL(portico_message_send(instance, to, &message, PORTICO_NOW), -EBADF);
	CHECK_EQUAL(status_of(send).references, 1);
	CHECK_EQUAL(status_of(receive).senders, 1);
	CHECK_EQUAL(status_of(once).kind, PORTICO_SEND_ONCE);
	CHECK_EQUAL(put(make_right(mine, PORTICO_SEND), 3), 0);
	CHECK_EQUAL(get_now(mine), 3);
	CHECK_EQUAL(portico_memory_free(instance, &memory), 0);
	CHECK_EQUAL(portico_memory_free(instance, &memory), -EINVAL);
	CHECK_EQUAL(get_now(receive), -EAGAIN); /* nothing was lost on the way */
	CHECK_EQUAL(put(send, 5), 0);
	CHECK_EQUAL(get_now(receive), 5);
}

static void child_receives(void)
{
	portico_port receive = take(meeting);
	CHECK_EQUAL(get(receive), 1);
	CHECK_EQUAL(get(receive), 2);
	CHECK_EQUAL(get(receive), 3);
}

static void move_receive(void)
{
	begin();
	meeting = make_mailbox("meeting");
	portico_port receive = make_port(8), send = make_right(receive, PORTICO_SEND);
	CHECK_EQUAL(put(send, 1), 0);
	CHECK_EQUAL(give(meeting, receive, PORTICO_MOVE), 0);
	CHECK_EQUAL(get_now(receive), -EINVAL);
	CHECK_EQUAL(put(send, 2), 0); /* it waits in the port, which waits in the message */
	pid_t child = start(child_receives);
	CHECK_EQUAL(put(send, 3), 0);
	finish(child);
	while (put(send, 4) != -EIDRM) /* until the child is reaped, by who waits */
		CHECK_EQUAL(
			portico_receive(instance, meeting, NULL, 0, NULL, NULL, portico_deadline(10000000)),
			-ETIMEDOUT);
}

/* A message of rights that is never received gives them up. */
static void lost_in_queue(void)
{
	begin();
	portico_port box = make_port(8), to = make_right(box, PORTICO_SEND), notify = notify_port();
	portico_port receive = make_port(8), dies = make_port(8), left = make_right(dies, PORTICO_SEND);
	CHECK_EQUAL(portico_notify(instance, receive, PORTICO_NO_SENDERS, notify, 11), 0);
	CHECK_EQUAL(portico_notify(instance, left, PORTICO_DEAD_NAME, notify, 22), 0);
	CHECK_EQUAL(give(to, receive, PORTICO_MAKE_SEND), 0);
	CHECK_EQUAL(give(to, receive, PORTICO_MAKE_SEND_ONCE), 0);
	CHECK_EQUAL(give(to, dies, PORTICO_MOVE), 0);
	not_told(notify);
	CHECK_EQUAL(portico_right_drop(instance, box), 0);
	struct portico_notification one = told(notify), two = told(notify);
	CHECK_EQUAL(one.cookie + two.cookie, 11 + 22);
	CHECK_EQUAL(one.event, one.cookie == 11 ? PORTICO_NO_SENDERS : PORTICO_DEAD_NAME);
	CHECK_EQUAL(two.event, two.cookie == 11 ? PORTICO_NO_SENDERS : PORTICO_DEAD_NAME);
	CHECK_EQUAL(told(receive).event, PORTICO_SEND_ONCE_LOST);
	not_told(notify);
	CHECK(status_of(left).is_dead);
}

static void not_into_itself(void)
{
	begin();
	portico_port a = make_port(8), b = make_port(8), c = make_port(8);
	portico_port to_a = make_right(a, PORTICO_SEND), to_b = make_right(b, PORTICO_SEND),
		     to_c = make_right(c, PORTICO_SEND);
	CHECK_EQUAL(give(to_a, a, PORTICO_MOVE), -ELOOP);
	CHECK_EQUAL(give(to_b, a, PORTICO_MOVE), 0);
	CHECK_EQUAL(give(to_c, b, PORTICO_MOVE), 0);
	CHECK_EQUAL(give(to_a, c, PORTICO_MOVE), -ELOOP);
	CHECK_EQUAL(put(to_a, 1), 0);
	b = take(c);
	a = take(b);
	CHECK_EQUAL(get_now(a), 1);
}

static void plain_receive(void)
{
	begin();
	portico_port box = make_mailbox("box"), receive = make_port(8);
	char text[64];
	CHECK_EQUAL(give(box, receive, PORTICO_MAKE_SEND), 0);
	CHECK_EQUAL(put(box, 7), 0);
	CHECK_EQUAL(portico_receive(instance, box, text, sizeof text, NULL, NULL, PORTICO_NOW), -EBADMSG);
	CHECK_EQUAL(portico_receive(instance, box, text, sizeof text, NULL, NULL, PORTICO_NOW), -EBADMSG);
	struct portico_message none = { 0 };
	CHECK_EQUAL(portico_message_receive(instance, box, NULL, &none, PORTICO_NOW), -E2BIG);
	CHECK_EQUAL(put(take(box), 8), 0);
	CHECK_EQUAL(get_now(box), 7);
	CHECK_EQUAL(get_now(receive), 8);
}

static void typed_parts(void)
{
	begin();
	portico_port box = make_mailbox("box"), receive = make_port(8), other = make_port(8);
	char hello[] = "hello", world[] = "world!", text[64];
	struct portico_part parts[] = {
		{ .kind = PORTICO_PART_DATA, .data = hello, .bytes = 5 },
		{ .kind = PORTICO_PART_RIGHT, .how = PORTICO_MAKE_SEND, .right = other },
		{ .kind = PORTICO_PART_MEMORY, .how = PORTICO_COPY, .data = world, .bytes = 7 },
		{ .kind = PORTICO_PART_DATA, .data = world, .bytes = 6 },
		{ .kind = PORTICO_PART_DATA },
	}, got[8];
	struct portico_message message = { .type = 3, .reply = receive, .parts = parts, .count = 5 };
	CHECK_EQUAL(portico_message_send(instance, box, &message, PORTICO_NOW), 0);
	struct portico_message answer = { .parts = got, .count = 8, .buffer = text, .size_bytes = 10 };
	CHECK_EQUAL(portico_message_receive(instance, box, NULL, &answer, PORTICO_NOW), -E2BIG);
	answer.size_bytes = 11;
	answer.count = 4;
	CHECK_EQUAL(portico_message_receive(instance, box, NULL, &answer, PORTICO_NOW), -E2BIG);
	answer.count = 8;
	CHECK_EQUAL(portico_message_receive(instance, box, NULL, &answer, PORTICO_NOW), 5);
	CHECK_EQUAL(answer.type, 3);
	CHECK_EQUAL(answer.envelope.pid, getpid());
	CHECK_EQUAL(answer.envelope.port.id, box.id);
	CHECK_EQUAL(got[0].bytes, 5);
	CHECK(memcmp(got[0].data, "hello", 5) == 0);
	CHECK_EQUAL(got[1].kind, PORTICO_PART_RIGHT);
	CHECK_EQUAL(put(got[1].right, 77), 0);
	CHECK_EQUAL(get_now(other), 77);
	CHECK_EQUAL(got[2].kind, PORTICO_PART_MEMORY);
	CHECK_EQUAL(got[2].memory.bytes, 7);
	CHECK(strcmp(got[2].memory.address, "world!") == 0);
	CHECK_EQUAL(portico_memory_free(instance, &got[2].memory), 0);
	CHECK(memcmp(got[3].data, "world!", 6) == 0);
	CHECK_EQUAL(got[4].bytes, 0);
	CHECK_EQUAL(put(answer.reply, 66), 0);
	CHECK_EQUAL(get_now(receive), 66);

	struct portico_part many[PORTICO_PARTS_MOST + 1] = { { .kind = PORTICO_PART_DATA } };
	struct portico_message too_many = { .parts = many, .count = PORTICO_PARTS_MOST + 1 };
	CHECK_EQUAL(portico_message_send(instance, box, &too_many, PORTICO_NOW), -EINVAL);
	struct portico_part odd = { .kind = (enum portico_part_kind)9 };
	struct portico_message unknown = { .parts = &odd, .count = 1 };
	CHECK_EQUAL(portico_message_send(instance, box, &unknown, PORTICO_NOW), -EINVAL);
	CHECK_EQUAL(get_now(box), -EAGAIN);
}

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

/* ---- waiting with rights */

static void posted(void)
{
	begin();
	portico_port receive = make_port(1), send = make_right(receive, PORTICO_SEND), completions;
	portico_port once = make_right(receive, PORTICO_SEND_ONCE);
	CHECK_EQUAL(portico_completions_create(instance, &completions), 0);
	struct portico_completion completion;
	struct portico_envelope envelope;
	portico_wait wait, second;
	int number = 5;
	CHECK_EQUAL(portico_post_receive(instance, &receive, 1, 4, NULL, NEVER, completions, 1, &wait), 0);
	CHECK_EQUAL(put(send, 6), 0);
	CHECK_EQUAL(portico_complete(instance, completions, &completion, soon()), 0);
	CHECK_EQUAL(portico_collect(instance, wait, &number, sizeof number, &envelope), 4);
	CHECK_EQUAL(number, 6);
	CHECK_EQUAL(envelope.port.id, receive.id);
	CHECK_EQUAL(portico_post_send(instance, once, &number, 4, 1, NEVER, completions, 2, &wait), 0);
	CHECK_EQUAL(portico_post_send(instance, send, &number, 4, 1, NEVER, completions, 3, &second), 0);
	CHECK_EQUAL(portico_complete(instance, completions, &completion, soon()), 0);
	CHECK_EQUAL(completion.cookie, 2);
	CHECK_EQUAL(portico_collect(instance, wait, NULL, 0, NULL), 0);
	CHECK_EQUAL(portico_cancel(instance, second), 0);
	/* what wasn't sent was not used */
	portico_port another = make_right(receive, PORTICO_SEND_ONCE);
	CHECK_EQUAL(portico_post_send(instance, another, &number, 4, 1, NEVER, completions, 4, &wait), 0);
	CHECK_EQUAL(portico_right_drop(instance, another), -EINVAL);
	CHECK_EQUAL(portico_cancel(instance, wait), 0);
	CHECK_EQUAL(portico_right_drop(instance, another), 0);
	CHECK_EQUAL(get_now(receive), 6);
	CHECK_EQUAL(told(receive).event, PORTICO_SEND_ONCE_LOST);

	portico_port box = make_mailbox("box"), both[] = { box, receive };
	CHECK_EQUAL(put(send, 9), 0);
	CHECK_EQUAL(portico_receive_any(instance, both, 2, &number, 4, NULL, &envelope, PORTICO_NOW), 4);
	CHECK_EQUAL(envelope.port.id, receive.id);
	both[0] = send;
	CHECK_EQUAL(portico_receive_any(instance, both, 2, &number, 4, NULL, &envelope, PORTICO_NOW), -EBADF);
}

static void drop_soon(void)
{
	portico_port receive = take(meeting), send = take(meeting);
	CHECK_EQUAL(get(receive), 0);
	CHECK_EQUAL(portico_right_drop(instance, receive), 0);
	CHECK_EQUAL(put(send, 1), -EIDRM);
}

static void waits(void)
{
	begin();
	meeting = make_mailbox("meeting");
	portico_port receive = make_port(0), send = make_right(receive, PORTICO_SEND);
	CHECK_EQUAL(give(meeting, receive, PORTICO_MOVE), 0);
	CHECK_EQUAL(give(meeting, send, PORTICO_COPY), 0);
	pid_t child = start(drop_soon);
	int number = 0;
	CHECK_EQUAL(portico_send(instance, send, &number, 4, 1, soon()), 0);
	int error = portico_send(instance, send, &number, 4, 1, soon());
	CHECK_EQUAL(error, -EIDRM);
	finish(child);
}

static const struct test_case cases[] = {
	{ "kinds", kinds },
	{ "references", references },
	{ "dead-name", dead_name },
	{ "raw-id", raw_id },
	{ "make-in-message", make_in_message },
	{ "names-are-local", names_are_local },
	{ "copy-and-move", copy_and_move },
	{ "given-back", given_back },
	{ "move-receive", move_receive },
	{ "lost-in-queue", lost_in_queue },
	{ "not-into-itself", not_into_itself },
	{ "plain-receive", plain_receive },
	{ "typed-parts", typed_parts },
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
	{ "posted", posted },
	{ "waits", waits },
	{ 0 },
};

int main(int argc, char **argv)
{
	return run_cases(cases, argc, argv);
}
