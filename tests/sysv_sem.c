/* SPDX-License-Identifier: MIT */
/* System V semaphores as the kernel does them: runs on the real one, too. */
#define _GNU_SOURCE
#include "sysv_sem.h"

#include <pthread.h>
#include <sys/time.h>

static key_t some_key(void)
{
	return 0x51000000 | (getpid() & 0xffffff);
}

static void get(void)
{
	key_t key = some_key();
	FAILS(semget(key, 1, 0600), ENOENT);
	FAILS(semget(key, 0, IPC_CREAT | 0600), EINVAL);
	FAILS(semget(key, -1, IPC_CREAT | 0600), EINVAL);
	FAILS(semget(key, 1 << 20, IPC_CREAT | 0600), EINVAL);
	int id = semget(key, 3, IPC_CREAT | 0640);
	CHECK(id >= 0);
	CHECK_EQUAL(semget(key, 0, 0600), id);
	CHECK_EQUAL(semget(key, 3, IPC_CREAT | 0600), id);
	FAILS(semget(key, 4, 0600), EINVAL);
	FAILS(semget(key, 3, IPC_CREAT | IPC_EXCL | 0600), EEXIST);
	struct semid_ds ds = status_of(id);
	CHECK_EQUAL(ds.sem_nsems, 3);
	CHECK_EQUAL(ds.sem_perm.mode, 0640);
	CHECK_EQUAL(ds.sem_perm.__key, key);
	ds.sem_perm.mode = 0600;
	CHECK_EQUAL(semctl(id, 0, IPC_SET, (union semun){ .buf = &ds }), 0);
	CHECK_EQUAL(status_of(id).sem_perm.mode, 0600);
	destroy(id);
	FAILS(value(id, 0), EINVAL);
	FAILS(change(id, 0, 1, 0), EINVAL);
	FAILS(semctl(id, 0, IPC_RMID), EINVAL);
}

static void values(void)
{
	int id = set_of(3);
	unsigned short all[3] = { 7, 0, 32767 }, got[3];
	CHECK(value(id, 0) == 0 && value(id, 2) == 0);
	CHECK_EQUAL(semctl(id, 0, SETALL, (union semun){ .array = all }), 0);
	CHECK_EQUAL(semctl(id, 0, GETALL, (union semun){ .array = got }), 0);
	CHECK_EQUAL(memcmp(all, got, sizeof all), 0);
	set_value(id, 1, 5);
	CHECK_EQUAL(value(id, 1), 5);
	CHECK_EQUAL(semctl(id, 1, GETPID), getpid());
	FAILS(semctl(id, 1, SETVAL, (union semun){ .val = 32768 }), ERANGE);
	FAILS(semctl(id, 1, SETVAL, (union semun){ .val = -1 }), ERANGE);
	all[2] = 32768;
	FAILS(semctl(id, 0, SETALL, (union semun){ .array = all }), ERANGE);
	FAILS(value(id, 3), EINVAL);
	FAILS(value(id, -1), EINVAL);
	FAILS(change(id, 2, 1, 0), ERANGE);
	FAILS(change(id, 3, 1, 0), EFBIG);
	pid_t child = CHILD(CHECK_EQUAL(change(id, 0, -1, 0), 0));
	join_child(child);
	CHECK_EQUAL(semctl(id, 0, GETPID), child);
	CHECK_EQUAL(value(id, 0), 6);
	destroy(id);
}

static void all_or_none(void)
{
	int id = set_of(3);
	struct sembuf parts[] = { { 0, 2, 0 }, { 1, -1, IPC_NOWAIT }, { 2, 1, 0 } };
	FAILS(semop(id, parts, 3), EAGAIN);
	CHECK(value(id, 0) == 0 && value(id, 1) == 0 && value(id, 2) == 0);
	set_value(id, 1, 1);
	CHECK_EQUAL(semop(id, parts, 3), 0);
	CHECK(value(id, 0) == 2 && value(id, 1) == 0 && value(id, 2) == 1);
	/* several parts on one semaphore are done one after another */
	struct sembuf twice[] = { { 0, -2, 0 }, { 0, 0, IPC_NOWAIT }, { 0, 5, 0 }, { 0, -1, 0 } };
	CHECK_EQUAL(semop(id, twice, 4), 0);
	CHECK_EQUAL(value(id, 0), 4);
	struct sembuf many[501] = { { 0 } };
	FAILS(semop(id, many, 501), E2BIG);
	FAILS(semop(id, many, 0), EINVAL);
	destroy(id);
}

