/* SPDX-License-Identifier: MIT */
/* Races for the outcome of a wait: core/wait.h, W1 to W4, and a waker's death (W5). */
#include "interleave_mail.h"

#define SETTLING "swap in settle"
#define BEFORE_SAYING_IT_SLEEPS "swap in sleep_until_settled"
#define JUDGING                                                                                              \
	"load in granted_in_vain" /* a repair that has seen a granted message, and asks whose it is          \
				   */

/* ---- W1: it is settled once */

static void w1_deadline_after_grant(void)
{
	struct actor *receiver = enters("receiver"), *sender = enters("sender");
	make_port(4);
	begins(receiver, receives, 50);
	sleeps(receiver);
	begins(sender, sends, 'a');
	reaches(sender, GRANTED);
	passes_ms(50);
	blocks(receiver); /* it gives up, under the lock or not at all */
	ends(sender, 0);
	ends(receiver, 'a');
	HOLDS("");
}

static void w1_grant_after_deadline(void)
{
	struct actor *receiver = enters("receiver"), *sender = enters("sender");
	make_port(4);
	begins(receiver, receives, 50);
	sleeps(receiver);
	passes_ms(50);
	reaches(receiver, GIVEN_UP);
	begins(sender, sends, 'a');
	blocks(sender);
	ends(receiver, -ETIMEDOUT);
	ends(sender, 0);
	HOLDS("a");
}

static void w1_signal_after_grant(void)
{
	struct actor *receiver = enters("receiver"), *sender = enters("sender");
	make_port(4);
	begins(receiver, receives, FOR_EVER);
	sleeps(receiver);
	begins(sender, sends, 'a');
	reaches(sender, GRANTED);
	signals(receiver);
	blocks(receiver);
	ends(sender, 0);
	ends(receiver, 'a');
	HOLDS("");
}

static void w1_settled_before_it_sleeps(void)
{
	struct actor *receiver = enters("receiver"), *sender = enters("sender");
	make_port(4);
	begins(receiver, receives, FOR_EVER);
	reaches(receiver, BEFORE_SLEEPING);
	does(sender, sends, 'a', 0);
	ends(receiver, 'a');
	HOLDS("");
}

static void w1_settled_before_it_says_so(void)
{
	struct actor *receiver = enters("receiver"), *sender = enters("sender");
	make_port(4);
	begins(receiver, receives, FOR_EVER);
	reaches(receiver, BEFORE_SAYING_IT_SLEEPS);
	does(sender, sends, 'a', 0);
	ends(receiver, 'a');
	HOLDS("");
}

/* The flag comes between the settler's look and its swap. */
static void w1_sleeps_while_it_is_settled(void)
{
	struct actor *receiver = enters("receiver"), *sender = enters("sender");
	make_port(4);
	begins(receiver, receives, FOR_EVER);
	reaches(receiver, BEFORE_SAYING_IT_SLEEPS);
	begins(sender, sends, 'a');
	reaches(sender, SETTLING);
	sleeps(receiver);
	ends(sender, 0);
	ends(receiver, 'a');
	HOLDS("");
}

/* ---- W2: whose a granted message is */

static void w2_granter_dies_before_settling(void)
{
	struct actor *receiver = enters("receiver"), *sender = enters("sender");
	make_port(4);
	begins(receiver, receives, FOR_EVER);
	sleeps(receiver);
	begins(sender, sends, 'a');
	reaches(sender, GRANTED);
	dies(sender);
	passes_ms(A_TICK);
	ends(receiver, 'a');
	HOLDS("");
}

/* Who gives up inherits the lock, and with it the message that was meant for it. */
static void w2_gives_up_on_a_dead_granter(void)
{
	struct actor *receiver = enters("receiver"), *sender = enters("sender");
	make_port(4);
	begins(receiver, receives, 50);
	sleeps(receiver);
	begins(sender, sends, 'a');
	reaches(sender, GRANTED);
	dies(sender);
	passes_ms(50);
	ends(receiver, 'a');
	HOLDS("");
}

static void w2_granter_dies_after_settling(void)
{
	struct actor *receiver = enters("receiver"), *sender = enters("sender");
	make_port(4);
	begins(receiver, receives, FOR_EVER);
	sleeps(receiver);
	begins(sender, sends, 'a');
	reaches(sender, SETTLED);
	dies(sender);
	HOLDS(""); /* our look repairs, and leaves it its receiver's */
	passes_ms(A_TICK);
	ends(receiver, 'a');
	HOLDS("");
}

