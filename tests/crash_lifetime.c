/* SPDX-License-Identifier: MIT */
/*
 * kill -9 at every commit point of the lifetimes of System V objects, and of
 * their repair (crash.h): what is over is gone by the time a sweep has ended,
 * what somebody uses is there, and no record of a use outlives its task.
 */
#include "lifetime.h"

#include "crash.h"
#include "segment.h"
#include "semaphore.h"

#define KEY 4711

/* ---- the stage: a queue, a set and a segment, by one key */

static void live(uint32_t lifetime)
{
	CHECK_EQUAL(pk_lifetime_set(k, lifetime), 0);
}

static void make(void)
{
	static const struct pk_port_limits limits = { .slots = 4, .bytes = 64, .capacity = 256 };
	pk_id queue, set, segment;
	pk_port_create(k, PK_QUEUE, &limits, 0600, PK_NAME_MSG, &(int){ KEY }, sizeof(int), &queue);
	pk_set_create(k, KEY, 2, 0600, &set);
	pk_segment_create(k, KEY, PK_PAGE, 0600, &segment);
}

static const struct kind {
	unsigned table;
	enum pk_space space;
	int (*remove)(struct portico *k, pk_id id);
} kinds[] = {
	{ PK_PORTS, PK_NAME_MSG, pk_port_destroy },
	{ PK_SETS, PK_NAME_SEM, pk_set_destroy },
	{ PK_SEGMENTS, PK_NAME_SHM, pk_segment_remove },
};
#define KINDS (sizeof kinds / sizeof kinds[0])

static pk_id find(const struct kind *kind)
{
	pk_id id;
	return pk_name_look_up(k, kind->space, &(int){ KEY }, sizeof(int), &id) == 0 ? id : 0;
}

static void use(void)
{
	for (unsigned i = 0; i < KINDS; i++)
		if (find(&kinds[i]))
			pk_lifetime_use(k, kinds[i].table, find(&kinds[i]));
}

static unsigned count_of_objects(void)
{
	unsigned count = 0;
	for (unsigned i = 0; i < KINDS; i++)
		count += find(&kinds[i]) != 0;
	return count;
}

static void verify_gone(void)
{
	CHECK_EQUAL(count_of_objects(), 0);
}

static void verify_kept(void)
{
	CHECK_EQUAL(count_of_objects(), KINDS);
}

/* ---- bystanders: who makes, or uses, and stays */

static void stay(void (*action)(void))
{
	*bystander_result = 0;
	bystander = CHILD({
		action();
		*bystander_result = 1;
		pause();
	});
	for (int i = 0; i < 10000 && *(volatile int *)bystander_result == 0; i++)
		sleep_ms(1);
	CHECK_EQUAL(*bystander_result, 1);
}

/* ---- scenarios */

static void prepare_creator(void)
{
	live(PK_LIFETIME_CREATOR);
}
static void prepare_last_user(void)
{
	live(PK_LIFETIME_LAST_USER);
}
static void make_and_leave(void)
{
	make();
	pk_task_leave(k);
}

/* Who dies in the use of what a live process made leaves that as it is; the maker's end is that of all. */
static void prepare_maker(void)
{
	prepare_last_user();
	stay(make);
}
static void use_and_leave(void)
{
	use();
	pk_task_leave(k);
}
static void verify_kept_by_maker(void)
{
	verify_kept();
	kill_child(bystander);
	sweep();
	verify_gone();
}

/* Nobody has looked since its maker died: who does ends it. */
static void prepare_dead_creator(void)
{
	prepare_creator();
	stay(make);
	kill_child(bystander);
}
static void prepare_dead_last_user(void)
{
	prepare_maker();
	kill_child(bystander);
}

/* As after exec(): the victim takes over what another task used. */
static pk_id *former;

static void use_for_heir(void)
{
	use();
	*former = pk_self(k);
}
static void prepare_user(void)
{
	former = shared_memory(sizeof *former);
	prepare_last_user();
	make();
	stay(use_for_heir);
	kill_child(bystander);
}
static void inherit(void)
{
	pk_lifetimes_inherit(k, *former, pk_self(k));
}

static const struct scenario scenarios[] = {
	{ "creator", prepare_creator, make_and_leave, NULL, verify_gone },
	{ "last-user", prepare_last_user, make_and_leave, NULL, verify_gone },
	{ "use", prepare_maker, use_and_leave, NULL, verify_kept_by_maker },
	{ "end-of-creator", prepare_dead_creator, sweep, NULL, verify_gone },
	{ "end-of-last-user", prepare_dead_last_user, sweep, NULL, verify_gone },
	{ "inherit", prepare_user, inherit, NULL, verify_kept },
	{ 0 },
};

/* Who is recorded as a user lives. */
static bool uses_are_valid(void)
{
	uint32_t committed = pk_committed(k, PK_USES);
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_use *record = pk_slot(k, PK_USES, slot);
		uint64_t word = pk_load(&record->head.word);
		if (pk_word_kind(word) == PK_CLAIMED && !pk_task_alive(k, pk_word_id(word)))
			return false;
	}
	return true;
}

static void remove_all(void)
{
	for (unsigned i = 0; i < KINDS; i++)
		if (find(&kinds[i]))
			CHECK_EQUAL(kinds[i].remove(k, find(&kinds[i])), 0);
	sweep();
	verify_gone();
}

int main(int argc, char **argv)
{
	static const struct stage lifetimes = { scenarios, sweep, uses_are_valid, remove_all };
	return run_stage(&lifetimes, argc, argv);
}
