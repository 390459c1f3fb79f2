/* SPDX-License-Identifier: MIT */
/* Ids, keys and sequence numbers of System V objects, as the kernel gives them. */
#define _GNU_SOURCE
#include "sysv_check.h"

#include <fcntl.h>
#include <sched.h>

#define KEY 0x69647320

/* ---- the three families alike */

static int get_queue(key_t key, int flags)
{
	return msgget(key, flags);
}
static int get_set(key_t key, int flags)
{
	return semget(key, 1, flags);
}
static int get_segment(key_t key, int flags)
{
	return shmget(key, 1, flags);
}

static struct ipc_perm status;

static int look_at_queue(int id)
{
	struct msqid_ds ds;
	int result = msgctl(id, IPC_STAT, &ds);
	status = ds.msg_perm;
	return result;
}
static int look_at_set(int id)
{
	struct semid_ds ds;
	int result = semctl(id, 0, IPC_STAT, &ds);
	status = ds.sem_perm;
	return result;
}
static int look_at_segment(int id)
{
	struct shmid_ds ds;
	int result = shmctl(id, IPC_STAT, &ds);
	status = ds.shm_perm;
	return result;
}

static int remove_queue(int id)
{
	return msgctl(id, IPC_RMID, NULL);
}
static int remove_set(int id)
{
	return semctl(id, 0, IPC_RMID);
}
static int remove_segment(int id)
{
	return shmctl(id, IPC_RMID, NULL);
}

static int use_queue(int id)
{
	struct {
		long type;
	} m = { 1 };
	return msgsnd(id, &m, 0, IPC_NOWAIT);
}
static int use_set(int id)
{
	struct sembuf up = { 0, 1, 0 };
	return semop(id, &up, 1);
}
static int use_segment(int id)
{
	return shmat(id, NULL, 0) == (void *)-1 ? -1 : 0;
}

static const struct family {
	int (*get)(key_t key, int flags);
	int (*look_at)(int id);
	int (*remove)(int id);
	int (*use)(int id);
} families[] = {
	{ get_queue, look_at_queue, remove_queue, use_queue },
	{ get_set, look_at_set, remove_set, use_set },
	{ get_segment, look_at_segment, remove_segment, use_segment },
};

#define EACH_FAMILY(family) for (const struct family *family = families; family < families + 3; family++)

static int make(const struct family *family)
{
	int id = family->get(IPC_PRIVATE, 0600);
	CHECK(id >= 0);
	return id;
}

/* ---- ids */

#define MADE 20000

static int by_value(const void *a, const void *b)
{
	return *(const int *)a < *(const int *)b ? -1 : *(const int *)a > *(const int *)b;
}

/* Made and removed, again and again: none comes back soon. */
static void none_twice(void)
{
	static int ids[MADE];
	EACH_FAMILY(family)
	{
		for (int i = 0; i < MADE; i++) {
			ids[i] = make(family);
			CHECK_EQUAL(family->remove(ids[i]), 0);
		}
		qsort(ids, MADE, sizeof *ids, by_value);
		for (int i = 1; i < MADE; i++)
			CHECK(ids[i] != ids[i - 1]);
	}
}

/* One of what is no more is an error, whatever has come since. */
static void stale(void)
{
	EACH_FAMILY(family)
	{
		int old = make(family);
		CHECK_EQUAL(family->remove(old), 0);
		FAILS(family->remove(old), EINVAL);
		for (int i = 0; i < 200; i++) {
			int id = make(family);
			FAILS(family->look_at(old), EINVAL);
			FAILS(family->use(old), EINVAL);
			CHECK_EQUAL(family->remove(id), 0);
		}
		FAILS(family->look_at(-1), EINVAL);
		FAILS(family->look_at(0x7fffffff), EINVAL);
		FAILS(family->use(-1), EINVAL);
	}
}

/* An id is a place and a sequence number, which goes up each time that the place is used again. */
static void sequence(void)
{
	EACH_FAMILY(family)
	{
		int id = make(family), later = -1, seq;
		CHECK_EQUAL(family->look_at(id), 0);
		seq = status.__seq;
		CHECK_EQUAL(family->remove(id), 0);
		for (int i = 0; i < 40000 && later < 0; i++) {
			int next = make(family);
			CHECK_EQUAL(family->look_at(next), 0);
			if (status.__seq != seq)
				later = next;
			CHECK_EQUAL(family->remove(next), 0);
		}
		CHECK(later > id);
		CHECK_EQUAL(status.__seq, seq + 1);
	}
}

/* ---- keys */

static void private_ones(void)
{
	EACH_FAMILY(family)
	{
		int first = make(family), second = make(family);
		int third = family->get(IPC_PRIVATE, IPC_CREAT | IPC_EXCL | 0600);
		CHECK(first != second && second != third && first != third && third >= 0);
		CHECK_EQUAL(family->look_at(first), 0);
		CHECK_EQUAL(status.__key, IPC_PRIVATE);
		CHECK_EQUAL(family->remove(first), 0);
		CHECK_EQUAL(family->remove(second), 0);
		CHECK_EQUAL(family->remove(third), 0);
	}
}

/* The same key names one of each family. */
static void keys(void)
{
	int ids[3];
	for (int i = 0; i < 3; i++) {
		FAILS(families[i].get(KEY, 0600), ENOENT);
		ids[i] = families[i].get(KEY, IPC_CREAT | 0600);
		CHECK_EQUAL(families[i].get(KEY, IPC_CREAT | 0600), ids[i]);
		FAILS(families[i].get(KEY, IPC_CREAT | IPC_EXCL | 0600), EEXIST);
		CHECK_EQUAL(families[i].get(KEY, IPC_EXCL), ids[i]); /* without IPC_CREAT it says nothing */
		CHECK_EQUAL(families[i].look_at(ids[i]), 0);
		CHECK_EQUAL(status.__key, KEY);
	}
	for (int i = 0; i < 3; i++) {
		CHECK_EQUAL(families[i].remove(ids[i]), 0);
		FAILS(families[i].get(KEY, 0600), ENOENT);
		int anew = families[i].get(KEY, IPC_CREAT | IPC_EXCL | 0600);
		CHECK(anew >= 0 && anew != ids[i]);
		CHECK_EQUAL(families[i].remove(anew), 0);
	}
}

