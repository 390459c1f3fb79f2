/* SPDX-License-Identifier: MIT */
/* <portico/mail.h>: what each call promises; and what the calls of portico.h say to those who misuse them. */
#include "check.h"
#include "port.h"
#include "task.h"

#include <portico/mail.h>
#include <portico/rights.h>

static portico *k;

static portico_port mailbox(uint32_t slots)
{
	struct portico_limits limits = { slots, 64, 1 << 20 };
	portico_port port;
	CHECK_EQUAL(portico_mailbox_create(k, NULL, &limits, 0600, &port), 0);
	return port;
}

static int put(portico_port port, const char *text, int64_t type)
{
	return portico_send(k, port, text, strlen(text), type, PORTICO_NOW);
}

static int put_urgent(portico_port port, const char *text, int64_t type, unsigned priority, int64_t deadline)
{
	struct portico_sending how = { .type = type, .priority = priority };
	return portico_send_with(k, port, text, strlen(text), &how, deadline);
}

/* Receive, and check that it is this text of that priority. */
static void get(portico_port port, const struct portico_filter *filter, const char *text, unsigned priority)
{
	struct portico_envelope envelope;
	char buffer[65];
	ssize_t got = portico_receive(k, port, buffer, sizeof buffer - 1, filter, &envelope,
				      portico_deadline(5000000000));
	CHECK_EQUAL(got, strlen(text));
	buffer[got] = '\0';
	CHECK_EQUAL(strcmp(buffer, text), 0);
	CHECK_EQUAL(envelope.priority, priority);
	CHECK(pk_port_valid(k, port.id));
}

static void await_senders(portico_port port, uint32_t senders)
{
	struct portico_status status;
	for (int i = 0; i < 2500; i++, sleep_ms(2)) {
		CHECK_EQUAL(portico_mailbox_status(k, port, &status), 0);
		if (status.senders == senders)
			return;
	}
	FAIL("the senders never came");
}

/* ---- priorities */

static void case_priority(void)
{
	portico_port port = mailbox(16);
	CHECK_EQUAL(put(port, "a", 1), 0);
	CHECK_EQUAL(put_urgent(port, "m", 1, 5, PORTICO_NOW), 0);
	CHECK_EQUAL(put(port, "b", 1), 0);
	CHECK_EQUAL(put_urgent(port, "x", 1, 255, PORTICO_NOW), 0);
	CHECK_EQUAL(put_urgent(port, "n", 1, 5, PORTICO_NOW), 0);
	CHECK_EQUAL(put_urgent(port, "y", 1, 255, PORTICO_NOW), 0);
	CHECK_EQUAL(put_urgent(port, "c", 1, 0, PORTICO_NOW), 0);
	CHECK(pk_port_valid(k, port.id));
	CHECK_EQUAL(put_urgent(port, "none", 1, 256, PORTICO_NOW), -EINVAL);
	get(port, NULL, "x", 255);
	get(port, NULL, "y", 255);
	get(port, NULL, "m", 5);
	CHECK_EQUAL(put_urgent(port, "l", 1, 4, PORTICO_NOW), 0);
	CHECK_EQUAL(put_urgent(port, "z", 1, 6, PORTICO_NOW), 0);
	get(port, NULL, "z", 6);
	get(port, NULL, "n", 5);
	get(port, NULL, "l", 4);
	get(port, NULL, "a", 0);
	get(port, NULL, "b", 0);
	get(port, NULL, "c", 0);
}

/* Of those of a type, or from a sender, the most urgent: by search, and by the port's index. */
static void case_priority_by_type(void)
{
	const struct portico_filter third = { .select = PORTICO_TYPE, .type = 3 };
	const struct portico_filter lowest = { .select = PORTICO_TYPE_AT_MOST, .type = 9 };
	portico_port port = mailbox(64);
	for (int i = 0; i < 20; i++)
		CHECK_EQUAL(put(port, "", 9), 0);
	CHECK_EQUAL(put(port, "a", 3), 0);
	CHECK_EQUAL(put_urgent(port, "m", 3, 1, PORTICO_NOW), 0);
	get(port, &third, "m", 1); /* it was searched far: now there is an index */
	CHECK_EQUAL(put_urgent(port, "n", 3, 2, PORTICO_NOW), 0);
	CHECK_EQUAL(put(port, "b", 3), 0);
	CHECK_EQUAL(put_urgent(port, "x", 3, 3, PORTICO_NOW), 0);
	CHECK_EQUAL(put_urgent(port, "y", 3, 3, PORTICO_NOW), 0);
	CHECK_EQUAL(put_urgent(port, "o", 3, 2, PORTICO_NOW), 0);
	CHECK(pk_port_valid(k, port.id));
	get(port, &third, "x", 3);
	get(port, &lowest, "y", 3);
	get(port, &third, "n", 2);
	get(port, &lowest, "o", 2);
	get(port, &third, "a", 0);
	get(port, &third, "b", 0);
}

