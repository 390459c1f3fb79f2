/* SPDX-License-Identifier: MIT */
/*
 * Every error of semget(2), semop(2) and semctl(2), and which comes first where
 * several could.  As the kernel does it: runs on the real one, too.
 */
#define _GNU_SOURCE
#include "sysv_sem.h"

#include <stdint.h>
#include <sys/time.h>

/* Addresses that no program can have: of the first page, and of the kernel's half. */
static void *const nowheres[] = { NULL, (void *)16, (void *)-1, (void *)(INTPTR_MIN | 4096) };

#define NOWHERES (sizeof nowheres / sizeof nowheres[0])

static struct seminfo limits(void)
{
	struct seminfo info;
	CHECK(semctl(0, 0, IPC_INFO, (union semun){ .info = &info }) >= 0);
	return info;
}

static key_t some_key(void)
{
	return 0x52000000 | (getpid() & 0xffffff);
}

/* One that was removed just now: nothing has its number. */
static int gone(void)
{
	int id = set_of(1);
	destroy(id);
	return id;
}

/* ---- semget */

static void get(void)
{
	key_t key = some_key();
	int most = limits().semmsl;
	FAILS(semget(key, 1, 0600), ENOENT);
	FAILS(semget(key, 0, IPC_CREAT | 0600), EINVAL);
	FAILS(semget(IPC_PRIVATE, 0, 0600), EINVAL);
	FAILS(semget(key, -1, IPC_CREAT | 0600), EINVAL);
	FAILS(semget(IPC_PRIVATE, most + 1, 0600), EINVAL);
	FAILS(semget(key, most + 1, 0600), EINVAL); /* before it is looked whether there is one */
	int id = semget(key, 2, IPC_CREAT | IPC_EXCL | 0600);
	CHECK(id >= 0);
	FAILS(semget(key, 2, IPC_CREAT | IPC_EXCL | 0600), EEXIST);
	FAILS(semget(key, 3, IPC_CREAT | IPC_EXCL | 0600), EEXIST);
	FAILS(semget(key, 3, 0600), EINVAL);
	FAILS(semget(key, 3, IPC_CREAT | 0600), EINVAL);
	CHECK_EQUAL(semget(key, 2, IPC_EXCL | 0600), id); /* means nothing by itself */
	CHECK_EQUAL(semget(key, 1, 0), id);
	CHECK_EQUAL(semget(key, 0, 0), id);
	destroy(id);
	FAILS(semget(key, 2, 0600), ENOENT);
	id = semget(IPC_PRIVATE, most, 0600);
	CHECK(id >= 0);
	CHECK_EQUAL(status_of(id).sem_nsems, most);
	destroy(id);
}

static void as_nobody(void)
{
	CHECK_EQUAL(setegid(65534), 0);
	CHECK_EQUAL(seteuid(65534), 0);
}

static void get_denied(void)
{
	if (geteuid() != 0)
		SKIP("only root can make a set that is another's");
	key_t key = some_key();
	int id = semget(key, 2, IPC_CREAT | 0640);
	CHECK(id >= 0);
	join_child(CHILD({
		as_nobody();
		FAILS(semget(key, 2, 0600), EACCES);
		FAILS(semget(key, 2, 0004), EACCES);
		FAILS(semget(key, 3, 0600), EINVAL); /* first */
		CHECK_EQUAL(semget(key, 2, 0), id);
		FAILS(semget(key, 2, IPC_CREAT | IPC_EXCL | 0600), EEXIST);
	}));
	destroy(id);
}

static void set_limits(int semmsl, int semmns, int semopm, int semmni)
{
	char text[64];
	snprintf(text, sizeof text, "%d %d %d %d\n", semmsl, semmns, semopm, semmni);
	set_limit("sem", text);
	if (limits().semmni != semmni || limits().semmns != semmns)
		SKIP("this program doesn't see the instance's limits");
}

static void too_many(void)
{
	enter_ipc_namespace();
	set_limits(5, 8, 3, 3);
	FAILS(semget(IPC_PRIVATE, 6, 0600), EINVAL);
	int first = set_of(5), second = set_of(2);
	FAILS(semget(IPC_PRIVATE, 2, 0600), ENOSPC); /* semmns */
	int third = set_of(1);
	FAILS(semget(IPC_PRIVATE, 1, 0600), ENOSPC);
	destroy(first);
	first = set_of(1);
	FAILS(semget(some_key(), 1, IPC_CREAT | 0600), ENOSPC); /* semmni */
	FAILS(semget(some_key(), 1, 0600), ENOENT);
	CHECK_EQUAL(DO(second, { 0, 1, 0 }, { 0, 1, 0 }, { 1, 1, 0 }), 0);
	FAILS(DO(second, { 0, 1, 0 }, { 0, 1, 0 }, { 0, 1, 0 }, { 0, 1, 0 }), E2BIG);
	set_limits(1, 1, 1, 1); /* what is there stays */
	FAILS(DO(second, { 0, 1, 0 }, { 0, 1, 0 }), E2BIG);
	CHECK_EQUAL(DO(second, { 1, 1, 0 }), 0);
	CHECK_EQUAL(value(second, 0), 2);
	destroy(first), destroy(second), destroy(third);
	destroy(set_of(1));
}

