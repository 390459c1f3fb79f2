/* SPDX-License-Identifier: MIT */
/* What the programs share that test System V semaphores; they know nothing of Portico. */
#ifndef SYSV_SEM_H
#define SYSV_SEM_H

#include "sysv_check.h"

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
	struct seminfo *info;
};

static inline int set_of(int count)
{
	int id = semget(IPC_PRIVATE, count, 0600);
	CHECK(id >= 0);
	return id;
}

static inline void destroy(int id)
{
	CHECK_EQUAL(semctl(id, 0, IPC_RMID), 0);
}

static inline int change(int id, int semaphore, int by, int flags)
{
	struct sembuf part = { (unsigned short)semaphore, (short)by, (short)flags };
	return semop(id, &part, 1);
}

/* An operation of those parts: DO(id, { 0, -1, 0 }, { 1, 1, SEM_UNDO }). */
#define DO(id, ...)                                                                                          \
	({                                                                                                   \
		struct sembuf parts_[] = { __VA_ARGS__ };                                                    \
		semop((id), parts_, sizeof parts_ / sizeof parts_[0]);                                       \
	})

static inline int value(int id, int semaphore)
{
	return semctl(id, semaphore, GETVAL);
}

static inline int last_pid(int id, int semaphore)
{
	return semctl(id, semaphore, GETPID);
}

static inline void set_value(int id, int semaphore, int to)
{
	CHECK_EQUAL(semctl(id, semaphore, SETVAL, (union semun){ .val = to }), 0);
}

static inline struct semid_ds status_of(int id)
{
	struct semid_ds ds;
	CHECK_EQUAL(semctl(id, 0, IPC_STAT, (union semun){ .buf = &ds }), 0);
	return ds;
}

static inline void await_value(int id, int semaphore, int wanted)
{
	for (int i = 0; i < 2000 && value(id, semaphore) != wanted; i++)
		sleep_ms(1);
	CHECK_EQUAL(value(id, semaphore), wanted);
}

/* Until as many wait for a semaphore to rise (GETNCNT), or to be zero (GETZCNT). */
static inline void await_count(int id, int semaphore, int command, int wanted)
{
	for (int i = 0; i < 2000 && semctl(id, semaphore, command) != wanted; i++)
		sleep_ms(1);
	CHECK_EQUAL(semctl(id, semaphore, command), wanted);
}

/* A child that does that and has come to wait for it: BLOCKED(id, 0, GETNCNT, action). */
#define BLOCKED(id, semaphore, command, ...)                                                                 \
	({                                                                                                   \
		int before_ = semctl((id), (semaphore), (command));                                          \
		pid_t blocked_ = CHILD(__VA_ARGS__);                                                         \
		await_count((id), (semaphore), (command), before_ + 1);                                      \
		blocked_;                                                                                    \
	})

#endif
