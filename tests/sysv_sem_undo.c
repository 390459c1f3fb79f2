/* SPDX-License-Identifier: MIT */
/* SEM_UNDO as the kernel does it: what the end of a process does to semaphores.  Runs on the real one, too.
 */
#define _GNU_SOURCE
#include "sysv_sem.h"

#include <pthread.h>
#include <sys/time.h>

static void at_exit(void)
{
	int id = set_of(2);
	set_value(id, 0, 3);
	pid_t child = CHILD({
		CHECK_EQUAL(change(id, 0, -2, SEM_UNDO), 0);
		CHECK_EQUAL(change(id, 1, 4, SEM_UNDO), 0);
		CHECK_EQUAL(change(id, 1, 4, 0), 0);
		CHECK_EQUAL(change(id, 0, 1, SEM_UNDO), 0);
		exit(0);
	});
	join_child(child);
	CHECK_EQUAL(value(id, 0), 3);
	CHECK_EQUAL(value(id, 1), 4);
	CHECK_EQUAL(semctl(id, 0, GETPID), child);
	join_child(CHILD(CHECK_EQUAL(change(id, 0, -3, SEM_UNDO), 0))); /* _exit() */
	CHECK_EQUAL(value(id, 0), 3);
	destroy(id);
}

static void hold(int id, int semaphore, int by)
{
	CHECK_EQUAL(change(id, semaphore, by, SEM_UNDO), 0);
	for (;;)
		pause();
}

static void on_kill(void)
{
	int id = set_of(1);
	set_value(id, 0, 1);
	pid_t holder = CHILD(hold(id, 0, -1));
	await_value(id, 0, 0);
	pid_t waiter = BLOCKED(id, 0, GETNCNT, CHECK_EQUAL(change(id, 0, -1, 0), 0));
	pid_t second = CHILD(hold(id, 0, 5));
	join_child(waiter); /* by the five */
	kill_child(second);
	await_value(id, 0, 0); /* which were taken back, as far as they were there */
	waiter = BLOCKED(id, 0, GETNCNT, CHECK_EQUAL(change(id, 0, -1, 0), 0));
	kill_child(holder);
	join_child(waiter);
	CHECK_EQUAL(value(id, 0), 0);
	destroy(id);
}

/* What a parent sees that has reaped its child is what the child's end did. */
static void is_prompt(void)
{
	int id = set_of(1);
	unsigned short all[1];
	for (int i = 0; i < 30; i++) {
		set_value(id, 0, 1);
		pid_t child = CHILD(hold(id, 0, -1));
		await_value(id, 0, 0);
		kill_child(child);
		if (i % 3 == 0)
			CHECK_EQUAL(value(id, 0), 1);
		if (i % 3 == 1)
			CHECK(semctl(id, 0, GETALL, (union semun){ .array = all }) == 0 && all[0] == 1);
		if (i % 3 == 2)
			CHECK_EQUAL(change(id, 0, -1, IPC_NOWAIT), 0);
	}
	destroy(id);
}

static void forgotten_by_set(void)
{
	int id = set_of(2);
	pid_t child = CHILD(CHECK_EQUAL(change(id, 0, 3, SEM_UNDO), 0); hold(id, 1, 3));
	await_value(id, 1, 3);
	set_value(id, 0, 9);
	kill_child(child);
	CHECK_EQUAL(value(id, 0), 9);
	CHECK_EQUAL(value(id, 1), 0);
	destroy(id);
}

static void not_inherited(void)
{
	int id = set_of(1);
	CHECK_EQUAL(change(id, 0, 1, SEM_UNDO), 0);
	join_child(CHILD(exit(0)));
	CHECK_EQUAL(value(id, 0), 1);
	join_child(CHILD(CHECK_EQUAL(change(id, 0, 1, SEM_UNDO), 0); exit(0)));
	CHECK_EQUAL(value(id, 0), 1);
	destroy(id);
}

static void for_a_waiter(void)
{
	int id = set_of(1);
	pid_t child = BLOCKED(id, 0, GETNCNT, CHECK_EQUAL(change(id, 0, -2, SEM_UNDO), 0); pause());
	CHECK_EQUAL(change(id, 0, 2, 0), 0); /* done by us, undone by its end */
	await_value(id, 0, 0);
	kill_child(child);
	CHECK_EQUAL(value(id, 0), 2);
	destroy(id);
}

