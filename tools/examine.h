/* SPDX-License-Identifier: MIT */
/* The examinations of `portico doctor`: each reports what it found. */
#ifndef TOOL_EXAMINE_H
#define TOOL_EXAMINE_H

#include "kernel.h"

enum finding { GOOD, REPAIRED, LIMITED, BAD };

/* remedy: what to do about it, or NULL. */
__attribute__((format(printf, 4, 5))) void report(enum finding finding, const char *subject,
						  const char *remedy, const char *format, ...);

/* A finding that is an event of the past: when it was, and of whom, beside it. */
struct event {
	int64_t time_ns; /* CLOCK_REALTIME */
	uint32_t pid, uid, times;
	int error; /* errno, or 0 */
};
void report_event(const struct event *event, const char *object, const char *text);

/* Was a repair asked for?  What is damaged after one stays so. */
bool repair_was_tried(void);

/* How many such findings there were. */
unsigned reported(enum finding finding);

bool examine_by_mount(const char *directory); /* examine_instance.c; false: it isn't reached so */
void examine_instance(const char *directory);
void examine_contents(struct portico *k); /* examine_contents.c */
void examine_others(struct portico *k);	  /* examine_others.c */
void examine_log(struct portico *k);	  /* examine_log.c */
void examine_machine(void);		  /* examine_machine.c */
void examine_preload(void);		  /* examine_programs.c */
void examine_fuse(const char *directory); /* examine_fuse.c */
void examine_mount(const char *path);	  /* of Portico's, that is there */

/*
 * Put right what can be, and report what was done.  `force`: an instance that
 * can't be repaired, and that nobody uses, is removed.  repair.c
 */
void repair_instance(const char *directory, bool force);

#endif
