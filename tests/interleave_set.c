/* SPDX-License-Identifier: MIT */
/* Races for semaphores: core/semaphore.h, S1 to S5. */
#include "interleave.h"
#include "semaphore.h"

#include <sys/sem.h>

#define POSTING "wait: filled in, not posted"
#define GIVEN_UP "wait: given up, still on its list"
#define AT_ONCE "semaphore: at once, before the store"
#define PLANNED "semaphore: planned, not committed"
#define COMMITTED "semaphore: committed, nothing done"
#define GRANTED "semaphore: granted, nothing done"
#define ONE_STORED "semaphore: value stored, adjustment not"
#define CLEARED "semaphore: intent cleared"
#define DYING "set: dying"
#define ADJUSTMENT_UNLISTED "adjust: of its set, on no list"
#define BEFORE_SLEEPING "pk_sleep"
#define BEFORE_WAKING "pk_wake"

static pk_id set;

static void make_set(void)
{
	CHECK_EQUAL(pk_set_create(k, 0, 2, 0600, &set), 0);
}

static int value(uint16_t semaphore)
{
	uint16_t values[2];
	CHECK(pk_set_valid(k, set));
	CHECK_EQUAL(pk_set_load(k, set, values), 0);
	return values[semaphore];
}

/* ---- deeds */

static int64_t operate(struct portico *kernel, int first, int second, int16_t flags, int64_t until_ns)
{
	struct pk_semaphore_part parts[2];
	uint32_t count = 0;
	if (first)
		parts[count++] = (struct pk_semaphore_part){ 0, (int16_t)first, flags };
	if (second)
		parts[count++] = (struct pk_semaphore_part){ 1, (int16_t)second, flags };
	return pk_set_operate(kernel, set, parts, count, until_ns);
}

/* The first semaphore. */
static int64_t changes(struct portico *kernel, int64_t by)
{
	return operate(kernel, (int)by, 0, 0, PK_FOREVER);
}
static int64_t changes_within_50ms(struct portico *kernel, int64_t by)
{
	return operate(kernel, (int)by, 0, 0, pk_monotonic_ns() + 50000000);
}
static int64_t changes_until_its_end(struct portico *kernel, int64_t by)
{
	return operate(kernel, (int)by, 0, SEM_UNDO, PK_FOREVER);
}
static int64_t changes_both(struct portico *kernel, int64_t by)
{
	return operate(kernel, (int)by, (int)by, 0, PK_FOREVER);
}
static int64_t changes_second(struct portico *kernel, int64_t by)
{
	return operate(kernel, 0, (int)by, 0, PK_FOREVER);
}
/* From the second to the first. */
static int64_t moves(struct portico *kernel, int64_t by)
{
	return operate(kernel, (int)by, -(int)by, 0, PK_FOREVER);
}

static int64_t stores(struct portico *kernel, int64_t first)
{
	uint16_t values[2] = { (uint16_t)first, 0 };
	return pk_set_store(kernel, set, 0, 2, values);
}

static int64_t destroys(struct portico *kernel, int64_t with)
{
	(void)with;
	return pk_set_destroy(kernel, set);
}

static int64_t sweeps(struct portico *kernel, int64_t with)
{
	(void)with;
	pk_task_sweep(kernel, true);
	return 0;
}

/* ---- S1, S2: all or none, once */

static void dies_at(const char *where, int should)
{
	struct actor *giver = enters("giver"), *taker = enters("taker");
	make_set();
	begins(giver, changes_both, 1);
	reaches(giver, where);
	begins(taker, changes_both, -1);
	blocks(taker);
	dies(giver);
	passes_ms(2);
	if (should) {
		ends(taker, 0);
	} else {
		sleeps(taker);
		CHECK_EQUAL(changes_both(k, 1), 0);
		ends(taker, 0);
	}
	CHECK_EQUAL(value(0), 0);
	CHECK_EQUAL(value(1), 0);
}

static void s1_dies_before_it_commits(void)
{
	dies_at(PLANNED, 0);
}
static void s1_dies_committed(void)
{
	dies_at(COMMITTED, 1);
}
static void s1_dies_between_steps(void)
{
	dies_at(ONE_STORED, 1);
}

static void s2_the_heir_dies_between_steps(void)
{
	struct actor *giver = enters("giver"), *heir = enters("heir");
	make_set();
	begins(giver, changes_both, 1);
	reaches(giver, ONE_STORED);
	dies(giver);
	begins(heir, changes_second, 1);
	reaches(heir, ONE_STORED);
	dies(heir);
	CHECK_EQUAL(value(0), 1);
	CHECK_EQUAL(value(1), 1);
}

/* ---- S3: done if and only if granted */

