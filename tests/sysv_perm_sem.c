/* SPDX-License-Identifier: MIT */
/* Who may do what with a semaphore set; sysv_perm.h says how that is asked. */
#define _GNU_SOURCE
#include "sysv_perm.h"

#include <limits.h>
#include <sys/sem.h>

#define KEY 0x70657232

union argument {
	int value;
	struct semid_ds *ds;
	unsigned short *values;
	struct seminfo *info;
};

static int given(key_t key, unsigned mode)
{
	struct semid_ds ds;
	become(CREATOR, CREATORS, STRANGERS);
	int id = semget(key, 2, IPC_CREAT | (int)mode);
	CHECK(id >= 0);
	become_root();
	CHECK_EQUAL(semctl(id, 0, IPC_STAT, (union argument){ .ds = &ds }), 0);
	ds.sem_perm.uid = OWNER;
	ds.sem_perm.gid = OWNERS;
	ds.sem_perm.mode = (unsigned short)mode;
	CHECK_EQUAL(semctl(id, 0, IPC_SET, (union argument){ .ds = &ds }), 0);
	return id;
}

static void give_mode(int id, unsigned mode)
{
	struct semid_ds ds;
	become_root();
	CHECK_EQUAL(semctl(id, 0, IPC_STAT, (union argument){ .ds = &ds }), 0);
	ds.sem_perm.mode = (unsigned short)mode;
	CHECK_EQUAL(semctl(id, 0, IPC_SET, (union argument){ .ds = &ds }), 0);
}

static void destroy(int id)
{
	become_root();
	CHECK_EQUAL(semctl(id, 0, IPC_RMID), 0);
}

static int index_of(int id)
{
	struct seminfo info;
	struct semid_ds ds;
	int highest = semctl(0, 0, SEM_INFO, (union argument){ .info = &info });
	for (int i = 0; i <= highest; i++)
		if (semctl(i, 0, SEM_STAT, (union argument){ .ds = &ds }) == id)
			return i;
	FAIL("the set has no index");
}

static int operate_on(int id, int first, int second)
{
	struct sembuf parts[] = { { 0, (short)first, IPC_NOWAIT }, { 1, (short)second, IPC_NOWAIT } };
	return semop(id, parts, second == SHRT_MAX ? 1 : 2);
}
#define ONE SHRT_MAX

static void get(void)
{
	static const int flags[] = { 0, 0400, 0200, 0600, 0100, 0040, 0020, 0004, 0002, 0666, 0777 };
	require_root();
	int id = given(KEY, 0);
	for (unsigned mode = 0; mode < 01000; mode++) {
		give_mode(id, mode);
		EACH_ACTOR(actor)
		{
			become(actor->uid, actor->gid, actor->also);
			for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
				JUDGE(semget(KEY, 0, flags[i]), actor, mode, id, 0, (unsigned)flags[i]);
			FAILS(semget(KEY, 2, IPC_CREAT | IPC_EXCL | 0777), EEXIST);
			FAILS(semget(KEY, 3, 0), EINVAL); /* too many comes before who may */
		}
	}
	destroy(id);
}

static void operate(void)
{
	require_root();
	int id = given(IPC_PRIVATE, 0600);
	EACH_MODE(mode)
	{
		give_mode(id, mode);
		EACH_ACTOR(actor)
		{
			become(actor->uid, actor->gid, actor->also);
			JUDGE(operate_on(id, 0, ONE), actor, mode, 0, 0, 0444);
			JUDGE(operate_on(id, 0, 0), actor, mode, 0, 0, 0444);
			/* whatever else it does: changing is all that is asked for */
			JUDGE(operate_on(id, 1, 0), actor, mode, 0, 0, 0222);
			JUDGE(operate_on(id, -1, 0), actor, mode, grants(actor, mode, 0222) ? 0 : -1, EAGAIN,
			      0222);
			JUDGE(operate_on(id, -1, ONE), actor, mode, -1, EAGAIN, 0222);
		}
	}
	destroy(id);
}

