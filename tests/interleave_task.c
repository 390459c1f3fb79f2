/* SPDX-License-Identifier: MIT */
/* Races of the living about the dead: core/task.h, D1 to D4, exec and
 * registering. */
#include "interleave_mail.h"
#include "name.h"
#include "semaphore.h"

#include <sys/sem.h>

#define UNDONE "task: all undone, slot not freed"
#define NOT_LIVE "task: filled in, not live"
#define IMAGE_ABANDONED "task: image abandoned, not noted"
#define MOVING "task: adjustment not moved"
#define LOCKING "swap in pk_lock*" /* it has decided to */
#define CLAIMING_A_TASK "swap in claim_task"
#define COMMITTED "semaphore: committed, nothing done"
#define APPLIED "set: undone, adjustment not freed"

/* ---- deeds */

static pk_id set;

static void make_set(uint16_t value)
{
	CHECK_EQUAL(pk_set_create(k, 0, 1, 0600, &set), 0);
	CHECK_EQUAL(pk_set_store(k, set, 0, 1, &value), 0);
}

static int value(void)
{
	uint16_t now;
	CHECK(pk_set_valid(k, set));
	CHECK_EQUAL(pk_set_load(k, set, &now), 0);
	return now;
}

/* Takes one of the semaphore, until its end. */
static int64_t borrows(struct portico *kernel, int64_t with)
{
	struct pk_semaphore_part part = { 0, -1, SEM_UNDO };
	(void)with;
	return pk_set_operate(kernel, set, &part, 1, PK_FOREVER);
}

static int64_t leaves(struct portico *kernel, int64_t with)
{
	(void)with;
	pk_task_leave(kernel);
	return 0;
}

static int64_t registers(struct portico *kernel, int64_t with)
{
	(void)with;
	return pk_enter(kernel);
}

/* Something of everything that a task may have. */
static int64_t has_something_of_everything(struct portico *kernel, int64_t with)
{
	struct pk_post post = { .tell = PK_TELL_THREAD, .until_ns = PK_FOREVER };
	struct pk_want any = PK_WANT_ANY, another = { .select = PK_TYPE, .type = 7, .room = UINT32_MAX };
	uint32_t message, wait, slot;
	CHECK_EQUAL(borrows(kernel, with), 0);
	CHECK_EQUAL(pk_port_receive(kernel, port, &any, NULL, &message, NULL), 0); /* held */
	CHECK_EQUAL(pk_port_receive(kernel, port, &another, &post, &message, &wait), PK_POSTED);
	CHECK_EQUAL(pk_message_make_from(kernel, "g", 1, 7, &message), 0);
	CHECK_EQUAL(pk_port_send(kernel, port, message, NULL, NULL), 0); /* granted to itself */
	CHECK_EQUAL(pk_port_receive(kernel, port, &another, &post, &message, &wait), PK_POSTED);
	CHECK_EQUAL(pk_message_make_from(kernel, "f", 1, 1, &message), 0); /* filled, not sent */
	CHECK_EQUAL(pk_claim(kernel, PK_PORTS, &slot), 0);
	CHECK_EQUAL(pk_names_lock(kernel), 0);
	struct pk_object *locked = pk_object_lock_slot(kernel, PK_PORTS, pk_id_slot(port));
	CHECK(locked != NULL);
	interleave_point("has everything");
	return 0;
}

static uint64_t reaped(void)
{
	return pk_load(&pk_header(k)->reaped);
}

/* ---- D1: the slot is freed last */

static void reaper_dies(const char *where)
{
	struct actor *holder = enters("holder"), *first = enters("first"), *second = enters("second"),
		     *comer = arrives("comer");
	make_port(4);
	put('a');
	pk_id dead = task_of(holder);
	begins(holder, receives, FOR_EVER);
	reaches(holder, RECEIVED);
	dies(holder);
	begins(first, sweeps, 0);
	reaches(first, where);
	dies(first);
	does(comer, registers, 0, 0);
	CHECK(pk_id_slot(task_of(comer)) != pk_id_slot(dead));
	does(second, sweeps, 0, 0);
	CHECK(!is_named(dead));
	CHECK(!is_named(task_of(first)));
	HOLDS("a");
}

