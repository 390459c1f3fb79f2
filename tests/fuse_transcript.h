/* SPDX-License-Identifier: MIT */
/*
 * A play of several processes with one file, written down line by line.
 *
 *   fuse_transcript FIFO < SCRIPT
 *
 * A line of the script is an actor's letter and a call, `A read 10`, or what
 * the director does, `kill A USR1`.  An actor is a process, made when it is
 * first named.  After each line the director waits until every actor has
 * answered or sleeps in its call, and writes down who said what.  So the
 * transcript is the same each time, on any file that behaves the same.
 */
#ifndef FUSE_TRANSCRIPT_H
#define FUSE_TRANSCRIPT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#define ACTORS 6
#define WORDS 256

/* In memory that all share. */
struct actor {
	_Atomic pid_t pid;   /* or 0: not on stage */
	atomic_bool busy;    /* written by the director to begin, by the actor when it has said it */
	char command[WORDS]; /* to do */
	char said[WORDS];    /* what came of it */
	int bell[2];	     /* a pipe: a byte for each command */
	bool waits;	     /* the director wrote that down */
};

extern struct actor *actors; /* ACTORS of them */
extern const char *path;     /* of the FIFO */

/* An actor's life. */
_Noreturn void act(struct actor *self);

/* Do one command, and put in words what came of it. */
void perform(char *command, char said[WORDS]);

/* PIPE, USR1, … and its number; 0 for a name unknown. */
int signal_number(const char *name);
const char *signal_name(int number);

#endif
