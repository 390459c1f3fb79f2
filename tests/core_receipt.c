/* SPDX-License-Identifier: MIT */
/* Receipts: a send that is over when somebody has consumed its message.  core/receipt.h is the essay. */
#include "mail.h"
#include "run.h"
#include "task.h"

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

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "receipt", case_receipt },
		{ "receipt-when-consumed", case_receipt_when_consumed },
		{ "receipt-receiver-dies", case_receipt_receiver_dies },
		{ "receipt-sender-dies", case_receipt_sender_dies },
		{ "receipt-deadline", case_receipt_deadline },
		{ "receipt-destroyed", case_receipt_destroyed },
		{ "receipt-posted", case_receipt_posted },
		{ "receipt-long", case_receipt_long },
		{ 0 },
	};
	CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
	return run_cases(cases, argc, argv);
}