static void d1_reaper_dies_at_the_start(void)
{
	reaper_dies(REAPING);
}
static void d1_reaper_dies_midway(void)
{
	reaper_dies("transfer: given back, on no list");
}
static void d1_reaper_dies_at_the_end(void)
{
	reaper_dies(UNDONE);
}

static void d1_two_reapers(void)
{
	struct actor *dead = enters("dead"), *first = enters("first"), *second = enters("second"),
		     *receiver = enters("receiver");
	make_port(4);
	begins(receiver, receives, FOR_EVER);
	sleeps(receiver);
	dies(dead);
	begins(first, sweeps, 0);
	reaches(first, REAPING);
	begins(second, sweeps, 0);
	blocks(second);
	passes_ms(A_TICK);
	blocks(second);
	sleeps(receiver); /* who only looks round doesn't wait for a reaper */
	ends(first, 0);
	ends(second, 0);
	CHECK_EQUAL(reaped(), 1);
	put('a');
	ends(receiver, 'a');
}

/* Two see it dead; one reaps it, and another moves in, before the second has
 * the lock. */
static void d1_another_moved_in(void)
{
	struct actor *dead = enters("dead"), *late = enters("late"), *comer = arrives("comer");
	make_port(4);
	dies(dead);
	begins(late, sweeps, 0);
	reaches(late, LOCKING);
	reap_the_dead();
	does(comer, registers, 0, 0);
	CHECK_EQUAL(pk_id_slot(task_of(comer)), pk_id_slot(task_of(dead)));
	ends(late, 0);
	CHECK_EQUAL(reaped(), 1);
	CHECK(pk_task_of(k, pk_id_slot(task_of(comer))) != NULL);
	does(comer, sends, 'a', 0);
	HOLDS("a");
}

/* ---- D2: nothing names the dead */

static void d2_nothing_names_the_dead(void)
{
	struct actor *dead = enters("dead");
	make_set(1);
	make_port(4);
	put('a');
	begins(dead, has_something_of_everything, 0);
	reaches(dead, "has everything");
	dies(dead);
	CHECK(is_named(task_of(dead)));
	reap_the_dead();
	CHECK(!is_named(task_of(dead)));
	HOLDS("ag");
	CHECK_EQUAL(value(), 1);
}

/* ---- D3: the kernel says who is dead */

static void d3_the_stopped_live(void)
{
	struct actor *sender = enters("sender"), *receiver = enters("receiver");
	make_port(4);
	begins(receiver, receives, FOR_EVER);
	sleeps(receiver);
	begins(sender, sends, 'a');
	reaches(sender, GRANTED);
	for (int i = 0; i < 20; i++) {
		passes_ms(3600000);
		reap_the_dead();
		blocks(receiver); /* it looks for its place in the line */
	}
	ends(sender, 0);
	ends(receiver, 'a');
	CHECK_EQUAL(reaped(), 0);
}

/* The new image comes while another sees to what the old one left. */
static void d3_exec_under_a_sweep(void)
{
	struct actor *old = enters("process"), *sweeper = enters("sweeper");
	make_set(1);
	does(old, borrows, 0, 0);
	struct actor *new = execs(old);
	begins(sweeper, sweeps, 0);
	reaches(sweeper, IMAGE_ABANDONED);
	begins(new, registers, 0);
	blocks(new);
	ends(sweeper, 0);
	ends(new, 0);
	CHECK(!is_named(task_of(old)));
	CHECK_EQUAL(value(), 0); /* borrowed still */
	dies(new);
	reap_the_dead();
	CHECK_EQUAL(value(), 1);
}

static void d3_dies_while_it_takes_over(void)
{
	struct actor *old = enters("process"), *sweeper = enters("sweeper");
	make_set(1);
	does(old, borrows, 0, 0);
	struct actor *new = execs(old);
	begins(new, registers, 0);
	reaches(new, MOVING);
	begins(sweeper, sweeps, 0);
	blocks(sweeper);
	dies(new);
	passes_ms(2);
	ends(sweeper, 0);
	CHECK(!is_named(task_of(old)));
	CHECK(!is_named(task_of(new)));
	CHECK_EQUAL(value(), 1);
}

