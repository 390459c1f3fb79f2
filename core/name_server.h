/* SPDX-License-Identifier: MIT */
/*
 * Name servers: a task may say to which port the calls about names go of all
 * that come to be from it; <portico/names.h> has the messages.
 *
 * A task has the server that it had from the beginning, which is decided when
 * it registers, with its first use of the instance:
 *
 *   - a fork's child finds what its parent bequeathed in the memory that it
 *     inherits: as it was when it was forked, whatever became of the parent;
 *   - a new image of a process that was a task before its exec has what that
 *     one bequeathed: the record of the old image is still there;
 *   - any other (forked and gone on to exec before it ever used the instance) is
 *     its nearest ancestor's that is a task: what that one bequeaths when the
 *     descendant first uses the instance.  The kernel says who the parent of
 *     whom is.  An ancestor that is no task is passed over.
 *
 * So of one kind nothing is known: of a program that was forked and called exec
 * without using the instance, and whose parents up to the one who set the server
 * all ended, but for tasks between, before it used it first.  The kernel has
 * given it another parent, and it has that one's server, mostly none.  A task
 * to which that matters is a subreaper (prctl(2)): then it is that parent.  Across
 * pid namespaces the same is true of an exec; a fork's child has it in memory.
 *
 *  V1  A task's server is fixed before its record is LIVE.
 *  V2  A server that is no more is never replaced by the plain service.
 *  V3  A reply is the server's: signed by the task that owns its port.
 */
#ifndef PK_NAME_SERVER_H
#define PK_NAME_SERVER_H

#include "kernel.h"

#include <portico/names.h>

/* Under the registration's lock: decide which server this task has.  former: the record from before an exec.
 */
void pk_name_server_inherit(struct portico *k, bool forked, uint32_t former);

/* This task's, or 0: the instance. */
static inline pk_id pk_name_server_of(struct portico *k)
{
	return pk_load_relaxed(&k->name_server);
}

/* What stands in <portico/names.h>. */
int pk_name_server_create(struct portico *k, pk_id *port);
int pk_name_server_set(struct portico *k, pk_id port);
int pk_name_serve(struct portico *k, pk_id port, portico_name_rule *rule, void *context, int64_t deadline);

/* Send it a request, and await its reply.  -ECONNREFUSED: it is no more. */
int pk_name_server_ask(struct portico *k, pk_id server, struct portico_name_request *request,
		       struct portico_name_reply *reply);

#endif
