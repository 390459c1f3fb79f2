/* SPDX-License-Identifier: MIT */
/*
 * Operations on semaphores that wait: which part they wait for, whom a change
 * lets go on, and in which order.  As the kernel does it: runs on the real one, too.
 */
#define _GNU_SOURCE
#include "sysv_sem.h"

#include <pthread.h>

static int times_out(int id, struct sembuf *parts, size_t count)
{
	return semtimedop(id, parts, count, &(struct timespec){ 0, 30000000 });
}

/* ---- the parts of one operation */

/* In their order, each seeing what those before it did. */
static void parts_in_order(void)
{
	int id = set_of(2);
	CHECK_EQUAL(DO(id, { 0, 1, 0 }, { 0, -1, IPC_NOWAIT }, { 0, 0, IPC_NOWAIT }), 0);
	FAILS(DO(id, { 0, -1, IPC_NOWAIT }, { 0, 1, 0 }), EAGAIN);
	FAILS(DO(id, { 0, 1, 0 }, { 0, 0, IPC_NOWAIT }), EAGAIN);
	CHECK_EQUAL(DO(id, { 0, 0, 0 }, { 0, 1, 0 }), 0); /* how one locks by it */
	FAILS(DO(id, { 0, 0, IPC_NOWAIT }, { 0, 1, 0 }), EAGAIN);
	CHECK_EQUAL(DO(id, { 1, 3, 0 }, { 0, -1, 0 }, { 1, -2, 0 }, { 0, 0, 0 }, { 1, -1, 0 }, { 1, 0, 0 }),
		    0);
	CHECK(value(id, 0) == 0 && value(id, 1) == 0);
	FAILS(DO(id, { 0, 32767, 0 }, { 0, 1, 0 }, { 0, -1, 0 }), ERANGE); /* on the way */
	CHECK_EQUAL(value(id, 0), 0);
	destroy(id);
}

/* The first part that can't be done says whether to wait; what stands after it isn't looked at. */
static void which_part_decides(void)
{
	int id = set_of(2);
	struct sembuf wait_first[] = { { 0, -1, 0 }, { 1, -1, IPC_NOWAIT } };
	struct sembuf range_last[] = { { 0, -1, 0 }, { 1, 32767, 0 }, { 1, 1, 0 } };
	FAILS(DO(id, { 0, -1, IPC_NOWAIT }, { 1, -1, 0 }), EAGAIN);
	FAILS(times_out(id, wait_first, 2), EAGAIN); /* it did wait: see below */
	pid_t child = BLOCKED(id, 0, GETNCNT, FAILS(semop(id, wait_first, 2), EAGAIN));
	CHECK_EQUAL(change(id, 0, 1, 0), 0); /* now it is the other that it can't do */
	join_child(child);
	CHECK(value(id, 0) == 1 && value(id, 1) == 0);
	set_value(id, 0, 0);
	child = BLOCKED(id, 0, GETNCNT, FAILS(semop(id, range_last, 3), ERANGE));
	CHECK_EQUAL(change(id, 0, 1, 0), 0); /* the same with a part that never can be done */
	join_child(child);
	CHECK(value(id, 0) == 1 && value(id, 1) == 0);
	FAILS(DO(id, { 0, 32767, 0 }, { 1, -1, IPC_NOWAIT }), ERANGE);
	FAILS(DO(id, { 1, -1, IPC_NOWAIT }, { 0, 32767, 0 }), EAGAIN);
	destroy(id);
}

/* It counts for the semaphore that it waits for, and no other, as that changes. */
static void counts_move(void)
{
	int id = set_of(3);
	pid_t child =
		BLOCKED(id, 0, GETNCNT, CHECK_EQUAL(DO(id, { 0, -1, 0 }, { 1, -1, 0 }, { 2, 0, 0 }), 0));
	CHECK_EQUAL(semctl(id, 1, GETNCNT), 0);
	CHECK_EQUAL(DO(id, { 0, 1, 0 }, { 2, 1, 0 }), 0);
	CHECK(semctl(id, 0, GETNCNT) == 0 && semctl(id, 1, GETNCNT) == 1 && semctl(id, 2, GETZCNT) == 0);
	CHECK_EQUAL(change(id, 1, 1, 0), 0);
	CHECK(semctl(id, 1, GETNCNT) == 0 && semctl(id, 2, GETZCNT) == 1 && semctl(id, 2, GETNCNT) == 0);
	CHECK_EQUAL(change(id, 0, -1, 0), 0); /* and back: the first part again */
	CHECK(semctl(id, 0, GETNCNT) == 1 && semctl(id, 2, GETZCNT) == 0);
	CHECK_EQUAL(DO(id, { 0, 1, 0 }, { 2, -1, 0 }), 0);
	join_child(child);
	for (int i = 0; i < 3; i++)
		CHECK(value(id, i) == 0 && semctl(id, i, GETNCNT) == 0 && semctl(id, i, GETZCNT) == 0);
	destroy(id);
}