/* One that is given back stands where it stood. */
static void case_priority_given_back(void)
{
	portico_port port = mailbox(16);
	const char *texts[] = { "a", "m", "x" };
	uint32_t taken;
	for (unsigned i = 0; i < 3; i++)
		CHECK_EQUAL(put_urgent(port, texts[i], 1, i, PORTICO_NOW), 0);
	CHECK_EQUAL(put_urgent(port, "n", 1, 1, PORTICO_NOW), 0);
	CHECK_EQUAL(pk_port_receive(k, port.id, &PK_WANT_ANY, NULL, &taken, NULL), 0);
	pk_port_give_back(k, taken);
	get(port, NULL, "x", 2);
	CHECK_EQUAL(pk_port_receive(k, port.id, &PK_WANT_ANY, NULL, &taken, NULL), 0);
	pk_port_give_back(k, taken);
	CHECK(pk_port_valid(k, port.id));
	/* a receiver that dies, likewise: it is granted "m" */
	int status;
	pid_t child = CHILD({
		struct pk_post post = { .until_ns = PK_FOREVER };
		uint32_t wait;
		CHECK_EQUAL(pk_port_post_receive(k, port.id, &PK_WANT_ANY, &post, &wait), 0);
		kill(getpid(), SIGKILL);
	});
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	pk_task_sweep(k, true);
	get(port, NULL, "m", 1);
	get(port, NULL, "n", 1);
	get(port, NULL, "a", 0);
}

/* Senders that wait come in as they came, and then are received by priority. */
static void case_priority_of_waiting_senders(void)
{
	portico_port port = mailbox(1);
	CHECK_EQUAL(put(port, "first", 1), 0);
	CHECK_EQUAL(put_urgent(port, "no", 1, 9, PORTICO_NOW), -EAGAIN);
	pid_t low = CHILD(CHECK_EQUAL(put_urgent(port, "low", 1, 1, PORTICO_FOREVER), 0));
	await_senders(port, 1);
	pid_t high = CHILD(CHECK_EQUAL(put_urgent(port, "high", 1, 200, PORTICO_FOREVER), 0));
	await_senders(port, 2);
	struct portico_limits wide = { 8, 64, 1 << 20 };
	get(port, NULL, "first", 0);
	join_child(low);
	CHECK_EQUAL(portico_mailbox_limit(k, port, &wide), 0);
	join_child(high);
	get(port, NULL, "high", 200);
	get(port, NULL, "low", 1);
	/* a receiver that waits gets what comes, with its priority */
	pid_t child = CHILD(get(port, NULL, "there", 7));
	CHECK_EQUAL(put_urgent(port, "there", 1, 7, portico_deadline(5000000000)), 0);
	join_child(child);
}

static void case_priority_posted(void)
{
	struct portico_sending how = { .type = 4, .priority = 17 };
	portico_port port = mailbox(2), completions;
	struct portico_completion completion;
	portico_wait wait;
	CHECK_EQUAL(portico_completions_create(k, &completions), 0);
	CHECK_EQUAL(put(port, "a", 1), 0);
	CHECK_EQUAL(portico_post_send_with(k, port, "b", 1, &how, PORTICO_FOREVER, completions, 3, &wait), 0);
	CHECK_EQUAL(portico_complete(k, completions, &completion, portico_deadline(5000000000)), 0);
	CHECK_EQUAL(completion.cookie, 3);
	CHECK_EQUAL(portico_collect(k, wait, NULL, 0, NULL), 0);
	get(port, &(struct portico_filter){ .select = PORTICO_ANY }, "b", 17);
	get(port, NULL, "a", 0);
	how.priority = 1000;
	CHECK_EQUAL(portico_post_send_with(k, port, "b", 1, &how, PORTICO_FOREVER, completions, 3, &wait),
		    -EINVAL);
}