/* ---- semop, semtimedop */

static void operate(void)
{
	int id = set_of(2), removed = gone();
	struct sembuf one = { 0, 1, 0 }, many[2000] = { { 0 } };
	size_t most = (size_t)limits().semopm;
	FAILS(semop(id, &one, 0), EINVAL);
	FAILS(semop(-1, &one, 1), EINVAL);
	FAILS(semop(removed, &one, 1), EINVAL);
	CHECK(most < 2000);
	CHECK_EQUAL(semop(id, many, most), 0);
	FAILS(semop(id, many, most + 1), E2BIG);
	FAILS(semop(removed, many, most + 1), E2BIG);
	FAILS(semop(id, many, (size_t)-1), E2BIG);
	FAILS(DO(id, { 2, 1, 0 }), EFBIG);
	FAILS(DO(id, { 0, 1, 0 }, { 65535, 1, 0 }), EFBIG);
	FAILS(DO(id, { 2, -1, IPC_NOWAIT }), EFBIG);
	FAILS(DO(removed, { 2, 1, 0 }), EINVAL);
	CHECK_EQUAL(value(id, 0), 0);
	set_value(id, 0, 32767);
	FAILS(change(id, 0, 1, 0), ERANGE);
	FAILS(change(id, 0, 32767, 0), ERANGE);
	FAILS(change(id, 1, -1, IPC_NOWAIT), EAGAIN);
	FAILS(change(id, 0, 0, IPC_NOWAIT), EAGAIN);
	FAILS(change(id, 1, -32768, IPC_NOWAIT), EAGAIN);
	destroy(id);
}

static void operate_at_nothing(void)
{
	int id = set_of(1), removed = gone();
	struct sembuf many[2000] = { { 0 } };
	for (size_t i = 0; i < NOWHERES; i++) {
		struct sembuf *nowhere = nowheres[i];
		FAILS(semop(id, nowhere, 1), EFAULT);
		FAILS(semop(id, nowhere, 2), EFAULT);
		FAILS(semop(removed, nowhere, 1), EFAULT);
		FAILS(semop(id, nowhere, 0), EINVAL);
		FAILS(semop(id, nowhere, 2000), E2BIG);
		if (!nowhere)
			continue; /* no time: it waits as long as it takes */
		FAILS(semtimedop(id, many, 1, (struct timespec *)nowhere), EFAULT);
		FAILS(semtimedop(id, many, 2000, (struct timespec *)nowhere), EFAULT);
	}
	CHECK_EQUAL(semtimedop(id, many, 1, NULL), 0);
	destroy(id);
}

static void times_that_are_none(void)
{
	int id = set_of(1), removed = gone();
	struct sembuf up = { 0, 1, 0 }, down = { 0, -1, 0 }, many[2000] = { { 0 } };
	FAILS(semtimedop(id, &up, 1, &(struct timespec){ -1, 0 }), EINVAL);
	FAILS(semtimedop(id, &up, 1, &(struct timespec){ 0, -1 }), EINVAL);
	FAILS(semtimedop(id, &up, 1, &(struct timespec){ 0, 1000000000 }), EINVAL);
	CHECK_EQUAL(value(id, 0), 0); /* though it could have been done */
	FAILS(semtimedop(id, many, 2000, &(struct timespec){ -1, 0 }), E2BIG);
	FAILS(semtimedop(id, NULL, 1, &(struct timespec){ -1, 0 }), EFAULT);
	FAILS(semtimedop(removed, &up, 1, &(struct timespec){ 0, 0 }), EINVAL);
	FAILS(semtimedop(id, &down, 1, &(struct timespec){ 0, 0 }), EAGAIN);
	FAILS(semtimedop(id, &down, 1, &(struct timespec){ 0, 1 }), EAGAIN);
	CHECK_EQUAL(semtimedop(id, &up, 1, &(struct timespec){ 0, 0 }), 0);
	/* longer than there is time: as long as it takes */
	pid_t child =
		BLOCKED(id, 0, GETZCNT,
			CHECK_EQUAL(semtimedop(id, many, 1, &(struct timespec){ INT64_MAX, 999999999 }), 0));
	CHECK_EQUAL(semop(id, &down, 1), 0);
	join_child(child);
	destroy(id);
}