static void no_wait(void)
{
	int id = set_of(1);
	FAILS(change(id, 0, -1, IPC_NOWAIT), EAGAIN);
	CHECK_EQUAL(change(id, 0, 0, IPC_NOWAIT), 0);
	set_value(id, 0, 2);
	FAILS(change(id, 0, 0, IPC_NOWAIT), EAGAIN);
	FAILS(change(id, 0, -3, IPC_NOWAIT), EAGAIN);
	CHECK_EQUAL(change(id, 0, -2, IPC_NOWAIT), 0);
	destroy(id);
}

static void pass_on(int id, int from, int to)
{
	CHECK_EQUAL(change(id, from, -1, 0), 0);
	CHECK_EQUAL(change(id, to, 1, 0), 0);
}

/* One up lets ten processes go, each by the one before. */
static void cascade(void)
{
	enum { LENGTH = 10 };
	int id = set_of(LENGTH + 1);
	pid_t children[LENGTH];
	for (int i = 0; i < LENGTH; i++)
		children[i] = BLOCKED(id, i, GETNCNT, pass_on(id, i, i + 1));
	CHECK_EQUAL(change(id, 0, 1, 0), 0);
	for (int i = 0; i < LENGTH; i++)
		join_child(children[i]);
	CHECK_EQUAL(value(id, LENGTH), 1);
	destroy(id);
}

static void both(int id, int down, int up)
{
	struct sembuf parts[] = { { (unsigned short)down, -1, 0 }, { (unsigned short)up, 1, 0 } };
	CHECK_EQUAL(semop(id, parts, 2), 0);
}

/* The same where each operation lets the next go on, all within one wake-up: last in line goes first. */
static void cascade_of_operations(void)
{
	enum { LENGTH = 8 };
	int id = set_of(LENGTH + 1);
	pid_t children[LENGTH];
	for (int i = LENGTH; i-- > 0;)
		children[i] = BLOCKED(id, i, GETNCNT, both(id, i, i + 1));
	CHECK_EQUAL(change(id, 0, 1, 0), 0);
	for (int i = 0; i < LENGTH; i++)
		join_child(children[i]);
	for (int i = 0; i < LENGTH; i++)
		CHECK_EQUAL(value(id, i), 0);
	CHECK_EQUAL(value(id, LENGTH), 1);
	destroy(id);
}

static void in_order(void)
{
	int id = set_of(2);
	pid_t first = BLOCKED(id, 0, GETNCNT, CHECK_EQUAL(change(id, 0, -1, 0), 0);
			      CHECK_EQUAL(change(id, 1, 1, 0), 0));
	pid_t second = BLOCKED(id, 0, GETNCNT, CHECK_EQUAL(change(id, 0, -1, 0), 0);
			       CHECK_EQUAL(change(id, 1, 10, 0), 0));
	CHECK_EQUAL(change(id, 0, 1, 0), 0);
	CHECK_EQUAL(change(id, 1, -1, 0), 0); /* the first got it */
	join_child(first);
	CHECK_EQUAL(value(id, 1), 0);
	CHECK_EQUAL(change(id, 0, 1, 0), 0);
	join_child(second);
	destroy(id);
}