/* 60 000 of two priorities in turn: each finds its place without a walk. */
static void case_priority_many(void)
{
	enum { MANY = 30000 };
	struct portico_limits limits = { UINT32_MAX, 64, UINT64_MAX };
	portico_port port;
	int number;
	CHECK_EQUAL(portico_mailbox_create(k, NULL, &limits, 0600, &port), 0);
	for (int i = 0; i < MANY; i++)
		for (unsigned priority = 0; priority < 2; priority++) {
			struct portico_sending how = { .priority = priority };
			CHECK_EQUAL(portico_send_with(k, port, &i, sizeof i, &how, PORTICO_NOW), 0);
		}
	CHECK(pk_port_valid(k, port.id));
	for (int priority = 1; priority >= 0; priority--)
		for (int i = 0; i < MANY; i++) {
			struct portico_envelope envelope;
			CHECK_EQUAL(portico_receive(k, port, &number, sizeof number, NULL, &envelope,
						    PORTICO_NOW),
				    sizeof number);
			CHECK_EQUAL(number, i);
			CHECK_EQUAL(envelope.priority, priority);
		}
}

/* ---- receipts */

static int put_for_receipt(portico_port port, const char *text, struct portico_receipt *receipt,
			   int64_t deadline)
{
	struct portico_sending how = { .type = 1, .wants_receipt = true, .receipt = receipt };
	return portico_send_with(k, port, text, strlen(text), &how, deadline);
}

static uint32_t queued_in(portico_port port)
{
	struct portico_status status;
	CHECK_EQUAL(portico_mailbox_status(k, port, &status), 0);
	return status.queued;
}

static void await_queued(portico_port port, uint32_t queued)
{
	for (int i = 0; i < 2500; i++, sleep_ms(2))
		if (queued_in(port) == queued)
			return;
	FAIL("the message never came");
}

/* Of many receivers each sender is told who got its message; with room, without, and where they meet. */
static void case_receipt(void)
{
	for (uint32_t slots = 0; slots < 3; slots++) {
		portico_port port = mailbox(slots);
		struct portico_receipt receipt;
		pid_t child = CHILD({
			get(port, NULL, "one", 0);
			get(port, NULL, "two", 0);
		});
		CHECK_EQUAL(put_for_receipt(port, "one", &receipt, portico_deadline(20000000000)), 0);
		CHECK_EQUAL(receipt.pid, child);
		CHECK(receipt.receiver.id != 0);
		CHECK_EQUAL(receipt.uid, geteuid());
		CHECK_EQUAL(receipt.gid, getegid());
		CHECK_EQUAL(put_for_receipt(port, "two", NULL, portico_deadline(20000000000)), 0);
		join_child(child);
		CHECK_EQUAL(queued_in(port), 0);
		CHECK(pk_port_valid(k, port.id));
	}
}

/* Taking it isn't consuming it. */
static void case_receipt_when_consumed(void)
{
	portico_port port = mailbox(4);
	bool *told = shared_memory(sizeof *told);
	pid_t parent = getpid();
	pid_t child = CHILD({
		struct portico_receipt receipt;
		CHECK_EQUAL(put_for_receipt(port, "x", &receipt, portico_deadline(20000000000)), 0);
		CHECK_EQUAL(receipt.pid, parent);
		*told = true;
	});
	uint32_t taken;
	await_queued(port, 1);
	CHECK_EQUAL(pk_port_receive(k, port.id, &PK_WANT_ANY, NULL, &taken, NULL), 0);
	sleep_ms(50);
	CHECK(!*told);
	pk_port_give_back(k, taken);
	sleep_ms(50);
	CHECK(!*told);
	CHECK(pk_port_valid(k, port.id));
	get(port, NULL, "x", 0);
	join_child(child);
	CHECK(*told);
}

/* A receiver is killed with the message in its hand: the next one gets it, and is named. */
static void case_receipt_receiver_dies(void)
{
	portico_port port = mailbox(4);
	pid_t *second = shared_memory(sizeof *second);
	pid_t sender = CHILD({
		struct portico_receipt receipt;
		CHECK_EQUAL(put_for_receipt(port, "x", &receipt, portico_deadline(20000000000)), 0);
		CHECK_EQUAL(receipt.pid, *second);
	});
	int status;
	await_queued(port, 1);
	pid_t first = CHILD({
		uint32_t taken;
		CHECK_EQUAL(pk_port_receive(k, port.id, &PK_WANT_ANY, NULL, &taken, NULL), 0);
		kill(getpid(), SIGKILL);
	});
	CHECK_EQUAL(waitpid(first, &status, 0), first);
	*second = getpid();
	get(port, NULL, "x", 0);
	join_child(sender);
}

