/* SPDX-License-Identifier: MIT */
/* What the driver, the simulated seam and the explorer of interleave.h know of each other. */
#ifndef INTERLEAVE_INSIDE_H
#define INTERLEAVE_INSIDE_H

#include "interleave.h"

#include <semaphore.h>

#define MOST_ACTORS 16
#define NAME_BYTES 96

enum state {
	IDLE,	 /* nothing to do, or done */
	RUNNING, /* one at most */
	PAUSED,	 /* begun, at a point, or woken: may be let go on */
	ASLEEP,	 /* may not, before somebody wakes it */
	DEAD,
	REPLACED, /* by exec */
};

struct actor {
	const char *name;
	enum state state;
	struct portico *kernel;
	struct pk_process process;
	uint32_t thread; /* the first of a process has the process's number */
	sem_t go;
	bool comes_in; /* registers as soon as it is there */
	deed *deed;
	int64_t with, result;
	const char *stop_at; /* the point to stop at, or NULL */
	char at[NAME_BYTES]; /* the point it came by last */
	/* asleep */
	uint64_t word; /* where in the region */
	int64_t until_ns;
	uint64_t since; /* of those asleep the first is woken first */
	int woken_by;	/* what pk_sleep() returns */
	/* signals */
	bool holds_signals, signalled;
	deed *handler; /* runs when the actor goes on; or NULL */
	int64_t handler_with, handled;
};

/* ---- interleave_driver.c */

extern struct actor actors[MOST_ACTORS]; /* the first is the script */
extern int actor_count;
extern _Thread_local struct actor *me;
extern const char everywhere[]; /* for stop_at: wherever it may stop */

void begin_script(void);
_Noreturn void end_script(int status);
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The actor goes on to where it pauses next, and then as that the one that ran waits for its turn. */
void let_go(struct actor *actor, const char *stop_at);
void pause_as(enum state state);

/* What word that is, in words. */
const char *place(uint64_t word);

static inline bool lives(const struct actor *actor)
{
	return actor->state != DEAD && actor->state != REPLACED;
}

/* ---- interleave_seam.c */

/* Until the first of those asleep wakes by itself; -1: none does. */
int64_t ms_to_wake(void);

#endif