static void wait_for_zero(void)
{
	int id = set_of(1);
	set_value(id, 0, 2);
	pid_t one = CHILD(CHECK_EQUAL(change(id, 0, 0, 0), 0)),
	      two = CHILD(CHECK_EQUAL(change(id, 0, 0, 0), 0));
	await_count(id, 0, GETZCNT, 2);
	CHECK_EQUAL(semctl(id, 0, GETNCNT), 0);
	CHECK_EQUAL(change(id, 0, -1, 0), 0);
	CHECK_EQUAL(semctl(id, 0, GETZCNT), 2);
	CHECK_EQUAL(change(id, 0, -1, 0), 0);
	join_child(one), join_child(two);
	CHECK_EQUAL(semctl(id, 0, GETZCNT), 0);
	destroy(id);
}

static void counts(void)
{
	int id = set_of(2);
	struct sembuf parts[] = { { 0, -1, 0 }, { 1, -1, 0 } };
	pid_t one = CHILD(CHECK_EQUAL(change(id, 0, -5, 0), 0));
	pid_t two = CHILD(CHECK_EQUAL(semop(id, parts, 2), 0));
	await_count(id, 0, GETNCNT, 2);
	CHECK_EQUAL(semctl(id, 1, GETNCNT), 0); /* it waits for the first part it can't do */
	CHECK_EQUAL(change(id, 0, 1, 0), 0);
	CHECK_EQUAL(semctl(id, 0, GETNCNT), 1);
	CHECK_EQUAL(semctl(id, 1, GETNCNT), 1);
	CHECK_EQUAL(change(id, 1, 1, 0), 0);
	join_child(two);
	set_value(id, 0, 5); /* wakes */
	join_child(one);
	CHECK_EQUAL(value(id, 0), 0);
	CHECK_EQUAL(semctl(id, 0, GETNCNT), 0);
	destroy(id);
}

static void set_all_wakes(void)
{
	int id = set_of(2);
	unsigned short all[2] = { 1, 1 };
	struct sembuf parts[] = { { 0, -1, 0 }, { 1, -1, 0 } };
	pid_t child = BLOCKED(id, 0, GETNCNT, CHECK_EQUAL(semop(id, parts, 2), 0));
	CHECK_EQUAL(semctl(id, 0, SETALL, (union semun){ .array = all }), 0);
	join_child(child);
	CHECK(value(id, 0) == 0 && value(id, 1) == 0);
	destroy(id);
}

static int timed(int id, int by, long ms)
{
	struct sembuf part = { 0, (short)by, 0 };
	struct timespec timeout = { ms / 1000, ms % 1000 * 1000000 };
	return semtimedop(id, &part, 1, &timeout);
}

static long now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void timeouts(void)
{
	int id = set_of(1);
	long before = now_ms();
	FAILS(timed(id, -1, 50), EAGAIN);
	CHECK(now_ms() - before >= 49 && now_ms() - before < 1000);
	FAILS(timed(id, -1, 0), EAGAIN);
	struct sembuf part = { 0, -1, 0 };
	FAILS(semtimedop(id, &part, 1, &(struct timespec){ -1, 0 }), EINVAL);
	FAILS(semtimedop(id, &part, 1, &(struct timespec){ 0, 1000000000 }), EINVAL);
	pid_t child = CHILD(sleep_ms(30); CHECK_EQUAL(change(id, 0, 1, 0), 0));
	CHECK_EQUAL(timed(id, -1, 5000), 0);
	join_child(child);
	set_value(id, 0, 1);
	CHECK_EQUAL(semtimedop(id, &part, 1, NULL), 0);
	CHECK_EQUAL(semctl(id, 0, GETNCNT), 0);
	destroy(id);
}

static void removal(void)
{
	int id = set_of(2);
	set_value(id, 1, 1);
	pid_t one = CHILD(FAILS(change(id, 0, -1, 0), EIDRM)), two = CHILD(FAILS(change(id, 1, 0, 0), EIDRM));
	pid_t three = CHILD(FAILS(timed(id, -1, 60000), EIDRM));
	await_count(id, 0, GETNCNT, 2), await_count(id, 1, GETZCNT, 1);
	destroy(id);
	join_child(one), join_child(two), join_child(three);
	FAILS(change(id, 0, 1, 0), EINVAL);
}

