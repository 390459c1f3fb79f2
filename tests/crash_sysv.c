/* SPDX-License-Identifier: MIT */
/*
 * kill -9 at every commit point of every operation on semaphore sets, and of
 * its repair (crash.h): everything is valid, each operation
 * was done whole or not at all and each adjustment applied once, nobody hangs,
 * and nothing leaks.
 */
#include "crash.h"
#include "reserve.h"
#include "semaphore.h"

#include <sys/sem.h>

/* ---- the stage: a set of values 2, 0, 5 */

#define KEY 4711

static pk_id set;

struct change {
	int semaphore, by, flags;
};

static int operate(const struct change *changes, uint32_t count, int64_t until_ns)
{
	struct pk_semaphore_part parts[4];
	for (uint32_t i = 0; i < count; i++)
		parts[i] = (struct pk_semaphore_part){ (uint16_t)changes[i].semaphore, (int16_t)changes[i].by,
						       (int16_t)changes[i].flags };
	return pk_set_operate(k, set, parts, count, until_ns);
}

static int change(int semaphore, int by, int flags)
{
	return operate(&(struct change){ semaphore, by, flags }, 1, soon());
}

static int value(int semaphore)
{
	struct pk_semaphore_status status;
	CHECK_EQUAL(pk_semaphore_inspect(k, set, (uint32_t)semaphore, &status), 0);
	return (int)status.value;
}

static void prepare_set(void)
{
	uint16_t values[3] = { 2, 0, 5 };
	CHECK_EQUAL(pk_set_create(k, KEY, 3, 0600, &set), 0);
	CHECK_EQUAL(pk_set_store(k, set, 0, 3, values), 0);
	CHECK_EQUAL(pk_set_load(k, set, values), 0);
}

static void await_waiter(void)
{
	struct pk_set_status status = { 0 };
	for (int i = 0; i < 2000 && status.waiting == 0; i++, sleep_ms(1))
		CHECK_EQUAL(pk_set_inspect(k, set, &status), 0);
	CHECK_EQUAL(status.waiting, 1);
}

static void bystander_does(const struct change *changes, uint32_t count)
{
	prepare_set();
	*bystander_result = 1;
	bystander = CHILD(*bystander_result = operate(changes, count, soon()));
	await_waiter();
}

/* ---- scenarios */

static void take_one(void)
{
	change(0, -1, 0);
}
static void verify_one(void)
{
	CHECK(value(0) == 2 || value(0) == 1);
}

static void do_several(void)
{
	static const struct change several[] = { { 0, -1, 0 }, { 1, 1, 0 } };
	operate(several, 2, soon());
}
static void verify_several(void)
{
	CHECK((value(0) == 2 && value(1) == 0) || (value(0) == 1 && value(1) == 1));
}

static void take_with_undo(void)
{
	change(0, -1, SEM_UNDO);
}
static void several_with_undo(void)
{
	static const struct change several[] = { { 0, -1, SEM_UNDO }, { 1, 3, SEM_UNDO }, { 2, -1, 0 } };
	operate(several, 3, soon());
}
static void verify_undone(void)
{
	CHECK_EQUAL(value(0), 2);
	CHECK_EQUAL(value(1), 0);
	CHECK(value(2) == 5 || value(2) == 4);
}

static void take_and_leave(void)
{
	several_with_undo();
	pk_task_leave(k);
}

static void prepare_waiter(void)
{
	static const struct change down[] = { { 1, -1, 0 } };
	bystander_does(down, 1);
}
static void raise_one(void)
{
	change(1, 1, 0);
}
static void bystander_was_served(void)
{
	CHECK_EQUAL(change(1, 1, 0), 0); /* for the bystander, should the victim's not have come to be */
	join_child(bystander);
	CHECK_EQUAL(*bystander_result, 0);
}
static void verify_woken(void)
{
	bystander_was_served();
	CHECK(value(1) == 0 || value(1) == 1);
}

static void prepare_waiter_with_undo(void)
{
	static const struct change down[] = { { 1, -1, SEM_UNDO } };
	bystander_does(down, 1);
}
static void verify_woken_and_undone(void)
{
	bystander_was_served();
	CHECK(value(1) == 1 || value(1) == 2);
}

