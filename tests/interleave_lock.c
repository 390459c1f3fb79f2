/* SPDX-License-Identifier: MIT */
/* Races for locks and for slots: core/lock.h, L1 to L4, and core/table.h, T1 to T3. */
#include "interleave_mail.h"

#define HOLDING "holding"		 /* ours: it has the port's lock */
#define MARKING "swap in pk_lock_slowly" /* before it sets the waiters flag, or swaps itself in */
#define CLAIMING "table: claimed, still on the free list"
#define FREED "table: free, not on the free list"
#define UNDONE "task: all undone, slot not freed"
#define COMMITTING "pk_allocate"
#define BELIEVING "swap in pk_committed_anew"

/* ---- L */

static int64_t holds(struct portico *kernel, int64_t with)
{
	struct pk_port *locked;
	(void)with;
	CHECK_EQUAL(pk_object_lock(kernel, PK_PORTS, port, &locked), 0);
	interleave_point(HOLDING);
	pk_object_unlock(locked);
	return 0;
}

static bool is_held_by(const struct actor *actor)
{
	struct pk_port *locked = pk_slot(k, PK_PORTS, pk_id_slot(port));
	return pk_lock_held_by(&locked->lock, task_of(actor));
}

/* How often a lock was inherited. */
static uint64_t repairs(void)
{
	return pk_load(&pk_header(k)->repairs);
}

static void l1_never_taken_from_the_living(void)
{
	struct actor *owner = enters("owner"), *contender = enters("contender");
	make_port(1);
	begins(owner, holds, 0);
	reaches(owner, HOLDING);
	begins(contender, holds, 0);
	blocks(contender);
	for (int i = 0; i < 20; i++) {
		passes_ms(3600000);
		reap_the_dead();
		blocks(contender);
	}
	CHECK(is_held_by(owner));
	ends(owner, 0);
	ends(contender, 0);
	CHECK_EQUAL(repairs(), 0);
}

/* The owner that the contender saw is gone, and another holds it, when it sets the flag. */
static void l1_flag_meets_another_owner(void)
{
	struct actor *owner = enters("owner"), *contender = enters("contender"), *third = enters("third");
	make_port(1);
	begins(owner, holds, 0);
	reaches(owner, HOLDING);
	begins(contender, holds, 0);
	reaches(contender, MARKING);
	ends(owner, 0);
	begins(third, holds, 0);
	reaches(third, HOLDING);
	blocks(contender);
	CHECK(is_held_by(third));
	ends(third, 0);
	ends(contender, 0);
	CHECK_EQUAL(repairs(), 0);
}

/* Two see the same owner dead. */
static void l2_one_inherits(void)
{
	struct actor *owner = enters("owner"), *first = enters("first"), *second = enters("second");
	make_port(1);
	begins(owner, holds, 0);
	reaches(owner, HOLDING);
	dies(owner);
	begins(first, holds, 0);
	reaches(first, INHERITING);
	begins(second, holds, 0);
	reaches(second, INHERITING);
	reaches(first, HOLDING);
	blocks(second);
	CHECK(is_held_by(first));
	ends(first, 0);
	ends(second, 0);
	CHECK_EQUAL(repairs(), 1);
}

static void l2_the_heir_dies(void)
{
	struct actor *owner = enters("owner"), *first = enters("first"), *second = enters("second");
	make_port(1);
	put('a');
	begins(owner, holds, 0);
	reaches(owner, HOLDING);
	begins(second, holds, 0);
	blocks(second);
	dies(owner);
	begins(first, holds, 0);
	reaches(first, INHERITING);
	reaches(first, "load in take_in"); /* the lock is its, the queue empty */
	passes_ms(2);
	blocks(second); /* the heir lives */
	dies(first);
	passes_ms(A_TICK);
	ends(second, 0);
	CHECK_EQUAL(repairs(), 2);
	HOLDS("a");
}

/* Unlocked between the contender's look and its flag: nobody is woken, so it may not sleep. */
static void l3_unlocked_before_the_flag(void)
{
	struct actor *owner = enters("owner"), *contender = enters("contender");
	make_port(1);
	begins(owner, holds, 0);
	reaches(owner, HOLDING);
	begins(contender, holds, 0);
	reaches(contender, MARKING);
	ends(owner, 0);
	ends(contender, 0);
	CHECK_EQUAL(repairs(), 0);
}

/* Unlocked between its flag and its sleep: the wake finds nobody. */
static void l3_unlocked_before_the_sleep(void)
{
	struct actor *owner = enters("owner"), *contender = enters("contender");
	make_port(1);
	begins(owner, holds, 0);
	reaches(owner, HOLDING);
	begins(contender, holds, 0);
	reaches(contender, BEFORE_SLEEPING);
	ends(owner, 0);
	ends(contender, 0);
	CHECK_EQUAL(repairs(), 0);
}

