/* SPDX-License-Identifier: MIT */
/*
 * kill -9 at every commit point of what goes beyond one send or receive
 * (crash.h): posts and their completions, waits on several ports, the index of
 * a port, runs of pages.
 */
#include "crash.h"
#include "index.h"

/* ---- the stage: two ports, and a port for completions of whoever wants one */

static pk_id ports[2];
static const struct pk_want any = PK_WANT_ANY;

enum { LONG = (int)PK_LARGEST + 5000 };

static uint32_t message_of(char letter, uint64_t bytes)
{
	uint32_t message, length;
	CHECK_EQUAL(pk_enter(k), 0);
	CHECK_EQUAL(pk_message_claim(k, bytes, &message), 0);
	pk_message_at(k, message)->type = letter;
	memset(pk_message_data(k, message, &length), letter, bytes);
	return message;
}

static int put_bytes(pk_id port, char letter, uint64_t bytes)
{
	uint32_t message = message_of(letter, bytes);
	int error = pk_port_send(k, port, message, NULL, NULL);
	if (error)
		pk_message_release(k, message);
	return error;
}

static int put(pk_id port, char letter)
{
	return put_bytes(port, letter, 1);
}

/* The letter, or a negative errno. */
static int letter_of(uint32_t message, int error)
{
	uint32_t length;
	if (error)
		return error;
	const char *data = pk_message_data(k, message, &length);
	int letter = data[0];
	CHECK_EQUAL(data[length - 1], letter);
	pk_message_release(k, message);
	return letter;
}

static int get(pk_id port, const struct pk_want *want)
{
	uint32_t message = 0;
	int error = pk_port_receive(k, port, want, NULL, &message, NULL);
	return letter_of(message, error);
}

static int get_any(int64_t until_ns)
{
	uint32_t message = 0;
	int error = pk_port_receive_any_until(k, ports, 2, &any, until_ns, &message);
	return letter_of(message, error);
}

static const char *drain(pk_id port)
{
	static char letters[64];
	int letter, count = 0;
	while ((letter = get(port, &any)) > 0 && count < 63)
		letters[count++] = (char)letter;
	CHECK_EQUAL(letter, -EAGAIN);
	letters[count] = '\0';
	return letters;
}

static void make_ports(uint32_t slots)
{
	struct pk_port_limits limits = { slots, LONG, 1 << 30 };
	for (int i = 0; i < 2; i++)
		CHECK_EQUAL(pk_port_create(k, PK_MAILBOX, &limits, 0600, PK_NAME_MAILBOX, NULL, 0, &ports[i]),
			    0);
}

static void await_receivers(pk_id port, uint32_t receivers)
{
	struct pk_port_status status = { 0 };
	for (int i = 0; i < 2000 && status.receivers != receivers; i++, sleep_ms(1))
		CHECK_EQUAL(pk_port_inspect(k, port, &status), 0);
	CHECK_EQUAL(status.receivers, receivers);
}

static struct pk_post to_completions(void)
{
	struct pk_post post = { .tell = PK_TELL_PORT, .cookie = 7, .until_ns = PK_FOREVER };
	CHECK_EQUAL(pk_enter(k), 0);
	CHECK_EQUAL(pk_completions_create(k, &post.port), 0);
	return post;
}

/* ---- posts */

static void prepare_one(void)
{
	make_ports(1);
	CHECK_EQUAL(put(ports[0], 'a'), 0);
}

static void post_receive(void)
{
	struct pk_post post = to_completions();
	uint32_t wait;
	CHECK_EQUAL(pk_port_post_receive(k, ports[0], &any, &post, &wait), 0);
}
static void verify_returned(void)
{
	CHECK_EQUAL(strcmp(drain(ports[0]), "a"), 0); /* granted, perhaps, and never collected */
}

static void post_send(void)
{
	struct pk_post post = to_completions();
	uint32_t wait;
	CHECK_EQUAL(pk_port_post_send(k, ports[1], message_of('b', 1), &post, &wait), 0);
}
static void verify_sent_or_not(void)
{
	CHECK(either(drain(ports[1]), "", "b"));
}

static void post_and_collect(void)
{
	struct pk_post post = to_completions();
	uint32_t wait, message = 0;
	CHECK_EQUAL(pk_port_post_receive(k, ports[0], &any, &post, &wait), 0);
	CHECK_EQUAL(next_told(post.port, soon()), wait);
	CHECK_EQUAL(pk_port_collect(k, pk_wait_id(k, wait), &message), 0);
	CHECK_EQUAL(letter_of(message, 0), 'a');
}
static void verify_collected_or_not(void)
{
	CHECK(either(drain(ports[0]), "", "a"));
}

static void post_and_cancel(void)
{
	struct pk_post post = to_completions();
	uint32_t wait;
	CHECK_EQUAL(pk_port_post_receive(k, ports[1], &any, &post, &wait), 0);
	CHECK_EQUAL(pk_wait_withdraw(k, wait, ECANCELED), -ECANCELED);
	pk_wait_discard(k, wait);
}
static void verify_passed_by(void)
{
	CHECK_EQUAL(put(ports[1], 'c'), 0);
	CHECK_EQUAL(strcmp(drain(ports[1]), "c"), 0);
}

