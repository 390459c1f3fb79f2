/* SPDX-License-Identifier: MIT */
/* Races for a port's queue and its lines: core/port.h, P1 to P4, and its end. */
#include "interleave_mail.h"

#define TAKING_IN "load in take_in" /* a repair that rebuilds the queue */

/* ---- P1: no receiver waits for what is there */

static void p1_looks_and_posts_in_one(void)
{
	struct actor *receiver = enters("receiver"), *sender = enters("sender");
	make_port(4);
	begins(receiver, receives, FOR_EVER);
	reaches(receiver, POSTING); /* the queue was empty */
	begins(sender, sends, 'a');
	blocks(sender);
	sleeps(receiver);
	ends(sender, 0);
	ends(receiver, 'a');
	HOLDS("");
}

static void p1_what_the_dead_held_is_served(void)
{
	struct actor *holder = enters("holder"), *receiver = enters("receiver");
	make_port(4);
	put('a');
	begins(holder, receives, FOR_EVER);
	reaches(holder, TAKEN);
	dies(holder);
	begins(receiver, receives, FOR_EVER);
	sleeps(receiver); /* it repaired the queue: 'a' is the dead's still */
	passes_ms(A_TICK);
	ends(receiver, 'a');
	HOLDS("");
}

static void p1_given_back_to_who_waits(void)
{
	struct actor *holder = enters("holder"), *receiver = enters("receiver");
	make_port(4);
	put('a');
	begins(holder, gives_back, FOR_EVER);
	reaches(holder, RECEIVED);
	begins(receiver, receives, FOR_EVER);
	sleeps(receiver);
	ends(holder, 0);
	ends(receiver, 'a');
	HOLDS("");
}

/* Nothing is ever queued at a port of no slots but for the instant of a meeting; its death may fall there. */
static void p1_rendezvous_cut_short(void)
{
	struct actor *first = enters("first"), *second = enters("second"), *receiver = enters("receiver");
	make_port(0);
	begins(first, sends, 'a');
	sleeps(first);
	begins(second, sends, 'b');
	sleeps(second);
	begins(receiver, receives, FOR_EVER);
	reaches(receiver, ADMITTED);
	dies(receiver);
	passes_ms(A_TICK);
	ends(first, 0);
	sleeps(second);
	HOLDS("ab");
	ends(second, 0);
}

/* ---- P2: senders wait only while the first doesn't fit */

static void p2_first_gives_up(void)
{
	struct pk_port_limits limits = { 4, 64, 4 };
	struct actor *large = enters("large"), *small = enters("small");
	make_port(4);
	CHECK_EQUAL(pk_port_adjust(k, port, &limits, NULL), 0);
	put('a');
	begins(large, sends_within_50ms, 0x78787878); /* 4 bytes */
	sleeps(large);
	begins(small, sends, 'b'); /* fits, and doesn't overtake */
	sleeps(small);
	passes_ms(50);
	reaches(large, GIVEN_UP);
	CHECK(is_asleep(small));
	ends(large, -ETIMEDOUT);
	ends(small, 0);
	HOLDS("ab");
}

static void p2_first_dies(void)
{
	struct pk_port_limits limits = { 4, 64, 4 };
	struct actor *large = enters("large"), *small = enters("small");
	make_port(4);
	CHECK_EQUAL(pk_port_adjust(k, port, &limits, NULL), 0);
	put('a');
	begins(large, sends, 0x78787878);
	sleeps(large);
	begins(small, sends, 'b');
	sleeps(small);
	dies(large);
	reap_the_dead();
	ends(small, 0);
	HOLDS("ab");
}

/* It dies after it gave up, before it let the next go on. */
static void p2_first_dies_giving_up(void)
{
	struct pk_port_limits limits = { 4, 64, 4 };
	struct actor *large = enters("large"), *small = enters("small");
	make_port(4);
	CHECK_EQUAL(pk_port_adjust(k, port, &limits, NULL), 0);
	put('a');
	begins(large, sends_within_50ms, 0x78787878);
	sleeps(large);
	begins(small, sends, 'b');
	sleeps(small);
	passes_ms(50);
	reaches(large, GIVEN_UP);
	dies(large);
	passes_ms(A_TICK);
	ends(small, 0);
	HOLDS("ab");
}

