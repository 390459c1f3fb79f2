/* SPDX-License-Identifier: MIT */
/*
 * kill -9 at every commit point of what takes places of the pool and gives them
 * back, and of its repair (crash.h): no message is without a place, and of the
 * places of the dead none is lost for good (pool.h, O1–O3).
 */
#include "number.h"
#include "pool.h"

#include "crash_letters.h"

/* ---- the stage: a port, and another that has the rest of the pool */

#define PLACES 4u

static pk_id port, other;
static const struct pk_want any = PK_WANT_ANY;

static int get(int64_t until_ns)
{
	return get_until(port, until_ns);
}

static uint32_t count_of(pk_id where)
{
	struct pk_port_status status;
	return pk_port_inspect(k, where, &status) == 0 ? status.count : 0;
}

/* A port of that many slots, with those letters in it, and `left` places of the pool. */
static void prepare(uint32_t slots, const char *letters, uint32_t left)
{
	struct pk_port_limits limits = { slots, 64, 1 << 20 }, many = { 8, 64, 1 << 20 };
	uint32_t place = (uint32_t)strlen(letters);
	pk_store(&pk_header(k)->most_pooled, PLACES);
	CHECK_EQUAL(pk_port_create(k, PK_MAILBOX, &limits, 0600, PK_NAME_MAILBOX, NULL, 0, &port), 0);
	CHECK_EQUAL(pk_port_create(k, PK_MAILBOX, &many, 0600, PK_NAME_MAILBOX, NULL, 0, &other), 0);
	for (; *letters; letters++)
		CHECK_EQUAL(put_until(port, *letters, 0), 0);
	for (; place < PLACES - left; place++)
		CHECK_EQUAL(put_until(other, 'x', 0), 0);
}

/* Every message has a place, and no place is taken without: all the others can be had, and no more. */
static void verify_places(void)
{
	uint32_t queued = count_of(port) + count_of(other);
	CHECK((uint32_t)pk_load(&pk_header(k)->pooled) >= queued); /* O2, before it is counted anew */
	CHECK_EQUAL(pk_pool_taken(k), queued);
	for (; queued < PLACES; queued++)
		CHECK_EQUAL(put_until(other, 'x', 0), 0);
	CHECK_EQUAL(put_until(other, 'x', 0), -ENOBUFS);
}

static void await_senders(uint32_t senders)
{
	struct pk_port_status status;
	for (int i = 0; i < 2000; i++) {
		CHECK_EQUAL(pk_port_inspect(k, port, &status), 0);
		if (status.senders == senders)
			return;
		sleep_ms(1);
	}
	FAIL("the senders never came");
}

static void bystander_sends(char letter)
{
	*bystander_result = 1;
	bystander = CHILD(*bystander_result = put_until(port, letter, soon()));
	await_senders(1);
}

/* ---- scenarios */

static void prepare_queue(void)
{
	prepare(8, "ab", 1);
}
static void operate_send(void)
{
	put_until(port, 'c', 0);
}
static void operate_receive(void)
{
	get(0);
}

static void prepare_full_pool(void)
{
	prepare(8, "ab", 0);
}
static void verify_refused(void)
{
	CHECK_EQUAL(count_of(port), 2);
	verify_places();
}

static void prepare_in_line(void)
{
	prepare(1, "a", 0);
	bystander_sends('b');
}
/* Whoever had taken 'a', and whether or not it went back, 'b' follows. */
static void verify_in_line(void)
{
	int letter = get(soon());
	CHECK(letter == 'a' || letter == 'b');
	if (letter == 'a')
		CHECK_EQUAL(get(soon()), 'b');
	join_child(bystander);
	CHECK_EQUAL(*bystander_result, 0);
	verify_places();
}

static void prepare_meeting(void)
{
	prepare(0, "", 0);
	bystander_sends('b');
}
static void verify_met(void)
{
	int letter = get(pk_monotonic_ns() + 50000000);
	CHECK(letter == 'b' || letter == -ETIMEDOUT);
	join_child(bystander);
	CHECK_EQUAL(*bystander_result, 0);
	verify_places();
}

static void operate_give_back(void)
{
	uint32_t message;
	CHECK_EQUAL(pk_port_receive(k, port, &any, NULL, &message, NULL), 0);
	pk_port_give_back(k, message);
}
static void verify_all_there(void)
{
	CHECK_EQUAL(count_of(port), 2);
	verify_places();
}

static void operate_destroy(void)
{
	pk_port_destroy(k, port);
}

static void operate_number(void)
{
	static const struct pk_port_limits limits = { 1, 64, 1 << 20 };
	uint32_t number;
	CHECK_EQUAL(pk_numbered_create(k, &limits, 0600, &number), 0);
}
/* Each port that there is has a number, and can be found and destroyed by it. */
static void verify_numbered(void)
{
	uint32_t ports = 0;
	for (uint32_t number = 0; number < PK_NUMBERS; number++) {
		pk_id id = pk_numbered(k, number);
		ports += id && pk_port_destroy(k, id) == 0;
	}
	CHECK(ports <= 1);
	CHECK(ports == 1 || *died_at);
	verify_places();
}

static const struct scenario scenarios[] = {
	{ "send", prepare_queue, operate_send, NULL, verify_places },
	{ "receive", prepare_queue, operate_receive, NULL, verify_places },
	{ "refused", prepare_full_pool, operate_send, NULL, verify_refused },
	{ "in-line", prepare_in_line, operate_receive, NULL, verify_in_line },
	{ "meeting", prepare_meeting, operate_receive, NULL, verify_met },
	{ "give-back", prepare_queue, operate_give_back, NULL, verify_all_there },
	{ "destroy", prepare_queue, operate_destroy, NULL, verify_places },
	{ "number", prepare_queue, operate_number, NULL, verify_numbered },
	{ 0 },
};

static bool is_valid(pk_id id)
{
	struct pk_port_status status;
	return pk_port_inspect(k, id, &status) != 0 || pk_port_valid(k, id);
}

static bool ports_are_valid(void)
{
	return is_valid(port) && is_valid(other);
}

static void remove_ports(void)
{
	pk_port_destroy(k, port);
	pk_port_destroy(k, other);
	sweep();
	CHECK_EQUAL(pk_pool_taken(k), 0);
}

int main(int argc, char **argv)
{
	static const struct stage pool = { scenarios, sweep, ports_are_valid, remove_ports };
	return run_stage(&pool, argc, argv);
}
