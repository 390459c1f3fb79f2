/* SPDX-License-Identifier: MIT */
/*
 * What must hold in whatever order two or three come: interleave.h says how
 * that is tried.  By PROGRAM NAME 2 with two departures, in a minute or less.
 */
#include "interleave_mail.h"

static struct actor *first, *second, *third;

/* So many of what they did ended so. */
static int that_ended(int64_t how)
{
	return (result_of(first) == how) + (second && result_of(second) == how) +
	       (third && result_of(third) == how);
}

/* ---- a deadline and a grant: W1 */

static void prepare_deadline(void)
{
	make_port(4);
	first = enters("receiver");
	second = enters("sender");
	begins(first, receives, 50);
	begins(second, sends, 'a');
	may_pass_ms(50);
}

static void verify_deadline(void)
{
	CHECK_EQUAL(result_of(second), 0);
	HOLDS(result_of(first) == 'a' ? "" : "a");
	CHECK(result_of(first) == 'a' || result_of(first) == -ETIMEDOUT);
	CHECK(ms_passed() <= 50); /* nobody was woken by a look round */
}

/* ---- two receivers, one message */

static void prepare_two_receivers(void)
{
	make_port(4);
	first = enters("one");
	second = enters("another");
	third = enters("sender");
	begins(first, receives, 50);
	begins(second, receives, 50);
	begins(third, sends, 'a');
}

static void verify_two_receivers(void)
{
	CHECK_EQUAL(that_ended(0), 1);
	CHECK_EQUAL(that_ended('a'), 1);
	CHECK_EQUAL(that_ended(-ETIMEDOUT), 1);
	CHECK_EQUAL(ms_passed(), 50);
	HOLDS("");
}

/* ---- a sender gives up while its place comes free: W3 */

static void prepare_full(void)
{
	make_port(1);
	put('a');
	first = enters("sender");
	second = enters("receiver");
	begins(first, sends_within_50ms, 'b');
	begins(second, receives, FOR_EVER);
	may_pass_ms(50);
}

static void verify_full(void)
{
	CHECK_EQUAL(result_of(second), 'a');
	CHECK(result_of(first) == 0 || result_of(first) == -ETIMEDOUT);
	HOLDS(result_of(first) == 0 ? "b" : "");
	CHECK(ms_passed() <= 50);
}

/* ---- the sender dies: W2 */

static void prepare_dying_sender(void)
{
	make_port(4);
	first = enters("receiver");
	second = enters("sender");
	begins(first, receives, 500);
	begins(second, sends, 'a');
	may_die(second);
}

static void verify_dying_sender(void)
{
	CHECK(result_of(first) == 'a' || (result_of(first) == -ETIMEDOUT && has_died(second)));
	reap_the_dead();
	CHECK(!has_died(second) || !is_named(task_of(second)));
	HOLDS("");
}

/* ---- a receiver dies: what it had, and hadn't consumed, is there */

static void prepare_dying_receiver(void)
{
	make_port(4);
	first = enters("victim");
	second = enters("sender");
	begins(first, receives, FOR_EVER);
	begins(second, sends, 'a');
	may_die(first);
}

static void verify_dying_receiver(void)
{
	struct pk_port_status status;
	CHECK_EQUAL(result_of(second), 0);
	reap_the_dead();
	CHECK_EQUAL(pk_port_inspect(k, port, &status), 0);
	if (!has_died(first))
		CHECK_EQUAL(result_of(first), 'a');
	CHECK(!has_died(first) || !is_named(task_of(first)));
	CHECK_EQUAL(status.receivers, 0);
	/* it may have consumed it, before it died, and not yet said so */
	HOLDS(has_died(first) && status.count == 1 ? "a" : "");
}

/* ---- zero slots: both or neither */

static void prepare_rendezvous(void)
{
	make_port(0);
	first = enters("sender");
	second = enters("receiver");
	begins(first, sends_within_50ms, 'a');
	begins(second, receives, 50);
	may_pass_ms(50);
}

static void verify_rendezvous(void)
{
	if (result_of(first) == 0) {
		CHECK_EQUAL(result_of(second), 'a');
	} else {
		CHECK_EQUAL(result_of(first), -ETIMEDOUT);
		CHECK_EQUAL(result_of(second), -ETIMEDOUT);
	}
	CHECK(ms_passed() <= 100);
	HOLDS("");
}

/* ---- a port goes under two who use it */