static int64_t widens(struct portico *kernel, int64_t slots)
{
	struct pk_port_limits limits = { (uint32_t)slots, 64, 1 << 20 };
	return pk_port_adjust(kernel, port, &limits, NULL);
}

static void p2_widened_while_a_sender_posts(void)
{
	struct actor *sender = enters("sender"), *owner = enters("owner");
	make_port(1);
	put('a');
	begins(sender, sends, 'b');
	reaches(sender, POSTING);
	begins(owner, widens, 2);
	blocks(owner);
	sleeps(sender);
	ends(owner, 0);
	ends(sender, 0);
	HOLDS("ab");
}

static void p2_two_in_line_one_place(void)
{
	struct actor *first = enters("first"), *second = enters("second"), *receiver = enters("receiver");
	make_port(1);
	put('a');
	begins(first, sends, 'b');
	sleeps(first);
	begins(receiver, receives, FOR_EVER);
	reaches(receiver, TAKEN);
	begins(second, sends, 'c');
	blocks(second);
	ends(receiver, 'a');
	sleeps(second); /* though there was room when it came */
	ends(first, 0);
	does(receiver, receives, FOR_EVER, 'b');
	ends(second, 0);
	HOLDS("c");
}

/* ---- P3: each message has its place */

static void p3_numbers_are_in_the_queues_order(void)
{
	struct actor *first = enters("first"), *second = enters("second");
	make_port(4);
	begins(first, sends, 'a');
	reaches(first, NUMBERED);
	begins(second, sends, 'b');
	blocks(second);
	ends(first, 0);
	ends(second, 0);
	HOLDS("ab");
}

static void p3_given_back_to_its_place(void)
{
	struct actor *first = enters("first"), *second = enters("second"), *sender = enters("sender");
	make_port(8);
	put('a');
	put('b');
	put('c');
	begins(first, gives_back, FOR_EVER);
	reaches(first, RECEIVED);
	begins(second, gives_back, FOR_EVER);
	reaches(second, RECEIVED);
	does(sender, sends, 'd', 0);
	ends(second, 0);
	ends(first, 0);
	HOLDS("abcd");
}

static void p3_granted_to_the_dead(void)
{
	struct actor *receiver = enters("receiver");
	make_port(8);
	begins(receiver, receives, FOR_EVER);
	sleeps(receiver);
	put('a');
	put('b');
	dies(receiver);
	put('c');
	reap_the_dead();
	HOLDS("abc");
}

static void p3_held_by_the_dead(void)
{
	struct actor *holder = enters("holder"), *receiver = enters("receiver");
	make_port(8);
	put('a');
	put('b');
	begins(holder, receives, FOR_EVER);
	reaches(holder, RECEIVED);
	begins(receiver, receives, FOR_EVER);
	reaches(receiver, TAKEN); /* 'b' */
	dies(holder);
	ends(receiver, 'b');
	reap_the_dead();
	HOLDS("a");
	CHECK(!is_named(task_of(holder)));
}

/* ---- P4: what a holder of the lock left half done is done again from the words */

static void p4_queued_on_no_list(void)
{
	struct actor *sender = enters("sender"), *receiver = enters("receiver");
	make_port(4);
	put('a');
	begins(sender, sends, 'b');
	reaches(sender, QUEUED);
	begins(receiver, receives, FOR_EVER);
	blocks(receiver);
	dies(sender);
	passes_ms(2); /* it looks at the lock's owner */
	ends(receiver, 'a');
	HOLDS("b");
}

static void p4_repairer_dies(void)
{
	struct actor *sender = enters("sender"), *first = enters("first"), *second = enters("second");
	make_port(4);
	put('a');
	put('b');
	begins(sender, sends, 'c');
	reaches(sender, QUEUED);
	dies(sender);
	begins(first, looks, 0);
	reaches(first, TAKING_IN); /* nothing is queued now */
	reaches(first, TAKING_IN);
	dies(first);
	begins(second, looks, 0);
	ends(second, 3);
	HOLDS("abc");
}