static void expire(void)
{
	struct pk_post post = to_completions();
	uint32_t wait;
	post.until_ns = 1;
	CHECK_EQUAL(pk_port_post_receive(k, ports[1], &any, &post, &wait), 0);
	pk_wait_expire(k);
	CHECK_EQUAL(next_told(post.port, soon()), wait);
	pk_wait_end(k, wait);
}

/* ---- several ports */

static void prepare_group(void)
{
	make_ports(8);
	*bystander_result = 0;
	bystander = CHILD(*bystander_result = get_any(soon()));
	await_receivers(ports[1], 1);
}
static void send_to_second(void)
{
	put(ports[1], 'd');
}
static void verify_got_either(void)
{
	CHECK_EQUAL(put(ports[0], 'e'), 0);
	join_child(bystander);
	if (*bystander_result == 'd') { /* the other is for somebody else */
		CHECK_EQUAL(strcmp(drain(ports[0]), "e"), 0);
		CHECK_EQUAL(strcmp(drain(ports[1]), ""), 0);
	} else {
		CHECK_EQUAL(*bystander_result, 'e');
		CHECK_EQUAL(strcmp(drain(ports[0]), ""), 0);
		CHECK_EQUAL(strcmp(drain(ports[1]), ""), 0);
	}
}

static void prepare_two(void)
{
	make_ports(8);
}
static void wait_for_either(void)
{
	CHECK(get_any(soon()) > 0);
}
static void meanwhile_send_both(void)
{
	put(ports[1], 'x');
	put(ports[0], 'y');
}
static void verify_lost_none(void)
{
	char first[64];
	strcpy(first, drain(ports[0]));
	const char *second = drain(ports[1]);
	bool taken_x = strcmp(first, "y") == 0 && strcmp(second, "") == 0;
	bool taken_y = strcmp(first, "") == 0 && strcmp(second, "x") == 0;
	CHECK(taken_x || taken_y || (strcmp(first, "y") == 0 && strcmp(second, "x") == 0));
}

/* ---- the index */

static void prepare_backlog(void)
{
	make_ports(64);
	for (int i = 0; i < PK_INDEX_AFTER + 2; i++)
		CHECK_EQUAL(put(ports[0], i % 2 ? 'a' : 'b'), 0);
	CHECK_EQUAL(put(ports[0], 'z'), 0);
}
static void receive_by_type(void)
{
	struct pk_want want = { .select = PK_TYPE, .type = 'z', .room = UINT32_MAX };
	CHECK_EQUAL(get(ports[0], &want), 'z');
	put(ports[0], 'y');
	want.select = PK_TYPE_AT_MOST;
	CHECK_EQUAL(get(ports[0], &want), 'a');
}
static void verify_in_order(void)
{
	const char *letters = drain(ports[0]);
	size_t backlog = strspn(letters, "ab");
	CHECK(backlog == PK_INDEX_AFTER + 2 || backlog == PK_INDEX_AFTER + 1);
	for (size_t i = 2; i < backlog; i++) /* one 'a', the first, was taken at most */
		CHECK(letters[i] != letters[i - 1]);
	CHECK(strcmp(letters + backlog, "z") == 0 || either(letters + backlog, "", "y"));
}

/* ---- runs of pages */

static void send_long(void)
{
	put_bytes(ports[0], 'l', LONG);
}
static void verify_long_or_not(void)
{
	CHECK(either(drain(ports[0]), "", "l"));
	CHECK(pk_run_valid(k));
}

static void prepare_long(void)
{
	make_ports(8);
	CHECK_EQUAL(put_bytes(ports[0], 'l', LONG), 0);
}
static void receive_long(void)
{
	CHECK_EQUAL(get(ports[0], &any), 'l');
}

static const struct scenario scenarios[] = {
	{ "post-receive", prepare_one, post_receive, NULL, verify_returned },
	{ "post-send", prepare_one, post_send, NULL, verify_sent_or_not },
	{ "collect", prepare_one, post_and_collect, NULL, verify_collected_or_not },
	{ "cancel", prepare_one, post_and_cancel, NULL, verify_passed_by },
	{ "expire", prepare_one, expire, NULL, verify_passed_by },
	{ "send-to-group", prepare_group, send_to_second, NULL, verify_got_either },
	{ "wait-in-group", prepare_two, wait_for_either, meanwhile_send_both, verify_lost_none },
	{ "index", prepare_backlog, receive_by_type, NULL, verify_in_order },
	{ "send-long", prepare_two, send_long, NULL, verify_long_or_not },
	{ "receive-long", prepare_long, receive_long, NULL, verify_long_or_not },
	{ 0 },
};

static bool ports_are_valid(void)
{
	return pk_port_valid(k, ports[0]) && pk_port_valid(k, ports[1]);
}

static void remove_ports(void)
{
	CHECK_EQUAL(pk_port_destroy(k, ports[0]), 0);
	CHECK_EQUAL(pk_port_destroy(k, ports[1]), 0);
	sweep();
}

int main(int argc, char **argv)
{
	static const struct stage stage = { scenarios, sweep, ports_are_valid, remove_ports };
	return run_stage(&stage, argc, argv);
}
