/* SPDX-License-Identifier: MIT */
/* What who misuses ports and rights is told: the table of portico_ports(7). */
#include "check.h"

#include <portico/limits.h>
#include <portico/message.h>
#include <portico/names.h>
#include <portico/set.h>
#include <portico/task.h>

static portico *instance;
static portico_port box, receive, send, once;

static void begin(void)
{
	struct portico_limits limits = { .slots = 4, .bytes = 64, .capacity = 256 };
	CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &instance), 0);
	CHECK_EQUAL(portico_mailbox_create(instance, NULL, NULL, 0600, &box), 0);
	CHECK_EQUAL(portico_port_create(instance, &limits, &receive), 0);
	CHECK_EQUAL(portico_right_make(instance, receive, PORTICO_SEND, &send), 0);
	CHECK_EQUAL(portico_right_make(instance, receive, PORTICO_SEND_ONCE, &once), 0);
}

static int put(portico_port port)
{
	return portico_send(instance, port, "x", 1, 1, PORTICO_NOW);
}

static int get(portico_port port)
{
	char bytes[8192];
	return (int)portico_receive(instance, port, bytes, sizeof bytes, NULL, NULL, PORTICO_NOW);
}

static int give(portico_port to, portico_port right, enum portico_disposition how)
{
	struct portico_part part = { .kind = PORTICO_PART_RIGHT, .how = how, .right = right };
	struct portico_message message = { .parts = &part, .count = 1 };
	return portico_message_send(instance, to, &message, PORTICO_NOW);
}

static int send_parts(struct portico_part *parts, unsigned count)
{
	struct portico_message message = { .parts = parts, .count = count };
	return portico_message_send(instance, box, &message, PORTICO_NOW);
}

/* Names of nothing, and of what is no more. */
static void stale(void)
{
	portico_port never = { 12345 }, right_never = { send.id + 1000 };
	CHECK_EQUAL(put(never), -EINVAL);
	CHECK_EQUAL(put(right_never), -EINVAL);
	CHECK_EQUAL(portico_right_drop(instance, box), -EINVAL);
	CHECK_EQUAL(put(once), 0);
	CHECK_EQUAL(put(once), -EINVAL);
	CHECK_EQUAL(give(box, send, PORTICO_MOVE), 0);
	CHECK_EQUAL(put(send), -EINVAL);
	CHECK_EQUAL(portico_right_drop(instance, send), -EINVAL);
	CHECK_EQUAL(portico_right_make(instance, receive, PORTICO_SEND, &send), 0);
	CHECK_EQUAL(portico_mailbox_destroy(instance, box), 0);
	CHECK_EQUAL(put(box), -EIDRM);
	CHECK_EQUAL(portico_right_drop(instance, receive), 0);
	CHECK_EQUAL(put(send), -EIDRM);
	CHECK_EQUAL(get(receive), -EINVAL);
	CHECK_EQUAL(portico_mailbox_open(instance, "nobody", &box), -ENOENT);
}

static void wrong_kind(void)
{
	portico_port right, set, notify;
	CHECK_EQUAL(put(receive), -EBADF);
	CHECK_EQUAL(get(send), -EBADF);
	CHECK_EQUAL(portico_right_make(instance, send, PORTICO_SEND, &right), -EBADF);
	CHECK_EQUAL(give(box, receive, PORTICO_COPY), -EBADF);
	CHECK_EQUAL(give(box, once, PORTICO_COPY), -EBADF);
	CHECK_EQUAL(give(box, send, PORTICO_MAKE_SEND), -EBADF);
	CHECK_EQUAL(give(send, receive, PORTICO_MOVE), -ELOOP);
	CHECK_EQUAL(portico_send_one(instance, once, "x", 1, 1, 1), -EBADF);
	CHECK_EQUAL(portico_set_create(instance, &set), 0);
	CHECK_EQUAL(portico_set_add(instance, set, receive), 0);
	CHECK_EQUAL(put(set), -EPERM);
	CHECK_EQUAL(get(receive), -EBUSY);
	CHECK_EQUAL(portico_notify_port(instance, &notify), 0);
	CHECK_EQUAL(put(notify), -EPERM);
	CHECK_EQUAL(get(box), -EAGAIN); /* none of that did anything */
	CHECK_EQUAL(get(set), -EAGAIN);
}