/* A sender that dies takes nothing back, and whoever receives it is disturbed by nothing. */
static void case_receipt_sender_dies(void)
{
	portico_port port = mailbox(4);
	pid_t child = CHILD(put_for_receipt(port, "x", NULL, PORTICO_FOREVER));
	await_queued(port, 1);
	kill_child(child);
	pk_task_sweep(k, true);
	CHECK(pk_port_valid(k, port.id));
	get(port, NULL, "x", 0);
}

/* No is no: what wasn't received in time is taken back. */
static void case_receipt_deadline(void)
{
	portico_port port = mailbox(2);
	CHECK_EQUAL(put_for_receipt(port, "x", NULL, PORTICO_NOW), -EINVAL);
	CHECK_EQUAL(put(port, "a", 1), 0);
	CHECK_EQUAL(put_for_receipt(port, "x", NULL, portico_deadline(20000000)), -ETIMEDOUT);
	CHECK_EQUAL(queued_in(port), 1);
	CHECK(pk_port_valid(k, port.id));
	/* one that didn't even get in */
	CHECK_EQUAL(put(port, "b", 1), 0);
	CHECK_EQUAL(put_for_receipt(port, "x", NULL, portico_deadline(20000000)), -ETIMEDOUT);
	/* its place is given to who waits for it */
	get(port, NULL, "a", 0);
	pid_t next = CHILD({
		await_queued(port, 2);
		CHECK_EQUAL(portico_send(k, port, "c", 1, 1, portico_deadline(20000000000)), 0);
	});
	CHECK_EQUAL(put_for_receipt(port, "x", NULL, portico_deadline(200000000)), -ETIMEDOUT);
	join_child(next);
	get(port, NULL, "b", 0);
	get(port, NULL, "c", 0);
	CHECK_EQUAL(queued_in(port), 0);
	/* somebody has it, and doesn't consume it */
	pid_t child =
		CHILD(CHECK_EQUAL(put_for_receipt(port, "x", NULL, portico_deadline(200000000)), -EALREADY));
	uint32_t taken;
	await_queued(port, 1);
	CHECK_EQUAL(pk_port_receive(k, port.id, &PK_WANT_ANY, NULL, &taken, NULL), 0);
	join_child(child);
	CHECK(pk_port_valid(k, port.id));
	pk_message_release(k, taken);
}

static void case_receipt_destroyed(void)
{
	portico_port port = mailbox(1);
	pid_t queued = CHILD(CHECK_EQUAL(put_for_receipt(port, "x", NULL, PORTICO_FOREVER), -EIDRM));
	await_queued(port, 1);
	pid_t waiting = CHILD(CHECK_EQUAL(put_for_receipt(port, "y", NULL, PORTICO_FOREVER), -EIDRM));
	await_senders(port, 1);
	CHECK_EQUAL(portico_mailbox_destroy(k, port), 0);
	join_child(queued);
	join_child(waiting);
	/* with the message in somebody's hand */
	port = mailbox(1);
	uint32_t taken;
	pid_t held = CHILD(CHECK_EQUAL(put_for_receipt(port, "z", NULL, PORTICO_FOREVER), -EIDRM));
	await_queued(port, 1);
	CHECK_EQUAL(pk_port_receive(k, port.id, &PK_WANT_ANY, NULL, &taken, NULL), 0);
	CHECK_EQUAL(portico_mailbox_destroy(k, port), 0);
	join_child(held);
	pk_message_release(k, taken);
}