static void d3_the_old_image_waited(void)
{
	struct actor *old = enters("process"), *second = enters("second");
	make_port(4);
	make_set(1);
	does(old, borrows, 0, 0);
	begins(old, receives, FOR_EVER);
	sleeps(old);
	begins(second, receives, FOR_EVER);
	sleeps(second);
	execs(old); /* its new image never comes here */
	put('a');
	CHECK(is_asleep(second));
	passes_ms(A_TICK);
	ends(second, 'a');
	CHECK_EQUAL(value(), 0);
}

/* ---- D4: each step again is each step once */

static void applied_once(deed *does_it, bool alive, const char *where)
{
	struct actor *borrower = enters("borrower"), *first = enters("first"), *second = enters("second");
	make_set(1);
	does(borrower, borrows, 0, 0);
	CHECK_EQUAL(value(), 0);
	if (!alive)
		dies(borrower);
	begins(alive ? borrower : first, does_it, 0);
	reaches(alive ? borrower : first, where);
	dies(alive ? borrower : first);
	does(second, sweeps, 0, 0);
	CHECK_EQUAL(value(), 1);
	CHECK(!is_named(task_of(borrower)));
}

static void d4_reaper_dies_before_the_adjustment(void)
{
	applied_once(sweeps, false, COMMITTED);
}
static void d4_reaper_dies_after_the_adjustment(void)
{
	applied_once(sweeps, false, APPLIED);
}
static void d4_dies_leaving(void)
{
	applied_once(leaves, true, APPLIED);
}

/* ---- registering */

static void two_claim_one_slot(void)
{
	struct actor *first = arrives("first"), *second = arrives("second");
	begins(first, registers, 0);
	reaches(first, CLAIMING_A_TASK);
	does(second, registers, 0, 0);
	ends(first, 0);
	CHECK(task_of(first) != task_of(second));
	CHECK(pk_task_of(k, pk_id_slot(task_of(first)))->pid !=
	      pk_task_of(k, pk_id_slot(task_of(second)))->pid);
}

/* Who died registering leaves its slot to the next; of two who come upon it one
 * gets it. */
static void two_claim_an_abandoned_slot(void)
{
	struct actor *dead = arrives("dead"), *first = arrives("first"), *second = arrives("second");
	begins(dead, registers, 0);
	reaches(dead, NOT_LIVE);
	dies(dead);
	begins(first, registers, 0);
	reaches(first, CLAIMING_A_TASK);
	does(second, registers, 0, 0);
	ends(first, 0);
	CHECK(task_of(first) != task_of(second));
	CHECK(pk_id_slot(task_of(second)) < pk_id_slot(task_of(first)));
}

/* Who is slow to register isn't taken for dead. */
static void slow_to_register(void)
{
	struct actor *first = arrives("first"), *second = arrives("second");
	begins(first, registers, 0);
	reaches(first, NOT_LIVE);
	passes_ms(3600000);
	reap_the_dead();
	does(second, registers, 0, 0);
	ends(first, 0);
	CHECK(pk_id_slot(task_of(first)) != pk_id_slot(task_of(second)));
}

static const struct test_case scripts[] = {
	{ "D1-reaper-dies-at-the-start", d1_reaper_dies_at_the_start },
	{ "D1-reaper-dies-midway", d1_reaper_dies_midway },
	{ "D1-reaper-dies-at-the-end", d1_reaper_dies_at_the_end },
	{ "D1-two-reapers", d1_two_reapers },
	{ "D1-another-moved-in", d1_another_moved_in },
	{ "D2-nothing-names-the-dead", d2_nothing_names_the_dead },
	{ "D3-the-stopped-live", d3_the_stopped_live },
	{ "D3-exec-under-a-sweep", d3_exec_under_a_sweep },
	{ "D3-dies-while-it-takes-over", d3_dies_while_it_takes_over },
	{ "D3-the-old-image-waited", d3_the_old_image_waited },
	{ "D4-reaper-dies-before-the-adjustment", d4_reaper_dies_before_the_adjustment },
	{ "D4-reaper-dies-after-the-adjustment", d4_reaper_dies_after_the_adjustment },
	{ "D4-dies-leaving", d4_dies_leaving },
	{ "registering-two-claim-one-slot", two_claim_one_slot },
	{ "registering-two-claim-an-abandoned-slot", two_claim_an_abandoned_slot },
	{ "registering-slowly", slow_to_register },
	{ 0 },
};

int main(int argc, char **argv)
{
	return run_scripts(scripts, argc, argv);
}
