/* SPDX-License-Identifier: MIT */
#include "name_service.h"
#include "name_server.h"
#include "rename.h"
#include "task.h"

#include <errno.h>
#include <string.h>

_Static_assert(PORTICO_NAME_BYTES > PK_NAME_MAX, "any name fits");

static int register_port(struct portico *k, const struct pk_client *client,
			 const struct portico_name_request *request, uint32_t length)
{
	if (request->flags & ~PORTICO_PERSISTENT)
		return -EINVAL;
	return pk_directory_register(k, client, request->name, length, request->port, request->mode,
				     request->flags & PORTICO_PERSISTENT);
}

static int list(struct portico *k, const struct pk_client *client, const struct portico_name_request *request,
		uint32_t length, struct portico_name_reply *reply)
{
	struct pk_directory_entry found;
	bool more;
	uint64_t cursor = request->cursor;
	if (request->flags & ~PORTICO_DEEP)
		return -EINVAL;
	int error = pk_directory_next(k, client, request->name, length, request->flags & PORTICO_DEEP,
				      &cursor, &found, &more);
	if (error || !more)
		return error;
	reply->cursor = cursor;
	reply->entry = (struct portico_name_entry){
		.flags = (found.directory ? PORTICO_DIRECTORY : 0) |
			 (found.persistent ? PORTICO_PERSISTENT : 0),
		.uid = found.uid,
		.gid = found.gid,
		.mode = found.mode,
	};
	memcpy(reply->entry.name, found.text, sizeof found.text);
	return 0;
}

static int rename_it(struct portico *k, const struct pk_client *client,
		     const struct portico_name_request *request, uint32_t length)
{
	uint32_t to_length, flags = request->flags;
	int error = pk_path_check(request->to, &to_length);
	if (error || (flags & ~(PORTICO_NOREPLACE | PORTICO_EXCHANGE)))
		return error ? error : -EINVAL;
	return pk_directory_rename(k, client, request->name, length, request->to, to_length,
				   ((flags & PORTICO_NOREPLACE) ? PK_RENAME_NEW : 0) |
					   ((flags & PORTICO_EXCHANGE) ? PK_RENAME_EXCHANGE : 0));
}

static int perform(struct portico *k, const struct pk_client *client,
		   const struct portico_name_request *request, struct portico_name_reply *reply)
{
	bool lists = request->operation == PORTICO_NAME_LIST;
	uint32_t length = 0;
	/* the root's name is empty, and listing is all that can be done with it */
	int error = lists && request->name[0] == '\0' ? 0 : pk_path_check(request->name, &length);
	if (error)
		return error;
	switch (request->operation) {
	case PORTICO_NAME_REGISTER:
		return register_port(k, client, request, length);
	case PORTICO_NAME_LOOK_UP:
		return pk_directory_look_up(k, client, request->name, length, &reply->port);
	case PORTICO_NAME_UNREGISTER:
		return pk_directory_remove(k, client, request->name, length);
	case PORTICO_NAME_MAKE_DIRECTORY:
		return pk_directory_make(k, client, request->name, length, request->mode);
	case PORTICO_NAME_RENAME:
		return rename_it(k, client, request, length);
	case PORTICO_NAME_LIST:
		return list(k, client, request, length, reply);
	default:
		return -EINVAL;
	}
}

void pk_name_perform(struct portico *k, const struct pk_client *client,
		     const struct portico_name_request *request, struct portico_name_reply *reply)
{
	*reply = (struct portico_name_reply){ 0 };
	reply->error = perform(k, client, request, reply);
}

int pk_name_ask(struct portico *k, struct portico_name_request *request, struct portico_name_reply *reply)
{
	int error = pk_enter(k);
	if (error)
		return error;
	pk_id server = pk_name_server_of(k);
	if (server != 0) {
		error = pk_name_server_ask(k, server, request, reply);
		return error ? error : reply->error;
	}
	if (request->operation != PORTICO_NAME_LOOK_UP)
		pk_task_refresh_ids(k);
	struct pk_client self = pk_client_self(k);
	pk_name_perform(k, &self, request, reply);
	return reply->error;
}