/* One thread has many receipts to come. */
static void case_receipt_posted(void)
{
	const struct portico_sending how = { .type = 1, .wants_receipt = true };
	portico_port port = mailbox(2), completions;
	struct portico_completion completion;
	struct portico_envelope receipt;
	portico_wait waits[4];
	CHECK_EQUAL(portico_completions_create(k, &completions), 0);
	for (uint64_t i = 0; i < 4; i++) /* two of them wait for room */
		CHECK_EQUAL(portico_post_send_with(k, port, &"abcd"[i], 1, &how, PORTICO_FOREVER, completions,
						   i, &waits[i]),
			    0);
	CHECK_EQUAL(portico_complete(k, completions, &completion, PORTICO_NOW), -EAGAIN);
	CHECK_EQUAL(portico_collect(k, waits[0], NULL, 0, NULL), -EINPROGRESS);
	CHECK_EQUAL(portico_cancel(k, waits[1]), 0); /* and taken back: "c" comes in */
	pid_t child = CHILD({
		get(port, NULL, "a", 0);
		get(port, NULL, "c", 0);
	});
	for (uint64_t i = 0; i < 4; i += 2) {
		CHECK_EQUAL(portico_complete(k, completions, &completion, portico_deadline(20000000000)), 0);
		CHECK_EQUAL(completion.cookie, i);
		CHECK_EQUAL(portico_collect(k, waits[i], NULL, 0, &receipt), 0);
		CHECK_EQUAL(receipt.pid, child);
		CHECK_EQUAL(receipt.port.id, port.id);
	}
	join_child(child);
	/* somebody has it: that can't be cancelled, and goes on */
	uint32_t taken;
	CHECK_EQUAL(pk_port_receive(k, port.id, &PK_WANT_ANY, NULL, &taken, NULL), 0);
	CHECK_EQUAL(portico_cancel(k, waits[3]), -EALREADY);
	CHECK_EQUAL(portico_collect(k, waits[3], NULL, 0, NULL), -EINPROGRESS);
	pk_message_release(k, taken);
	CHECK_EQUAL(portico_complete(k, completions, &completion, PORTICO_NOW), 0);
	CHECK_EQUAL(portico_collect(k, waits[3], NULL, 0, &receipt), 0);
	CHECK_EQUAL(receipt.pid, getpid());
	CHECK_EQUAL(portico_collect(k, waits[3], NULL, 0, &receipt), -EINVAL);
	CHECK(pk_port_valid(k, port.id));
	CHECK_EQUAL(portico_mailbox_destroy(k, completions), 0);
}

/* As long as a message may be, whose pages go with it. */
static void case_receipt_long(void)
{
	enum { LONG = (int)PK_LARGEST + 5000 };
	struct portico_limits limits = { 1, LONG, LONG };
	struct portico_sending how = { .wants_receipt = true, .priority = 3 };
	struct portico_receipt receipt;
	how.receipt = &receipt;
	char *data = shared_memory(LONG);
	portico_port port;
	CHECK_EQUAL(portico_mailbox_create(k, NULL, &limits, 0600, &port), 0);
	pid_t child =
		CHILD(CHECK_EQUAL(portico_receive(k, port, data, LONG, NULL, NULL, PORTICO_FOREVER), LONG));
	CHECK_EQUAL(portico_send_with(k, port, data, LONG, &how, portico_deadline(20000000000)), 0);
	CHECK_EQUAL(receipt.pid, child);
	join_child(child);
	CHECK_EQUAL(portico_send_with(k, port, data, LONG, &how, portico_deadline(20000000)), -ETIMEDOUT);
	CHECK(pk_run_valid(k));
}

/* ---- by rights */

static void receive_urgent(portico_port receive, const char *text)
{
	struct portico_envelope envelope;
	char buffer[8];
	CHECK_EQUAL(portico_receive(k, receive, buffer, sizeof buffer, NULL, &envelope, PORTICO_NOW),
		    strlen(text));
	CHECK_EQUAL(memcmp(buffer, text, strlen(text)), 0);
	CHECK_EQUAL(envelope.priority, 9);
	CHECK_EQUAL(envelope.port.id, receive.id);
}

static void case_by_right(void)
{
	struct portico_sending how = { .priority = 9, .wants_receipt = true };
	struct portico_limits limits = { 1, 64, 64 };
	struct portico_completion completion;
	struct portico_envelope envelope;
	portico_port receive, send, once, completions;
	portico_wait wait;
	CHECK_EQUAL(portico_completions_create(k, &completions), 0);
	CHECK_EQUAL(portico_port_create(k, &limits, &receive), 0);
	CHECK_EQUAL(portico_right_make(k, receive, PORTICO_SEND, &send), 0);
	CHECK_EQUAL(portico_right_make(k, receive, PORTICO_SEND_ONCE, &once), 0);
	CHECK_EQUAL(put_urgent(receive, "x", 1, 9, PORTICO_NOW), -EBADF);
	CHECK_EQUAL(put_urgent(send, "x", 1, 9, PORTICO_NOW), 0);
	CHECK_EQUAL(put_urgent(once, "y", 1, 9, PORTICO_NOW), -EAGAIN); /* and is there yet */
	CHECK_EQUAL(portico_post_send_with(k, once, "y", 1, &how, PORTICO_FOREVER, completions, 1, &wait), 0);
	CHECK_EQUAL(put_urgent(once, "y", 1, 9, PORTICO_NOW), -EINVAL);
	receive_urgent(receive, "x");
	CHECK_EQUAL(portico_complete(k, completions, &completion, PORTICO_NOW), -EAGAIN);
	receive_urgent(receive, "y");
	CHECK_EQUAL(portico_complete(k, completions, &completion, PORTICO_NOW), 0);
	CHECK_EQUAL(portico_collect(k, wait, NULL, 0, &envelope), 0);
	CHECK_EQUAL(envelope.pid, getpid());
	CHECK_EQUAL(put_urgent(once, "y", 1, 9, PORTICO_NOW), -EINVAL);
	CHECK_EQUAL(put_for_receipt(send, "z", NULL, portico_deadline(1000000)), -ETIMEDOUT);
	CHECK_EQUAL(queued_in(receive), 0);
}

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

