/* SPDX-License-Identifier: MIT */
#include "directory_inside.h"
#include "access.h"
#include "actor.h"
#include "permission.h"
#include "port.h"
#include "right.h"
#include "task.h"

#include <errno.h>
#include <string.h>

/* ---- paths */

static bool is_component(const char *text, size_t length)
{
	return length > 0 && !(text[0] == '.' && (length == 1 || (length == 2 && text[1] == '.')));
}

int pk_path_check(const char *text, uint32_t *length)
{
	size_t whole = strlen(text);
	for (const char *part = text;; part++) {
		const char *slash = strchr(part, '/');
		if (!is_component(part, slash ? (size_t)(slash - part) : strlen(part)))
			return -EINVAL;
		if (!slash)
			break;
		part = slash;
	}
	*length = (uint32_t)whole;
	return whole > PK_NAME_MAX ? -ENAMETOOLONG : 0;
}

uint32_t pk_path_parent(const char *text, uint32_t length)
{
	while (length > 0 && text[length - 1] != '/')
		length--;
	return length > 0 ? length - 1 : 0;
}

/* ---- clients */

struct pk_client pk_client_self(struct portico *k)
{
	struct pk_identity self = pk_acting(k);
	return (struct pk_client){ .task = pk_self(k), .uid = self.uid, .gid = self.gid };
}

/* Which other groups a client is in only itself knows. */
static int may(struct portico *k, const struct pk_client *client, const struct pk_permission *permission,
	       uint32_t bits)
{
	if (client->task == pk_self(k))
		return pk_permission_check(k, permission, bits);
	uint32_t granted = permission->mode;
	if (client->uid == permission->uid)
		granted >>= 6;
	else if (client->gid == permission->gid)
		granted >>= 3;
	return client->uid == 0 || (bits & 7 & ~granted) == 0 ? 0 : -EACCES;
}

struct pk_permission pk_name_permission(const struct pk_name *name)
{
	return (struct pk_permission){
		.uid = name->uid, .gid = name->gid, .cuid = name->uid, .cgid = name->gid, .mode = name->mode
	};
}

/* ---- under the names' lock */

struct pk_name *pk_directory_name(struct portico *k, enum pk_space space, const char *text, uint32_t length)
{
	pk_id object;
	return pk_name_at(k, pk_name_find(k, space, text, length, &object));
}

int pk_directory_missing(struct portico *k, const char *text, uint32_t length)
{
	for (uint32_t above = pk_path_parent(text, length); above > 0; above = pk_path_parent(text, above))
		if (pk_directory_name(k, PK_NAME_MAILBOX, text, above))
			return -ENOTDIR;
	return -ENOENT;
}

void pk_directory_root(struct portico *k, struct pk_permission *permission)
{
	uint32_t owner = pk_header(k)->uid, gid;
	bool shared = k->serves_others || pk_access_get(k, &gid) > (int)PK_ACCESS_OWNER;
	*permission = (struct pk_permission){
		.uid = owner,
		.cuid = owner,
		.gid = UINT32_MAX,
		.cgid = UINT32_MAX,
		.mode = shared ? 01777 : 0755,
	};
}

int pk_directory_root_admits(struct portico *k)
{
	struct pk_permission root;
	pk_directory_root(k, &root);
	return pk_permission_check(k, &root, 0222);
}

int pk_directory_permission(struct portico *k, const char *text, uint32_t length,
			    struct pk_permission *permission)
{
	const struct pk_name *name =
		length > 0 ? pk_directory_name(k, PK_NAME_DIRECTORY, text, length) : NULL;
	if (length == 0)
		pk_directory_root(k, permission);
	else if (name)
		*permission = pk_name_permission(name);
	if (name || length == 0)
		return 0;
	return pk_directory_name(k, PK_NAME_MAILBOX, text, length) ? -ENOTDIR
								   : pk_directory_missing(k, text, length);
}

int pk_directory_may_add(struct portico *k, const struct pk_client *client, const char *text, uint32_t length)
{
	struct pk_permission parent;
	uint32_t above = pk_path_parent(text, length);
	int error = pk_directory_permission(k, text, above, &parent);
	if (error)
		return error;
	return may(k, client, &parent, 0222);
}

/* N4, N5. */
int pk_directory_admits(struct portico *k, const struct pk_client *client, const char *text, uint32_t length)
{
	int error = pk_directory_may_add(k, client, text, length);
	bool there = pk_directory_name(k, PK_NAME_MAILBOX, text, length) ||
		     pk_directory_name(k, PK_NAME_DIRECTORY, text, length);
	return there && (!error || error == -EACCES) ? -EEXIST : error;
}

bool pk_name_lies_in(const struct pk_name *name, const char *text, uint32_t length, bool deep, uint32_t *skip)
{
	if (name->space != PK_NAME_MAILBOX && name->space != PK_NAME_DIRECTORY)
		return false;
	*skip = length > 0 ? length + 1 : 0;
	if (name->length <= *skip || memcmp(name->text, text, length) != 0 ||
	    (length > 0 && name->text[length] != '/'))
		return false;
	return deep || !memchr(name->text + *skip, '/', name->length - *skip);
}

