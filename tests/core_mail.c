/* SPDX-License-Identifier: MIT */
/* <portico/mail.h>: priorities, and sends in other ways than portico_send() has. */
#include "mail.h"
#include "task.h"

#include <portico/rights.h>

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

/* ---- from one sender */

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

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "priority", case_priority },
		{ "priority-by-type", case_priority_by_type },
		{ "priority-given-back", case_priority_given_back },
		{ "priority-of-waiting-senders", case_priority_of_waiting_senders },
		{ "priority-posted", case_priority_posted },
		{ "priority-many", case_priority_many },
		{ "by-right", case_by_right },
		{ "from-one", case_from_one },
		{ "wait-status", case_wait_status },
		{ "unbounded", case_unbounded },
		{ 0 },
	};
	CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
	return run_cases(cases, argc, argv);
}
