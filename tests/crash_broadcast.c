/* SPDX-License-Identifier: MIT */
/*
 * kill -9 at every commit point of what has to do with listeners and inboxes
 * (crash.h): a source, and two mailboxes that hear it.
 */
#include "crash.h"
#include "inbox.h"
#include "listener.h"

#include <portico/broadcast.h>
#include <portico/task.h>

/* ---- the stage */

static portico_port source, ports[2];
static portico_listener listeners[2];

enum { NARROW = 1, WIDE = 8 };

static portico_port mailbox(uint32_t slots)
{
	struct portico_limits limits = { slots, 64, 1 << 20 };
	portico_port port;
	CHECK_EQUAL(portico_mailbox_create(k, NULL, &limits, 0600, &port), 0);
	return port;
}

static int put(portico_port port, char letter)
{
	return portico_send(k, port, &letter, 1, 1, PORTICO_NOW);
}

/* The letter, or a negative errno. */
static int get(portico_port port, uint32_t *missed)
{
	struct portico_envelope envelope;
	char letter;
	ssize_t got = portico_receive(k, port, &letter, 1, NULL, &envelope, PORTICO_NOW);
	*missed = got == 1 ? envelope.missed : 0;
	return got == 1 ? letter : (int)got;
}

static const char *drain(portico_port port)
{
	static char letters[2][64];
	static int turn;
	char *text = letters[turn = !turn];
	uint32_t missed;
	int letter, count = 0;
	while ((letter = get(port, &missed)) > 0 && count < 63)
		text[count++] = (char)letter;
	CHECK_EQUAL(letter, -EAGAIN);
	text[count] = '\0';
	return text;
}

static struct portico_listener_totals totals_of(portico_listener listener)
{
	struct portico_listener_totals totals;
	CHECK_EQUAL(portico_listener_status(k, listener, &totals), 0);
	return totals;
}

static void make_ports(uint32_t slots)
{
	source = mailbox(WIDE);
	for (int i = 0; i < 2; i++)
		ports[i] = mailbox(slots);
}

static void listen_to(int i)
{
	CHECK_EQUAL(portico_listen(k, source, ports[i], &listeners[i]), 0);
}

static void prepare_two(void)
{
	make_ports(WIDE);
	listen_to(0);
	listen_to(1);
}

/* ---- sending */

static void send_x(void)
{
	put(source, 'x');
}

/* Each has the copy or hasn't, nothing stays at the source, and the next is heard by both. */
static void verify_copied_or_not(void)
{
	CHECK_EQUAL(put(source, 'y'), 0);
	CHECK(either(drain(ports[0]), "y", "xy"));
	CHECK(either(drain(ports[1]), "y", "xy"));
	CHECK_EQUAL(strcmp(drain(source), ""), 0);
}

static void post_x(void)
{
	portico_port completions;
	struct portico_completion completion;
	portico_wait wait;
	CHECK_EQUAL(portico_completions_create(k, &completions), 0);
	CHECK_EQUAL(portico_post_send(k, source, "x", 1, 1, PORTICO_FOREVER, completions, 7, &wait), 0);
	CHECK_EQUAL(portico_complete(k, completions, &completion, PORTICO_NOW), 0);
	CHECK_EQUAL(portico_collect(k, wait, NULL, 0, NULL), 0);
}

static void receive_one(void)
{
	char letter;
	ssize_t got = portico_receive(k, ports[0], &letter, 1, NULL, NULL, soon());
	*bystander_result = got == 1 ? letter : (int)got;
}
static void prepare_receiver(void)
{
	struct portico_status status = { 0 };
	make_ports(0);
	listen_to(0);
	listen_to(1);
	*bystander_result = 0;
	bystander = CHILD(receive_one());
	for (int i = 0; i < 2000 && status.receivers == 0; i++, sleep_ms(1))
		CHECK_EQUAL(portico_mailbox_status(k, ports[0], &status), 0);
}
static void verify_received_or_not(void)
{
	CHECK_EQUAL(put(source, 'y'), 0);
	join_child(bystander);
	CHECK(*bystander_result == 'x' || *bystander_result == 'y');
}

/* ---- missing */

static void prepare_full(void)
{
	make_ports(NARROW);
	listen_to(0);
	CHECK_EQUAL(put(ports[0], 'a'), 0);
}
static void verify_missed_or_not(void)
{
	struct portico_listener_totals totals = totals_of(listeners[0]);
	uint32_t missed;
	CHECK(totals.missed <= 1);
	CHECK_EQUAL(get(ports[0], &missed), 'a');
	CHECK_EQUAL(put(source, 'y'), 0);
	CHECK_EQUAL(get(ports[0], &missed), 'y');
	CHECK_EQUAL(missed, totals.missed_lately);
	CHECK_EQUAL(totals_of(listeners[0]).missed_lately, 0);
}