static void range(void)
{
	int id = set_of(1);
	set_value(id, 0, 0);
	join_child(CHILD({
		for (int i = 0; i < 2; i++) {
			CHECK_EQUAL(change(id, 0, 16384 - i, SEM_UNDO), 0);
			CHECK_EQUAL(change(id, 0, -16384 + i, 0), 0);
		}
		CHECK_EQUAL(change(id, 0, 1, SEM_UNDO), 0);
		FAILS(change(id, 0, 1, SEM_UNDO), ERANGE);
	}));
	CHECK_EQUAL(value(id, 0), 0); /* not below */
	destroy(id);
}

static const char *self;

static void kept_by_exec(void)
{
	int id = set_of(1);
	char number[20];
	snprintf(number, sizeof number, "%d", id);
	set_value(id, 0, 1);
	pid_t child = CHILD({
		CHECK_EQUAL(change(id, 0, -1, SEM_UNDO), 0);
		execl(self, self, "after_exec", number, NULL);
		_exit(9);
	});
	join_child(child);
	CHECK_EQUAL(value(id, 0), 1);
	child = CHILD({
		CHECK_EQUAL(change(id, 0, -1, SEM_UNDO), 0);
		execl("/bin/sleep", "sleep", "60", NULL);
	});
	await_value(id, 0, 0);
	until_asleep(child);
	CHECK_EQUAL(value(id, 0), 0);
	kill_child(child);
	CHECK_EQUAL(value(id, 0), 1);
	destroy(id);
}

static int after_exec(int id)
{
	CHECK_EQUAL(value(id, 0), 0);
	CHECK_EQUAL(change(id, 0, 1, SEM_UNDO), 0); /* its own, given back */
	CHECK_EQUAL(change(id, 0, -1, SEM_UNDO), 0);
	return 0;
}

/* ---- what it comes to */

static void second_passes(void)
{
	time_t now = time(NULL);
	while (time(NULL) == now)
		sleep_ms(10);
	sleep_ms(20); /* the kernel's coarse clock is behind by a tick */
}

/* Above what a semaphore may be, and below zero: it stays within. */
static void clamped(void)
{
	int id = set_of(2);
	set_value(id, 0, 10);
	pid_t child = CHILD(CHECK_EQUAL(DO(id, { 0, -10, SEM_UNDO }, { 1, 10, SEM_UNDO }), 0); pause());
	await_value(id, 1, 10);
	CHECK_EQUAL(DO(id, { 0, 32760, 0 }, { 1, -7, 0 }), 0);
	kill_child(child);
	CHECK_EQUAL(value(id, 0), 32767);
	CHECK_EQUAL(value(id, 1), 0);
	destroy(id);
}

/* All that a process's end does to a set is done at once: who was first in line for both gets both. */
static void at_once(void)
{
	int id = set_of(3);
	pid_t child, both, one;
	CHECK_EQUAL(DO(id, { 0, 1, 0 }, { 1, 1, 0 }), 0);
	child = CHILD(CHECK_EQUAL(DO(id, { 0, -1, SEM_UNDO }, { 1, -1, SEM_UNDO }), 0); pause());
	await_value(id, 1, 0);
	both = BLOCKED(id, 0, GETNCNT, CHECK_EQUAL(DO(id, { 0, -1, 0 }, { 1, -1, 0 }, { 2, 1, 0 }), 0));
	one = BLOCKED(id, 0, GETNCNT, CHECK_EQUAL(change(id, 0, -1, 0), 0));
	kill_child(child);
	await_value(id, 2, 1);
	join_child(both);
	CHECK_EQUAL(semctl(id, 0, GETNCNT), 1);
	CHECK_EQUAL(change(id, 0, 1, 0), 0);
	join_child(one);
	destroy(id);
}

/* A post is withdrawn though its taker may not have run since: what it took it has. */
static void post_withdrawn(void)
{
	int id = set_of(1);
	pid_t taker = BLOCKED(id, 0, GETNCNT, CHECK_EQUAL(change(id, 0, -1, 0), 0));
	pid_t poster = CHILD(CHECK_EQUAL(change(id, 0, 1, SEM_UNDO), 0));
	join_child(poster);
	CHECK_EQUAL(value(id, 0), 0); /* not below */
	CHECK_EQUAL(last_pid(id, 0), poster);
	CHECK_EQUAL(semctl(id, 0, GETNCNT), 0);
	join_child(taker);
	/* and where nobody took it, it is gone */
	join_child(CHILD(CHECK_EQUAL(change(id, 0, 3, SEM_UNDO), 0)));
	CHECK_EQUAL(value(id, 0), 0);
	destroy(id);
}