/* A key of a file is the same to whoever asks. */
static void of_a_file(void)
{
	char path[] = "/tmp/sysv_ids.XXXXXX";
	int fd = mkstemp(path);
	CHECK(fd >= 0);
	key_t key = ftok(path, 'p');
	CHECK(key != -1 && key == ftok(path, 'p') && key != ftok(path, 'q'));
	EACH_FAMILY(family)
	{
		int id = family->get(key, IPC_CREAT | IPC_EXCL | 0600);
		CHECK(id >= 0);
		join_child(CHILD(CHECK_EQUAL(family->get(ftok(path, 'p'), 0), id)));
		CHECK_EQUAL(family->remove(id), 0);
	}
	close(fd);
	unlink(path);
	errno = 0;
	CHECK_EQUAL(ftok(path, 'p'), -1);
	CHECK_EQUAL(errno, ENOENT);
}

/* Of several who want to make it one does. */
static void exclusive(void)
{
	enum { RACERS = 3, KEYS = 100 };
	_Atomic int *gate = shared_memory(sizeof *gate);
	_Atomic int *made = shared_memory(KEYS * sizeof *made);
	EACH_FAMILY(family)
	{
		pid_t racers[RACERS];
		memset((void *)made, 0, KEYS * sizeof *made);
		*gate = 0;
		for (int r = 0; r < RACERS; r++)
			racers[r] = CHILD({
				++*gate;
				while (*gate < RACERS)
					sched_yield();
				for (int i = 0; i < KEYS; i++) {
					int id = family->get(KEY + i, IPC_CREAT | IPC_EXCL | 0600);
					if (id >= 0)
						made[i]++;
					else
						CHECK_EQUAL(errno, EEXIST);
				}
			});
		for (int r = 0; r < RACERS; r++)
			join_child(racers[r]);
		for (int i = 0; i < KEYS; i++) {
			CHECK_EQUAL(made[i], 1);
			CHECK_EQUAL(family->remove(family->get(KEY + i, 0)), 0);
		}
	}
}

/* Of several who want it, made or not, all get the same. */
static void shared(void)
{
	enum { RACERS = 3, KEYS = 100 };
	_Atomic int *gate = shared_memory(sizeof *gate);
	int(*got)[KEYS] = shared_memory(RACERS * sizeof *got);
	EACH_FAMILY(family)
	{
		pid_t racers[RACERS];
		*gate = 0;
		for (int r = 0; r < RACERS; r++)
			racers[r] = CHILD({
				++*gate;
				while (*gate < RACERS)
					sched_yield();
				for (int i = 0; i < KEYS; i++)
					got[r][i] = family->get(KEY + i, IPC_CREAT | 0600);
			});
		for (int r = 0; r < RACERS; r++)
			join_child(racers[r]);
		for (int i = 0; i < KEYS; i++) {
			CHECK(got[0][i] >= 0);
			for (int r = 1; r < RACERS; r++)
				CHECK_EQUAL(got[r][i], got[0][i]);
			CHECK_EQUAL(family->remove(got[0][i]), 0);
		}
	}
}

/* A segment that is removed while it is attached keeps its id and loses its key. */
static void removed_segment(void)
{
	int id = shmget(KEY, 4096, IPC_CREAT | IPC_EXCL | 0600);
	void *at = shmat(id, NULL, 0);
	CHECK_EQUAL(shmctl(id, IPC_RMID, NULL), 0);
	CHECK_EQUAL(look_at_segment(id), 0);
	CHECK_EQUAL(status.__key, IPC_PRIVATE);
	FAILS(shmget(KEY, 0, 0), ENOENT);
	int anew = shmget(KEY, 4096, IPC_CREAT | IPC_EXCL | 0600);
	CHECK(anew >= 0 && anew != id);
	CHECK_EQUAL(shmdt(at), 0);
	FAILS(shmctl(id, IPC_RMID, NULL), EINVAL);
	CHECK_EQUAL(shmget(KEY, 0, 0), anew);
	CHECK_EQUAL(shmctl(anew, IPC_RMID, NULL), 0);
}

/* What its maker leaves stays until it is removed. */
static void persistent(void)
{
	EACH_FAMILY(family)
	{
		join_child(CHILD({
			int id = family->get(KEY, IPC_CREAT | IPC_EXCL | 0600);
			CHECK(id >= 0);
			if (family->use != use_segment)
				CHECK_EQUAL(family->use(id), 0);
		}));
		int id = family->get(KEY, 0);
		CHECK(id >= 0);
		pid_t child = CHILD(pause());
		kill_child(child);
		CHECK_EQUAL(family->look_at(id), 0);
		CHECK_EQUAL(family->remove(id), 0);
	}
}

static const struct test_case cases[] = {
	{ "none_twice", none_twice },	  { "stale", stale },	{ "sequence", sequence },
	{ "private_ones", private_ones }, { "keys", keys },	{ "of_a_file", of_a_file },
	{ "exclusive", exclusive },	  { "shared", shared }, { "removed_segment", removed_segment },
	{ "persistent", persistent },	  { NULL, NULL },
};

int main(int argc, char **argv)
{
	return run_cases(cases, argc, argv);
}