static void messages(void)
{
	char data[64];
	struct portico_part parts[PORTICO_PARTS_MOST + 1];
	for (unsigned i = 0; i <= PORTICO_PARTS_MOST; i++)
		parts[i] = (struct portico_part){ .kind = PORTICO_PART_DATA, .data = data };
	CHECK_EQUAL(send_parts(parts, PORTICO_PARTS_MOST + 1), -EINVAL);
	CHECK_EQUAL(send_parts(parts, PORTICO_PARTS_MOST), 0);
	CHECK_EQUAL(get(box), -EBADMSG);
	struct portico_message into = { .parts = parts, .count = PORTICO_PARTS_MOST - 1 };
	CHECK_EQUAL(portico_message_receive(instance, box, NULL, &into, PORTICO_NOW), -E2BIG);
	into.count = PORTICO_PARTS_MOST;
	CHECK_EQUAL(portico_message_receive(instance, box, NULL, &into, PORTICO_NOW), PORTICO_PARTS_MOST);

	parts[0] = (struct portico_part){ .kind = (enum portico_part_kind)9 };
	CHECK_EQUAL(send_parts(parts, 1), -EINVAL);
	parts[0] = (struct portico_part){ .kind = PORTICO_PART_DATA, .bytes = 1 };
	CHECK_EQUAL(send_parts(parts, 1), -EFAULT);
	parts[0] = (struct portico_part){ .kind = PORTICO_PART_MEMORY, .how = PORTICO_COPY, .bytes = 1 };
	CHECK_EQUAL(send_parts(parts, 1), -EFAULT);
	CHECK_EQUAL(send_parts(NULL, 1), -EFAULT);
	/* 16 bytes a part count */
	parts[0] = (struct portico_part){ .kind = PORTICO_PART_DATA, .data = data, .bytes = 49 };
	into = (struct portico_message){ .parts = parts, .count = 1 };
	CHECK_EQUAL(portico_message_send(instance, send, &into, PORTICO_NOW), -EMSGSIZE);
	parts[0].bytes = 48;
	CHECK_EQUAL(portico_message_send(instance, send, &into, PORTICO_NOW), 0);
	into.size_bytes = 48;
	CHECK_EQUAL(portico_message_receive(instance, receive, NULL, &into, PORTICO_NOW), -EFAULT);
}

static void deadlines(void)
{
	struct portico_notification notification;
	struct portico_message message = { 0 };
	CHECK_EQUAL(portico_message_send(instance, send, &message, -1), -EINVAL);
	CHECK_EQUAL(portico_message_receive(instance, receive, NULL, &message, -1), -EINVAL);
	CHECK_EQUAL(portico_call(instance, send, &message, &message, -1), -EINVAL);
	CHECK_EQUAL(portico_notified(instance, receive, &notification, -1), -EINVAL);
	CHECK_EQUAL(get(receive), -EAGAIN);
	CHECK_EQUAL(portico_notified(instance, receive, &notification, portico_deadline(1)), -ETIMEDOUT);
}

static void limits(void)
{
	struct portico_instance_limits most = { .rights_per_task = 3 };
	portico_port right;
	CHECK_EQUAL(portico_limits_set(instance, &most), 0);
	CHECK_EQUAL(portico_right_make(instance, receive, PORTICO_SEND_ONCE, &right), -EDQUOT);
	CHECK_EQUAL(portico_right_make(instance, receive, PORTICO_SEND, &right), 0); /* a reference more */
	CHECK_EQUAL(portico_port_create(instance, NULL, &right), -EDQUOT);
}

static const struct test_case cases[] = {
	{ "stale", stale },	    { "wrong-kind", wrong_kind }, { "messages", messages },
	{ "deadlines", deadlines }, { "limits", limits },	  { 0 },
};

int main(int argc, char **argv)
{
	if (argc > 1)
		begin();
	return run_cases(cases, argc, argv);
}