static void last_is_who_ended(void)
{
	int id = set_of(2);
	pid_t child = CHILD(CHECK_EQUAL(DO(id, { 0, 1, SEM_UNDO }, { 1, 1, 0 }), 0); pause());
	await_value(id, 1, 1);
	CHECK_EQUAL(DO(id, { 0, 1, 0 }, { 1, 1, 0 }), 0);
	CHECK_EQUAL(last_pid(id, 0), getpid());
	kill_child(child);
	CHECK_EQUAL(value(id, 0), 1);
	CHECK_EQUAL(last_pid(id, 0), child);
	CHECK_EQUAL(last_pid(id, 1), getpid());
	destroy(id);
}

/* The end of a process with adjustments is an operation by the clock, even if they come to nothing. */
static void time_of_an_end(void)
{
	int id = set_of(2);
	pid_t child = CHILD(CHECK_EQUAL(change(id, 0, 2, SEM_UNDO), 0); pause());
	await_value(id, 0, 2);
	pid_t nothing = CHILD(CHECK_EQUAL(DO(id, { 1, 2, SEM_UNDO }, { 1, -1, SEM_UNDO }), 0);
			      CHECK_EQUAL(change(id, 1, -1, SEM_UNDO), 0);
			      CHECK_EQUAL(change(id, 0, 1, 0), 0); pause());
	await_value(id, 0, 3);
	time_t before = status_of(id).sem_otime, change_time = status_of(id).sem_ctime;
	second_passes();
	CHECK_EQUAL(status_of(id).sem_otime, before);
	kill_child(child);
	time_t after = status_of(id).sem_otime;
	CHECK(after > before);
	second_passes();
	kill_child(nothing);
	CHECK(status_of(id).sem_otime > after);
	CHECK_EQUAL(status_of(id).sem_ctime, change_time);
	destroy(id);
}

/* ---- when there is none */

/* What wasn't done leaves no adjustment: refused, timed out, interrupted. */
static void none_of_what_failed(void)
{
	int id = set_of(2);
	set_value(id, 0, 5);
	join_child(CHILD({
		struct sembuf parts[] = { { 0, 1, SEM_UNDO }, { 1, -1, SEM_UNDO } };
		struct sembuf too_much[] = { { 0, 1, SEM_UNDO }, { 1, 1, SEM_UNDO }, { 1, 32767, SEM_UNDO } };
		FAILS(DO(id, { 0, 1, SEM_UNDO }, { 1, -1, SEM_UNDO | IPC_NOWAIT }), EAGAIN);
		FAILS(semtimedop(id, parts, 2, &(struct timespec){ 0, 20000000 }), EAGAIN);
		FAILS(semop(id, too_much, 3), ERANGE);
	}));
	CHECK_EQUAL(value(id, 0), 5);
	CHECK_EQUAL(value(id, 1), 0);
	/* nor does what still waits when its process ends */
	pid_t child = BLOCKED(id, 1, GETNCNT, DO(id, { 0, 1, SEM_UNDO }, { 1, -1, SEM_UNDO }));
	kill_child(child);
	CHECK_EQUAL(value(id, 0), 5);
	CHECK_EQUAL(semctl(id, 1, GETNCNT), 0);
	destroy(id);
}

/* Only the parts that say so. */
static void some_parts(void)
{
	int id = set_of(2);
	join_child(CHILD(CHECK_EQUAL(DO(id, { 0, 3, SEM_UNDO }, { 0, 4, 0 }, { 1, 5, 0 }), 0)));
	CHECK_EQUAL(value(id, 0), 4);
	CHECK_EQUAL(value(id, 1), 5);
	destroy(id);
}

static void forgotten_by_set_all(void)
{
	int id = set_of(2);
	unsigned short all[2] = { 8, 9 };
	pid_t one = CHILD(CHECK_EQUAL(change(id, 0, 3, SEM_UNDO), 0); pause());
	await_value(id, 0, 3);
	pid_t two = CHILD(CHECK_EQUAL(change(id, 1, 4, SEM_UNDO), 0); pause());
	await_value(id, 1, 4);
	CHECK_EQUAL(semctl(id, 0, SETALL, (union semun){ .array = all }), 0);
	kill_child(one), kill_child(two);
	CHECK(value(id, 0) == 8 && value(id, 1) == 9);
	destroy(id);
}

/* SETVAL forgets those of an operation that it lets go on only as they were before. */
static void after_being_let_go_by_set(void)
{
	int id = set_of(1);
	pid_t child = BLOCKED(id, 0, GETNCNT, CHECK_EQUAL(change(id, 0, -2, SEM_UNDO), 0); pause());
	set_value(id, 0, 5);
	CHECK_EQUAL(value(id, 0), 3);
	CHECK_EQUAL(last_pid(id, 0), child);
	kill_child(child);
	CHECK_EQUAL(value(id, 0), 5);
	destroy(id);
}

