/* SPDX-License-Identifier: MIT */
/* Taking names away.  directory.h is the essay. */
#include "directory_inside.h"
#include "port.h"
#include "task.h"

#include <errno.h>

/* ---- under the names' lock */

static bool owns_mailbox(struct portico *k, const struct pk_client *client, const struct pk_name *name)
{
	int error;
	const struct pk_port *port =
		name->space == PK_NAME_MAILBOX ? pk_object(k, PK_PORTS, name->object, &error) : NULL;
	return port && port->use == PK_MAILBOX && port->permission.uid == client->uid;
}

int pk_directory_may_remove(struct portico *k, const struct pk_client *client, const struct pk_name *name)
{
	struct pk_permission parent;
	if (client->uid == 0 || client->uid == name->uid || owns_mailbox(k, client, name))
		return 0;
	int error = pk_directory_permission(k, name->text, pk_path_parent(name->text, name->length), &parent);
	return !error && client->uid == parent.uid ? 0 : -EPERM;
}

/* N1: what names nothing any more isn't in the way. */
bool pk_directory_is_empty(struct portico *k, const char *text, uint32_t length)
{
	uint32_t committed = pk_committed(k, PK_NAMES), skip;
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_name *name = pk_name_at(k, slot);
		if (!name || !pk_name_lies_in(name, text, length, true, &skip))
			continue;
		if (pk_name_stands(k, name))
			return false;
		pk_name_remove(k, slot);
	}
	return true;
}

bool pk_directory_shows(struct portico *k, pk_id id, uint32_t name)
{
	int error;
	const struct pk_port *port = pk_object(k, PK_PORTS, id, &error);
	return port && port->name == name;
}

/* A name of that port, but for that one; or 0. */
static uint32_t other_name(struct portico *k, pk_id port, uint32_t but)
{
	uint32_t committed = pk_committed(k, PK_NAMES);
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_name *name = slot != but ? pk_name_at(k, slot) : NULL;
		if (name && name->space == PK_NAME_MAILBOX && name->object == port && pk_name_stands(k, name))
			return slot;
	}
	return 0;
}

void pk_directory_take(struct portico *k, uint32_t slot)
{
	pk_id port = pk_name_at(k, slot)->object;
	bool shown = pk_directory_shows(k, port, slot);
	pk_name_remove(k, slot);
	PK_POINT("directory: removed, still shown");
	if (shown)
		pk_port_show_name(k, port, other_name(k, port, slot));
}

pk_id pk_directory_doomed(struct portico *k, uint32_t slot)
{
	int error;
	pk_id id = pk_name_at(k, slot)->object;
	const struct pk_port *port = pk_object(k, PK_PORTS, id, &error);
	bool last = port && port->use == PK_MAILBOX &&
		    (pk_load_relaxed(&port->names) <= 1 || other_name(k, id, slot) == 0);
	return last ? id : 0;
}

static int remove_locked(struct portico *k, const struct pk_client *client, const char *text, uint32_t length)
{
	pk_id object;
	uint32_t slot = pk_name_find(k, PK_NAME_MAILBOX, text, length, &object);
	bool directory = slot == 0;
	if (directory)
		slot = pk_name_find(k, PK_NAME_DIRECTORY, text, length, &object);
	const struct pk_name *name = pk_name_at(k, slot);
	if (!name)
		return pk_directory_missing(k, text, length);
	int error = pk_directory_may_remove(k, client, name);
	if (error)
		return error;
	if (!directory)
		pk_directory_take(k, slot);
	else if (pk_directory_is_empty(k, text, length))
		pk_name_remove(k, slot);
	else
		return -ENOTEMPTY;
	return 0;
}

/* N1: the mailbox goes first, and its name after it. */
static int unlink_locked(struct portico *k, const struct pk_client *client, const char *text, uint32_t length,
			 struct pk_port_ended *ended)
{
	pk_id id;
	uint32_t slot = pk_name_find(k, PK_NAME_MAILBOX, text, length, &id);
	if (slot == 0)
		return pk_directory_name(k, PK_NAME_DIRECTORY, text, length)
			       ? -EISDIR
			       : pk_directory_missing(k, text, length);
	int error = pk_directory_may_remove(k, client, pk_name_at(k, slot));
	pk_id doomed = error ? 0 : pk_directory_doomed(k, slot);
	if (doomed)
		error = pk_port_end_within(k, doomed, ended);
	if (!error)
		pk_directory_take(k, slot);
	return error;
}

/* ---- without it */

void pk_directory_notice(struct portico *k, const char *text, uint32_t length)
{
	int error = pk_names_lock(k);
	if (error)
		return;
	const struct pk_name *name = pk_directory_name(k, PK_NAME_MAILBOX, text, length);
	const struct pk_port *port = name ? pk_object(k, PK_PORTS, name->object, &error) : NULL;
	bool several = port && pk_load_relaxed(&port->names) > 1;
	pk_names_unlock(k);
	if (several)
		pk_task_sweep(k, true);
}

static int remove_now(struct portico *k, const struct pk_client *client, const char *text, uint32_t length)
{
	int error = pk_directory_lock(k, text, length);
	if (error)
		return error;
	error = remove_locked(k, client, text, length);
	pk_names_unlock(k);
	return error;
}

int pk_directory_remove(struct portico *k, const struct pk_client *client, const char *text, uint32_t length)
{
	int error = remove_now(k, client, text, length);
	if (error != -ENOTEMPTY)
		return error;
	pk_task_sweep(k, true); /* what is in it may be a dead task's */
	return remove_now(k, client, text, length);
}

int pk_directory_unlink(struct portico *k, const struct pk_client *client, const char *text, uint32_t length)
{
	struct pk_port_ended ended = { 0 };
	pk_directory_notice(k, text, length);
	int error = pk_directory_lock(k, text, length);
	if (error)
		return error;
	error = unlink_locked(k, client, text, length, &ended);
	pk_names_unlock(k);
	pk_port_bury(k, &ended);
	return error;
}
