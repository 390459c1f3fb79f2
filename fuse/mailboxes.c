/* SPDX-License-Identifier: MIT */
/* The instance's mailboxes, and the directories that their names lie in. */
#include "collection.h"
#include "directory.h"
#include "port.h"

#include <errno.h>
#include <string.h>

/* A name in that directory, whole.  0, and its length, or a negative errno. */
static int path_in(pk_id in, const char *name, char path[PK_NAME_MAX + 1], uint32_t *length)
{
	char directory[PK_NAME_MAX + 1] = "";
	struct pk_permission permission;
	int error = in ? pk_directory_text(server.kernel, in, directory, &permission) : 0;
	size_t above = strlen(directory);
	if (error)
		return error;
	if (above + (above > 0) + strlen(name) > PK_NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(path, directory, above);
	if (above > 0)
		path[above++] = '/';
	strcpy(path + above, name);
	return pk_path_check(path, length);
}

/* Ports of other uses may have names, too. */
static bool is_mailbox(pk_id id)
{
	int error;
	const struct pk_port *port = pk_object(server.kernel, PK_PORTS, id, &error);
	return port && port->use == PK_MAILBOX;
}

static int find(pk_id in, const char *name, struct found *found)
{
	char path[PK_NAME_MAX + 1];
	uint32_t length;
	int error = path_in(in, name, path, &length);
	if (!error)
		error = pk_directory_find(server.kernel, path, length, &found->directory, &found->id);
	return !error && !found->directory && !is_mailbox(found->id) ? -ENOENT : error;
}

static int next(pk_id in, uint64_t *cursor, char name[PK_NAME_MAX + 1], struct found *found, bool *any)
{
	struct pk_client self = pk_client_self(server.kernel);
	char path[PK_NAME_MAX + 1] = "";
	struct pk_permission permission;
	struct pk_directory_entry entry;
	int error = in ? pk_directory_text(server.kernel, in, path, &permission) : 0;
	do {
		if (!error)
			error = pk_directory_next(server.kernel, &self, path, (uint32_t)strlen(path), false,
						  cursor, &entry, any);
	} while (!error && *any && !entry.directory && !is_mailbox(entry.object));
	if (error || !*any)
		return error;
	strcpy(name, entry.text);
	*found = (struct found){ .id = entry.object, .directory = entry.directory };
	return 0;
}

static int adjust(struct portico *k, pk_id id, const struct pk_permission *permission)
{
	return pk_port_adjust(k, id, NULL, permission);
}

static int make(pk_id in, const char *name, const struct pk_permission *permission, pk_id *id)
{
	struct pk_port_limits limits = { PK_DEFAULT_SLOTS, PK_DEFAULT_BYTES, PK_DEFAULT_CAPACITY };
	char path[PK_NAME_MAX + 1];
	uint32_t length;
	int error = path_in(in, name, path, &length);
	if (!error)
		error = pk_port_create(server.kernel, PK_MAILBOX, &limits, permission->mode, PK_NAME_MAILBOX,
				       path, length, id);
	return error ? error : adjust(server.kernel, *id, permission);
}

static int remove_mailbox(pk_id id, struct channel *channel)
{
	(void)channel; /* core ends every wait */
	return pk_port_destroy(server.kernel, id);
}

/* Programs read and write by this size: it should hold a whole message. */
static uint32_t block_bytes(uint32_t limit)
{
	uint32_t bytes = 4096;
	while (bytes < limit && bytes < PK_LARGEST)
		bytes *= 2;
	return bytes;
}

int mailbox_inspect(pk_id id, struct facts *facts)
{
	struct pk_port_status status;
	int error = pk_port_inspect(server.kernel, id, &status);
	if (error)
		return error;
	*facts = (struct facts){
		.permission = status.permission,
		.queued_bytes = status.queued_bytes,
		.block_bytes = block_bytes(status.limits.bytes),
		.named = status.name[0] != '\0',
		.read_time = status.receive_time,
		.write_time = status.send_time,
		.change_time = status.change_time,
	};
	return 0;
}

int mailbox_directory_inspect(pk_id id, struct facts *facts)
{
	char text[PK_NAME_MAX + 1];
	*facts = (struct facts){ .block_bytes = 4096, .named = true };
	return pk_directory_text(server.kernel, id, text, &facts->permission);
}

const struct collection mailboxes = {
	.find = find,
	.next = next,
	.make = make,
	.adjust = adjust,
	.remove = remove_mailbox,
};
