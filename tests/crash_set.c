/* SPDX-License-Identifier: MIT */
/* kill -9 at every commit point of what is done to port sets and their members (crash.h). */
#include "crash_letters.h"
#include "bell.h"
#include "portset.h"

#include <poll.h>

/* ---- the stage: two ports, one of one slot, and a set of the victim's or of ours */

static pk_id ports[2], set;

static int put(pk_id port, char letter)
{
	return put_until(port, letter, 0);
}

static const char *drain(pk_id port)
{
	static char letters[2][64];
	static int turn;
	char *into = letters[turn++ % 2];
	int letter, count = 0;
	while ((letter = get_until(port, 0)) > 0 && count < 63)
		into[count++] = (char)letter;
	CHECK_EQUAL(letter, -EAGAIN);
	into[count] = '\0';
	return into;
}

static void await_senders(pk_id port, uint32_t senders)
{
	struct pk_port_status status = { 0 };
	for (int i = 0; i < 2000 && status.senders != senders; i++, sleep_ms(1))
		CHECK_EQUAL(pk_port_inspect(k, port, &status), 0);
	CHECK_EQUAL(status.senders, senders);
}

static void make_ports(void)
{
	struct pk_port_limits limits = { 1, 64, 1 << 20 };
	for (int i = 0; i < 2; i++, limits.slots = 8)
		CHECK_EQUAL(pk_port_create(k, PK_MAILBOX, &limits, 0600, PK_NAME_MAILBOX, NULL, 0, &ports[i]),
			    0);
	set = 0;
}

/* The first is full, and somebody waits to send there; the second has two. */
static void fill_ports(void)
{
	make_ports();
	CHECK_EQUAL(put(ports[0], 'a'), 0);
	bystander = CHILD(*bystander_result = put_until(ports[0], 'b', soon()));
	await_senders(ports[0], 1);
	CHECK_EQUAL(put(ports[1], 'x'), 0);
	CHECK_EQUAL(put(ports[1], 'y'), 0);
}

static void make_set(void)
{
	CHECK_EQUAL(pk_portset_create(k, &set), 0);
	CHECK_EQUAL(pk_portset_add(k, set, ports[0]), 0);
	CHECK_EQUAL(pk_portset_add(k, set, ports[1]), 0);
}

/* After the victim, whose set is gone with it: all is there, in order, and lets the bystander in. */
static void verify_full(void)
{
	CHECK_EQUAL(get_until(ports[0], 0), 'a');
	join_child(bystander);
	CHECK_EQUAL(*bystander_result, 0);
	CHECK_EQUAL(strcmp(drain(ports[0]), "b"), 0);
	CHECK_EQUAL(strcmp(drain(ports[1]), "xy"), 0);
}

/* ---- what the victim does with a set of its own */

static void join(void)
{
	make_set();
}

static void join_and_leave(void)
{
	make_set();
	CHECK_EQUAL(pk_portset_remove(k, set, ports[0]), 0);
	CHECK_EQUAL(pk_portset_remove(k, set, ports[1]), 0);
}

static void join_and_destroy(void)
{
	make_set();
	CHECK_EQUAL(pk_port_destroy(k, set), 0);
}

static void receive_from_own(void)
{
	make_set();
	get_until(set, 0);
}
static void verify_received_one_or_none(void)
{
	int first = get_until(ports[0], 0);
	join_child(bystander);
	CHECK_EQUAL(*bystander_result, 0);
	const char *rest = drain(ports[0]), *others = drain(ports[1]);
	if (first == 'a')
		CHECK(strcmp(rest, "b") == 0 && either(others, "xy", "y"));
	else
		CHECK(first == 'b' && strcmp(rest, "") == 0 && strcmp(others, "xy") == 0);
}

/* ---- what it does to a set of ours */

static void prepare_ours(void)
{
	fill_ports();
	make_set();
}

static void send_to_member(void)
{
	put(ports[1], 'z');
}
static void verify_sent_or_not(void)
{
	char letters[64] = "";
	for (int i = 0, letter; i < 4 && (letter = get_until(set, 0)) > 0; i++)
		letters[i] = (char)letter;
	join_child(bystander);
	CHECK_EQUAL(*bystander_result, 0);
	char *b = strchr(letters, 'b');
	if (b)
		memmove(b, b + 1, strlen(b)); /* it came in when 'a' had left */
	const char *rest = drain(set);
	strcat(letters, rest);
	b = strchr(letters, 'b');
	if (b)
		memmove(b, b + 1, strlen(b));
	char *a = strchr(letters, 'a');
	CHECK(a != NULL); /* it was queued before the ports joined: anywhere before 'z' */
	CHECK(!strchr(letters, 'z') || a < strchr(letters, 'z'));
	memmove(a, a + 1, strlen(a));
	CHECK(either(letters, "xy", "xyz"));
}

