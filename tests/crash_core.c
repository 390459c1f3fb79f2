/* SPDX-License-Identifier: MIT */
/*
 * kill -9 at every commit point of every operation on ports, and of its repair
 * (crash.h): everything valid, nothing lost, nothing doubled, nothing leaked,
 * nobody hung.
 */
#include "crash_letters.h"

/* ---- the stage */

static pk_id port;
static const struct pk_want any = PK_WANT_ANY;

static int put(char letter, int64_t until_ns)
{
	return put_until(port, letter, until_ns);
}

static int get(int64_t until_ns)
{
	return get_until(port, until_ns);
}

static void make_port(uint32_t slots)
{
	struct pk_port_limits limits = { slots, 64, 1 << 20 };
	CHECK_EQUAL(pk_port_create(k, PK_MAILBOX, &limits, 0600, PK_NAME_MAILBOX, "stage", 5, &port), 0);
}

static void await_waiters(uint32_t receivers, uint32_t senders)
{
	struct pk_port_status status;
	for (int i = 0; i < 2000; i++) {
		CHECK_EQUAL(pk_port_inspect(k, port, &status), 0);
		if (status.receivers == receivers && status.senders == senders)
			return;
		sleep_ms(1);
	}
	FAIL("the waiters never came");
}

static void await_line(const struct pk_wait_list *line)
{
	for (int i = 0; i < 2000 && *(volatile uint32_t *)&line->first == 0; i++)
		sleep_ms(1);
	CHECK(line->first != 0);
}

static void bystander_receives(void)
{
	*bystander_result = 0;
	bystander = CHILD(*bystander_result = get(soon()));
	await_waiters(1, 0);
}

static void bystander_sends(char letter)
{
	*bystander_result = 1;
	bystander = CHILD(*bystander_result = put(letter, soon()));
	await_waiters(0, 1);
}

/* Everything left in the port, in order. */
static const char *drain(void)
{
	static char letters[32];
	int letter, count = 0;
	while ((letter = get(0)) > 0 && count < 31)
		letters[count++] = (char)letter;
	CHECK_EQUAL(letter, -EAGAIN);
	letters[count] = '\0';
	return letters;
}

/* ---- scenarios */

static void prepare_queue(void)
{
	make_port(8);
	for (const char *letter = "abc"; *letter; letter++)
		CHECK_EQUAL(put(*letter, 0), 0);
}

static void operate_send(void)
{
	put('d', 0);
}
static void verify_send(void)
{
	CHECK(either(drain(), "abc", "abcd"));
}

static void operate_receive(void)
{
	get(0);
}
/* A message is consumed when its buffer is free or kept: until then the victim's death returns it. */
static bool consumed(void)
{
	return either(died_at, "", "table: kept") ||
	       strcmp(died_at, "table: free, not on the free list") == 0;
}
static void verify_receive(void)
{
	CHECK_EQUAL(strcmp(drain(), consumed() ? "bc" : "abc"), 0);
}

static void prepare_waiting_receiver(void)
{
	make_port(8);
	bystander_receives();
}
static void verify_handed_over(void)
{
	/* the bystander has 'd', or nobody sent it: then it gets 'e' */
	CHECK_EQUAL(put('e', 0), 0);
	join_child(bystander);
	if (*bystander_result == 'd')
		CHECK_EQUAL(strcmp(drain(), "e"), 0);
	else
		CHECK(*bystander_result == 'e' && strcmp(drain(), "") == 0); /* never 'e' before 'd' */
}

static void watch(void)
{
	struct pk_post post = { .tell = PK_TELL_THREAD, .until_ns = soon() };
	uint32_t wait;
	CHECK_EQUAL(pk_port_watch(k, port, &post, &wait), 0);
	*bystander_result = pk_wait_sleep(k, wait);
	pk_wait_end(k, wait);
}
static void prepare_watched(void)
{
	make_port(8);
	bystander = CHILD(watch());
	await_line(&((struct pk_port *)pk_slot(k, PK_PORTS, pk_id_slot(port)))->watchers);
}
static void verify_watcher_told(void)
{
	struct pk_port_status status;
	CHECK_EQUAL(pk_port_inspect(k, port, &status), 0);
	if (status.count == 0) /* nothing was sent: nothing to tell */
		CHECK_EQUAL(put('d', 0), 0);
	join_child(bystander);
	CHECK_EQUAL(*bystander_result, 0);
	CHECK_EQUAL(strcmp(drain(), "d"), 0);
}

