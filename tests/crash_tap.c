/* SPDX-License-Identifier: MIT */
/*
 * kill -9 at every commit point of what has to do with taps (crash.h): the tap has
 * a whole copy or none (T3), the message goes its way, and what comes later is
 * copied.
 */
#include "tap.h"

#include "crash_letters.h"

#include <portico/tap.h>

static portico_port source;
static portico_tap tap;
static bool tapped;

static void make_source(uint32_t slots)
{
	struct portico_limits limits = { slots, 64, 1 << 20 };
	CHECK_EQUAL(portico_mailbox_create(k, NULL, &limits, 0600, &source), 0);
	tapped = false;
}

static void make_tap(void)
{
	CHECK_EQUAL(portico_tap_open(k, source, 8, 8, &tap), 0);
	tapped = true;
}

/* What the tap has, whole copies only. */
static const char *overheard(void)
{
	static char text[16];
	int count = 0;
	ssize_t got;
	while (count < 15 && (got = portico_tap_read(k, tap, text + count, 8, NULL, PORTICO_NOW)) >= 0) {
		CHECK_EQUAL(got, 1);
		count++;
	}
	CHECK(count == 15 || got == -EAGAIN || got == -EIDRM);
	text[count] = '\0';
	return text;
}

static const char *left(void)
{
	static char text[16];
	int letter, count = 0;
	while (count < 15 && (letter = get_until(source.id, 0)) > 0)
		text[count++] = (char)letter;
	text[count] = '\0';
	return text;
}

/* ---- scenarios */

static void prepare_tap(void)
{
	make_source(8);
	make_tap();
}

static void prepare_receiver(void)
{
	struct portico_status status = { 0 };
	prepare_tap();
	*bystander_result = 0;
	bystander = CHILD(*bystander_result = get_until(source.id, soon()));
	for (int i = 0; i < 2000 && status.receivers == 0; i++, sleep_ms(1))
		CHECK_EQUAL(portico_mailbox_status(k, source, &status), 0);
}

static void prepare_sender(void)
{
	struct portico_status status = { 0 };
	make_source(0);
	make_tap();
	bystander = CHILD(CHECK_EQUAL(put_until(source.id, 'x', soon()), 0));
	for (int i = 0; i < 2000 && status.senders == 0; i++, sleep_ms(1))
		CHECK_EQUAL(portico_mailbox_status(k, source, &status), 0);
}

static void send_x(void)
{
	CHECK_EQUAL(put_until(source.id, 'x', 0), 0);
}
static void receive_x(void)
{
	CHECK_EQUAL(get_until(source.id, soon()), 'x');
}

static void verify_sent_or_not(void)
{
	CHECK_EQUAL(put_until(source.id, 'y', 0), 0);
	CHECK(either(overheard(), "y", "xy"));
	CHECK(either(left(), "y", "xy"));
}

static void verify_received(void)
{
	CHECK_EQUAL(put_until(source.id, 'y', 0), 0);
	join_child(bystander);
	CHECK(*bystander_result == 'x' || *bystander_result == 'y');
	CHECK(either(overheard(), "y", "xy"));
}

/* The letter that the dead had taken is back, or is with its sender still. */
static void verify_taken(void)
{
	const char *copies = overheard();
	CHECK(either(copies, "", "x"));
	const char *letters = left();
	CHECK(either(letters, "", "x"));
	join_child(bystander);
}

static void prepare_source(void)
{
	make_source(8);
}
static void open_and_close(void)
{
	portico_tap mine;
	CHECK_EQUAL(portico_tap_open(k, source, 8, 8, &mine), 0);
	CHECK_EQUAL(portico_tap_close(k, mine), 0);
	CHECK_EQUAL(portico_tap_open(k, source, 8, 8, &mine), 0);
}
static void verify_untapped(void)
{
	send_x();
	CHECK_EQUAL(strcmp(left(), "x"), 0);
}

static void prepare_copy(void)
{
	prepare_tap();
	send_x();
}
static void destroy_source(void)
{
	CHECK_EQUAL(portico_mailbox_destroy(k, source), 0);
}
static void verify_over_or_not(void)
{
	bool lives = put_until(source.id, 'y', 0) == 0;
	CHECK_EQUAL(strcmp(overheard(), lives ? "xy" : "x"), 0);
	if (!lives)
		CHECK_EQUAL(portico_tap_read(k, tap, NULL, 0, NULL, soon()), -EIDRM);
}

static void prepare_gone(void)
{
	prepare_tap();
	CHECK_EQUAL(portico_mailbox_destroy(k, tap.port), 0);
	tapped = false;
}
static void verify_sent_only(void)
{
	CHECK_EQUAL(put_until(source.id, 'y', 0), 0);
	CHECK(either(left(), "y", "xy"));
}

static const struct scenario scenarios[] = {
	{ "send", prepare_tap, send_x, NULL, verify_sent_or_not },
	{ "send-to-receiver", prepare_receiver, send_x, NULL, verify_received },
	{ "take-from-sender", prepare_sender, receive_x, NULL, verify_taken },
	{ "open-close", prepare_source, open_and_close, NULL, verify_untapped },
	{ "destroy-source", prepare_copy, destroy_source, NULL, verify_over_or_not },
	{ "find-port-gone", prepare_gone, send_x, NULL, verify_sent_only },
	{ 0 },
};

static bool is_valid_or_gone(pk_id port)
{
	int error;
	return !pk_object(k, PK_PORTS, port, &error) || pk_port_valid(k, port);
}

static bool are_valid(void)
{
	return is_valid_or_gone(source.id) && (!tapped || is_valid_or_gone(tap.port.id));
}

static void clear(void)
{
	portico_mailbox_destroy(k, source);
	if (tapped)
		CHECK_EQUAL(portico_tap_close(k, tap), 0);
	sweep();
}

int main(int argc, char **argv)
{
	static const struct stage stage = { scenarios, sweep, are_valid, clear };
	return run_stage(&stage, argc, argv);
}