static void prepare_missed_two(void)
{
	uint32_t missed;
	prepare_full();
	CHECK_EQUAL(put(source, 'b'), 0);
	CHECK_EQUAL(put(source, 'c'), 0);
	CHECK_EQUAL(get(ports[0], &missed), 'a');
}
/* What it missed is said: once, or, by a death between the message and the count, twice. */
static void verify_told(void)
{
	uint32_t missed;
	struct portico_listener_totals totals = totals_of(listeners[0]);
	CHECK_EQUAL(totals.missed, 2);
	int letter = get(ports[0], &missed);
	if (letter == 'x')
		CHECK_EQUAL(missed, 2);
	else
		CHECK_EQUAL(totals.missed_lately, 2);
	CHECK_EQUAL(put(source, 'y'), 0);
	CHECK_EQUAL(get(ports[0], &missed), 'y');
	CHECK_EQUAL(missed, totals.missed_lately);
	CHECK(missed == 0 || letter != 'x' || strcmp(died_at, "listener: has its copy, not counted") == 0 ||
	      strncmp(died_at, "transfer: ", 10) == 0 || strncmp(died_at, "wait: ", 6) == 0);
}

/* ---- listeners that come and go */

static void prepare_none(void)
{
	make_ports(WIDE);
}
static void listen_and_die(void)
{
	listen_to(0);
}
static void listen_and_unlisten(void)
{
	listen_to(0);
	listen_to(1);
	CHECK_EQUAL(portico_unlisten(k, listeners[0]), 0);
}
/* The victim's are gone with it. */
static void verify_none_listens(void)
{
	CHECK_EQUAL(put(source, 'y'), 0);
	CHECK_EQUAL(strcmp(drain(source), "y"), 0);
	CHECK_EQUAL(strcmp(drain(ports[0]), ""), 0);
	CHECK_EQUAL(strcmp(drain(ports[1]), ""), 0);
}

static void destroy_source(void)
{
	CHECK_EQUAL(portico_mailbox_destroy(k, source), 0);
}
static void verify_destroyed_or_not(void)
{
	struct portico_listener_totals totals;
	bool hears = portico_listener_status(k, listeners[0], &totals) == 0;
	CHECK_EQUAL(put(source, 'y') == 0, hears);
	CHECK_EQUAL(strcmp(drain(ports[0]), hears ? "y" : ""), 0);
}

static void destroy_port(void)
{
	CHECK_EQUAL(portico_mailbox_destroy(k, ports[0]), 0);
}
static void verify_other_hears(void)
{
	CHECK_EQUAL(put(source, 'y'), 0);
	CHECK_EQUAL(strcmp(drain(ports[1]), "y"), 0);
}
/* One of its listeners has no port any more: the victim is who finds that. */
static void prepare_gone(void)
{
	prepare_two();
	destroy_port();
}
static void verify_other_copied_or_not(void)
{
	CHECK_EQUAL(put(source, 'y'), 0);
	CHECK(either(drain(ports[1]), "y", "xy"));
}

/* ---- inboxes */

static portico_task self;

static void prepare_self(void)
{
	make_ports(WIDE);
	self = portico_self(k);
}
static void send_to_us(void)
{
	portico_send_to(k, self, "x", 1, 1, PORTICO_NOW);
}
static void verify_sent_or_not(void)
{
	portico_port inbox;
	CHECK_EQUAL(portico_send_to(k, self, "y", 1, 1, PORTICO_NOW), 0);
	CHECK_EQUAL(portico_inbox(k, NULL, &inbox), 0);
	CHECK(either(drain(inbox), "y", "xy"));
	CHECK(pk_port_valid(k, inbox.id));
	CHECK_EQUAL(portico_mailbox_destroy(k, inbox), 0);
}

static void have_inbox(void)
{
	portico_port inbox;
	CHECK_EQUAL(portico_inbox(k, NULL, &inbox), 0);
	CHECK_EQUAL(portico_send_to(k, portico_self(k), "x", 1, 1, PORTICO_NOW), 0);
	CHECK_EQUAL(portico_listen(k, source, inbox, &listeners[0]), 0);
}

static const struct scenario scenarios[] = {
	{ "broadcast", prepare_two, send_x, NULL, verify_copied_or_not },
	{ "broadcast-posted", prepare_two, post_x, NULL, verify_copied_or_not },
	{ "broadcast-to-waiter", prepare_receiver, send_x, NULL, verify_received_or_not },
	{ "miss", prepare_full, send_x, NULL, verify_missed_or_not },
	{ "tell-missed", prepare_missed_two, send_x, NULL, verify_told },
	{ "listen", prepare_none, listen_and_die, NULL, verify_none_listens },
	{ "unlisten", prepare_none, listen_and_unlisten, NULL, verify_none_listens },
	{ "destroy-source", prepare_two, destroy_source, NULL, verify_destroyed_or_not },
	{ "destroy-port", prepare_two, destroy_port, NULL, verify_other_hears },
	{ "find-port-gone", prepare_gone, send_x, NULL, verify_other_copied_or_not },
	{ "send-to", prepare_self, send_to_us, NULL, verify_sent_or_not },
	{ "inbox", prepare_none, have_inbox, NULL, verify_none_listens },
	{ 0 },
};

static bool is_valid_or_gone(portico_port port)
{
	int error;
	return !pk_object(k, PK_PORTS, port.id, &error) || pk_port_valid(k, port.id);
}

static bool ports_are_valid(void)
{
	return is_valid_or_gone(source) && is_valid_or_gone(ports[0]) && is_valid_or_gone(ports[1]);
}

static void remove_ports(void)
{
	portico_mailbox_destroy(k, source);
	portico_mailbox_destroy(k, ports[0]);
	portico_mailbox_destroy(k, ports[1]);
	sweep();
}

int main(int argc, char **argv)
{
	static const struct stage stage = { scenarios, sweep, ports_are_valid, remove_ports };
	return run_stage(&stage, argc, argv);
}