static void granter_dies(const char *where)
{
	struct actor *taker = enters("taker"), *giver = enters("giver");
	make_set();
	begins(taker, changes, -1);
	sleeps(taker);
	begins(giver, changes, 1);
	reaches(giver, where);
	dies(giver);
	CHECK(is_asleep(taker));
	passes_ms(A_TICK);
	ends(taker, 0);
	CHECK_EQUAL(value(0), 0);
}

static void s3_granter_dies_before_granting(void)
{
	granter_dies(COMMITTED);
}
static void s3_granter_dies_after_granting(void)
{
	granter_dies(GRANTED);
}
static void s3_granter_dies_before_waking(void)
{
	granter_dies(BEFORE_WAKING);
}

/* It sees that it is granted, and ends the wait only when what it was granted is done. */
static void s3_granted_not_done(void)
{
	struct actor *taker = enters("taker"), *giver = enters("giver");
	make_set();
	begins(taker, changes, -1);
	reaches(taker, BEFORE_SLEEPING);
	begins(giver, changes, 1);
	reaches(giver, GRANTED);
	blocks(taker);
	ends(giver, 0);
	ends(taker, 0);
	CHECK_EQUAL(value(0), 0);
}

static void s3_granted_not_done_and_never(void)
{
	struct actor *taker = enters("taker"), *giver = enters("giver");
	make_set();
	begins(taker, changes, -1);
	reaches(taker, BEFORE_SLEEPING);
	begins(giver, changes, 1);
	reaches(giver, GRANTED);
	blocks(taker);
	dies(giver);
	passes_ms(A_TICK);
	ends(taker, 0);
	CHECK_EQUAL(value(0), 0);
}

static void s3_deadline_under_a_grant(void)
{
	struct actor *taker = enters("taker"), *giver = enters("giver");
	make_set();
	begins(taker, changes_within_50ms, -1);
	sleeps(taker);
	begins(giver, changes, 1);
	reaches(giver, COMMITTED);
	passes_ms(50);
	blocks(taker);
	ends(giver, 0);
	ends(taker, 0);
	CHECK_EQUAL(value(0), 0);
}

static void s3_deadline_before_a_grant(void)
{
	struct actor *taker = enters("taker"), *giver = enters("giver");
	make_set();
	begins(taker, changes_within_50ms, -1);
	sleeps(taker);
	passes_ms(50);
	reaches(taker, GIVEN_UP);
	begins(giver, changes, 1);
	blocks(giver);
	ends(taker, -EAGAIN);
	ends(giver, 0);
	CHECK_EQUAL(value(0), 1);
}

static void s3_taker_dies_granted(void)
{
	struct actor *taker = enters("taker"), *giver = enters("giver");
	make_set();
	begins(taker, changes_until_its_end, -1);
	sleeps(taker);
	does(giver, changes, 1, 0);
	CHECK_EQUAL(value(0), 0);
	dies(taker);
	CHECK_EQUAL(value(0), 1); /* who reports values looks for the dead first */
	CHECK(!is_named(task_of(taker)));
}

/* ---- S4: the line */

static void s4_posted_under_an_operation(void)
{
	struct actor *taker = enters("taker"), *giver = enters("giver");
	make_set();
	begins(taker, changes, -1);
	reaches(taker, POSTING);
	begins(giver, changes, 1);
	blocks(giver);
	sleeps(taker);
	ends(giver, 0);
	ends(taker, 0);
	CHECK_EQUAL(value(0), 0);
}

static void s4_taken_at_once(void)
{
	struct actor *first = enters("first"), *second = enters("second");
	make_set();
	does(first, changes, 1, 0); /* and knows the set from then on */
	begins(first, changes, -1);
	reaches(first, AT_ONCE);
	begins(second, changes, -1);
	blocks(second);
	ends(first, 0);
	sleeps(second);
	CHECK_EQUAL(changes(k, 1), 0);
	ends(second, 0);
	CHECK_EQUAL(value(0), 0);
}

static void s4_one_lets_another_go(void)
{
	struct actor *taker = enters("taker"), *mover = enters("mover"), *giver = enters("giver");
	make_set();
	begins(taker, changes, -1);
	sleeps(taker);
	begins(mover, moves, 1);
	sleeps(mover);
	does(giver, changes_second, 1, 0);
	ends(taker, 0);
	ends(mover, 0);
	CHECK_EQUAL(value(0), 0);
	CHECK_EQUAL(value(1), 0);
}

