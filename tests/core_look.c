/* SPDX-License-Identifier: MIT */
/* Looking at messages and leaving them, and sharing a mailbox. */
#include "mail.h"

/* ---- looking */

static void case_peek(void)
{
	const struct portico_filter second = { .select = PORTICO_TYPE, .type = 2 };
	const struct portico_filter lowest = { .select = PORTICO_TYPE_AT_MOST, .type = 9 };
	struct portico_status before, after;
	struct portico_envelope envelope;
	char text[4] = "";
	portico_port port = mailbox(8);
	CHECK_EQUAL(portico_probe(k, port, NULL, NULL), -EAGAIN);
	CHECK_EQUAL(portico_peek(k, port, text, sizeof text, NULL, 0, NULL), -EAGAIN);
	CHECK_EQUAL(put(port, "aa", 3), 0);
	CHECK_EQUAL(put(port, "bbb", 2), 0);
	CHECK_EQUAL(put(port, "ccccc", 2), 0);
	CHECK_EQUAL(put_urgent(port, "d", 4, 6, PORTICO_NOW), 0);
	CHECK_EQUAL(portico_mailbox_status(k, port, &before), 0);
	CHECK_EQUAL(portico_probe(k, port, NULL, &envelope), 1);
	CHECK_EQUAL(envelope.priority, 6);
	CHECK_EQUAL(envelope.pid, getpid());
	CHECK_EQUAL(envelope.port.id, port.id);
	CHECK_EQUAL(portico_probe(k, port, &second, &envelope), 3);
	CHECK_EQUAL(envelope.type, 2);
	CHECK_EQUAL(portico_probe(k, port, &lowest, NULL), 3);
	CHECK_EQUAL(portico_peek(k, port, text, sizeof text, NULL, 0, NULL), 1);
	CHECK_EQUAL(text[0], 'd');
	CHECK_EQUAL(portico_peek(k, port, text, sizeof text, NULL, 2, &envelope), 3);
	CHECK_EQUAL(memcmp(text, "bbb", 3), 0);
	CHECK_EQUAL(envelope.type, 2);
	CHECK_EQUAL(portico_peek(k, port, text, sizeof text, &second, 1, NULL), -E2BIG);
	CHECK_EQUAL(portico_peek(k, port, text, sizeof text, &second, 2, NULL), -EAGAIN);
	CHECK_EQUAL(portico_peek(k, port, text, sizeof text, &lowest, 1, NULL), -EINVAL);
	CHECK_EQUAL(portico_peek(k, port, text, sizeof text, &lowest, 0, NULL), 3);
	CHECK_EQUAL(portico_mailbox_status(k, port, &after), 0);
	CHECK_EQUAL(memcmp(&before, &after, sizeof before), 0);
	get(port, NULL, "d", 6);
	CHECK_EQUAL(portico_mailbox_destroy(k, port), 0);
	CHECK_EQUAL(portico_probe(k, port, NULL, NULL), -EIDRM);
}

/* What a waiting sender brings is there to be received, and so to be seen. */
static void case_peek_at_a_sender(void)
{
	portico_port port = mailbox(0);
	struct portico_envelope envelope;
	char text[64];
	pid_t child = CHILD(CHECK_EQUAL(put_urgent(port, "met", 7, 9, PORTICO_FOREVER), 0));
	await_senders(port, 1);
	CHECK_EQUAL(portico_probe(k, port, NULL, &envelope), 3);
	CHECK_EQUAL(envelope.priority, 9);
	CHECK_EQUAL(envelope.port.id, port.id);
	CHECK_EQUAL(envelope.pid, child);
	CHECK_EQUAL(portico_peek(k, port, text, sizeof text, NULL, 1, NULL), -EAGAIN);
	CHECK_EQUAL(portico_peek(k, port, text, sizeof text, NULL, 0, NULL), 3);
	get(port, NULL, "met", 9);
	join_child(child);
}