static void prepare_end(void)
{
	make_port(4);
	first = enters("receiver");
	second = enters("sender");
	third = enters("destroyer");
	begins(first, receives, FOR_EVER);
	begins(second, sends, 'a');
	begins(third, destroys, 0);
}

static void verify_end(void)
{
	CHECK_EQUAL(result_of(third), 0);
	CHECK(result_of(second) == 0 || result_of(second) == -EIDRM);
	CHECK(result_of(first) == -EIDRM || (result_of(first) == 'a' && result_of(second) == 0));
	CHECK_EQUAL(looks(k, 0), -EIDRM);
	CHECK_EQUAL(ms_passed(), 0);
}

/* ---- three at one lock, of whom one may die: L1 to L3 */

static int inside;

static int64_t counts(struct portico *kernel, int64_t with)
{
	struct pk_port *locked;
	(void)with;
	CHECK_EQUAL(pk_object_lock(kernel, PK_PORTS, port, &locked), 0);
	CHECK(inside++ == 0);
	interleave_point("inside");
	inside--;
	pk_object_unlock(locked);
	return 0;
}

static void prepare_lock(void)
{
	make_port(1);
	first = enters("one");
	second = enters("another");
	third = enters("a third");
	begins(first, counts, 0);
	begins(second, counts, 0);
	begins(third, counts, 0);
}

static void verify_lock(void)
{
	CHECK_EQUAL(that_ended(0), 3);
	CHECK_EQUAL(pk_load(&pk_header(k)->repairs), 0);
	CHECK_EQUAL(ms_passed(), 0);
}

static void prepare_dying_owner(void)
{
	make_port(4);
	first = enters("victim");
	second = enters("one");
	third = enters("another");
	begins(first, sends, 'a');
	begins(second, looks, 0);
	begins(third, looks, 0);
	may_die(first);
}

static void verify_dying_owner(void)
{
	struct pk_port_status status;
	CHECK_EQUAL(pk_port_inspect(k, port, &status), 0);
	CHECK(status.count <= 1);
	CHECK(result_of(second) <= status.count && result_of(third) <= status.count);
	if (!has_died(first))
		CHECK_EQUAL(status.count, 1);
	HOLDS(status.count ? "a" : "");
	reap_the_dead();
	CHECK(!has_died(first) || !is_named(task_of(first)));
}

/* ---- three register, of whom one may die: each has a slot of its own */

static int64_t registers(struct portico *kernel, int64_t with)
{
	(void)with;
	return pk_enter(kernel);
}

static void prepare_registering(void)
{
	first = arrives("one");
	second = arrives("another");
	third = arrives("victim");
	begins(first, registers, 0);
	begins(second, registers, 0);
	begins(third, registers, 0);
	may_die(third);
}

static void verify_registering(void)
{
	CHECK_EQUAL(result_of(first), 0);
	CHECK_EQUAL(result_of(second), 0);
	CHECK(pk_id_slot(task_of(first)) != pk_id_slot(task_of(second)));
	for (int i = 0; i < 2; i++) {
		pk_id id = task_of(i ? second : first);
		struct pk_task *task = pk_task_of(k, pk_id_slot(id));
		CHECK(task && pk_load(&task->head.word) == pk_word(PK_LIVE, id));
	}
	if (has_died(third))
		return;
	CHECK(pk_id_slot(task_of(third)) != pk_id_slot(task_of(first)) &&
	      pk_id_slot(task_of(third)) != pk_id_slot(task_of(second)));
}

static const struct exploration explorations[] = {
	{ "deadline", prepare_deadline, verify_deadline, 1 },
	{ "two-receivers", prepare_two_receivers, verify_two_receivers, 1 },
	{ "full", prepare_full, verify_full, 1 },
	{ "rendezvous", prepare_rendezvous, verify_rendezvous, 1 },
	{ "dying-sender", prepare_dying_sender, verify_dying_sender, 1 },
	{ "dying-receiver", prepare_dying_receiver, verify_dying_receiver, 1 },
	{ "end", prepare_end, verify_end, 1 },
	{ "lock", prepare_lock, verify_lock, 2 },
	{ "dying-owner", prepare_dying_owner, verify_dying_owner, 1 },
	{ "registering", prepare_registering, verify_registering, 1 },
	{ 0 },
};

int main(int argc, char **argv)
{
	return run_explorations(explorations, argc, argv);
}