/* ---- whose owner has died without anybody's noticing */

int pk_directory_lock(struct portico *k, const char *text, uint32_t length)
{
	int error = pk_names_lock(k);
	if (error)
		return error;
	const struct pk_name *name = pk_directory_name(k, PK_NAME_MAILBOX, text, length);
	pk_id owner = name ? pk_load_relaxed(&name->owner) : 0;
	if (owner == 0 || owner == pk_self(k))
		return 0;
	pk_names_unlock(k);
	pk_task_reap_if_dead(k, pk_id_slot(owner));
	return pk_names_lock(k);
}

/* ---- registering */

static bool owns(struct portico *k, const struct pk_client *client, const struct pk_permission *permission)
{
	if (client->task == pk_self(k))
		return pk_permission_own(k, permission) == 0;
	return client->uid == 0 || client->uid == permission->uid;
}

/* May the client send there, or receive, or say who may?  So it may tell others of it. */
static int may_name(struct portico *k, const struct pk_client *client, pk_id id)
{
	int error = 0;
	const struct pk_port *port = pk_object(k, PK_PORTS, id, &error);
	if (!port)
		return error;
	if (port->use == PK_GUARDED)
		return 0; /* it was seen that the client has a right to it */
	if (port->use != PK_MAILBOX)
		return -EINVAL;
	if (owns(k, client, &port->permission) || may(k, client, &port->permission, 0222) == 0)
		return 0;
	return may(k, client, &port->permission, 0444);
}

/* Before the names' lock, which is the inner one: to a guarded port, that is, and to others there are none.
 */
static bool has_right(struct portico *k, const struct pk_client *client, pk_id id)
{
	int error;
	const struct pk_port *port = pk_object(k, PK_PORTS, id, &error);
	return !port || port->use != PK_GUARDED || pk_right_is_held(k, client->task, id);
}

static int add(struct portico *k, const struct pk_client *client, const char *text, uint32_t length,
	       pk_id port, const struct pk_name_terms *terms)
{
	uint32_t slot;
	int error = pk_directory_admits(k, client, text, length);
	if (!error)
		error = may_name(k, client, port);
	if (!error)
		error = pk_name_add_on(k, PK_NAME_MAILBOX, text, length, port, terms, &slot);
	PK_POINT("directory: registered, not shown");
	if (!error && pk_directory_shows(k, port, 0))
		pk_port_show_name(k, port, slot);
	return error;
}

int pk_directory_register(struct portico *k, const struct pk_client *client, const char *text,
			  uint32_t length, pk_id port, uint32_t mode, bool persistent)
{
	struct pk_name_terms terms = { persistent ? 0 : client->task, client->uid, client->gid, mode };
	int error = has_right(k, client, port) ? pk_directory_lock(k, text, length) : -EACCES;
	if (error)
		return error;
	error = add(k, client, text, length, port, &terms);
	pk_names_unlock(k);
	return error;
}

int pk_directory_make(struct portico *k, const struct pk_client *client, const char *text, uint32_t length,
		      uint32_t mode)
{
	struct pk_name_terms terms = { 0, client->uid, client->gid, mode };
	uint32_t slot;
	int error = pk_directory_lock(k, text, length);
	if (error)
		return error;
	error = pk_directory_admits(k, client, text, length);
	if (!error)
		error = pk_name_add_on(k, PK_NAME_DIRECTORY, text, length, pk_name_now(), &terms, &slot);
	pk_names_unlock(k);
	return error;
}

/* ---- looking up */

static int look_up(struct portico *k, const struct pk_client *client, const char *text, uint32_t length,
		   pk_id *port)
{
	const struct pk_name *name = pk_directory_name(k, PK_NAME_MAILBOX, text, length);
	if (!name)
		return pk_directory_name(k, PK_NAME_DIRECTORY, text, length)
			       ? -EISDIR
			       : pk_directory_missing(k, text, length);
	struct pk_permission permission = pk_name_permission(name);
	*port = name->object;
	return may(k, client, &permission, 0444);
}

int pk_directory_look_up(struct portico *k, const struct pk_client *client, const char *text, uint32_t length,
			 pk_id *port)
{
	int error = pk_directory_lock(k, text, length);
	if (error)
		return error;
	error = look_up(k, client, text, length, port);
	pk_names_unlock(k);
	return error;
}

int pk_directory_find(struct portico *k, const char *text, uint32_t length, bool *directory, pk_id *id)
{
	int error = pk_directory_lock(k, text, length);
	if (error)
		return error;
	uint32_t slot = pk_name_find(k, PK_NAME_MAILBOX, text, length, id);
	*directory = slot == 0;
	if (slot == 0) {
		slot = pk_name_find(k, PK_NAME_DIRECTORY, text, length, id);
		if (slot != 0)
			*id = pk_slot_id(&pk_name_at(k, slot)->head, slot);
		else
			error = pk_directory_missing(k, text, length);
	}
	pk_names_unlock(k);
	return error;
}

