/* SPDX-License-Identifier: MIT */
/* The calls of <portico/names.h>. */
#include "guard.h"
#include "name_server.h"
#include "name_service.h"
#include "public.h"
#include "right.h"

#include <errno.h>
#include <string.h>

/* A request about that name; how a longer one is refused doesn't depend on who serves. */
static int begin(struct portico_name_request *request, enum portico_name_operation operation,
		 const char *name)
{
	size_t length = strnlen(name, PORTICO_NAME_BYTES);
	*request = (struct portico_name_request){ .operation = operation };
	if (length == PORTICO_NAME_BYTES)
		return -ENAMETOOLONG;
	memcpy(request->name, name, length);
	return 0;
}

PUBLIC int portico_name_register(portico *instance, const char *name, portico_port port, mode_t mode,
				 unsigned flags)
{
	struct portico_name_request request;
	struct portico_name_reply reply;
	int error = begin(&request, PORTICO_NAME_REGISTER, name);
	if (!error)
		error = pk_enter(instance);
	if (!error)
		error = pk_name_to_port(instance, port.id, PK_TO_LOOK, &request.port);
	request.mode = mode;
	request.flags = flags;
	return error ? error : pk_name_ask(instance, &request, &reply);
}

/* What is guarded is used by a right, which who finds the name gets. */
static int hand_over(struct portico *k, pk_id found, pk_id *port)
{
	struct pk_port *at, *guard;
	int error = pk_port_lock(k, found, &at, &guard);
	bool is_guarded = !error && at->use == PK_GUARDED;
	*port = found;
	if (!error)
		pk_port_unlock(k, guard);
	if (is_guarded)
		error = pk_right_make_for(k, found, PK_RIGHT_SEND, port);
	/* it ended meanwhile, and its name with it */
	return error == -EIDRM || error == -EINVAL ? -ENOENT : error;
}

PUBLIC int portico_name_look_up(portico *instance, const char *name, portico_port *port)
{
	struct portico_name_request request;
	struct portico_name_reply reply;
	int error = begin(&request, PORTICO_NAME_LOOK_UP, name);
	if (!error)
		error = pk_name_ask(instance, &request, &reply);
	return error ? error : hand_over(instance, reply.port, &port->id);
}

PUBLIC int portico_name_unregister(portico *instance, const char *name)
{
	struct portico_name_request request;
	struct portico_name_reply reply;
	int error = begin(&request, PORTICO_NAME_UNREGISTER, name);
	return error ? error : pk_name_ask(instance, &request, &reply);
}

PUBLIC int portico_name_make_directory(portico *instance, const char *name, mode_t mode)
{
	struct portico_name_request request;
	struct portico_name_reply reply;
	int error = begin(&request, PORTICO_NAME_MAKE_DIRECTORY, name);
	request.mode = mode;
	return error ? error : pk_name_ask(instance, &request, &reply);
}

PUBLIC int portico_name_rename(portico *instance, const char *from, const char *to, unsigned flags)
{
	struct portico_name_request request;
	struct portico_name_reply reply;
	int error = begin(&request, PORTICO_NAME_RENAME, from);
	size_t length = strnlen(to, PORTICO_NAME_BYTES);
	if (length == PORTICO_NAME_BYTES)
		return -ENAMETOOLONG;
	memcpy(request.to, to, length);
	request.flags = flags;
	return error ? error : pk_name_ask(instance, &request, &reply);
}

PUBLIC int portico_name_list(portico *instance, const char *directory, unsigned flags,
			     int (*visit)(const struct portico_name_entry *entry, void *context),
			     void *context)
{
	struct portico_name_request request;
	struct portico_name_reply reply;
	int result = begin(&request, PORTICO_NAME_LIST, directory);
	request.flags = flags;
	while (!result) {
		result = pk_name_ask(instance, &request, &reply);
		if (result || reply.cursor == 0)
			break;
		reply.entry.name[PORTICO_NAME_BYTES - 1] = '\0';
		result = visit(&reply.entry, context);
		request.cursor = reply.cursor;
	}
	return result;
}

/* ---- a name server */

PUBLIC int portico_name_server_create(portico *instance, portico_port *port)
{
	return pk_name_server_create(instance, &port->id);
}

PUBLIC int portico_name_server_set(portico *instance, portico_port port)
{
	return pk_name_server_set(instance, port.id);
}

PUBLIC int portico_name_serve(portico *instance, portico_port port, portico_name_rule *rule, void *context,
			      int64_t deadline)
{
	return pk_name_serve(instance, port.id, rule, context, deadline);
}

static int put_below(char name[PORTICO_NAME_BYTES], const char *directory)
{
	size_t above = strnlen(directory, PORTICO_NAME_BYTES), below = strnlen(name, PORTICO_NAME_BYTES);
	size_t slash = above > 0 && below > 0;
	if (above + slash + below >= PORTICO_NAME_BYTES)
		return -ENAMETOOLONG;
	memmove(name + above + slash, name, below);
	memcpy(name, directory, above);
	if (slash)
		name[above] = '/';
	name[above + slash + below] = '\0';
	return 0;
}

PUBLIC int portico_name_put_below(struct portico_name_request *request, const char *directory)
{
	int error = put_below(request->name, directory);
	return error || request->operation != PORTICO_NAME_RENAME ? error : put_below(request->to, directory);
}
