/* SPDX-License-Identifier: MIT */
/*
 * A log of what went wrong in the instance and was seen to: a ring in the
 * region, for `portico doctor`.  Nothing on the way of a message writes to it.
 */
#ifndef PK_LOG_H
#define PK_LOG_H

#include "kernel.h"

enum pk_log_kind {
	PK_LOG_INHERITED = 1, /* a task died in the middle of a change; the object was repaired */
	PK_LOG_RETURNED,      /* a message that a dead task held went back to its place */
	PK_LOG_DAMAGED,	      /* what can't be was found in the region, and repaired or refused */
	PK_LOG_STUCK,	      /* a lock's owner lives, and sleeps: the caller got EIO */
	PK_LOG_REFUSED,	      /* a task asked for what the object's mode doesn't let it */
	PK_LOG_UNFIT,	      /* what was written to a file of /proc/sys/kernel is no value for it */
	PK_LOG_RESTARTED,     /* the daemon of a mount died; this is the one that replaces it */
	PK_LOG_ABANDONED,     /* the daemon of a mount died, and no other could be started, or stay alive */
};

/* What such an entry says, in words. */
const char *pk_log_says(unsigned kind);

/* Note it; of the same in a row the times are counted.  table: of the object, or PK_TABLES. */
void pk_log(struct portico *k, enum pk_log_kind kind, unsigned table, pk_id object, int error);

/* The last of them, at most `most`, oldest first.  How many. */
unsigned pk_log_read(struct portico *k, struct pk_log_entry *entries, unsigned most);

#endif