/* A name without a directory costs nothing; nor does whoever acts for nobody. */
bool pk_directory_reaches(struct portico *k, const char *text)
{
	const struct pk_actor *client = pk_acts_for();
	uint32_t above = pk_path_parent(text, (uint32_t)strlen(text));
	struct pk_permission permission;
	if (above == 0 || !client || client->uid == 0)
		return true;
	bool reaches = pk_names_lock(k) == 0;
	if (!reaches)
		return false;
	for (; above > 0 && reaches; above = pk_path_parent(text, above))
		reaches = pk_directory_permission(k, text, above, &permission) == 0 &&
			  pk_permission_check(k, &permission, 0111) == 0;
	pk_names_unlock(k);
	return reaches;
}

/* ---- directories themselves */

/* Under the names' lock. */
static struct pk_name *directory_at(struct portico *k, pk_id id)
{
	struct pk_name *name = pk_name_at(k, pk_id_slot(id));
	return name && name->space == PK_NAME_DIRECTORY && pk_slot_id(&name->head, pk_id_slot(id)) == id
		       ? name
		       : NULL;
}

int pk_directory_inspect(struct portico *k, pk_id directory, struct pk_directory_status *status)
{
	int error = pk_names_lock(k);
	if (error)
		return error;
	const struct pk_name *name = directory_at(k, directory);
	if (name) {
		status->permission = pk_name_permission(name);
		status->change_time = pk_name_time(name);
		memcpy(status->text, name->text, name->length);
		status->text[name->length] = '\0';
	}
	pk_names_unlock(k);
	return name ? 0 : -ENOENT;
}

static int adjust(struct portico *k, const struct pk_client *client, struct pk_name *name,
		  const struct pk_permission *to)
{
	struct pk_permission from = pk_name_permission(name);
	bool owns = client->task == pk_self(k) || client->uid == 0 || client->uid == from.uid;
	int error = owns ? pk_permission_change(k, &from, to) : -EPERM;
	if (error)
		return error;
	name->uid = from.uid;
	name->gid = from.gid;
	name->mode = (uint16_t)from.mode;
	name->object = pk_name_now();
	return 0;
}

int pk_directory_adjust(struct portico *k, const struct pk_client *client, pk_id directory,
			const struct pk_permission *permission)
{
	int error = pk_names_lock(k);
	if (error)
		return error;
	struct pk_name *name = directory_at(k, directory);
	error = name ? adjust(k, client, name, permission) : -ENOENT;
	pk_names_unlock(k);
	return error;
}

/* ---- listing */

/* Under the lock. */
static bool describe(struct portico *k, uint32_t slot, const char *text, uint32_t length, bool deep,
		     struct pk_directory_entry *entry)
{
	const struct pk_name *name = pk_name_at(k, slot);
	uint32_t skip;
	if (!name || !pk_name_lies_in(name, text, length, deep, &skip) || !pk_name_stands(k, name))
		return false;
	*entry = (struct pk_directory_entry){
		.directory = name->space == PK_NAME_DIRECTORY,
		.persistent = pk_load_relaxed(&name->owner) == 0,
		.uid = name->uid,
		.gid = name->gid,
		.mode = name->mode,
		.object = name->space == PK_NAME_DIRECTORY ? pk_slot_id(&name->head, slot) : name->object,
	};
	memcpy(entry->text, name->text + skip, name->length - skip);
	return true;
}

static int may_list(struct portico *k, const struct pk_client *client, const char *text, uint32_t length)
{
	struct pk_permission permission;
	int error = pk_names_lock(k);
	if (error)
		return error;
	error = pk_directory_permission(k, text, length, &permission);
	if (!error)
		error = may(k, client, &permission, 0444);
	pk_names_unlock(k);
	return error;
}

/* Looked at without the lock. */
static bool is_in_use(struct portico *k, uint32_t slot)
{
	const struct pk_head *head = pk_slot(k, PK_NAMES, slot);
	return head && pk_word_kind(pk_load(&head->word)) == PK_LIVE;
}

int pk_directory_next(struct portico *k, const struct pk_client *client, const char *text, uint32_t length,
		      bool deep, uint64_t *cursor, struct pk_directory_entry *entry, bool *found)
{
	*found = false;
	if (*cursor == 0)
		pk_task_sweep(k, true); /* names go with the dead */
	int error = may_list(k, client, text, length);
	uint32_t committed = error ? 0 : pk_committed(k, PK_NAMES);
	/* the lock is left between any two: a long list holds up nobody */
	for (uint64_t slot = *cursor + 1; slot < committed && !error && !*found; slot++) {
		if (!is_in_use(k, (uint32_t)slot))
			continue;
		error = pk_names_lock(k);
		if (error)
			break;
		*found = describe(k, (uint32_t)slot, text, length, deep, entry);
		*cursor = slot;
		pk_names_unlock(k);
	}
	return error;
}