static void operate_denied(void)
{
	if (geteuid() != 0)
		SKIP("only root can make a set that is another's");
	int id = set_of(1);
	struct semid_ds ds = status_of(id);
	ds.sem_perm.mode = 0604;
	CHECK_EQUAL(semctl(id, 0, IPC_SET, (union semun){ .buf = &ds }), 0);
	join_child(CHILD({
		as_nobody();
		CHECK_EQUAL(change(id, 0, 0, 0), 0); /* to look is enough for that */
		FAILS(change(id, 0, 1, 0), EACCES);
		FAILS(DO(id, { 0, 0, 0 }, { 0, 1, 0 }), EACCES);
		FAILS(change(id, 0, -1, IPC_NOWAIT), EACCES);
		FAILS(change(id, 1, 1, 0), EFBIG); /* first */
		CHECK_EQUAL(value(id, 0), 0);
	}));
	ds.sem_perm.mode = 0602;
	CHECK_EQUAL(semctl(id, 0, IPC_SET, (union semun){ .buf = &ds }), 0);
	join_child(CHILD({
		as_nobody();
		CHECK_EQUAL(change(id, 0, 1, 0), 0);
		CHECK_EQUAL(DO(id, { 0, -1, 0 }, { 0, 0, 0 }), 0); /* to change includes to look */
		FAILS(change(id, 0, 0, 0), EACCES);
		FAILS(value(id, 0), EACCES);
	}));
	/* who waits has been let in: what changes meanwhile doesn't matter */
	pid_t child = CHILD(as_nobody(); CHECK_EQUAL(change(id, 0, -1, 0), 0));
	await_count(id, 0, GETNCNT, 1);
	ds.sem_perm.mode = 0600;
	CHECK_EQUAL(semctl(id, 0, IPC_SET, (union semun){ .buf = &ds }), 0);
	CHECK_EQUAL(change(id, 0, 1, 0), 0);
	join_child(child);
	destroy(id);
}

/* ---- semctl */

static void control(void)
{
	int id = set_of(2), removed = gone();
	unsigned short all[2] = { 0, 32768 };
	struct semid_ds ds;
	static const int of_one[] = { GETVAL, GETPID, GETNCNT, GETZCNT };
	for (int i = 0; i < 4; i++) {
		FAILS(semctl(id, 2, of_one[i]), EINVAL);
		FAILS(semctl(id, -1, of_one[i]), EINVAL);
		FAILS(semctl(removed, 0, of_one[i]), EINVAL);
		FAILS(semctl(-1, 0, of_one[i]), EINVAL);
	}
	FAILS(semctl(id, 2, SETVAL, (union semun){ .val = 1 }), EINVAL);
	FAILS(semctl(id, -1, SETVAL, (union semun){ .val = 1 }), EINVAL);
	FAILS(semctl(id, 0, SETVAL, (union semun){ .val = 32768 }), ERANGE);
	FAILS(semctl(id, 0, SETVAL, (union semun){ .val = -1 }), ERANGE);
	FAILS(semctl(id, 2, SETVAL, (union semun){ .val = -1 }), ERANGE); /* before all else */
	FAILS(semctl(removed, 0, SETVAL, (union semun){ .val = -1 }), ERANGE);
	FAILS(semctl(-1, 0, SETVAL, (union semun){ .val = -1 }), EINVAL); /* but this */
	FAILS(semctl(id, 0, SETALL, (union semun){ .array = all }), ERANGE);
	FAILS(semctl(removed, 0, SETALL, (union semun){ .array = all }), EINVAL);
	CHECK(value(id, 0) == 0 && value(id, 1) == 0);
	all[1] = 1;
	CHECK_EQUAL(semctl(id, 77, SETALL, (union semun){ .array = all }),
		    0); /* which semaphore isn't asked */
	CHECK_EQUAL(semctl(id, -1, GETALL, (union semun){ .array = all }), 0);
	CHECK_EQUAL(semctl(id, -1, IPC_STAT, (union semun){ .buf = &ds }), 0);
	FAILS(semctl(id, 0, 77), EINVAL);
	FAILS(semctl(id, 0, -1), EINVAL);
	FAILS(semctl(removed, 0, IPC_STAT, (union semun){ .buf = &ds }), EINVAL);
	FAILS(semctl(removed, 0, IPC_SET, (union semun){ .buf = &ds }), EINVAL);
	FAILS(semctl(removed, 0, GETALL, (union semun){ .array = all }), EINVAL);
	FAILS(semctl(removed, 0, IPC_RMID), EINVAL);
	FAILS(semctl(-1, 0, IPC_RMID), EINVAL);
	/* the kernel looks at the low bits, where nobody has made a set */
	FAILS(semctl(1 << 30 | 0x7ff0, 0, SEM_STAT, (union semun){ .buf = &ds }), EINVAL);
	FAILS(semctl(-1, 0, SEM_STAT, (union semun){ .buf = &ds }), EINVAL);
	FAILS(semctl(-1, 0, SEM_STAT_ANY, (union semun){ .buf = &ds }), EINVAL);
	destroy(id);
}