static void nothing(int signal)
{
	(void)signal;
}

static void interrupted(void)
{
	int id = set_of(1);
	struct sigaction action = { .sa_handler = nothing, .sa_flags = SA_RESTART };
	struct itimerval soon = { .it_value.tv_usec = 30000 };
	CHECK_EQUAL(sigaction(SIGALRM, &action, NULL), 0);
	CHECK_EQUAL(setitimer(ITIMER_REAL, &soon, NULL), 0);
	FAILS(change(id, 0, -1, 0), EINTR);
	CHECK_EQUAL(semctl(id, 0, GETNCNT), 0);
	CHECK_EQUAL(setitimer(ITIMER_REAL, &soon, NULL), 0);
	FAILS(timed(id, -1, 5000), EINTR);
	destroy(id);
}

static void times(void)
{
	int id = set_of(1);
	time_t now = time(NULL);
	struct semid_ds ds = status_of(id);
	CHECK_EQUAL(ds.sem_otime, 0);
	CHECK(ds.sem_ctime >= now - 2 && ds.sem_ctime <= now + 2);
	CHECK_EQUAL(change(id, 0, 0, 0), 0);
	ds = status_of(id);
	CHECK(ds.sem_otime >= now - 2 && ds.sem_otime <= now + 2);
	destroy(id);
}

/* ---- many */

static void count_up(int id, volatile int *counter, int times_each, int flags)
{
	for (int i = 0; i < times_each; i++) {
		CHECK_EQUAL(change(id, 0, -1, flags), 0);
		*counter = *counter + 1;
		CHECK_EQUAL(change(id, 0, 1, flags), 0);
	}
}

static void exclusion(void)
{
	enum { CHILDREN = 4, EACH = 3000 };
	int id = set_of(1);
	int *counter = shared_memory(sizeof *counter);
	pid_t children[CHILDREN];
	set_value(id, 0, 1);
	for (int i = 0; i < CHILDREN; i++)
		children[i] = CHILD(count_up(id, counter, EACH, i % 2 ? SEM_UNDO : 0));
	for (int i = 0; i < CHILDREN; i++)
		join_child(children[i]);
	CHECK_EQUAL(*counter, CHILDREN * EACH);
	CHECK_EQUAL(value(id, 0), 1);
	destroy(id);
}

static void dine(int id, int seat, int seats, int meals)
{
	unsigned short left = (unsigned short)seat, right = (unsigned short)((seat + 1) % seats);
	struct sembuf take[] = { { left, -1, SEM_UNDO }, { right, -1, SEM_UNDO } };
	struct sembuf give[] = { { left, 1, SEM_UNDO }, { right, 1, SEM_UNDO } };
	for (int i = 0; i < meals; i++) {
		CHECK_EQUAL(semop(id, take, 2), 0);
		CHECK_EQUAL(semop(id, give, 2), 0);
	}
}

static void philosophers(void)
{
	enum { SEATS = 5 };
	int id = set_of(SEATS);
	unsigned short forks[SEATS] = { 1, 1, 1, 1, 1 };
	pid_t children[SEATS];
	CHECK_EQUAL(semctl(id, 0, SETALL, (union semun){ .array = forks }), 0);
	for (int i = 0; i < SEATS; i++)
		children[i] = CHILD(dine(id, i, SEATS, 1000));
	for (int i = 0; i < SEATS; i++)
		join_child(children[i]);
	for (int i = 0; i < SEATS; i++)
		CHECK_EQUAL(value(id, i), 1);
	destroy(id);
}

static void *up_and_down(void *argument)
{
	int id = *(int *)argument;
	for (int i = 0; i < 2000; i++) {
		CHECK_EQUAL(change(id, 0, -1, SEM_UNDO), 0);
		CHECK_EQUAL(change(id, 1, 1, SEM_UNDO), 0);
	}
	return NULL;
}

