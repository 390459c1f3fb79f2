/* SPDX-License-Identifier: MIT */
/*
 * The service of names: one request, one answer, as <portico/names.h> has them.
 * A call of a task that has a name server goes there as a message; a server
 * performs it here on the client's behalf.
 */
#ifndef PK_NAME_SERVICE_H
#define PK_NAME_SERVICE_H

#include "directory.h"

#include <portico/names.h>

/* Do it, in the instance itself.  What it comes to is in the reply, its error too. */
void pk_name_perform(struct portico *k, const struct pk_client *client,
		     const struct portico_name_request *request, struct portico_name_reply *reply);

/* Have it done for this task: here, or by its name server.  Returns the reply's error. */
int pk_name_ask(struct portico *k, struct portico_name_request *request, struct portico_name_reply *reply);

#endif
