/* SPDX-License-Identifier: MIT */
/*
 * Callers: processes that wait at a mount, in calls of files.
 *
 * The graph (graph.h) knows of tasks only, and that the mount waits.  Whose call it
 * is stands in the mount's records (opening.h), by the number of the thread.
 */
#ifndef PK_CALLER_H
#define PK_CALLER_H

#include "graph.h"
#include "opening.h"
#include "text.h"

/* The next call that waits, of any mount or of that one, from the record *slot on; *slot is then behind it.
 */
bool pk_caller_next(struct portico *k, pk_id mount, uint32_t *slot, struct pk_opened *call);

/* Is that a record of one of the process's threads? */
bool pk_caller_is(const struct pk_opened *opened, uint32_t pid);

/* Does the process have a file of a mount open, or wait there? */
bool pk_caller_known(struct portico *k, uint32_t pid);

/* Who has its object open so that they could end that call. */
void pk_caller_openers(struct portico *k, const struct pk_opened *call, struct pk_openers *openers);

/*
 * "waits 4.2 s to receive from mailbox a through the mount at /tmp/ipc; nobody has it
 * open to send".  place: of the mount; NULL: it goes without saying.  "": it isn't known.
 */
void pk_say_call(struct portico *k, const struct pk_graph *graph, const struct pk_opened *call,
		 const char *place, struct pk_text *text);

/* "pid 12 (sh) has it open for writing": who could let that end of a pipe (enum pk_pipe_end) go on. */
void pk_say_pipe_users(struct portico *k, pk_id pipe, unsigned end, struct pk_text *text);

#endif