static void w2_receiver_dies_granted(void)
{
	struct actor *receiver = enters("receiver"), *second = enters("second"), *sender = enters("sender");
	make_port(4);
	begins(receiver, receives, FOR_EVER);
	sleeps(receiver);
	begins(second, receives, FOR_EVER);
	sleeps(second);
	does(sender, sends, 'a', 0);
	dies(receiver);
	passes_ms(A_TICK);
	ends(second, 'a');
	HOLDS("");
}

/* Its receiver collects it, and ends the wait, while a repair asks whose it is. */
static void w2_collected_under_repair(void)
{
	struct actor *receiver = enters("receiver"), *sender = enters("sender"),
		     *repairer = enters("repairer");
	make_port(4);
	begins(receiver, receives, FOR_EVER);
	reaches(receiver, BEFORE_SLEEPING);
	begins(sender, sends, 'a');
	reaches(sender, SETTLED);
	dies(sender);
	begins(repairer, looks, 0);
	reaches(repairer, JUDGING);
	reaches(receiver, RECEIVED);
	ends(repairer, 0);
	HOLDS("");
	ends(receiver, 'a');
}

/* ---- W1, W2: a wait on two ports.  Their locks are two; it is settled once all the same. */

static pk_id ports[2];

static void make_two_ports_of(uint32_t slots)
{
	for (int i = 0; i < 2; i++) {
		make_port(slots);
		ports[i] = port;
	}
}
static void make_two_ports(void)
{
	make_two_ports_of(4);
}

static int64_t receives_from_either(struct portico *kernel, int64_t ms)
{
	struct pk_want any = PK_WANT_ANY;
	uint32_t message, length;
	int error = pk_port_receive_any_until(kernel, ports, 2, &any, until(ms), &message);
	if (error)
		return error;
	char letter = *(char *)pk_message_data(kernel, message, &length);
	pk_message_release(kernel, message);
	return letter;
}

static int64_t sends_to_second(struct portico *kernel, int64_t letter)
{
	port = ports[1];
	return sends(kernel, letter);
}
static int64_t sends_to_first(struct portico *kernel, int64_t letter)
{
	port = ports[0];
	return sends(kernel, letter);
}

static void they_hold(const char *first, const char *second)
{
	port = ports[0];
	check_holds(first);
	port = ports[1];
	check_holds(second);
}

static void w1_group_granted_by_two(void)
{
	struct actor *receiver = enters("receiver"), *one = enters("one"), *other = enters("other");
	make_two_ports();
	begins(receiver, receives_from_either, FOR_EVER);
	sleeps(receiver);
	begins(one, sends_to_first, 'a');
	reaches(one, GRANTED);
	begins(other, sends_to_second, 'b');
	reaches(other, GRANTED);
	ends(other, 0);
	ends(one, 0);
	ends(receiver, 'b');
	they_hold("a", "");
}

/* It gives up under the first port's lock, while a sender at the second has all but granted it. */
static void w1_group_deadline_under_a_grant(void)
{
	struct actor *receiver = enters("receiver"), *sender = enters("sender");
	make_two_ports();
	begins(receiver, receives_from_either, 50);
	reaches(receiver, BEFORE_SAYING_IT_SLEEPS);
	begins(sender, sends_to_second, 'b');
	reaches(sender, GRANTED);
	passes_ms(50);
	blocks(receiver); /* it may not leave before the sender has done with it */
	ends(sender, 0);
	ends(receiver, -ETIMEDOUT);
	they_hold("", "b");
}

/* Who came too late stands in line with its message, as if it had never been granted. */
static void w2_group_loser_waits(void)
{
	struct actor *receiver = enters("receiver"), *one = enters("one"), *other = enters("other");
	make_two_ports_of(0);
	begins(receiver, receives_from_either, FOR_EVER);
	sleeps(receiver);
	begins(one, sends_to_first, 'a');
	reaches(one, GRANTED);
	does(other, sends_to_second, 'b', 0);
	sleeps(one);
	ends(receiver, 'b');
	they_hold("a", "");
	ends(one, 0);
}