static void prepare_cascade(void)
{
	static const struct change both[] = { { 1, -1, 0 }, { 2, 1, 0 } };
	bystander_does(both, 2);
}
static void verify_cascade(void)
{
	bystander_was_served();
	CHECK(value(1) == 0 || value(1) == 1);
	CHECK_EQUAL(value(2), 6);
}

static void hold_one(void)
{
	CHECK_EQUAL(change(0, -1, SEM_UNDO), 0);
	*bystander_result = 0;
	for (;;)
		pause();
}
static void prepare_holder(void)
{
	prepare_set();
	*bystander_result = 1;
	bystander = CHILD(hold_one());
	while (*(volatile int *)bystander_result)
		sleep_ms(1);
}
static void store_one(void)
{
	uint16_t seven = 7;
	pk_set_store(k, set, 0, 1, &seven);
}
static void store_all(void)
{
	uint16_t values[3] = { 7, 8, 9 };
	pk_set_store(k, set, 0, 3, values);
}
static void verify_stored(void)
{
	kill_child(bystander);
	/* stored, and the holder's adjustment forgotten; or neither */
	int first = value(0), second = value(1), third = value(2);
	CHECK((first == 7 && second == 0 && third == 5) || (first == 7 && second == 8 && third == 9) ||
	      (first == 2 && second == 0 && third == 5));
}

static void wait_to_take(void)
{
	change(1, -1, 0);
}
static void wait_to_take_with_undo(void)
{
	change(1, -1, SEM_UNDO);
}
static void meanwhile_raise(void)
{
	sleep_ms(2);
	CHECK_EQUAL(change(1, 1, 0), 0);
}
static void verify_taken_or_not(void)
{
	CHECK(value(1) == 0 || value(1) == 1);
}
static void verify_given_back(void)
{
	CHECK_EQUAL(value(1), 1);
}

/* ---- by who knows the set, and has its lock to itself */

static const struct change three_down[] = { { 0, -1, SEM_UNDO }, { 1, 3, SEM_UNDO }, { 2, -1, 0 } };
static const struct change three_up[] = { { 0, 1, SEM_UNDO }, { 1, -3, SEM_UNDO }, { 2, 1, 0 } };

static void use(int times)
{
	while (times-- > 0) {
		CHECK_EQUAL(operate(three_down, 3, soon()), 0);
		CHECK_EQUAL(operate(three_up, 3, soon()), 0);
	}
}
static void use_once(void)
{
	use(1);
}
static void use_alone(void)
{
	use(100);
}
/* To the last time before its lock is reserved. */
static void use_until_then(void)
{
	struct pk_set *at = pk_slot(k, PK_SETS, pk_id_slot(set));
	for (int i = 0; i < 100; i++)
		use(1);
	CHECK_EQUAL(value(0), 2); /* which takes it back */
	for (int i = 0; i < 127 && !pk_is_reserved(pk_load(&at->lock)); i++)
		CHECK_EQUAL(change(2, i % 2 ? -1 : 1, 0), 0);
}
static void one_again(void)
{
	spared(use_once);
	take_one();
}
static void several_again(void)
{
	spared(use_once);
	several_with_undo();
}
static void one_alone(void)
{
	spared(use_alone);
	take_one();
}
static void undo_alone(void)
{
	spared(use_alone);
	take_with_undo();
}
static void several_alone(void)
{
	spared(use_alone);
	do_several();
}
static void undo_several_alone(void)
{
	spared(use_alone);
	several_with_undo();
}
static void reserve(void)
{
	spared(use_until_then);
	for (int i = 0; i < 4; i++)
		change(2, i % 2 ? -1 : 1, 0);
}
static void verify_reserved(void)
{
	CHECK(value(0) == 2 && value(1) == 0);
	CHECK(value(2) >= 4 && value(2) <= 7);
	CHECK_EQUAL(change(2, 1, 0), 0);
}

static void have_it_alone(void)
{
	use_alone();
	*bystander_result = 0;
	for (;;)
		pause();
}
static void prepare_owner(void)
{
	prepare_set();
	*bystander_result = 1;
	bystander = CHILD(have_it_alone());
	while (*(volatile int *)bystander_result)
		sleep_ms(1);
}
static void verify_asked_for(void)
{
	verify_one();
	kill_child(bystander);
	verify_one();
	CHECK_EQUAL(change(1, 1, 0), 0);
}

/* ---- the end of a wait */

