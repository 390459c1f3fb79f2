/* SPDX-License-Identifier: MIT */
/* For the System V programs about signals: a queue, a semaphore, and the calls that block on them. */
#ifndef SYSV_SIGNALS_H
#define SYSV_SIGNALS_H

#include "check.h"

#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>

#define FULL 8192 /* two of these fill a queue */

static struct message {
	long type;
	char text[FULL];
} spare = { .type = 1 };

/* The messages that a case uses are one a thread. */
static _Thread_local struct message got;

static volatile sig_atomic_t handled;

static inline void count(int number)
{
	(void)number;
	handled++;
}

static inline void handle(int number, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
	CHECK_EQUAL(sigaction(number, &action, NULL), 0);
}

static inline int new_queue(void)
{
	int id = msgget(IPC_PRIVATE, 0600);
	CHECK(id >= 0);
	return id;
}

static inline int new_set(void)
{
	int id = semget(IPC_PRIVATE, 2, 0600);
	CHECK(id >= 0);
	return id;
}

static inline void remove_queue(int id)
{
	CHECK_EQUAL(msgctl(id, IPC_RMID, NULL), 0);
}

static inline void remove_set(int id)
{
	CHECK_EQUAL(semctl(id, 0, IPC_RMID), 0);
}

static inline unsigned long queued(int id)
{
	struct msqid_ds ds;
	CHECK_EQUAL(msgctl(id, IPC_STAT, &ds), 0);
	return ds.msg_qnum;
}

static inline int change(int set, int by, int flags)
{
	struct sembuf part = { .sem_op = (short)by, .sem_flg = (short)flags };
	return semop(set, &part, 1);
}

/* ---- the four that block, on objects where they do */

enum how { RECEIVE, SEND, DOWN, TIMED, HOWS };

struct place {
	int empty, full, set;
};

static inline struct place make_place(void)
{
	struct place place = { new_queue(), new_queue(), new_set() };
	CHECK_EQUAL(msgsnd(place.full, &spare, FULL, 0), 0);
	CHECK_EQUAL(msgsnd(place.full, &spare, FULL, 0), 0);
	return place;
}

static inline void remove_place(const struct place *place)
{
	remove_queue(place->empty);
	remove_queue(place->full);
	remove_set(place->set);
}

static inline long block(const struct place *place, enum how how)
{
	struct sembuf down = { .sem_op = -1 };
	struct timespec minute = { .tv_sec = 60 };
	switch (how) {
	case RECEIVE:
		return msgrcv(place->empty, &got, FULL, 0, 0);
	case SEND:
		return msgsnd(place->full, &spare, FULL, 0);
	case DOWN:
		return semop(place->set, &down, 1);
	default:
		return semtimedop(place->set, &down, 1, &minute);
	}
}

/* Let the one that blocks go on. */
static inline void unblock(const struct place *place, enum how how)
{
	if (how == RECEIVE)
		CHECK_EQUAL(msgsnd(place->empty, &spare, 3, 0), 0);
	else if (how == SEND)
		CHECK_EQUAL(msgrcv(place->full, &got, FULL, 0, 0), FULL);
	else
		CHECK_EQUAL(change(place->set, 1, 0), 0);
}

/* As if nobody had ever called. */
static inline void check_untouched(const struct place *place)
{
	CHECK_EQUAL(queued(place->empty), 0);
	CHECK_EQUAL(queued(place->full), 2);
	CHECK_EQUAL(semctl(place->set, 0, GETVAL), 0);
	CHECK_EQUAL(semctl(place->set, 0, GETNCNT), 0);
}

#define INTERRUPTED(call)                                                                                    \
	do {                                                                                                 \
		errno = 0;                                                                                   \
		CHECK_EQUAL((call), -1);                                                                     \
		CHECK_EQUAL(errno, EINTR);                                                                   \
	} while (0)

/* A child blocks there, and is sent a signal: what it finds when the call is over it checks in `then`. */
#define BLOCKED_CHILD(place, how, number, before, then)                                                      \
	do {                                                                                                 \
		pid_t blocked_ = CHILD({                                                                     \
			before;                                                                              \
			INTERRUPTED(block(place, how));                                                      \
			then;                                                                                \
		});                                                                                          \
		until_asleep(blocked_);                                                                      \
		CHECK_EQUAL(kill(blocked_, number), 0);                                                      \
		join_child(blocked_);                                                                        \
	} while (0)

#endif