static void control(void)
{
	unsigned short values[2] = { 0 };
	union argument all = { .values = values }, value = { .value = 0 };
	require_root();
	int id = given(IPC_PRIVATE, 0600);
	EACH_MODE(mode)
	{
		give_mode(id, mode);
		EACH_ACTOR(actor)
		{
			become(actor->uid, actor->gid, actor->also);
			JUDGE(semctl(id, 0, GETVAL), actor, mode, 0, 0, 0444);
			JUDGE(semctl(id, 0, GETNCNT), actor, mode, 0, 0, 0444);
			JUDGE(semctl(id, 0, GETZCNT), actor, mode, 0, 0, 0444);
			JUDGE(semctl(id, 0, GETPID) < 0 ? -1 : 0, actor, mode, 0, 0, 0444);
			JUDGE(semctl(id, 0, GETALL, all), actor, mode, 0, 0, 0444);
			JUDGE(semctl(id, 0, SETVAL, value), actor, mode, 0, 0, 0222);
			JUDGE(semctl(id, 0, SETALL, all), actor, mode, 0, 0, 0222);
		}
	}
	destroy(id);
}

static void look(void)
{
	struct semid_ds ds;
	union argument to = { .ds = &ds };
	require_root();
	int id = given(IPC_PRIVATE, 0600), at = index_of(id);
	EACH_MODE(mode)
	{
		give_mode(id, mode);
		EACH_ACTOR(actor)
		{
			become(actor->uid, actor->gid, actor->also);
			JUDGE(semctl(id, 0, IPC_STAT, to), actor, mode, 0, 0, 0444);
			JUDGE(semctl(at, 0, SEM_STAT, to), actor, mode, id, 0, 0444);
			JUDGE(semctl(at, 0, SEM_STAT_ANY, to), actor, mode, id, 0, 0);
			CHECK_EQUAL(ds.sem_perm.mode, mode);
		}
	}
	destroy(id);
}

static void change(void)
{
	struct semid_ds ds;
	union argument as = { .ds = &ds };
	require_root();
	int id = given(IPC_PRIVATE, 0);
	CHECK_EQUAL(semctl(id, 0, IPC_STAT, as), 0);
	EACH_ACTOR(actor)
	{
		become(actor->uid, actor->gid, actor->also);
		JUDGE_OWNING(semctl(id, 0, IPC_SET, as), actor, 0);
	}
	become_root();
	ds.sem_perm.uid = (uid_t)-1;
	FAILS(semctl(id, 0, IPC_SET, as), EINVAL);
	EACH_ACTOR(actor)
	{
		int another = given(IPC_PRIVATE, 0777);
		become(actor->uid, actor->gid, actor->also);
		JUDGE_OWNING(semctl(another, 0, IPC_RMID), actor, 0777);
		if (!actor->owns)
			destroy(another);
	}
	destroy(id);
}

/* Access is CAP_IPC_OWNER's, and changing CAP_SYS_ADMIN's. */
static void capable(void)
{
	struct semid_ds ds;
	union argument as = { .ds = &ds };
	require_root();
	int id = given(IPC_PRIVATE, 0600);
	set_capabilities(CAN_SYS_ADMIN);
	FAILS(operate_on(id, 1, ONE), EACCES);
	FAILS(semctl(id, 0, GETVAL), EACCES);
	set_capabilities(CAN_IPC_OWNER);
	CHECK_EQUAL(operate_on(id, 1, ONE), 0);
	CHECK_EQUAL(semctl(id, 0, IPC_STAT, as), 0);
	FAILS(semctl(id, 0, IPC_SET, as), EPERM);
	FAILS(semctl(id, 0, IPC_RMID), EPERM);
	set_capabilities(CAN_SYS_ADMIN);
	CHECK_EQUAL(semctl(id, 0, IPC_SET, as), 0);
	CHECK_EQUAL(semctl(id, 0, IPC_RMID), 0);
}

/* Who gives up its user while it has the set at hand is judged by the new one at once. */
static void given_up(void)
{
	require_root();
	int id = given(IPC_PRIVATE, 0600);
	become(OWNER, STRANGERS, STRANGERS);
	set_capabilities(CAN_SETUID);
	for (int i = 0; i < 100; i++)
		CHECK_EQUAL(operate_on(id, 1, ONE), 0);
	CHECK_EQUAL(seteuid(STRANGER), 0);
	FAILS(operate_on(id, 1, ONE), EACCES);
	FAILS(semctl(id, 0, GETVAL), EACCES);
	destroy(id);
}

static const struct test_case cases[] = {
	{ "get", get },	      { "operate", operate }, { "control", control },	{ "look", look },
	{ "change", change }, { "capable", capable }, { "given_up", given_up }, { NULL, NULL },
};

int main(int argc, char **argv)
{
	return run_cases(cases, argc, argv);
}