static void counts_of_many(void)
{
	enum { CHILDREN = 5 };
	int id = set_of(2);
	pid_t down[CHILDREN], zero[CHILDREN];
	set_value(id, 1, 1);
	for (int i = 0; i < CHILDREN; i++) {
		down[i] = BLOCKED(id, 0, GETNCNT, CHECK_EQUAL(change(id, 0, -1 - i, 0), 0));
		zero[i] = BLOCKED(id, 1, GETZCNT, CHECK_EQUAL(change(id, 1, 0, 0), 0));
	}
	CHECK_EQUAL(semctl(id, 0, GETZCNT), 0);
	CHECK_EQUAL(semctl(id, 1, GETNCNT), 0);
	kill_child(down[4]);
	CHECK_EQUAL(semctl(id, 0, GETNCNT), CHILDREN - 1);
	set_value(id, 1, 0);
	CHECK_EQUAL(semctl(id, 1, GETZCNT), 0);
	for (int i = 0; i < CHILDREN; i++)
		join_child(zero[i]);
	set_value(id, 0, 1 + 2 + 3 + 4);
	CHECK_EQUAL(semctl(id, 0, GETNCNT), 0);
	for (int i = 0; i < CHILDREN - 1; i++)
		join_child(down[i]);
	CHECK_EQUAL(value(id, 0), 0);
	destroy(id);
}

/* ---- whom a change lets go on */

/* Who wants more than there is doesn't hold up who wants less, and isn't forgotten. */
static void small_ones_pass(void)
{
	int id = set_of(1);
	pid_t large = BLOCKED(id, 0, GETNCNT, CHECK_EQUAL(change(id, 0, -3, 0), 0));
	pid_t small = BLOCKED(id, 0, GETNCNT, CHECK_EQUAL(change(id, 0, -1, 0), 0));
	CHECK_EQUAL(change(id, 0, 2, 0), 0);
	join_child(small);
	CHECK_EQUAL(value(id, 0), 1);
	CHECK_EQUAL(semctl(id, 0, GETNCNT), 1);
	CHECK_EQUAL(change(id, 0, 2, 0), 0);
	join_child(large);
	CHECK_EQUAL(value(id, 0), 0);
	destroy(id);
}

/* A new one takes what is there though others, who want more, stand in line. */
static void newcomers_take(void)
{
	int id = set_of(1);
	pid_t large = BLOCKED(id, 0, GETNCNT, CHECK_EQUAL(change(id, 0, -3, 0), 0));
	CHECK_EQUAL(change(id, 0, 2, 0), 0);
	CHECK_EQUAL(change(id, 0, -2, IPC_NOWAIT), 0);
	CHECK_EQUAL(change(id, 0, 3, 0), 0);
	join_child(large);
	destroy(id);
}

/* Of those who want the same, who came first. */
static void first_come(void)
{
	enum { CHILDREN = 5 };
	int id = set_of(CHILDREN + 1);
	pid_t children[CHILDREN];
	for (int i = 0; i < CHILDREN; i++)
		children[i] =
			BLOCKED(id, 0, GETNCNT,
				CHECK_EQUAL(DO(id, { 0, -1, 0 }, { (unsigned short)(i + 1), 1, 0 }), 0));
	for (int i = 0; i < CHILDREN; i++) {
		CHECK_EQUAL(change(id, 0, 1, 0), 0);
		CHECK_EQUAL(value(id, i + 1), 1); /* done already, whether or not it has run */
		CHECK_EQUAL(last_pid(id, 0), children[i]);
		join_child(children[i]);
	}
	destroy(id);
}

/* One who waits for zero goes before all who change something, however late it came. */
static void zero_goes_first(void)
{
	int id = set_of(1);
	set_value(id, 0, 1);
	pid_t lock = BLOCKED(id, 0, GETZCNT, CHECK_EQUAL(DO(id, { 0, 0, 0 }, { 0, 1, 0 }), 0));
	pid_t looks = BLOCKED(id, 0, GETZCNT, CHECK_EQUAL(change(id, 0, 0, 0), 0));
	pid_t both = BLOCKED(id, 0, GETZCNT, CHECK_EQUAL(DO(id, { 0, 0, 0 }, { 0, 0, 0 }), 0));
	CHECK_EQUAL(change(id, 0, -1, 0), 0);
	CHECK_EQUAL(value(id, 0), 1);
	CHECK_EQUAL(semctl(id, 0, GETZCNT), 0);
	join_child(lock), join_child(looks), join_child(both);
	CHECK_EQUAL(last_pid(id, 0), lock);
	destroy(id);
}