static void threads(void)
{
	int id = set_of(2);
	pthread_t thread;
	CHECK_EQUAL(pthread_create(&thread, NULL, up_and_down, &id), 0);
	for (int i = 0; i < 2000; i++) {
		CHECK_EQUAL(change(id, 0, 1, SEM_UNDO), 0);
		CHECK_EQUAL(change(id, 1, -1, SEM_UNDO), 0);
	}
	CHECK_EQUAL(pthread_join(thread, NULL), 0);
	CHECK(value(id, 0) == 0 && value(id, 1) == 0);
	destroy(id);
}

static void large(void)
{
	enum { COUNT = 32000 };
	int id = set_of(COUNT);
	unsigned short *all = calloc(COUNT, sizeof *all);
	struct sembuf parts[500];
	for (int i = 0; i < COUNT; i++)
		all[i] = (unsigned short)i;
	CHECK_EQUAL(semctl(id, 0, SETALL, (union semun){ .array = all }), 0);
	memset(all, 0, COUNT * sizeof *all);
	CHECK_EQUAL(semctl(id, 0, GETALL, (union semun){ .array = all }), 0);
	for (int i = 0; i < COUNT; i++)
		CHECK_EQUAL(all[i], i);
	for (int i = 0; i < 500; i++)
		parts[i] = (struct sembuf){ (unsigned short)(COUNT - 1 - i), -1, SEM_UNDO };
	join_child(CHILD(CHECK_EQUAL(semop(id, parts, 500), 0);
			 CHECK_EQUAL(value(id, COUNT - 500), COUNT - 501)));
	CHECK_EQUAL(value(id, COUNT - 1), COUNT - 1);
	CHECK_EQUAL(value(id, COUNT - 500), COUNT - 500);
	free(all);
	destroy(id);
}

static void permissions(void)
{
	if (geteuid() != 0)
		return;
	int id = set_of(1);
	struct semid_ds ds = status_of(id);
	ds.sem_perm.mode = 0604;
	CHECK_EQUAL(semctl(id, 0, IPC_SET, (union semun){ .buf = &ds }), 0);
	join_child(CHILD({
		CHECK_EQUAL(setegid(65534), 0);
		CHECK_EQUAL(seteuid(65534), 0);
		CHECK_EQUAL(value(id, 0), 0);
		CHECK_EQUAL(change(id, 0, 0, 0), 0);
		FAILS(change(id, 0, 1, 0), EACCES);
		FAILS(semctl(id, 0, SETVAL, (union semun){ .val = 1 }), EACCES);
		FAILS(semctl(id, 0, IPC_RMID), EPERM);
	}));
	destroy(id);
}

static void information(void)
{
	int id = set_of(7);
	struct seminfo info;
	struct semid_ds ds;
	bool found = false;
	int highest = semctl(0, 0, SEM_INFO, (union semun){ .info = &info });
	CHECK(highest >= 0 && info.semusz >= 1 && info.semaem >= 7);
	for (int i = 0; i <= highest; i++)
		found |= semctl(i, 0, SEM_STAT, (union semun){ .buf = &ds }) == id && ds.sem_nsems == 7;
	CHECK(found);
	CHECK(semctl(0, 0, IPC_INFO, (union semun){ .info = &info }) >= 0 && info.semvmx == 32767);
	destroy(id);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "get", get },
		{ "values", values },
		{ "all_or_none", all_or_none },
		{ "no_wait", no_wait },
		{ "cascade", cascade },
		{ "cascade_of_operations", cascade_of_operations },
		{ "in_order", in_order },
		{ "wait_for_zero", wait_for_zero },
		{ "counts", counts },
		{ "set_all_wakes", set_all_wakes },
		{ "timeouts", timeouts },
		{ "removal", removal },
		{ "interrupted", interrupted },
		{ "times", times },
		{ "exclusion", exclusion },
		{ "philosophers", philosophers },
		{ "threads", threads },
		{ "large", large },
		{ "permissions", permissions },
		{ "information", information },
		{ 0 },
	};
	return run_cases(cases, argc, argv);
}
