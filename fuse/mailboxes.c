/* SPDX-License-Identifier: MIT */
/* The instance's mailboxes, and the directories that their names lie in. */
#include "collection.h"
#include "directory.h"
#include "port.h"
#include "rename.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static int directory_of(pk_id in, char text[PK_NAME_MAX + 1])
{
	struct pk_directory_status status;
	int error = in ? pk_directory_inspect(server.kernel, in, &status) : 0;
	strcpy(text, in && !error ? status.text : "");
	return error;
}

/* A name in that directory, whole.  0, and its length, or a negative errno. */
static int path_in(pk_id in, const char *name, char path[PK_NAME_MAX + 1], uint32_t *length)
{
	int error = directory_of(in, path);
	size_t above = strlen(path);
	if (error)
		return error;
	if (above + (above > 0) + strlen(name) > PK_NAME_MAX)
		return -ENAMETOOLONG;
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
	const struct pk_client anybody = { .uid = 0 }; /* who may read the directory the kernel has seen to */
	char path[PK_NAME_MAX + 1];
	struct pk_directory_entry entry;
	int error = directory_of(in, path);
	do {
		if (!error)
			error = pk_directory_next(server.kernel, &anybody, path, (uint32_t)strlen(path),
						  false, cursor, &entry, any);
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

static int make(const struct pk_client *client, pk_id in, const char *name, mode_t mode, pk_id *id)
{
	struct pk_port_limits limits = { PK_DEFAULT_SLOTS, PK_DEFAULT_BYTES, PK_DEFAULT_CAPACITY };
	char path[PK_NAME_MAX + 1];
	uint32_t length;
	int error = path_in(in, name, path, &length);
	return error ? error : pk_port_create_for(server.kernel, client, &limits, mode, path, length, id);
}

static int remove_mailbox(pk_id id, struct channel *channel)
{
	(void)channel; /* core ends every wait */
	return pk_port_destroy(server.kernel, id);
}

static int unlink_name(const struct pk_client *client, pk_id in, const char *name)
{
	char path[PK_NAME_MAX + 1];
	uint32_t length;
	int error = path_in(in, name, path, &length);
	return error ? error : pk_directory_unlink(server.kernel, client, path, length);
}

static int link_name(const struct pk_client *client, pk_id id, pk_id in, const char *name)
{
	char path[PK_NAME_MAX + 1];
	uint32_t length;
	int error = path_in(in, name, path, &length);
	return error ? error : pk_directory_register(server.kernel, client, path, length, id, 0444, true);
}

static int rename_it(const struct pk_client *client, pk_id in, const char *name, pk_id to,
		     const char *new_name, unsigned flags)
{
	char path[PK_NAME_MAX + 1], new_path[PK_NAME_MAX + 1];
	uint32_t length, new_length;
	int error = path_in(in, name, path, &length);
	if (!error)
		error = path_in(to, new_name, new_path, &new_length);
	return error ? error
		     : pk_directory_rename(server.kernel, client, path, length, new_path, new_length, flags);
}

/* ---- directories */

static int make_directory(const struct pk_client *client, pk_id in, const char *name, mode_t mode)
{
	char path[PK_NAME_MAX + 1];
	uint32_t length;
	int error = path_in(in, name, path, &length);
	return error ? error : pk_directory_make(server.kernel, client, path, length, mode);
}

static int remove_directory(const struct pk_client *client, pk_id in, const char *name)
{
	char path[PK_NAME_MAX + 1];
	uint32_t length;
	int error = path_in(in, name, path, &length);
	return error ? error : pk_directory_remove(server.kernel, client, path, length);
}

static int adjust_directory(const struct pk_client *client, pk_id id, const struct pk_permission *permission)
{
	return pk_directory_adjust(server.kernel, client, id, permission);
}

int mailbox_directory_inspect(pk_id id, struct facts *facts)
{
	struct pk_directory_status status;
	int error = pk_directory_inspect(server.kernel, id, &status);
	*facts = (struct facts){
		.permission = status.permission,
		.block_bytes = 4096,
		.names = 1,
		.change_time = status.change_time,
	};
	return error;
}

/* ---- what stat() shows */

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
		.names = status.names,
		.read_time = status.receive_time,
		.write_time = status.send_time,
		.change_time = status.change_time,
	};
	return 0;
}

const struct collection mailboxes = {
	.find = find,
	.next = next,
	.make = make,
	.adjust = adjust,
	.remove = remove_mailbox,
	.rename = rename_it,
	.unlink = unlink_name,
	.link = link_name,
	.make_directory = make_directory,
	.remove_directory = remove_directory,
	.adjust_directory = adjust_directory,
};