static void give_up(void)
{
	operate(&(struct change){ 1, -1, SEM_UNDO }, 1, pk_monotonic_ns() + 1000000);
}
static void verify_unchanged(void)
{
	struct pk_set_status status;
	CHECK_EQUAL(pk_set_inspect(k, set, &status), 0);
	CHECK_EQUAL(status.waiting, 0);
	CHECK(value(0) == 2 && value(1) == 0 && value(2) == 5);
}

static void destroy_set(void)
{
	pk_set_destroy(k, set);
}
static void verify_destroyed(void)
{
	pk_id found;
	if (pk_name_look_up(k, PK_NAME_SEM, &(int){ KEY }, sizeof(int), &found) == 0)
		CHECK_EQUAL(change(1, 1, 0), 0);
	join_child(bystander);
	CHECK(*bystander_result == 0 || *bystander_result == -EIDRM);
}
static void verify_holder_survives(void)
{
	kill_child(bystander);
	sleep_ms(1);
}

static void prepare_nothing(void)
{
}
static void ask_for_an_id(void)
{
	pk_store(&pk_header(k)->sysv_next_id[1], 7 << PK_SYSV_SLOT_BITS | 30);
}

static void verify_set_made(void)
{
	if (pk_name_look_up(k, PK_NAME_SEM, &(int){ KEY }, sizeof(int), &set) != 0)
		CHECK_EQUAL(pk_set_create(k, KEY, 3, 0600, &set), 0);
	CHECK_EQUAL(change(2, 1, 0), 0);
}

static const struct scenario scenarios[] = {
	{ "one", prepare_set, take_one, NULL, verify_one },
	{ "several", prepare_set, do_several, NULL, verify_several },
	{ "undo", prepare_set, take_with_undo, NULL, verify_undone },
	{ "undo-several", prepare_set, several_with_undo, NULL, verify_undone },
	{ "leave", prepare_set, take_and_leave, NULL, verify_undone },
	{ "one-again", prepare_set, one_again, NULL, verify_one },
	{ "several-again", prepare_set, several_again, NULL, verify_undone },
	{ "one-alone", prepare_set, one_alone, NULL, verify_one },
	{ "undo-alone", prepare_set, undo_alone, NULL, verify_undone },
	{ "several-alone", prepare_set, several_alone, NULL, verify_several },
	{ "undo-several-alone", prepare_set, undo_several_alone, NULL, verify_undone },
	{ "reserve", prepare_set, reserve, NULL, verify_reserved },
	{ "ask-for-it", prepare_owner, take_one, NULL, verify_asked_for },
	{ "wake", prepare_waiter, raise_one, NULL, verify_woken },
	{ "wake-with-undo", prepare_waiter_with_undo, raise_one, NULL, verify_woken_and_undone },
	{ "cascade", prepare_cascade, raise_one, NULL, verify_cascade },
	{ "store-one", prepare_holder, store_one, NULL, verify_stored },
	{ "store-all", prepare_holder, store_all, NULL, verify_stored },
	{ "wait", prepare_set, wait_to_take, meanwhile_raise, verify_taken_or_not },
	{ "wait-with-undo", prepare_set, wait_to_take_with_undo, meanwhile_raise, verify_given_back },
	{ "give-up", prepare_set, give_up, NULL, verify_unchanged },
	{ "destroy-under-waiter", prepare_waiter, destroy_set, NULL, verify_destroyed },
	{ "destroy-under-holder", prepare_holder, destroy_set, NULL, verify_holder_survives },
	{ "create", prepare_nothing, prepare_set, NULL, verify_set_made },
	{ "create-by-id", ask_for_an_id, prepare_set, NULL, verify_set_made },
	{ 0 },
};

static bool set_is_valid(void)
{
	struct pk_set_status status;
	return pk_set_inspect(k, set, &status) != 0 || pk_set_valid(k, set);
}

static void remove_set(void)
{
	pk_id found;
	pk_set_destroy(k, set);
	sweep();
	CHECK_EQUAL(pk_name_look_up(k, PK_NAME_SEM, &(int){ KEY }, sizeof(int), &found), -ENOENT);
}

int main(int argc, char **argv)
{
	static const struct stage sets = { scenarios, sweep, set_is_valid, remove_set };
	return run_stage(&sets, argc, argv);
}