/* Unlocked, and taken by another without the flag, before it sleeps. */
static void l3_changed_hands_before_the_sleep(void)
{
	struct actor *owner = enters("owner"), *contender = enters("contender"), *third = enters("third");
	make_port(1);
	begins(owner, holds, 0);
	reaches(owner, HOLDING);
	begins(contender, holds, 0);
	reaches(contender, BEFORE_SLEEPING);
	ends(owner, 0);
	begins(third, holds, 0);
	reaches(third, HOLDING);
	blocks(contender);
	ends(third, 0);
	ends(contender, 0);
	CHECK_EQUAL(repairs(), 0);
}

/* Two sleep, one is woken: its unlocking wakes the other. */
static void l3_woken_one_after_the_other(void)
{
	struct actor *owner = enters("owner"), *first = enters("first"), *second = enters("second");
	make_port(1);
	begins(owner, holds, 0);
	reaches(owner, HOLDING);
	begins(first, holds, 0);
	blocks(first);
	begins(second, holds, 0);
	blocks(second);
	ends(owner, 0);
	CHECK(is_asleep(second));
	ends(first, 0);
	ends(second, 0);
	CHECK_EQUAL(repairs(), 0);
}

/* The one that was woken comes too late, and sleeps again; the barger knows nothing of the other. */
static void l3_woken_too_late(void)
{
	struct actor *owner = enters("owner"), *first = enters("first"), *second = enters("second"),
		     *barger = enters("barger");
	make_port(1);
	begins(owner, holds, 0);
	reaches(owner, HOLDING);
	begins(first, holds, 0);
	blocks(first);
	begins(second, holds, 0);
	blocks(second);
	ends(owner, 0);
	begins(barger, holds, 0);
	reaches(barger, HOLDING);
	blocks(first);
	ends(barger, 0);
	ends(second, 0); /* it slept longer */
	ends(first, 0);
	CHECK_EQUAL(repairs(), 0);
}

/* Whoever was woken dies before it takes the lock: the other is late, not lost. */
static void l3_the_woken_dies(void)
{
	struct actor *owner = enters("owner"), *first = enters("first"), *second = enters("second");
	make_port(1);
	begins(owner, holds, 0);
	reaches(owner, HOLDING);
	begins(first, holds, 0);
	blocks(first);
	begins(second, holds, 0);
	blocks(second);
	ends(owner, 0);
	dies(first);
	passes_ms(A_TICK);
	ends(second, 0);
	CHECK_EQUAL(repairs(), 0);
}

static int64_t registers(struct portico *kernel, int64_t with)
{
	(void)with;
	return pk_enter(kernel);
}

/* While a lock names it a dead task's slot isn't given away; when it is, the lock doesn't. */
static void l4_slot_while_a_lock_names_it(void)
{
	struct actor *owner = enters("owner"), *reaper = enters("reaper"), *early = arrives("early"),
		     *late = arrives("late");
	make_port(1);
	pk_id dead = task_of(owner);
	begins(owner, holds, 0);
	reaches(owner, HOLDING);
	dies(owner);
	begins(reaper, sweeps, 0);
	reaches(reaper, REAPING);
	does(early, registers, 0, 0);
	CHECK(pk_id_slot(task_of(early)) != pk_id_slot(dead));
	CHECK(is_held_by(owner));
	reaches(reaper, UNDONE);
	CHECK(!is_held_by(owner));
	ends(reaper, 0);
	does(late, registers, 0, 0);
	CHECK(task_of(late) != dead);
	CHECK(!is_named(dead));
	begins(late, holds, 0);
	reaches(late, HOLDING);
	CHECK(!is_held_by(owner) && is_held_by(late));
	ends(late, 0);
}

/* ---- T */

#define HOW_MANY 40

static uint32_t claimed[HOW_MANY];

/* So many slots of a table, at `claimed`. */
static int64_t claims(struct portico *kernel, int64_t count)
{
	CHECK_EQUAL(pk_enter(kernel), 0);
	for (int64_t i = 0; i < count; i++)
		CHECK_EQUAL(pk_claim(kernel, PK_ADJUSTS, &claimed[i]), 0);
	return 0;
}

static int64_t claims_and_releases(struct portico *kernel, int64_t with)
{
	uint32_t slot;
	(void)with;
	CHECK_EQUAL(pk_enter(kernel), 0);
	CHECK_EQUAL(pk_claim(kernel, PK_ADJUSTS, &slot), 0);
	pk_release(kernel, PK_ADJUSTS, slot);
	return 0;
}

static int64_t commits(struct portico *kernel, int64_t slots)
{
	CHECK_EQUAL(pk_enter(kernel), 0);
	return pk_table_commit(kernel, PK_SETS, (uint32_t)slots);
}

/* Two grow a table at once, without a lock. */
static void t1_grown_by_two(void)
{
	struct actor *little = enters("little"), *much = enters("much");
	begins(little, commits, 2000);
	reaches(little, COMMITTING);
	does(much, commits, 9000, 0);
	CHECK(pk_committed(k, PK_SETS) >= 9000);
	ends(little, 0);
	struct actor *late = enters("late"); /* believes what it finds */
	CHECK(pk_committed(kernel_of(late), PK_SETS) >= 9000);
	for (uint32_t slot = 1; slot < pk_committed(k, PK_SETS); slot++)
		memset(pk_slot(k, PK_SETS, slot), 0, sizeof(struct pk_set)); /* it is there */
}

