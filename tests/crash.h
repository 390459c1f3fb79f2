/* SPDX-License-Identifier: MIT */
/*
 * kill -9 at every commit point of an operation, and then again at every point
 * of what follows: the driver (crash_driver.c) of tests that say only what is
 * done and what must hold.  Linked with a core built with crash points.
 *
 * A scenario prepares something, lets a victim do one operation and die at its
 * n-th point, lets a second victim repair that and die at its m-th point,
 * repairs what is left, and checks.  So for every n and m there are.  After
 * each performance everything is removed, and must be gone.
 *
 *   PROGRAM                    lists its scenarios
 *   PROGRAM SCENARIO [once]    plays one; with `once` the repair isn't killed
 */
#ifndef CRASH_H
#define CRASH_H

#include "check.h"
#include "completion.h"
#include "magazine.h"
#include "message.h"
#include "name.h"
#include "port.h"
#include "region.h"
#include "right.h"
#include "task.h"

void pk_crash_point(const char *where);

struct scenario {
	const char *name;
	void (*prepare)(void);
	void (*operate)(void);	 /* in the victim */
	void (*meanwhile)(void); /* in us, while the victim may wait; may be NULL */
	void (*verify)(void);
};

struct stage {
	const struct scenario *scenarios; /* the last has no name */
	void (*repair)(void);		  /* what who comes after the dead does: sweep, mostly */
	bool (*valid)(void);		  /* is what was repaired in order, if it is there? */
	void (*clear)(void);		  /* remove what a scenario made, and see that it is gone */
};

extern struct portico *k;
extern char *died_at; /* the point where the victim died; "" if it did not */

/* Bystanders: how what they did ended, through memory outside the region. */
extern pid_t bystander;
extern int *bystander_result;

/* In the victim: do that, and die no sooner than after it. */
void spared(void (*action)(void));

/* Reap whoever is dead. */
void sweep(void);

/* A deadline that only who hangs reaches. */
int64_t soon(void);

/* The wait that the next completion at that port tells of; 0: none came. */
uint32_t next_told(pk_id completions, int64_t until_ns);

bool either(const char *is, const char *one, const char *other);

/* main() */
int run_stage(const struct stage *stage, int argc, char **argv);

#endif