static void receive_by_completion(void)
{
	struct pk_post post = { .tell = PK_TELL_PORT, .cookie = 7, .until_ns = PK_FOREVER };
	uint32_t wait = 0, message = 0, length;
	CHECK_EQUAL(pk_completions_create(k, &post.port), 0);
	CHECK_EQUAL(pk_port_post_receive(k, port, &any, &post, &wait), 0);
	CHECK_EQUAL(next_told(post.port, soon()), wait);
	CHECK_EQUAL(pk_port_collect(k, pk_wait_id(k, wait), &message), 0);
	*bystander_result = *(char *)pk_message_data(k, message, &length);
	pk_message_release(k, message);
	CHECK_EQUAL(next_told(post.port, 0), 0); /* once */
}
static void prepare_completion(void)
{
	make_port(8);
	bystander = CHILD(receive_by_completion());
	await_waiters(1, 0);
}

static void prepare_full(void)
{
	make_port(1);
	CHECK_EQUAL(put('a', 0), 0);
	bystander_sends('b');
}
static void verify_admitted(void)
{
	/* 'a' was taken or not; 'b' is queued, and its sender told, once there is room */
	int first = get(soon());
	if (first == 'a')
		CHECK_EQUAL(get(soon()), 'b');
	else
		CHECK_EQUAL(first, 'b');
	join_child(bystander);
	CHECK_EQUAL(*bystander_result, 0);
	CHECK_EQUAL(strcmp(drain(), ""), 0);
}

static void prepare_rendezvous(void)
{
	make_port(0);
	bystander_sends('b');
}
static void verify_met(void)
{
	/* if the victim took it for good its sender was told, else it is still to be had */
	int letter = get(pk_monotonic_ns() + 50000000);
	CHECK(letter == 'b' || letter == -ETIMEDOUT);
	join_child(bystander);
	CHECK_EQUAL(*bystander_result, 0);
	CHECK_EQUAL(strcmp(drain(), ""), 0);
}

static void prepare_empty(void)
{
	make_port(1);
}
static void operate_wait_to_receive(void)
{
	get(soon());
}
static void meanwhile_send(void)
{
	put('x', 0);
}
static void verify_returned(void)
{
	CHECK_EQUAL(strcmp(drain(), consumed() ? "" : "x"), 0);
}

static void prepare_one(void)
{
	make_port(1);
	CHECK_EQUAL(put('a', 0), 0);
}
static void operate_wait_to_send(void)
{
	put('b', soon());
}
static void meanwhile_receive(void)
{
	struct pk_port_status status;
	for (int i = 0; i < 20; i++) {
		CHECK_EQUAL(pk_port_inspect(k, port, &status), 0);
		if (status.senders == 1)
			break;
		sleep_ms(1);
	}
	CHECK_EQUAL(get(0), 'a');
}
static void verify_sent(void)
{
	CHECK(either(drain(), "", "b"));
}

static void operate_give_up(void)
{
	put('b', pk_monotonic_ns() + 1000000);
}
static void verify_gave_up(void)
{
	CHECK(either(drain(), "a", "a")); /* never "ab": who was told no has sent nothing */
}

static void prepare_busy(void)
{
	prepare_queue();
	bystander = 0;
}
static void operate_destroy(void)
{
	pk_port_destroy(k, port);
}
static void verify_destroyed(void)
{
	pk_id found;
	if (pk_name_look_up(k, PK_NAME_MAILBOX, "stage", 5, &found) == 0)
		CHECK_EQUAL(strcmp(drain(), "abc"), 0);
	else
		make_port(1);
}