static void w2_group_loser_dies(void)
{
	struct actor *receiver = enters("receiver"), *one = enters("one"), *other = enters("other");
	make_two_ports();
	begins(receiver, receives_from_either, FOR_EVER);
	sleeps(receiver);
	begins(one, sends_to_first, 'a');
	reaches(one, GRANTED);
	does(other, sends_to_second, 'b', 0);
	dies(one);
	ends(receiver, 'b');
	they_hold("a", "");
}

static void w2_group_winner_dies(void)
{
	struct actor *receiver = enters("receiver"), *one = enters("one"), *other = enters("other");
	make_two_ports();
	begins(receiver, receives_from_either, FOR_EVER);
	sleeps(receiver);
	begins(one, sends_to_first, 'a');
	reaches(one, GRANTED);
	begins(other, sends_to_second, 'b');
	reaches(other, SETTLED);
	dies(other);
	ends(one, 0);
	passes_ms(A_TICK);
	ends(receiver, 'b');
	they_hold("a", "");
}

static void w2_group_owner_dies(void)
{
	struct actor *receiver = enters("receiver"), *one = enters("one"), *reaper = enters("reaper");
	make_two_ports();
	begins(receiver, receives_from_either, FOR_EVER);
	sleeps(receiver);
	begins(one, sends_to_second, 'b');
	reaches(one, GRANTED);
	dies(receiver);
	begins(reaper, sweeps, 0);
	blocks(reaper);
	ends(one, 0);
	ends(reaper, 0);
	CHECK(!is_named(task_of(receiver)));
	they_hold("", "b");
}

/* ---- W3: nobody is told no whose message is queued */

static void w3_deadline_under_admission(void)
{
	struct actor *sender = enters("sender"), *receiver = enters("receiver");
	make_port(1);
	put('a');
	begins(sender, sends_within_50ms, 'b');
	sleeps(sender);
	begins(receiver, receives, FOR_EVER);
	reaches(receiver, ADMITTED);
	passes_ms(50);
	blocks(sender);
	ends(receiver, 'a');
	ends(sender, 0);
	HOLDS("b");
}

static void w3_admitter_dies(void)
{
	struct actor *sender = enters("sender"), *receiver = enters("receiver");
	make_port(1);
	put('a');
	begins(sender, sends_within_50ms, 'b');
	sleeps(sender);
	begins(receiver, receives, FOR_EVER);
	reaches(receiver, ADMITTED);
	dies(receiver);
	passes_ms(50);
	ends(sender, 0);
	reap_the_dead();
	HOLDS("ab");
}

static void w3_gives_up_first(void)
{
	struct actor *sender = enters("sender"), *receiver = enters("receiver");
	make_port(1);
	put('a');
	begins(sender, sends_within_50ms, 'b');
	sleeps(sender);
	passes_ms(50);
	reaches(sender, GIVEN_UP);
	begins(receiver, receives, FOR_EVER);
	blocks(receiver);
	ends(sender, -ETIMEDOUT);
	ends(receiver, 'a');
	HOLDS("");
}

/* ---- W4: who settles it takes it off its list first */

/* Once settled it may be ended, and its record stand in another line, behind and before others. */
static void w4_ended_and_used_again(void)
{
	struct actor *receiver = enters("receiver"), *sender = enters("sender"), *ahead = enters("ahead"),
		     *behind = enters("behind");
	make_port(4);
	pk_id first = port;
	make_port(4);
	pk_id second = port;
	begins(ahead, receives, FOR_EVER);
	sleeps(ahead);
	port = first;
	begins(receiver, receives, FOR_EVER);
	reaches(receiver, BEFORE_SLEEPING);
	begins(sender, sends, 'x');
	reaches(sender, SETTLED);
	ends(receiver, 'x');
	port = second;
	begins(receiver, receives, FOR_EVER);
	sleeps(receiver);
	begins(behind, receives, FOR_EVER);
	sleeps(behind);
	ends(sender, 0);
	sleeps(receiver); /* though it may have been woken for nothing */
	put('a');
	put('b');
	put('c');
	ends(ahead, 'a');
	ends(receiver, 'b');
	ends(behind, 'c');
	port = first;
	HOLDS("");
}