/* How many there are, as a thread of another actor's process sees it. */
static const struct actor *process;

static int64_t sees(struct portico *kernel, int64_t with)
{
	(void)kernel;
	(void)with;
	return pk_committed(kernel_of(process), PK_SETS);
}

/* Of two threads one believes more, while the other comes to believe less. */
static void t1_seen_by_two_threads(void)
{
	struct actor *first = enters("first"), *second = enters("second"), *other = enters("other");
	process = first;
	does(other, commits, 2000, 0);
	int64_t less = pk_committed(k, PK_SETS);
	begins(first, sees, 0);
	reaches(first, BELIEVING);
	does(other, commits, 9000, 0);
	int64_t more = pk_committed(k, PK_SETS);
	CHECK(less < more);
	does(second, sees, 0, more);
	ends(first, more);
}

static uint32_t slots_of(pk_id task)
{
	uint32_t count = 0;
	for (uint32_t slot = 1; slot < pk_committed(k, PK_ADJUSTS); slot++) {
		struct pk_head *head = pk_slot(k, PK_ADJUSTS, slot);
		count += pk_load(&head->word) == pk_word(PK_CLAIMED, task);
	}
	return count;
}

/* None twice, and none that is the dead's. */
static void check_claimed(const struct actor *by)
{
	bool *seen = calloc(pk_committed(k, PK_ADJUSTS), sizeof *seen);
	CHECK(seen != NULL);
	for (int i = 0; i < HOW_MANY; i++) {
		struct pk_head *head = pk_slot(k, PK_ADJUSTS, claimed[i]);
		CHECK(pk_load(&head->word) == pk_word(PK_CLAIMED, task_of(by)));
		CHECK(!seen[claimed[i]]);
		seen[claimed[i]] = true;
	}
	free(seen);
}

static void t2_claimer_dies(void)
{
	struct actor *first = enters("first"), *second = enters("second");
	begins(first, claims, 1);
	reaches(first, CLAIMING);
	dies(first);
	uint32_t lost = slots_of(task_of(first));
	CHECK(lost >= 1); /* T3: the word names it at once */
	does(second, claims, HOW_MANY, 0);
	check_claimed(second);
	CHECK_EQUAL(slots_of(task_of(first)), lost);
	CHECK(pk_table_valid(k, PK_ADJUSTS));
}

static void t2_releaser_dies(void)
{
	struct actor *first = enters("first"), *second = enters("second");
	begins(first, claims_and_releases, 0);
	reaches(first, FREED);
	begins(second, claims, HOW_MANY);
	blocks(second);
	dies(first);
	passes_ms(2);
	ends(second, 0);
	check_claimed(second);
	CHECK(pk_table_valid(k, PK_ADJUSTS));
}

static void t3_what_the_dead_claimed_is_free(void)
{
	struct actor *first = enters("first"), *second = enters("second");
	begins(first, claims, 2);
	reaches(first, CLAIMING);
	reaches(first, CLAIMING);
	dies(first);
	CHECK(slots_of(task_of(first)) >= 2);
	reap_the_dead();
	CHECK(!is_named(task_of(first)));
	CHECK(pk_table_valid(k, PK_ADJUSTS));
	does(second, claims, HOW_MANY, 0);
	check_claimed(second);
}

static const struct test_case scripts[] = {
	{ "L1-never-taken-from-the-living", l1_never_taken_from_the_living },
	{ "L1-flag-meets-another-owner", l1_flag_meets_another_owner },
	{ "L2-one-inherits", l2_one_inherits },
	{ "L2-the-heir-dies", l2_the_heir_dies },
	{ "L3-unlocked-before-the-flag", l3_unlocked_before_the_flag },
	{ "L3-unlocked-before-the-sleep", l3_unlocked_before_the_sleep },
	{ "L3-changed-hands-before-the-sleep", l3_changed_hands_before_the_sleep },
	{ "L3-woken-one-after-the-other", l3_woken_one_after_the_other },
	{ "L3-woken-too-late", l3_woken_too_late },
	{ "L3-the-woken-dies", l3_the_woken_dies },
	{ "L4-slot-while-a-lock-names-it", l4_slot_while_a_lock_names_it },
	{ "T1-grown-by-two", t1_grown_by_two },
	{ "T1-seen-by-two-threads", t1_seen_by_two_threads },
	{ "T2-claimer-dies", t2_claimer_dies },
	{ "T2-releaser-dies", t2_releaser_dies },
	{ "T3-what-the-dead-claimed-is-free", t3_what_the_dead_claimed_is_free },
	{ 0 },
};

int main(int argc, char **argv)
{
	return run_scripts(scripts, argc, argv);
}