static void of_a_removed_set(void)
{
	int id = set_of(1);
	pid_t child = CHILD(CHECK_EQUAL(change(id, 0, 3, SEM_UNDO), 0); pause());
	await_value(id, 0, 3);
	destroy(id);
	int next = set_of(1);
	kill_child(child);
	CHECK_EQUAL(value(next, 0), 0);
	destroy(next);
}

/* Both ways, in sum over several operations; and an adjustment may be -32768. */
static void limits(void)
{
	int id = set_of(1);
	join_child(CHILD({
		CHECK_EQUAL(change(id, 0, 32767, SEM_UNDO), 0);
		CHECK_EQUAL(change(id, 0, -32767, 0), 0);
		CHECK_EQUAL(change(id, 0, 1, SEM_UNDO), 0); /* -32768 */
		FAILS(change(id, 0, 1, SEM_UNDO), ERANGE);
		CHECK_EQUAL(value(id, 0), 1);
		CHECK_EQUAL(change(id, 0, 1, 0), 0);
	}));
	CHECK_EQUAL(value(id, 0), 0);
	join_child(CHILD({
		set_value(id, 0, 32767);
		CHECK_EQUAL(change(id, 0, -32767, SEM_UNDO), 0);
		CHECK_EQUAL(change(id, 0, 1, 0), 0);
		FAILS(change(id, 0, -1, SEM_UNDO), ERANGE); /* 32767 is the most */
	}));
	CHECK_EQUAL(value(id, 0), 32767);
	destroy(id);
}

/* ---- whose they are */

static void *post_undone(void *argument)
{
	CHECK_EQUAL(change(*(int *)argument, 0, 1, SEM_UNDO), 0);
	return NULL;
}

/* A process's, not a thread's. */
static void of_all_threads(void)
{
	int id = set_of(1);
	join_child(CHILD({
		pthread_t thread;
		CHECK_EQUAL(pthread_create(&thread, NULL, post_undone, &id), 0);
		CHECK_EQUAL(pthread_join(thread, NULL), 0);
		CHECK_EQUAL(value(id, 0), 1); /* the thread's end is nothing */
		CHECK_EQUAL(change(id, 0, -1, SEM_UNDO), 0);
		CHECK_EQUAL(change(id, 0, 1, 0), 0);
	}));
	CHECK_EQUAL(value(id, 0), 1); /* the two came to nothing */
	destroy(id);
}

/* Several sets, and many semaphores of each. */
static void many(void)
{
	enum { SETS = 5, EACH = 20 };
	int ids[SETS];
	for (int i = 0; i < SETS; i++)
		ids[i] = set_of(EACH);
	join_child(CHILD(for (int i = 0; i < SETS; i++) for (int s = 0; s < EACH; s++)
				 CHECK_EQUAL(change(ids[i], s, s + 1, s % 2 ? SEM_UNDO : 0), 0)));
	for (int i = 0; i < SETS; i++) {
		for (int s = 0; s < EACH; s++)
			CHECK_EQUAL(value(ids[i], s), s % 2 ? 0 : s + 1);
		destroy(ids[i]);
	}
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "at_exit", at_exit },
		{ "on_kill", on_kill },
		{ "is_prompt", is_prompt },
		{ "forgotten_by_set", forgotten_by_set },
		{ "not_inherited", not_inherited },
		{ "for_a_waiter", for_a_waiter },
		{ "range", range },
		{ "kept_by_exec", kept_by_exec },
		{ "clamped", clamped },
		{ "at_once", at_once },
		{ "post_withdrawn", post_withdrawn },
		{ "last_is_who_ended", last_is_who_ended },
		{ "time_of_an_end", time_of_an_end },
		{ "none_of_what_failed", none_of_what_failed },
		{ "some_parts", some_parts },
		{ "forgotten_by_set_all", forgotten_by_set_all },
		{ "after_being_let_go_by_set", after_being_let_go_by_set },
		{ "of_a_removed_set", of_a_removed_set },
		{ "limits", limits },
		{ "of_all_threads", of_all_threads },
		{ "many", many },
		{ 0 },
	};
	self = argv[0];
	if (argc == 3 && strcmp(argv[1], "after_exec") == 0)
		return after_exec(atoi(argv[2]));
	return run_cases(cases, argc, argv);
}