static void p4_posted_on_no_list(void)
{
	struct actor *receiver = enters("receiver"), *second = enters("second");
	make_port(4);
	begins(receiver, receives, FOR_EVER);
	reaches(receiver, "wait: posted, on no list");
	dies(receiver);
	begins(second, receives, FOR_EVER);
	sleeps(second);
	put('a'); /* granted to the dead, who came first */
	CHECK(is_asleep(second));
	passes_ms(A_TICK);
	ends(second, 'a');
	HOLDS("");
}

/* ---- its end */

static void end_under_a_contender(void)
{
	struct actor *destroyer = enters("destroyer"), *sender = enters("sender"),
		     *receiver = enters("receiver");
	make_port(4);
	pk_id first = port;
	begins(receiver, receives, FOR_EVER);
	sleeps(receiver);
	begins(destroyer, destroys, 0);
	reaches(destroyer, PORT_DYING);
	begins(sender, sends, 'a');
	blocks(sender);
	ends(destroyer, 0);
	make_port(4); /* perhaps in the same slot; the sender means the one before */
	CHECK(port != first);
	ends(sender, -EIDRM);
	ends(receiver, -EIDRM);
	HOLDS("");
}

static void end_cut_short(void)
{
	struct actor *destroyer = enters("destroyer"), *receiver = enters("receiver");
	make_port(4);
	begins(receiver, receives, FOR_EVER);
	sleeps(receiver);
	begins(destroyer, destroys, 0);
	reaches(destroyer, PORT_DYING);
	dies(destroyer);
	passes_ms(A_TICK);
	ends(receiver, -EIDRM);
	CHECK_EQUAL(looks(k, 0), -EIDRM);
}

static void end_while_one_gives_up(void)
{
	struct actor *destroyer = enters("destroyer"), *receiver = enters("receiver");
	make_port(4);
	begins(receiver, receives, 50);
	sleeps(receiver);
	begins(destroyer, destroys, 0);
	reaches(destroyer, PORT_DYING);
	passes_ms(50);
	blocks(receiver);
	ends(destroyer, 0);
	ends(receiver, -EIDRM);
	CHECK_EQUAL(looks(k, 0), -EIDRM);
}

/* What is given back to a port that went is nobody's. */
static void end_under_a_holder(void)
{
	struct actor *holder = enters("holder");
	make_port(4);
	put('a');
	begins(holder, gives_back, FOR_EVER);
	reaches(holder, RECEIVED);
	CHECK_EQUAL(destroys(k, 0), 0);
	ends(holder, 0);
	CHECK_EQUAL(looks(k, 0), -EIDRM);
	dies(holder);
	reap_the_dead();
	CHECK(!is_named(task_of(holder)));
}

static const struct test_case scripts[] = {
	{ "P1-looks-and-posts-in-one", p1_looks_and_posts_in_one },
	{ "P1-what-the-dead-held-is-served", p1_what_the_dead_held_is_served },
	{ "P1-given-back-to-who-waits", p1_given_back_to_who_waits },
	{ "P1-rendezvous-cut-short", p1_rendezvous_cut_short },
	{ "P2-first-gives-up", p2_first_gives_up },
	{ "P2-first-dies", p2_first_dies },
	{ "P2-first-dies-giving-up", p2_first_dies_giving_up },
	{ "P2-widened-while-a-sender-posts", p2_widened_while_a_sender_posts },
	{ "P2-two-in-line-one-place", p2_two_in_line_one_place },
	{ "P3-numbers-are-in-the-queues-order", p3_numbers_are_in_the_queues_order },
	{ "P3-given-back-to-its-place", p3_given_back_to_its_place },
	{ "P3-granted-to-the-dead", p3_granted_to_the_dead },
	{ "P3-held-by-the-dead", p3_held_by_the_dead },
	{ "P4-queued-on-no-list", p4_queued_on_no_list },
	{ "P4-repairer-dies", p4_repairer_dies },
	{ "P4-posted-on-no-list", p4_posted_on_no_list },
	{ "end-under-a-contender", end_under_a_contender },
	{ "end-cut-short", end_cut_short },
	{ "end-while-one-gives-up", end_while_one_gives_up },
	{ "end-under-a-holder", end_under_a_holder },
	{ 0 },
};

int main(int argc, char **argv)
{
	return run_scripts(scripts, argc, argv);
}