/* In pieces. */
static void case_peek_long(void)
{
	enum { LONG = 5 * (int)PK_LARGEST / 2 };
	struct portico_limits limits = { 1, LONG, LONG };
	unsigned char *sent = malloc(LONG), *seen = malloc(LONG);
	portico_port port;
	CHECK(sent && seen);
	for (int i = 0; i < LONG; i++)
		sent[i] = (unsigned char)((unsigned)i * 2654435761u >> 24);
	CHECK_EQUAL(portico_mailbox_create(k, NULL, &limits, 0600, &port), 0);
	CHECK_EQUAL(portico_send(k, port, sent, LONG, 1, PORTICO_NOW), 0);
	CHECK_EQUAL(portico_probe(k, port, NULL, NULL), LONG);
	CHECK_EQUAL(portico_peek(k, port, seen, LONG, NULL, 0, NULL), LONG);
	CHECK_EQUAL(memcmp(sent, seen, LONG), 0);
	free(sent);
	free(seen);
}

/* ---- sharing */

static void case_share_pair(void)
{
	portico_port port = mailbox(8);
	CHECK_EQUAL(portico_mailbox_share(k, port, (enum portico_share)3), -EINVAL);
	CHECK_EQUAL(portico_mailbox_share(k, port, PORTICO_SHARE_PAIR), 0);
	CHECK_EQUAL(put(port, "a", 1), 0);
	pid_t second = CHILD({
		get(port, NULL, "a", 0);
		CHECK_EQUAL(put(port, "b", 1), 0);
		CHECK_EQUAL(put(port, "B", 1), 0);
		pause();
	});
	await_queued(port, 2);
	join_child(CHILD({ /* a third */
			   portico_wait wait;
			   portico_port completions;
			   CHECK_EQUAL(put(port, "c", 1), -EBUSY);
			   CHECK_EQUAL(try_get(port), -EBUSY);
			   CHECK_EQUAL(portico_completions_create(k, &completions), 0);
			   CHECK_EQUAL(portico_post_receive(k, &port, 1, 64, NULL, PORTICO_FOREVER,
							    completions, 1, &wait),
				       -EBUSY);
			   CHECK_EQUAL(portico_probe(k, port, NULL, NULL), 1); /* looking isn't using */
	}));
	kill_child(second);
	join_child(CHILD(get(port, NULL, "b", 0))); /* its place is free */
	get(port, NULL, "B", 0);
	CHECK_EQUAL(put(port, "d", 1), 0);
	CHECK_EQUAL(portico_mailbox_share(k, port, PORTICO_SHARE_ANY), 0);
	join_child(CHILD(get(port, NULL, "d", 0)));
	join_child(CHILD(CHECK_EQUAL(put(port, "e", 1), 0)));
	get(port, NULL, "e", 0);
}

static void case_share_one_receiver(void)
{
	portico_port port = mailbox(8);
	CHECK_EQUAL(portico_mailbox_claim(k, port), -EINVAL);
	CHECK_EQUAL(portico_mailbox_share(k, port, PORTICO_SHARE_ONE_RECEIVER), 0);
	/* while it waits */
	pid_t child = CHILD(get(port, NULL, "a", 0));
	await_receivers(port, 1);
	CHECK_EQUAL(try_get(port), -EBUSY);
	CHECK_EQUAL(portico_mailbox_claim(k, port), -EBUSY);
	CHECK_EQUAL(put(port, "a", 1), 0);
	join_child(child);
	CHECK_EQUAL(try_get(port), -EAGAIN);
	/* while it claims it */
	CHECK_EQUAL(portico_mailbox_claim(k, port), 0);
	CHECK_EQUAL(portico_mailbox_claim(k, port), 0);
	join_child(CHILD({
		CHECK_EQUAL(try_get(port), -EBUSY);
		CHECK_EQUAL(portico_mailbox_claim(k, port), -EBUSY);
		CHECK_EQUAL(portico_mailbox_yield(k, port), -EINVAL);
		CHECK_EQUAL(put(port, "b", 1), 0);
	}));
	get(port, NULL, "b", 0);
	CHECK_EQUAL(portico_mailbox_yield(k, port), 0);
	CHECK_EQUAL(portico_mailbox_yield(k, port), -EINVAL);
	/* until it ends */
	join_child(CHILD(CHECK_EQUAL(portico_mailbox_claim(k, port), 0)));
	CHECK_EQUAL(try_get(port), -EAGAIN);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "peek", case_peek },
		{ "peek-at-a-sender", case_peek_at_a_sender },
		{ "peek-long", case_peek_long },
		{ "share-pair", case_share_pair },
		{ "share-one-receiver", case_share_one_receiver },
		{ 0 },
	};
	CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
	return run_cases(cases, argc, argv);
}
