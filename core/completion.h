/* SPDX-License-Identifier: MIT */
/*
 * Completions: the messages that tell of waits, and the ports where they are
 * queued.  wait.h is the essay: W5.
 */
#ifndef PK_COMPLETION_H
#define PK_COMPLETION_H

#include "wait.h"

/* A port for completions: this task's own, and ended with it. */
int pk_completions_create(struct portico *k, pk_id *port);

/* 0: this task may have completions queued there.  -EPERM, -EINVAL, -EIDRM. */
int pk_completions_mine(struct portico *k, pk_id port);

/* A port for completions can't be told of by one: its lock is the inner one. */
bool pk_completion_would_nest(struct portico *k, const struct pk_wait *wanted, const struct pk_post *post);

/* Claim a wait's when it is posted, so that none fails for want of memory later. */
int pk_completion_claim(struct portico *k, struct pk_wait *wait, uint32_t slot, const struct pk_post *post);

/* Under the lock of an object it waits on: tell of a wait that was settled. */
void pk_completion_tell(struct portico *k, const struct pk_wait *wait, pk_id id, struct pk_wakes *wakes);

/* The same where whoever settled it, if anybody, may have died before it told. */
void pk_completion_tell_late(struct portico *k, uint32_t slot, struct pk_wakes *wakes);

#endif