/* Its giver dies when the first of them was let go, and the second could go on. */
static void s4_the_line_is_gone_through_again(void)
{
	struct actor *taker = enters("taker"), *mover = enters("mover"), *giver = enters("giver");
	make_set();
	begins(taker, changes, -1);
	sleeps(taker);
	begins(mover, moves, 1);
	sleeps(mover);
	begins(giver, changes_second, 1);
	reaches(giver, CLEARED);
	dies(giver);
	passes_ms(A_TICK);
	ends(taker, 0);
	ends(mover, 0);
	CHECK_EQUAL(value(0), 0);
	CHECK_EQUAL(value(1), 0);
}

/* ---- S5: adjustments */

static void s5_dies_with_one_on_no_list(void)
{
	struct actor *taker = enters("taker");
	make_set();
	CHECK_EQUAL(changes(k, 1), 0);
	begins(taker, changes_until_its_end, -1);
	reaches(taker, ADJUSTMENT_UNLISTED);
	dies(taker);
	CHECK_EQUAL(value(0), 1);
	sweeps(k, 0);
	CHECK(!is_named(task_of(taker)));
	CHECK_EQUAL(value(0), 1);
}

static void s5_dies_between_value_and_adjustment(void)
{
	struct actor *taker = enters("taker");
	make_set();
	CHECK_EQUAL(changes(k, 1), 0);
	begins(taker, changes_until_its_end, -1);
	reaches(taker, ONE_STORED);
	dies(taker);
	CHECK_EQUAL(value(0), 1); /* taken, and given back */
	sweeps(k, 0);
	CHECK_EQUAL(value(0), 1);
}

/* An adjustment of a set that goes is dropped; whoever has its slot next has nothing to do with the dead. */
static void s5_the_set_goes_under_the_reaper(void)
{
	struct actor *taker = enters("taker"), *destroyer = enters("destroyer"), *reaper = enters("reaper");
	make_set();
	CHECK_EQUAL(changes(k, 1), 0);
	does(taker, changes_until_its_end, -1, 0);
	begins(destroyer, destroys, 0);
	reaches(destroyer, DYING);
	dies(taker);
	begins(reaper, sweeps, 0);
	blocks(reaper);
	ends(destroyer, 0);
	make_set();
	CHECK_EQUAL(changes(k, 1), 0);
	does(destroyer, changes_until_its_end, -1, 0);
	ends(reaper, 0);
	CHECK(!is_named(task_of(taker)));
	CHECK_EQUAL(value(0), 0);
	dies(destroyer);
	CHECK_EQUAL(value(0), 1);
}

/* SETVAL forgets the adjustments, though who stores dies at it. */
static void s5_forgotten_by_the_dead(void)
{
	struct actor *taker = enters("taker"), *storer = enters("storer");
	make_set();
	CHECK_EQUAL(changes(k, 1), 0);
	does(taker, changes_until_its_end, -1, 0);
	begins(storer, stores, 5);
	reaches(storer, COMMITTED);
	dies(storer);
	CHECK_EQUAL(value(0), 5);
	dies(taker);
	sweeps(k, 0);
	CHECK_EQUAL(value(0), 5);
}

static const struct test_case scripts[] = {
	{ "S1-dies-before-it-commits", s1_dies_before_it_commits },
	{ "S1-dies-committed", s1_dies_committed },
	{ "S1-dies-between-steps", s1_dies_between_steps },
	{ "S2-the-heir-dies-between-steps", s2_the_heir_dies_between_steps },
	{ "S3-granter-dies-before-granting", s3_granter_dies_before_granting },
	{ "S3-granter-dies-after-granting", s3_granter_dies_after_granting },
	{ "S3-granter-dies-before-waking", s3_granter_dies_before_waking },
	{ "S3-granted-not-done", s3_granted_not_done },
	{ "S3-granted-not-done-and-never", s3_granted_not_done_and_never },
	{ "S3-deadline-under-a-grant", s3_deadline_under_a_grant },
	{ "S3-deadline-before-a-grant", s3_deadline_before_a_grant },
	{ "S3-taker-dies-granted", s3_taker_dies_granted },
	{ "S4-posted-under-an-operation", s4_posted_under_an_operation },
	{ "S4-taken-at-once", s4_taken_at_once },
	{ "S4-one-lets-another-go", s4_one_lets_another_go },
	{ "S4-the-line-is-gone-through-again", s4_the_line_is_gone_through_again },
	{ "S5-dies-with-one-on-no-list", s5_dies_with_one_on_no_list },
	{ "S5-dies-between-value-and-adjustment", s5_dies_between_value_and_adjustment },
	{ "S5-the-set-goes-under-the-reaper", s5_the_set_goes_under_the_reaper },
	{ "S5-forgotten-by-the-dead", s5_forgotten_by_the_dead },
	{ 0 },
};

int main(int argc, char **argv)
{
	return run_scripts(scripts, argc, argv);
}