static void w4_the_dead_leave_the_line(void)
{
	struct actor *first = enters("first"), *second = enters("second"), *third = enters("third");
	make_port(4);
	begins(first, receives, FOR_EVER);
	sleeps(first);
	begins(second, receives, FOR_EVER);
	sleeps(second);
	begins(third, receives, FOR_EVER);
	sleeps(third);
	dies(second);
	reap_the_dead();
	put('a');
	put('b');
	ends(first, 'a');
	ends(third, 'b');
	CHECK(!is_named(task_of(second)));
}

/* A message that comes while the reaper is at work is not lost on the dead. */
static void w4_granted_to_one_that_is_reaped(void)
{
	struct actor *first = enters("first"), *second = enters("second"), *reaper = enters("reaper");
	make_port(4);
	begins(first, receives, FOR_EVER);
	sleeps(first);
	begins(second, receives, FOR_EVER);
	sleeps(second);
	dies(first);
	begins(reaper, sweeps, 0);
	reaches(reaper, REAPING);
	put('a');
	CHECK(is_asleep(second));
	ends(reaper, 0);
	ends(second, 'a');
	HOLDS("");
}

/* Given up and granted at once, by two who both are not its owner. */
static void w4_reaped_while_it_is_granted(void)
{
	struct actor *first = enters("first"), *sender = enters("sender"), *reaper = enters("reaper");
	make_port(4);
	begins(first, receives, FOR_EVER);
	sleeps(first);
	dies(first);
	begins(sender, sends, 'a');
	reaches(sender, GRANTED);
	begins(reaper, sweeps, 0);
	blocks(reaper);
	ends(sender, 0);
	ends(reaper, 0);
	CHECK(!is_named(task_of(first)));
	HOLDS("a");
}

/* ---- W5: a waker's death delays, and never loses */

static void w5_waker_dies_before_waking(void)
{
	struct actor *receiver = enters("receiver"), *sender = enters("sender");
	make_port(4);
	begins(receiver, receives, FOR_EVER);
	sleeps(receiver);
	begins(sender, sends, 'a');
	reaches(sender, BEFORE_WAKING);
	dies(sender);
	CHECK(is_asleep(receiver));
	passes_ms(A_TICK);
	ends(receiver, 'a');
	HOLDS("");
}

static const struct test_case scripts[] = {
	{ "W1-deadline-after-grant", w1_deadline_after_grant },
	{ "W1-grant-after-deadline", w1_grant_after_deadline },
	{ "W1-signal-after-grant", w1_signal_after_grant },
	{ "W1-settled-before-it-sleeps", w1_settled_before_it_sleeps },
	{ "W1-settled-before-it-says-so", w1_settled_before_it_says_so },
	{ "W1-sleeps-while-it-is-settled", w1_sleeps_while_it_is_settled },
	{ "W2-granter-dies-before-settling", w2_granter_dies_before_settling },
	{ "W2-gives-up-on-a-dead-granter", w2_gives_up_on_a_dead_granter },
	{ "W2-granter-dies-after-settling", w2_granter_dies_after_settling },
	{ "W2-receiver-dies-granted", w2_receiver_dies_granted },
	{ "W2-collected-under-repair", w2_collected_under_repair },
	{ "W1-group-granted-by-two", w1_group_granted_by_two },
	{ "W1-group-deadline-under-a-grant", w1_group_deadline_under_a_grant },
	{ "W2-group-loser-waits", w2_group_loser_waits },
	{ "W2-group-loser-dies", w2_group_loser_dies },
	{ "W2-group-winner-dies", w2_group_winner_dies },
	{ "W2-group-owner-dies", w2_group_owner_dies },
	{ "W3-deadline-under-admission", w3_deadline_under_admission },
	{ "W3-admitter-dies", w3_admitter_dies },
	{ "W3-gives-up-first", w3_gives_up_first },
	{ "W4-ended-and-used-again", w4_ended_and_used_again },
	{ "W4-the-dead-leave-the-line", w4_the_dead_leave_the_line },
	{ "W4-granted-to-one-that-is-reaped", w4_granted_to_one_that_is_reaped },
	{ "W4-reaped-while-it-is-granted", w4_reaped_while_it_is_granted },
	{ "W5-waker-dies-before-waking", w5_waker_dies_before_waking },
	{ 0 },
};

int main(int argc, char **argv)
{
	return run_scripts(scripts, argc, argv);
}