static int try_get(portico_port port)
{
	char text[64];
	return (int)portico_receive(k, port, text, sizeof text, NULL, NULL, PORTICO_NOW);
}

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

static void await_receivers(portico_port port, uint32_t receivers)
{
	struct portico_status status;
	for (int i = 0; i < 2500; i++, sleep_ms(2)) {
		CHECK_EQUAL(portico_mailbox_status(k, port, &status), 0);
		if (status.receivers == receivers)
			return;
	}
	FAIL("the receiver never came");
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

/* A receive from a named sender waits for that one, and leaves what others sent. */
static void case_from_one(void)
{
	portico_port port = mailbox(8), go = mailbox(1);
	struct portico_envelope envelope;
	char text[8];
	CHECK_EQUAL(put(port, "mine", 1), 0);
	pid_t child = CHILD({
		CHECK_EQUAL(put(go, "", 1), 0); /* to be known by */
		await_receivers(port, 1);
		CHECK_EQUAL(put(port, "its", 1), 0);
	});
	CHECK_EQUAL(portico_receive(k, go, text, sizeof text, NULL, &envelope, PORTICO_FOREVER), 0);
	get(port, &(struct portico_filter){ .select = PORTICO_FROM, .from = envelope.sender }, "its", 0);
	join_child(child);
	get(port, NULL, "mine", 0);
}

/* ---- a status to ask */

static void case_wait_status(void)
{
	portico_port port = mailbox(1), completions;
	portico_wait wait;
	char text[64];
	CHECK_EQUAL(portico_completions_create(k, &completions), 0);
	CHECK_EQUAL(
		portico_post_receive(k, &port, 1, sizeof text, NULL, PORTICO_FOREVER, completions, 1, &wait),
		0);
	CHECK_EQUAL(portico_wait_status(k, wait), -EINPROGRESS);
	CHECK_EQUAL(put(port, "x", 1), 0);
	CHECK_EQUAL(portico_wait_status(k, wait), 0);
	CHECK_EQUAL(portico_wait_status(k, wait), 0);
	CHECK_EQUAL(portico_collect(k, wait, text, sizeof text, NULL), 1);
	CHECK_EQUAL(portico_wait_status(k, wait), -EINVAL);
	CHECK_EQUAL(portico_post_receive(k, &port, 1, sizeof text, NULL, 1, completions, 1, &wait), 0);
	CHECK_EQUAL(portico_wait_status(k, wait), -ETIMEDOUT);
	CHECK_EQUAL(portico_collect(k, wait, text, sizeof text, NULL), -ETIMEDOUT);
	CHECK_EQUAL(
		portico_post_receive(k, &port, 1, sizeof text, NULL, PORTICO_FOREVER, completions, 1, &wait),
		0);
	CHECK_EQUAL(portico_mailbox_destroy(k, port), 0);
	CHECK_EQUAL(portico_wait_status(k, wait), -EIDRM);
	CHECK_EQUAL(portico_collect(k, wait, text, sizeof text, NULL), -EIDRM);
	CHECK_EQUAL(portico_mailbox_destroy(k, completions), 0);
}

/* ---- unbounded */

static void case_unbounded(void)
{
	struct portico_limits limits = { PORTICO_UNBOUNDED, 64, PORTICO_UNBOUNDED_BYTES };
	struct portico_status status;
	portico_port port;
	CHECK_EQUAL(portico_mailbox_create(k, NULL, &limits, 0600, &port), 0);
	for (int i = 0; i < 5000; i++)
		CHECK_EQUAL(put(port, "x", 1), 0);
	CHECK_EQUAL(portico_mailbox_status(k, port, &status), 0);
	CHECK_EQUAL(status.queued, 5000);
	CHECK_EQUAL(status.limits.slots, PORTICO_UNBOUNDED);
	CHECK(status.limits.capacity == PORTICO_UNBOUNDED_BYTES);
}

/* ---- misuse */

/* What error each call says for a port that is none any more, or never was one. */
static void check_no_port(portico_port port, int error)
{
	const struct portico_sending how = { .wants_receipt = true };
	struct portico_limits limits = portico_default_limits;
	struct portico_status status;
	portico_port completions;
	portico_wait wait;
	char text[8];
	CHECK_EQUAL(put(port, "x", 1), error);
	CHECK_EQUAL(try_get(port), error);
	CHECK_EQUAL(portico_receive_any(k, &port, 1, text, 8, NULL, NULL, portico_deadline(1000000)), error);
	CHECK_EQUAL(portico_send_with(k, port, "x", 1, &how, PORTICO_FOREVER), error);
	CHECK_EQUAL(portico_probe(k, port, NULL, NULL), error);
	CHECK_EQUAL(portico_peek(k, port, text, 8, NULL, 0, NULL), error);
	CHECK_EQUAL(portico_mailbox_status(k, port, &status), error);
	CHECK_EQUAL(portico_mailbox_limit(k, port, &limits), error);
	CHECK_EQUAL(portico_mailbox_share(k, port, PORTICO_SHARE_PAIR), error);
	CHECK_EQUAL(portico_mailbox_claim(k, port), error);
	CHECK_EQUAL(portico_mailbox_yield(k, port), error);
	CHECK_EQUAL(portico_mailbox_destroy(k, port), error);
	CHECK_EQUAL(portico_completions_create(k, &completions), 0);
	CHECK_EQUAL(portico_post_send(k, port, "x", 1, 1, PORTICO_FOREVER, completions, 1, &wait), error);
	CHECK_EQUAL(portico_post_receive(k, &port, 1, 8, NULL, PORTICO_FOREVER, completions, 1, &wait),
		    error);
	CHECK_EQUAL(portico_mailbox_destroy(k, completions), 0);
}

static void case_misuse_ports(void)
{
	portico_port port = mailbox(1);
	CHECK_EQUAL(portico_mailbox_destroy(k, port), 0);
	check_no_port(port, -EIDRM);
	check_no_port((portico_port){ 0 }, -EINVAL);
	check_no_port((portico_port){ UINT64_C(0xffffff) }, -EINVAL);
	check_no_port((portico_port){ port.id + (UINT64_C(1) << 40) }, -EINVAL); /* not yet */
	CHECK_EQUAL(portico_mailbox_open(k, "nobody's", &port), -ENOENT);
}

static void case_misuse_arguments(void)
{
	const struct portico_sending how = { 0 };
	const struct portico_filter none = { .select = (enum portico_select)9 };
	portico_port port = mailbox(1), completions;
	struct portico_completion completion;
	struct portico_envelope envelope;
	portico_wait wait;
	char text[128] = "";
	CHECK_EQUAL(portico_completions_create(k, &completions), 0);
	/* longer than the mailbox takes */
	CHECK_EQUAL(portico_send(k, port, text, 65, 1, PORTICO_FOREVER), -EMSGSIZE);
	CHECK_EQUAL(portico_send_with(k, port, text, 65, &how, PORTICO_FOREVER), -EMSGSIZE);
	CHECK_EQUAL(portico_post_send(k, port, text, 65, 1, PORTICO_FOREVER, completions, 1, &wait),
		    -EMSGSIZE);
	CHECK_EQUAL(portico_send(k, port, text, (size_t)1 << 40, 1, PORTICO_FOREVER), -EMSGSIZE);
	/* a negative deadline */
	CHECK_EQUAL(portico_send(k, port, text, 1, 1, -1), -EINVAL);
	CHECK_EQUAL(portico_send_with(k, port, text, 1, &how, -1), -EINVAL);
	CHECK_EQUAL(portico_receive(k, port, text, 64, NULL, NULL, INT64_MIN), -EINVAL);
	CHECK_EQUAL(portico_receive_any(k, &port, 1, text, 64, NULL, NULL, -1), -EINVAL);
	CHECK_EQUAL(portico_post_send(k, port, text, 1, 1, -1, completions, 1, &wait), -EINVAL);
	CHECK_EQUAL(portico_post_receive(k, &port, 1, 64, NULL, -1, completions, 1, &wait), -EINVAL);
	CHECK_EQUAL(portico_complete(k, completions, &completion, -1), -EINVAL);
	/* one that has passed is as PORTICO_NOW, but for what it says */
	CHECK_EQUAL(portico_receive(k, port, text, 64, NULL, NULL, 1), -ETIMEDOUT);
	CHECK_EQUAL(portico_complete(k, completions, &completion, 1), -ETIMEDOUT);
	CHECK_EQUAL(portico_send(k, port, "x", 1, 1, 1), 0);
	CHECK_EQUAL(portico_send(k, port, "x", 1, 1, 1), -ETIMEDOUT);
	CHECK_EQUAL(portico_receive(k, port, text, 64, NULL, &envelope, 1), 1);
	/* nothing where something should be */
	CHECK_EQUAL(portico_send(k, port, NULL, 1, 1, PORTICO_NOW), -EFAULT);
	CHECK_EQUAL(portico_send_with(k, port, NULL, 1, &how, PORTICO_NOW), -EFAULT);
	CHECK_EQUAL(portico_post_send(k, port, NULL, 1, 1, PORTICO_NOW, completions, 1, &wait), -EFAULT);
	CHECK_EQUAL(portico_receive(k, port, NULL, 1, NULL, NULL, PORTICO_NOW), -EFAULT);
	CHECK_EQUAL(portico_peek(k, port, NULL, 1, NULL, 0, NULL), -EFAULT);
	CHECK_EQUAL(portico_send(k, port, NULL, 0, 1, PORTICO_NOW), 0);
	CHECK_EQUAL(portico_receive(k, port, NULL, 0, NULL, NULL, PORTICO_NOW), 0);
	/* selectors and counts */
	CHECK_EQUAL(portico_receive(k, port, text, 64, &none, NULL, PORTICO_NOW), -EINVAL);
	CHECK_EQUAL(portico_probe(k, port, &none, NULL), -EINVAL);
	CHECK_EQUAL(portico_receive_any(k, &port, 0, text, 64, NULL, NULL, PORTICO_NOW), -EINVAL);
	CHECK_EQUAL(portico_receive_any(k, &port, 1025, text, 64, NULL, NULL, PORTICO_NOW), -EINVAL);
	/* collected or cancelled twice */
	CHECK_EQUAL(portico_post_receive(k, &port, 1, 64, NULL, PORTICO_FOREVER, completions, 1, &wait), 0);
	CHECK_EQUAL(portico_cancel(k, wait), 0);
	CHECK_EQUAL(portico_cancel(k, wait), -EINVAL);
	CHECK_EQUAL(portico_collect(k, wait, text, 64, NULL), -EINVAL);
	CHECK_EQUAL(portico_mailbox_destroy(k, completions), 0);
	CHECK_EQUAL(portico_complete(k, completions, &completion, PORTICO_NOW), -EIDRM);
}

static void case_explained(void)
{
	static const int errors[] = {
		EAGAIN,	      ETIMEDOUT, EINTR, EIDRM,	EINVAL,	  ENOENT,      EEXIST,
		ENAMETOOLONG, EMSGSIZE,	 E2BIG, EACCES, EPERM,	  ENOBUFS,     ENOSPC,
		EIO,	      EDEADLK,	 EBUSY, EFAULT, EALREADY, EINPROGRESS, ECANCELED
	};
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		CHECK(strcmp(portico_explain(errors[i]), "unexpected error") != 0);
		CHECK_EQUAL(strcmp(portico_explain(-errors[i]), portico_explain(errors[i])), 0);
		for (size_t j = 0; j < i; j++)
			CHECK(strcmp(portico_explain(errors[i]), portico_explain(errors[j])) != 0);
	}
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "priority", case_priority },
		{ "priority-by-type", case_priority_by_type },
		{ "priority-given-back", case_priority_given_back },
		{ "priority-of-waiting-senders", case_priority_of_waiting_senders },
		{ "priority-posted", case_priority_posted },
		{ "priority-many", case_priority_many },
		{ "receipt", case_receipt },
		{ "receipt-when-consumed", case_receipt_when_consumed },
		{ "receipt-receiver-dies", case_receipt_receiver_dies },
		{ "receipt-sender-dies", case_receipt_sender_dies },
		{ "receipt-deadline", case_receipt_deadline },
		{ "receipt-destroyed", case_receipt_destroyed },
		{ "receipt-posted", case_receipt_posted },
		{ "receipt-long", case_receipt_long },
		{ "by-right", case_by_right },

		{ "peek", case_peek },
		{ "peek-at-a-sender", case_peek_at_a_sender },
		{ "peek-long", case_peek_long },
		{ "share-pair", case_share_pair },
		{ "share-one-receiver", case_share_one_receiver },
		{ "from-one", case_from_one },
		{ "wait-status", case_wait_status },
		{ "unbounded", case_unbounded },
		{ "misuse-ports", case_misuse_ports },
		{ "misuse-arguments", case_misuse_arguments },
		{ "explained", case_explained },
		{ 0 },
	};
	CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
	return run_cases(cases, argc, argv);
}