/* A zero that lasts only until the next in line takes over is seen by who waits for it. */
static void zero_in_passing(void)
{
	int id = set_of(2);
	set_value(id, 0, 2);
	pid_t looks = BLOCKED(id, 0, GETZCNT, CHECK_EQUAL(change(id, 0, 0, 0), 0));
	pid_t takes = BLOCKED(id, 0, GETNCNT, CHECK_EQUAL(change(id, 0, -3, 0), 0));
	pid_t gives = BLOCKED(id, 0, GETZCNT, CHECK_EQUAL(DO(id, { 0, 0, 0 }, { 0, 4, 0 }, { 1, 1, 0 }), 0));
	CHECK_EQUAL(change(id, 0, 1, 0), 0); /* 3; taken: 0; given: 4 */
	join_child(takes), join_child(looks), join_child(gives);
	CHECK(value(id, 0) == 4 && value(id, 1) == 1);
	/* but not one within an operation */
	looks = BLOCKED(id, 0, GETZCNT, CHECK_EQUAL(change(id, 0, 0, 0), 0));
	CHECK_EQUAL(DO(id, { 0, -4, 0 }, { 0, 1, 0 }), 0);
	CHECK_EQUAL(semctl(id, 0, GETZCNT), 1);
	CHECK_EQUAL(change(id, 0, -1, 0), 0);
	join_child(looks);
	destroy(id);
}

/*
 * The line is gone through from its beginning after each that went on: who was
 * first in line, but had to let another pass, goes before those behind it.
 */
static void from_the_beginning_again(void)
{
	int id = set_of(3);
	pid_t first = BLOCKED(id, 1, GETNCNT, CHECK_EQUAL(DO(id, { 1, -1, 0 }, { 2, 1, 0 }), 0));
	pid_t feeds = BLOCKED(id, 0, GETNCNT, CHECK_EQUAL(DO(id, { 0, -1, 0 }, { 1, 1, 0 }), 0));
	pid_t last = BLOCKED(id, 1, GETNCNT, CHECK_EQUAL(DO(id, { 1, -1, 0 }, { 2, 10, 0 }), 0));
	CHECK_EQUAL(change(id, 0, 1, 0), 0);
	CHECK_EQUAL(value(id, 2), 1);
	join_child(first), join_child(feeds);
	CHECK_EQUAL(semctl(id, 1, GETNCNT), 1);
	CHECK_EQUAL(change(id, 1, 1, 0), 0);
	join_child(last);
	CHECK_EQUAL(value(id, 2), 11);
	destroy(id);
}

/* Nobody is passed over by one who leaves the line. */
static void one_leaves(void)
{
	int id = set_of(2);
	pid_t both = BLOCKED(id, 0, GETNCNT, DO(id, { 0, -1, 0 }, { 1, -1, 0 }));
	pid_t one = BLOCKED(id, 0, GETNCNT, CHECK_EQUAL(change(id, 0, -1, 0), 0));
	kill_child(both);
	CHECK_EQUAL(change(id, 0, 1, 0), 0);
	join_child(one);
	CHECK_EQUAL(semctl(id, 0, GETNCNT), 0);
	destroy(id);
}

/* Who was killed in line takes nothing, and counts for nothing. */
static void the_dead_take_nothing(void)
{
	int id = set_of(1);
	pid_t first = BLOCKED(id, 0, GETNCNT, change(id, 0, -1, 0));
	kill_child(first);
	CHECK_EQUAL(change(id, 0, 1, 0), 0);
	CHECK_EQUAL(value(id, 0), 1);
	first = BLOCKED(id, 0, GETZCNT, change(id, 0, 0, 0));
	kill_child(first);
	CHECK_EQUAL(semctl(id, 0, GETZCNT), 0);
	destroy(id);
}

/* SETVAL and SETALL let go on whoever can, in order, as any change does. */
static void setting_lets_go(void)
{
	int id = set_of(3);
	unsigned short all[3] = { 2, 0, 1 };
	pid_t one = BLOCKED(id, 0, GETNCNT, CHECK_EQUAL(change(id, 0, -2, 0), 0));
	pid_t two = BLOCKED(id, 0, GETNCNT, CHECK_EQUAL(DO(id, { 0, -1, 0 }, { 1, 1, 0 }), 0));
	pid_t three = BLOCKED(id, 1, GETNCNT, CHECK_EQUAL(DO(id, { 1, -1, 0 }, { 2, 1, 0 }), 0));
	CHECK_EQUAL(semctl(id, 0, SETALL, (union semun){ .array = all }), 0);
	join_child(one);
	CHECK_EQUAL(semctl(id, 0, GETNCNT), 1);
	CHECK_EQUAL(last_pid(id, 0), one);
	CHECK_EQUAL(last_pid(id, 1), getpid());
	pid_t zero = BLOCKED(id, 2, GETZCNT, CHECK_EQUAL(change(id, 2, 0, 0), 0));
	set_value(id, 2, 0);
	join_child(zero);
	set_value(id, 0, 1);
	join_child(two), join_child(three);
	CHECK(value(id, 0) == 0 && value(id, 1) == 0 && value(id, 2) == 1);
	destroy(id);
}

