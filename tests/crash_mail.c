/* SPDX-License-Identifier: MIT */
/* kill -9 at every commit point of what <portico/mail.h> does (crash.h): priorities, receipts. */
#include "crash.h"

#include <portico/mail.h>

/* ---- the stage: one mailbox */

static portico_port port;

static void make_mailbox(uint32_t slots)
{
	struct portico_limits limits = { slots, 64, 1 << 20 };
	CHECK_EQUAL(portico_mailbox_create(k, NULL, &limits, 0600, &port), 0);
}

static int put(char letter, unsigned priority)
{
	struct portico_sending how = { .priority = priority };
	return portico_send_with(k, port, &letter, 1, &how, PORTICO_NOW);
}

/* The pid of who received it, or a negative errno. */
static int put_for_receipt(char letter, int64_t deadline)
{
	struct portico_receipt receipt;
	struct portico_sending how = { .wants_receipt = true, .receipt = &receipt };
	int error = portico_send_with(k, port, &letter, 1, &how, deadline);
	return error ? error : receipt.pid;
}

/* The letter, or a negative errno. */
static int get(int64_t deadline)
{
	char letter;
	ssize_t got = portico_receive(k, port, &letter, 1, NULL, NULL, deadline);
	return got < 0 ? (int)got : letter;
}

static const char *drain(void)
{
	static char letters[64];
	int letter, count = 0;
	while ((letter = get(PORTICO_NOW)) > 0 && count < 63)
		letters[count++] = (char)letter;
	CHECK_EQUAL(letter, -EAGAIN);
	letters[count] = '\0';
	return letters;
}

static void await(uint32_t queued, uint32_t senders)
{
	struct portico_status status = { 0 };
	for (int i = 0; i < 2000 && (status.queued != queued || status.senders != senders); i++, sleep_ms(1))
		CHECK_EQUAL(portico_mailbox_status(k, port, &status), 0);
	CHECK_EQUAL(status.queued, queued);
	CHECK_EQUAL(status.senders, senders);
}

/* ---- priorities */

static void prepare_mixed(void)
{
	make_mailbox(8);
	CHECK_EQUAL(put('a', 0), 0);
	CHECK_EQUAL(put('m', 3), 0);
	CHECK_EQUAL(put('b', 0), 0);
}
static void send_urgent(void)
{
	put('x', 9);
	put('l', 2);
}
static void verify_by_priority(void)
{
	const char *letters = drain();
	CHECK(either(letters, "mab", "xmab") || strcmp(letters, "xmlab") == 0);
}

/* ---- receipts: a bystander waits for one */

static void prepare_sender(uint32_t slots)
{
	make_mailbox(slots);
	*bystander_result = 0;
	bystander = CHILD(*bystander_result = put_for_receipt('r', soon()));
	await(slots ? 1 : 0, slots ? 0 : 1);
}
static void prepare_sent(void)
{
	prepare_sender(1);
}
static void prepare_meeting(void)
{
	prepare_sender(0);
}

static void receive(void)
{
	CHECK_EQUAL(get(soon()), 'r');
}
/* Consumed by the victim, who is named though it is dead; or else it is ours, and we are. */
static void verify_named(void)
{
	bool ours = get(PORTICO_NOW) == 'r';
	join_child(bystander);
	CHECK(*bystander_result > 0);
	CHECK_EQUAL(*bystander_result == getpid(), ours);
	CHECK_EQUAL(get(PORTICO_NOW), -EAGAIN);
}

static void destroy(void)
{
	CHECK_EQUAL(portico_mailbox_destroy(k, port), 0);
}
static void verify_destroyed_or_not(void)
{
	int got = get(PORTICO_NOW);
	CHECK(got == 'r' || got == -EIDRM || got == -EINVAL);
	join_child(bystander);
	CHECK_EQUAL(*bystander_result, got == 'r' ? getpid() : -EIDRM);
}

/* ---- receipts: the victim waits for one */

static void prepare_empty(void)
{
	make_mailbox(1);
}
static void send_for_receipt(void)
{
	int result = put_for_receipt('s', portico_deadline(300000000));
	CHECK(result > 0 || result == -ETIMEDOUT); /* if we were slow */
}
static void meanwhile_receive(void)
{
	get(portico_deadline(30000000));
}
static void verify_sent_or_not(void)
{
	CHECK(either(drain(), "", "s"));
	CHECK_EQUAL(put('t', 0), 0);
	CHECK_EQUAL(strcmp(drain(), "t"), 0);
}

/* Its deadline comes, with a sender behind it who wants its place. */
static void prepare_rival(void)
{
	make_mailbox(1);
	*bystander_result = 0;
}
static void send_in_vain(void)
{
	CHECK_EQUAL(put_for_receipt('s', portico_deadline(2000000)), -ETIMEDOUT);
}
static void meanwhile_rival(void)
{
	bystander = CHILD(*bystander_result = portico_send(k, port, "t", 1, 0, soon()));
}
static void verify_rival_came_in(void)
{
	const char *letters;
	struct portico_limits wide = { 4, 64, 1 << 20 };
	CHECK_EQUAL(portico_mailbox_limit(k, port, &wide), 0);
	join_child(bystander);
	CHECK_EQUAL(*bystander_result, 0);
	letters = drain();
	CHECK(either(letters, "t", "st") || strcmp(letters, "ts") == 0);
}

/* ---- receipts told by a completion */

static void prepare_poster(void)
{
	make_mailbox(1);
	*bystander_result = 0;
	bystander = CHILD({
		const struct portico_sending how = { .wants_receipt = true };
		struct portico_completion completion;
		struct portico_envelope receipt;
		portico_port completions;
		portico_wait wait;
		CHECK_EQUAL(portico_completions_create(k, &completions), 0);
		CHECK_EQUAL(
			portico_post_send_with(k, port, "r", 1, &how, PORTICO_FOREVER, completions, 7, &wait),
			0);
		CHECK_EQUAL(portico_complete(k, completions, &completion, soon()), 0);
		CHECK_EQUAL(portico_collect(k, completion.wait, NULL, 0, &receipt), 0);
		CHECK_EQUAL(portico_complete(k, completions, &completion, PORTICO_NOW), -EAGAIN);
		*bystander_result = receipt.pid;
	});
	await(1, 0);
}

static const struct scenario scenarios[] = {
	{ "priority", prepare_mixed, send_urgent, NULL, verify_by_priority },
	{ "receipt-receive", prepare_sent, receive, NULL, verify_named },
	{ "receipt-meet", prepare_meeting, receive, NULL, verify_named },
	{ "receipt-completion", prepare_poster, receive, NULL, verify_named },
	{ "receipt-destroy", prepare_sent, destroy, NULL, verify_destroyed_or_not },
	{ "receipt-send", prepare_empty, send_for_receipt, meanwhile_receive, verify_sent_or_not },
	{ "receipt-deadline", prepare_rival, send_in_vain, meanwhile_rival, verify_rival_came_in },
	{ 0 },
};

/* Where the victim destroyed it there is none. */
static bool mailbox_is_valid(void)
{
	struct portico_status status;
	return portico_mailbox_status(k, port, &status) != 0 || pk_port_valid(k, port.id);
}

static void remove_mailbox(void)
{
	portico_mailbox_destroy(k, port);
	sweep();
}

int main(int argc, char **argv)
{
	static const struct stage stage = { scenarios, sweep, mailbox_is_valid, remove_mailbox };
	return run_stage(&stage, argc, argv);
}
