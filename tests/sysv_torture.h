/* SPDX-License-Identifier: MIT */
/*
 * The ledger of sysv_torture.c: memory that its processes share, and that no
 * System V call knows of.  Each family, in a file of its own, has operations
 * for the tasks, and for the master what to prepare, what to note when a task
 * has died, and what to audit when all are gone.
 */
#ifndef SYSV_TORTURE_H
#define SYSV_TORTURE_H

#define _GNU_SOURCE
#include "torture.h"

#include <stdatomic.h>
#include <sys/ipc.h>
#include <sys/types.h>

#define TASKS 6
#define BANKS 3
#define PERMITS 3
#define QUEUES 2
#define LETTERS 8192 /* a task may send in an epoch */

enum { NOTHING, INTENDED, DONE, REFUSED };
enum { NO_LIE, LIE_OF_SEMAPHORES, LIE_OF_MESSAGES };

/* What is known of a task, over all its incarnations in an epoch. */
struct life {
	pid_t pid; /* the master's */
	_Atomic uint32_t incarnation;
	_Atomic uint32_t doomed; /* the last incarnation that was killed: set before */
	_Atomic uint32_t doing;
	struct dice dice; /* of this incarnation; it lasts through exec */

	/* semaphores: what this incarnation holds with SEM_UNDO */
	uint32_t permits[PERMITS], gate;
	int32_t held[BANKS];
	/* operations that were acknowledged, and what they changed for good: that of
	 * the n-th is in totals[n & 1], written before it is tried */
	_Atomic uint32_t done;
	_Atomic int32_t totals[2][BANKS];

	uint32_t letters;	   /* numbers used */
	_Atomic uint32_t receives; /* from queue - 1, and hasn't written down what; or 0 */
};

struct letter_entry {
	_Atomic uint8_t sent, queue, received;
};

struct ledger {
	_Atomic bool stop, broken;
	char verdict[256];
	uint64_t seed, epoch, lie, families;
	_Atomic uint64_t operations, forks, execs;
	key_t keys; /* the first of ours */
	size_t private_bytes;
	int bank, reset; /* sets */
	int queues[QUEUES];
	_Atomic uint64_t permit_owner; /* of permit 0: task << 32 | incarnation, plus 1; or 0 */
	uint32_t may_be_lost[QUEUES];
	_Atomic uint32_t last[TASKS][8]; /* of queue 0: the last number from each task, plus 1, by type */
	struct letter_entry letters[TASKS][LETTERS];
	struct life lives[TASKS];
};

extern struct ledger *ledger;

/* ---- a task */

extern uint32_t me;
extern struct life *life;
extern uint32_t incarnation; /* a child keeps its parent's */
extern struct dice dice;     /* of this operation */

/* A promise was broken: say which, and end everything. */
_Noreturn void broken(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Is errno, after a call that failed, one of these?  Anything else is broken. */
#define EXPECT_ERROR(...) expect_error((const int[]){ __VA_ARGS__, 0 })
void expect_error(const int *allowed);

/* What blocks from here on is interrupted soon, until the end of the operation. */
void interrupt_soon(void);

/* A child of this task's: it dies with it. */
pid_t fork_child(void);
void join_own_child(pid_t child);

/* The keys of what comes and goes. */
enum { KEY_SET, KEY_QUEUE, KEY_SEGMENT, SEGMENTS = 4 };

/* ---- a family */

struct operation {
	const char *name;
	void (*act)(void);
	uint32_t weight;
};

struct family {
	const struct operation *operations; /* one without a name ends them */
	void (*prepare)(void);
	void (*note_death)(uint32_t task);
	void (*end_blocking)(void); /* who waits without end is let go */
	void (*audit)(void);
	void (*remove)(void); /* all that there may be of it */
	void (*child)(void);  /* what a forked child of a task does; none of its life's fields are its */
};

extern const struct family semaphores, segments, messages;

#endif
