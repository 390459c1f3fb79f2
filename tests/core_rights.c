/* SPDX-License-Identifier: MIT */
/* Guarded ports: rights, and what carries them. */
#include "rights.h"

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
	{ "posted", posted },
	{ "waits", waits },
	{ 0 },
};

int main(int argc, char **argv)
{
	return run_cases(cases, argc, argv);
}