static void destroy_member(void)
{
	CHECK_EQUAL(pk_port_destroy(k, ports[0]), 0);
}
static void verify_member_gone_or_not(void)
{
	struct pk_port_status status;
	if (pk_port_inspect(k, ports[0], &status) == 0) {
		verify_sent_or_not();
		return;
	}
	join_child(bystander);
	CHECK_EQUAL(*bystander_result, -EIDRM);
	CHECK_EQUAL(strcmp(drain(set), "xy"), 0);
}

/* We wait at the set for what it sends. */
static void prepare_waiting(void)
{
	make_ports();
	make_set();
}
static void send_when_awaited(void)
{
	struct pk_port_status status = { 0 };
	while (status.receivers == 0 && pk_port_inspect(k, set, &status) == 0)
		sleep_ms(1);
	put(ports[1], 'h');
}
static int handed;
static void meanwhile_wait(void)
{
	handed = get_until(set, pk_monotonic_ns() + INT64_C(300000000));
}
static void verify_handed_or_not(void)
{
	CHECK(handed == 'h' || handed == -ETIMEDOUT);
	CHECK(either(drain(set), "", handed == 'h' ? "" : "h"));
}

/* ---- bells: we listen, to one port that joins a set and to one that doesn't */

static int bells[2];

static void prepare_bells(void)
{
	make_ports();
	for (int i = 0; i < 2; i++) {
		bells[i] = pk_bell_open(k, ports[i]);
		CHECK(bells[i] >= 0);
	}
}

static void ring(void)
{
	put(ports[1], 'r');
	get_until(ports[1], 0);
	put(ports[1], 's');
}

static void ring_member(void)
{
	put(ports[0], 'r');
	make_set();
	get_until(set, 0);
	put(ports[0], 's');
	CHECK_EQUAL(pk_portset_remove(k, set, ports[0]), 0);
}

static bool readable(int fd)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	return poll(&poller, 1, 0) == 1;
}

static void verify_bells(void)
{
	for (int i = 0; i < 2; i++) {
		struct pk_port_status status;
		CHECK_EQUAL(pk_port_inspect(k, ports[i], &status), 0);
		CHECK_EQUAL(readable(bells[i]), status.count > 0);
		drain(ports[i]);
		CHECK(!readable(bells[i]));
		close(bells[i]);
		bells[i] = 0;
	}
}

static void destroy_rung(void)
{
	CHECK_EQUAL(pk_port_destroy(k, ports[0]), 0);
}

static void verify_rung_if_gone(void)
{
	struct pk_port_status status;
	CHECK_EQUAL(readable(bells[0]), pk_port_inspect(k, ports[0], &status) != 0);
	close(bells[0]);
	close(bells[1]);
	bells[0] = bells[1] = 0;
}

static const struct scenario scenarios[] = {
	{ "join", fill_ports, join, NULL, verify_full },
	{ "leave", fill_ports, join_and_leave, NULL, verify_full },
	{ "destroy-set", fill_ports, join_and_destroy, NULL, verify_full },
	{ "receive", fill_ports, receive_from_own, NULL, verify_received_one_or_none },
	{ "send-to-member", prepare_ours, send_to_member, NULL, verify_sent_or_not },
	{ "destroy-member", prepare_ours, destroy_member, NULL, verify_member_gone_or_not },
	{ "hand-over", prepare_waiting, send_when_awaited, meanwhile_wait, verify_handed_or_not },
	{ "bell", prepare_bells, ring, NULL, verify_bells },
	{ "bell-of-member", prepare_bells, ring_member, NULL, verify_bells },
	{ "bell-of-destroyed", prepare_bells, destroy_rung, NULL, verify_rung_if_gone },
	{ 0 },
};

static bool is_valid_or_gone(pk_id port)
{
	struct pk_port_status status;
	return port == 0 || pk_port_inspect(k, port, &status) != 0 || pk_port_valid(k, port);
}

/* Before anybody takes the lock, who would put them right. */
static bool bells_are_true(void)
{
	for (int i = 0; i < 2; i++) {
		const struct pk_port *port = pk_slot(k, PK_PORTS, pk_id_slot(ports[i]));
		if (bells[i] > 0 && port->special & PK_SPECIAL_BELL &&
		    readable(bells[i]) != (port->count > 0))
			return false;
	}
	return true;
}

static bool all_valid(void)
{
	return bells_are_true() && is_valid_or_gone(ports[0]) && is_valid_or_gone(ports[1]) &&
	       is_valid_or_gone(set);
}

static void remove_all(void)
{
	if (set != 0)
		CHECK_EQUAL(pk_port_destroy(k, set), 0);
	pk_port_destroy(k, ports[0]);
	CHECK_EQUAL(pk_port_destroy(k, ports[1]), 0);
	sweep();
}

int main(int argc, char **argv)
{
	static const struct stage stage = { scenarios, sweep, all_valid, remove_all };
	return run_stage(&stage, argc, argv);
}