/* ---- pids and times */

/* Each who did something with it, a wait for zero too; and for whom it was done, not who let it be done. */
static void last_pids(void)
{
	int id = set_of(2);
	CHECK_EQUAL(last_pid(id, 0), 0);
	CHECK_EQUAL(DO(id, { 0, 0, 0 }), 0);
	CHECK_EQUAL(last_pid(id, 0), getpid());
	CHECK_EQUAL(last_pid(id, 1), 0);
	pid_t child = CHILD(CHECK_EQUAL(DO(id, { 0, 0, 0 }, { 1, 1, 0 }, { 1, -1, 0 }), 0));
	join_child(child);
	CHECK(last_pid(id, 0) == child && last_pid(id, 1) == child);
	child = BLOCKED(id, 1, GETNCNT, CHECK_EQUAL(change(id, 1, -1, 0), 0));
	CHECK_EQUAL(last_pid(id, 1) == child, 0);
	CHECK_EQUAL(change(id, 1, 1, 0), 0);
	CHECK_EQUAL(last_pid(id, 1), child);
	join_child(child);
	set_value(id, 0, 3);
	CHECK_EQUAL(last_pid(id, 0), getpid());
	join_child(CHILD(FAILS(change(id, 0, -4, IPC_NOWAIT), EAGAIN)));
	CHECK_EQUAL(last_pid(id, 0), getpid());
	destroy(id);
}

static time_t second_passes(void)
{
	time_t now = time(NULL);
	while (time(NULL) == now)
		sleep_ms(10);
	sleep_ms(20); /* the kernel's coarse clock is behind by a tick */
	return now;
}

/* sem_otime: what was done, also on behalf of who waited.  sem_ctime: what was set. */
static void times(void)
{
	int id = set_of(1);
	CHECK_EQUAL(status_of(id).sem_otime, 0);
	set_value(id, 0, 0);
	FAILS(change(id, 0, -1, IPC_NOWAIT), EAGAIN);
	struct semid_ds before = status_of(id);
	CHECK_EQUAL(before.sem_otime, 0);
	second_passes();
	pid_t child = BLOCKED(id, 0, GETNCNT, CHECK_EQUAL(change(id, 0, -1, 0), 0));
	CHECK_EQUAL(status_of(id).sem_otime, 0);
	set_value(id, 0, 1); /* which is no operation; but the child's is */
	join_child(child);
	struct semid_ds after = status_of(id);
	CHECK(after.sem_otime >= after.sem_ctime && after.sem_ctime > before.sem_ctime);
	time_t then = second_passes();
	CHECK_EQUAL(change(id, 0, 0, 0), 0);
	CHECK(status_of(id).sem_otime > then);
	CHECK_EQUAL(status_of(id).sem_ctime, after.sem_ctime);
	destroy(id);
}

/* ---- threads */

static void *takes_one(void *argument)
{
	CHECK_EQUAL(change(*(int *)argument, 0, -1, 0), 0);
	return NULL;
}

static void threads_wait(void)
{
	enum { THREADS = 4 };
	int id = set_of(1);
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++)
		CHECK_EQUAL(pthread_create(&threads[i], NULL, takes_one, &id), 0);
	await_count(id, 0, GETNCNT, THREADS);
	CHECK_EQUAL(change(id, 0, THREADS, 0), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQUAL(pthread_join(threads[i], NULL), 0);
	CHECK_EQUAL(value(id, 0), 0);
	destroy(id);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "parts_in_order", parts_in_order },
		{ "which_part_decides", which_part_decides },
		{ "counts_move", counts_move },
		{ "counts_of_many", counts_of_many },
		{ "small_ones_pass", small_ones_pass },
		{ "newcomers_take", newcomers_take },
		{ "first_come", first_come },
		{ "zero_goes_first", zero_goes_first },
		{ "zero_in_passing", zero_in_passing },
		{ "from_the_beginning_again", from_the_beginning_again },
		{ "one_leaves", one_leaves },
		{ "the_dead_take_nothing", the_dead_take_nothing },
		{ "setting_lets_go", setting_lets_go },
		{ "last_pids", last_pids },
		{ "times", times },
		{ "threads_wait", threads_wait },
		{ 0 },
	};
	return run_cases(cases, argc, argv);
}
