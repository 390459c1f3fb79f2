/* SPDX-License-Identifier: MIT */
/*
 * Who may do what with a segment; sysv_perm.h says how that is asked.  To
 * attach takes an instance that serves other users, too.
 */
#define _GNU_SOURCE
#include "sysv_perm.h"

#include <sys/shm.h>

#ifndef SHM_EXEC
#define SHM_EXEC 0100000
#endif

#define KEY 0x70657233
#define SIZE 4096

static int given(key_t key, unsigned mode)
{
	struct shmid_ds ds;
	become(CREATOR, CREATORS, STRANGERS);
	int id = shmget(key, SIZE, IPC_CREAT | (int)mode);
	CHECK(id >= 0);
	become_root();
	CHECK_EQUAL(shmctl(id, IPC_STAT, &ds), 0);
	ds.shm_perm.uid = OWNER;
	ds.shm_perm.gid = OWNERS;
	ds.shm_perm.mode = (unsigned short)mode;
	CHECK_EQUAL(shmctl(id, IPC_SET, &ds), 0);
	return id;
}

static void give_mode(int id, unsigned mode)
{
	struct shmid_ds ds;
	become_root();
	CHECK_EQUAL(shmctl(id, IPC_STAT, &ds), 0);
	ds.shm_perm.mode = (unsigned short)mode;
	CHECK_EQUAL(shmctl(id, IPC_SET, &ds), 0);
}

static void destroy(int id)
{
	become_root();
	CHECK_EQUAL(shmctl(id, IPC_RMID, NULL), 0);
}

static int index_of(int id)
{
	struct shmid_ds ds;
	int highest = shmctl(0, SHM_INFO, &ds);
	for (int i = 0; i <= highest; i++)
		if (shmctl(i, SHM_STAT, &ds) == id)
			return i;
	FAIL("the segment has no index");
}

/* Attach and detach. */
static int attach(int id, int flags)
{
	void *at = shmat(id, NULL, flags);
	if (at == (void *)-1)
		return -1;
	CHECK_EQUAL(shmdt(at), 0);
	return 0;
}

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
				JUDGE(shmget(KEY, 0, flags[i]), actor, mode, id, 0, (unsigned)flags[i]);
			FAILS(shmget(KEY, SIZE, IPC_CREAT | IPC_EXCL | 0777), EEXIST);
			FAILS(shmget(KEY, SIZE + 1, 0), EINVAL); /* too large comes before who may */
		}
	}
	destroy(id);
}

static void attached(void)
{
	require_root();
	int id = given(IPC_PRIVATE, 0600);
	for (unsigned mode = 0; mode < 01000; mode++) {
		give_mode(id, mode);
		EACH_ACTOR(actor)
		{
			become(actor->uid, actor->gid, actor->also);
			JUDGE(attach(id, SHM_RDONLY), actor, mode, 0, 0, 0444);
			JUDGE(attach(id, 0), actor, mode, 0, 0, 0666);
			JUDGE(attach(id, SHM_RDONLY | SHM_EXEC), actor, mode, 0, 0, 0555);
			JUDGE(attach(id, SHM_EXEC), actor, mode, 0, 0, 0777);
		}
	}
	destroy(id);
}

static void look(void)
{
	struct shmid_ds ds;
	require_root();
	int id = given(IPC_PRIVATE, 0600), at = index_of(id);
	EACH_MODE(mode)
	{
		give_mode(id, mode);
		EACH_ACTOR(actor)
		{
			become(actor->uid, actor->gid, actor->also);
			JUDGE(shmctl(id, IPC_STAT, &ds), actor, mode, 0, 0, 0444);
			JUDGE(shmctl(at, SHM_STAT, &ds), actor, mode, id, 0, 0444);
			JUDGE(shmctl(at, SHM_STAT_ANY, &ds), actor, mode, id, 0, 0);
			CHECK_EQUAL(ds.shm_perm.mode & 0777, mode);
		}
	}
	destroy(id);
}

static void change(void)
{
	struct shmid_ds ds;
	require_root();
	int id = given(IPC_PRIVATE, 0);
	CHECK_EQUAL(shmctl(id, IPC_STAT, &ds), 0);
	EACH_ACTOR(actor)
	{
		become(actor->uid, actor->gid, actor->also);
		JUDGE_OWNING(shmctl(id, IPC_SET, &ds), actor, 0);
		JUDGE_OWNING(shmctl(id, SHM_LOCK, NULL), actor, 0);
		JUDGE_OWNING(shmctl(id, SHM_UNLOCK, NULL), actor, 0);
	}
	become_root();
	ds.shm_perm.gid = (gid_t)-1;
	FAILS(shmctl(id, IPC_SET, &ds), EINVAL);
	EACH_ACTOR(actor)
	{
		int another = given(IPC_PRIVATE, 0777);
		become(actor->uid, actor->gid, actor->also);
		JUDGE_OWNING(shmctl(another, IPC_RMID, NULL), actor, 0777);
		if (!actor->owns)
			destroy(another);
	}
	destroy(id);
}

static void capable(void)
{
	struct shmid_ds ds;
	require_root();
	int id = given(IPC_PRIVATE, 0600);
	set_capabilities(CAN_SYS_ADMIN);
	FAILS(attach(id, 0), EACCES);
	FAILS(shmctl(id, SHM_LOCK, NULL), EPERM);
	set_capabilities(CAN_IPC_LOCK);
	CHECK_EQUAL(shmctl(id, SHM_LOCK, NULL), 0);
	CHECK_EQUAL(shmctl(id, SHM_UNLOCK, NULL), 0);
	FAILS(attach(id, 0), EACCES);
	set_capabilities(CAN_IPC_OWNER);
	CHECK_EQUAL(attach(id, 0), 0);
	CHECK_EQUAL(shmctl(id, IPC_STAT, &ds), 0);
	FAILS(shmctl(id, SHM_LOCK, NULL), EPERM);
	FAILS(shmctl(id, IPC_SET, &ds), EPERM);
	FAILS(shmctl(id, IPC_RMID, NULL), EPERM);
	set_capabilities(CAN_SYS_ADMIN);
	CHECK_EQUAL(shmctl(id, IPC_SET, &ds), 0);
	CHECK_EQUAL(shmctl(id, IPC_RMID, NULL), 0);
}

static const struct test_case cases[] = {
	{ "get", get },	      { "attached", attached }, { "look", look },
	{ "change", change }, { "capable", capable },	{ NULL, NULL },
};

int main(int argc, char **argv)
{
	return run_cases(cases, argc, argv);
}