static void prepare_doomed_waiter(void)
{
	make_port(8);
	bystander_receives();
}
static void verify_waiter_told(void)
{
	pk_id found;
	if (pk_name_look_up(k, PK_NAME_MAILBOX, "stage", 5, &found) == 0)
		CHECK_EQUAL(put('z', 0), 0);
	else
		make_port(1);
	join_child(bystander);
	CHECK(*bystander_result == 'z' || *bystander_result == -EIDRM);
}

static void prepare_nothing(void)
{
}
static void operate_create(void)
{
	make_port(3);
}
static void verify_created(void)
{
	if (pk_name_look_up(k, PK_NAME_MAILBOX, "stage", 5, &port) != 0)
		make_port(3);
	CHECK_EQUAL(put('a', 0), 0);
	CHECK_EQUAL(strcmp(drain(), "a"), 0);
}

static void operate_give_back(void)
{
	uint32_t message;
	CHECK_EQUAL(pk_port_receive(k, port, &any, NULL, &message, NULL), 0);
	pk_port_give_back(k, message);
}
static void verify_all_there(void)
{
	CHECK_EQUAL(strcmp(drain(), "abc"), 0);
}

/* Its data doesn't leave at first, then it does. */
static void operate_consume(void)
{
	uint32_t message;
	for (int turn = 0; turn < 2; turn++) {
		CHECK_EQUAL(pk_port_receive(k, port, &any, NULL, &message, NULL), 0);
		CHECK(pk_message_consume(k, message));
		if (turn == 0) {
			pk_message_unconsume(k, message);
			pk_port_give_back(k, message);
		}
	}
	pk_message_release(k, message);
}
/* Whoever had consumed it doesn't give it back by dying. */
static void verify_consumed(void)
{
	const char *left = drain();
	if (strcmp(died_at, "message: consumed, its data not gone") == 0 || *died_at == '\0')
		CHECK_EQUAL(strcmp(left, "bc"), 0);
	CHECK(either(left, "abc", "bc"));
}

static const struct scenario scenarios[] = {
	{ "send", prepare_queue, operate_send, NULL, verify_send },
	{ "receive", prepare_queue, operate_receive, NULL, verify_receive },
	{ "hand-over", prepare_waiting_receiver, operate_send, NULL, verify_handed_over },
	{ "watch", prepare_watched, operate_send, NULL, verify_watcher_told },
	{ "completion", prepare_completion, operate_send, NULL, verify_handed_over },
	{ "admit", prepare_full, operate_receive, NULL, verify_admitted },
	{ "rendezvous", prepare_rendezvous, operate_receive, NULL, verify_met },
	{ "wait-to-receive", prepare_empty, operate_wait_to_receive, meanwhile_send, verify_returned },
	{ "wait-to-send", prepare_one, operate_wait_to_send, meanwhile_receive, verify_sent },
	{ "give-up", prepare_one, operate_give_up, NULL, verify_gave_up },
	{ "destroy", prepare_busy, operate_destroy, NULL, verify_destroyed },
	{ "destroy-under-waiter", prepare_doomed_waiter, operate_destroy, NULL, verify_waiter_told },
	{ "create", prepare_nothing, operate_create, NULL, verify_created },
	{ "give-back", prepare_queue, operate_give_back, NULL, verify_all_there },
	{ "consume", prepare_queue, operate_consume, NULL, verify_consumed },
	{ 0 },
};

static bool port_is_valid(void)
{
	struct pk_port_status status;
	return pk_port_inspect(k, port, &status) != 0 || pk_port_valid(k, port);
}

static void remove_port(void)
{
	pk_id found;
	pk_port_destroy(k, port);
	sweep();
	/* what only names what is gone is dropped when it is come across */
	CHECK_EQUAL(pk_name_look_up(k, PK_NAME_MAILBOX, "stage", 5, &found), -ENOENT);
}

int main(int argc, char **argv)
{
	static const struct stage ports = { scenarios, sweep, port_is_valid, remove_port };
	return run_stage(&ports, argc, argv);
}