static void control_at_nothing(void)
{
	int id = set_of(2), removed = gone();
	for (size_t i = 0; i < NOWHERES; i++) {
		union semun nowhere = { .buf = nowheres[i] };
		FAILS(semctl(id, 0, IPC_STAT, nowhere), EFAULT);
		FAILS(semctl(id, 0, IPC_SET, nowhere), EFAULT);
		FAILS(semctl(id, 0, GETALL, nowhere), EFAULT);
		FAILS(semctl(id, 0, SETALL, nowhere), EFAULT);
		FAILS(semctl(0, 0, IPC_INFO, nowhere), EFAULT);
		FAILS(semctl(0, 0, SEM_INFO, nowhere), EFAULT);
		FAILS(semctl(removed, 0, IPC_STAT, nowhere), EINVAL);
		FAILS(semctl(removed, 0, IPC_SET, nowhere), EFAULT); /* read first */
		FAILS(semctl(removed, 0, SETALL, nowhere), EINVAL);
	}
	CHECK(value(id, 0) == 0 && value(id, 1) == 0);
	destroy(id);
}

static void control_denied(void)
{
	if (geteuid() != 0)
		SKIP("only root can make a set that is another's");
	int id = set_of(2);
	unsigned short all[2] = { 1, 1 }, too_much[2] = { 1, 32768 };
	struct semid_ds ds = status_of(id);
	join_child(CHILD({
		as_nobody();
		FAILS(value(id, 0), EACCES);
		FAILS(value(id, 2), EACCES);
		FAILS(semctl(id, 0, GETPID), EACCES);
		FAILS(semctl(id, 0, GETNCNT), EACCES);
		FAILS(semctl(id, 0, GETZCNT), EACCES);
		FAILS(semctl(id, 0, GETALL, (union semun){ .array = all }), EACCES);
		FAILS(semctl(id, 0, SETALL, (union semun){ .array = all }), EACCES);
		FAILS(semctl(id, 0, SETALL, (union semun){ .array = too_much }), EACCES);
		FAILS(semctl(id, 0, SETALL, (union semun){ .array = NULL }), EACCES);
		FAILS(semctl(id, 0, SETVAL, (union semun){ .val = 1 }), EACCES);
		FAILS(semctl(id, 2, SETVAL, (union semun){ .val = 1 }), EINVAL); /* first, here */
		FAILS(semctl(id, 0, IPC_STAT, (union semun){ .buf = &ds }), EACCES);
		FAILS(semctl(id, 0, IPC_SET, (union semun){ .buf = &ds }), EPERM);
		FAILS(semctl(id, 0, IPC_RMID), EPERM);
	}));
	CHECK(value(id, 0) == 0 && value(id, 1) == 0);
	destroy(id);
}

/* ---- while one waits */

static void removed_meanwhile(void)
{
	int id = set_of(1);
	pid_t down = BLOCKED(id, 0, GETNCNT, FAILS(change(id, 0, -1, SEM_UNDO), EIDRM));
	pid_t both = BLOCKED(id, 0, GETNCNT, FAILS(DO(id, { 0, 1, 0 }, { 0, -2, 0 }), EIDRM));
	set_value(id, 0, 0);
	destroy(id);
	join_child(down), join_child(both);
}

static void nothing(int signal)
{
	(void)signal;
}

static void interrupted(void)
{
	int id = set_of(1);
	struct sigaction action = { .sa_handler = nothing, .sa_flags = SA_RESTART };
	pid_t child = BLOCKED(id, 0, GETNCNT, CHECK_EQUAL(sigaction(SIGUSR1, &action, NULL), 0);
			      FAILS(change(id, 0, -1, 0), EINTR));
	until_asleep(child);
	CHECK_EQUAL(kill(child, SIGUSR1), 0);
	join_child(child);
	CHECK_EQUAL(semctl(id, 0, GETNCNT), 0);
	destroy(id);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "get", get },
		{ "get_denied", get_denied },
		{ "too_many", too_many },
		{ "operate", operate },
		{ "operate_at_nothing", operate_at_nothing },
		{ "times_that_are_none", times_that_are_none },
		{ "operate_denied", operate_denied },
		{ "control", control },
		{ "control_at_nothing", control_at_nothing },
		{ "control_denied", control_denied },
		{ "removed_meanwhile", removed_meanwhile },
		{ "interrupted", interrupted },
		{ 0 },
	};
	return run_cases(cases, argc, argv);
}
