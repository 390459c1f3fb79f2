/* SPDX-License-Identifier: MIT */
#include "directory.h"
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

/* How long the name of the directory is in which it lies; 0: the root. */
static uint32_t parent_of(const char *text, uint32_t length)
{
	while (length > 0 && text[length - 1] != '/')
		length--;
	return length > 0 ? length - 1 : 0;
}

/* ---- clients */

struct pk_client pk_client_self(struct portico *k)
{
	return (struct pk_client){ pk_self(k), k->mine->identity.uid, k->mine->identity.gid };
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

static struct pk_permission permission_of(const struct pk_name *name)
{
	return (struct pk_permission){
		.uid = name->uid, .gid = name->gid, .cuid = name->uid, .cgid = name->gid, .mode = name->mode
	};
}

/* ---- under the names' lock */

static struct pk_name *find(struct portico *k, enum pk_space space, const char *text, uint32_t length)
{
	pk_id object;
	return pk_name_at(k, pk_name_find(k, space, text, length, &object));
}

/* Why nothing is found there: a port stands in the way, or it just isn't. */
static int missing(struct portico *k, const char *text, uint32_t length)
{
	for (uint32_t above = parent_of(text, length); above > 0; above = parent_of(text, above))
		if (find(k, PK_NAME_MAILBOX, text, above))
			return -ENOTDIR;
	return -ENOENT;
}

/* The directory of that name; of no name, the root. */
static int find_directory(struct portico *k, const char *text, uint32_t length,
			  struct pk_permission *permission)
{
	uint32_t owner = pk_header(k)->uid;
	const struct pk_name *name = length > 0 ? find(k, PK_NAME_DIRECTORY, text, length) : NULL;
	*permission = (struct pk_permission){
		.uid = owner, .cuid = owner, .gid = UINT32_MAX, .cgid = UINT32_MAX, .mode = 0755
	};
	if (name)
		*permission = permission_of(name);
	if (name || length == 0)
		return 0;
	return find(k, PK_NAME_MAILBOX, text, length) ? -ENOTDIR : missing(k, text, length);
}

/* N4, N5. */
static int admits(struct portico *k, const struct pk_client *client, const char *text, uint32_t length)
{
	struct pk_permission parent;
	int error = find_directory(k, text, parent_of(text, length), &parent);
	if (error)
		return error;
	if (find(k, PK_NAME_MAILBOX, text, length) || find(k, PK_NAME_DIRECTORY, text, length))
		return -EEXIST;
	return may(k, client, &parent, 0222);
}

int pk_directory_admits(struct portico *k, const char *text, uint32_t length)
{
	pk_task_refresh_ids(k);
	struct pk_client self = pk_client_self(k);
	return admits(k, &self, text, length);
}

/* Whether it is below that directory, and for `deep` false right below; how much of its text that takes. */
static bool lies_in(const struct pk_name *name, const char *text, uint32_t length, bool deep, uint32_t *skip)
{
	if (name->space != PK_NAME_MAILBOX && name->space != PK_NAME_DIRECTORY)
		return false;
	*skip = length > 0 ? length + 1 : 0;
	if (name->length <= *skip || memcmp(name->text, text, length) != 0 ||
	    (length > 0 && name->text[length] != '/'))
		return false;
	return deep || !memchr(name->text + *skip, '/', name->length - *skip);
}

/* What names nothing any more isn't in the way: N1. */
static bool is_empty(struct portico *k, const char *text, uint32_t length)
{
	uint32_t committed = pk_committed(k, PK_NAMES), skip;
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_name *name = pk_name_at(k, slot);
		if (!name || !lies_in(name, text, length, true, &skip))
			continue;
		if (pk_name_stands(k, name))
			return false;
		pk_name_remove(k, slot);
	}
	return true;
}

/* Another name of that port, or 0. */
static uint32_t other_name(struct portico *k, pk_id port)
{
	uint32_t committed = pk_committed(k, PK_NAMES);
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_name *name = pk_name_at(k, slot);
		if (name && name->space == PK_NAME_MAILBOX && name->object == port && pk_name_stands(k, name))
			return slot;
	}
	return 0;
}

/* Does the port show that name? */
static bool shows(struct portico *k, pk_id id, uint32_t name)
{
	int error;
	const struct pk_port *port = pk_object(k, PK_PORTS, id, &error);
	return port && port->name == name;
}

/* ---- whose owner has died without anybody's noticing */

/* N3, before the lock is taken for good: for only the kernel knows. */
static int lock_without_dead_owner(struct portico *k, const char *text, uint32_t length)
{
	int error = pk_names_lock(k);
	if (error)
		return error;
	const struct pk_name *name = find(k, PK_NAME_MAILBOX, text, length);
	pk_id owner = name ? pk_load_relaxed(&name->owner) : 0;
	if (owner == 0 || owner == pk_self(k))
		return 0;
	pk_names_unlock(k);
	pk_task_reap_if_dead(k, pk_id_slot(owner));
	return pk_names_lock(k);
}

/* ---- registering */

/* May the client send there, or receive?  So it may tell others of it. */
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
	return may(k, client, &port->permission, 0222) == 0 ? 0 : may(k, client, &port->permission, 0444);
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
	int error = admits(k, client, text, length);
	if (!error)
		error = may_name(k, client, port);
	if (!error)
		error = pk_name_add_on(k, PK_NAME_MAILBOX, text, length, port, terms, &slot);
	PK_POINT("directory: registered, not shown");
	if (!error && shows(k, port, 0))
		pk_port_show_name(k, port, slot);
	return error;
}

int pk_directory_register(struct portico *k, const struct pk_client *client, const char *text,
			  uint32_t length, pk_id port, uint32_t mode, bool persistent)
{
	struct pk_name_terms terms = { persistent ? 0 : client->task, client->uid, client->gid, mode };
	int error = has_right(k, client, port) ? lock_without_dead_owner(k, text, length) : -EACCES;
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
	int error = lock_without_dead_owner(k, text, length);
	if (error)
		return error;
	error = admits(k, client, text, length);
	if (!error)
		error = pk_name_add_on(k, PK_NAME_DIRECTORY, text, length, 0, &terms, &slot);
	pk_names_unlock(k);
	return error;
}

/* ---- looking up */

static int look_up(struct portico *k, const struct pk_client *client, const char *text, uint32_t length,
		   pk_id *port)
{
	const struct pk_name *name = find(k, PK_NAME_MAILBOX, text, length);
	if (!name)
		return find(k, PK_NAME_DIRECTORY, text, length) ? -EISDIR : missing(k, text, length);
	struct pk_permission permission = permission_of(name);
	*port = name->object;
	return may(k, client, &permission, 0444);
}

int pk_directory_look_up(struct portico *k, const struct pk_client *client, const char *text, uint32_t length,
			 pk_id *port)
{
	int error = lock_without_dead_owner(k, text, length);
	if (error)
		return error;
	error = look_up(k, client, text, length, port);
	pk_names_unlock(k);
	return error;
}

int pk_directory_find(struct portico *k, const char *text, uint32_t length, bool *directory, pk_id *id)
{
	int error = lock_without_dead_owner(k, text, length);
	if (error)
		return error;
	uint32_t slot = pk_name_find(k, PK_NAME_MAILBOX, text, length, id);
	*directory = slot == 0;
	if (slot == 0) {
		slot = pk_name_find(k, PK_NAME_DIRECTORY, text, length, id);
		if (slot != 0)
			*id = pk_slot_id(&pk_name_at(k, slot)->head, slot);
		else
			error = missing(k, text, length);
	}
	pk_names_unlock(k);
	return error;
}

int pk_directory_text(struct portico *k, pk_id directory, char text[PK_NAME_MAX + 1],
		      struct pk_permission *permission)
{
	int error = pk_names_lock(k);
	if (error)
		return error;
	const struct pk_name *name = pk_name_at(k, pk_id_slot(directory));
	if (name && name->space == PK_NAME_DIRECTORY &&
	    pk_slot_id(&name->head, pk_id_slot(directory)) == directory) {
		memcpy(text, name->text, name->length);
		text[name->length] = '\0';
		*permission = permission_of(name);
	} else {
		error = -ENOENT;
	}
	pk_names_unlock(k);
	return error;
}

/* ---- removing */

/* As in a directory with the sticky bit: its owner, the directory's, or root. */
static int may_remove(struct portico *k, const struct pk_client *client, const struct pk_name *name)
{
	struct pk_permission parent;
	if (client->uid == 0 || client->uid == name->uid)
		return 0;
	int error = find_directory(k, name->text, parent_of(name->text, name->length), &parent);
	return !error && client->uid == parent.uid ? 0 : -EPERM;
}

static void remove_name(struct portico *k, uint32_t slot, pk_id port)
{
	bool shown = shows(k, port, slot);
	pk_name_remove(k, slot);
	PK_POINT("directory: removed, still shown");
	if (shown)
		pk_port_show_name(k, port, other_name(k, port));
}

static int remove_locked(struct portico *k, const struct pk_client *client, const char *text, uint32_t length)
{
	pk_id port;
	uint32_t slot = pk_name_find(k, PK_NAME_MAILBOX, text, length, &port);
	bool directory = slot == 0;
	if (directory)
		slot = pk_name_find(k, PK_NAME_DIRECTORY, text, length, &port);
	const struct pk_name *name = pk_name_at(k, slot);
	if (!name)
		return missing(k, text, length);
	int error = may_remove(k, client, name);
	if (error)
		return error;
	if (!directory)
		remove_name(k, slot, port);
	else if (is_empty(k, text, length))
		pk_name_remove(k, slot);
	else
		return -ENOTEMPTY;
	return 0;
}

static int remove_now(struct portico *k, const struct pk_client *client, const char *text, uint32_t length)
{
	int error = lock_without_dead_owner(k, text, length);
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

/* ---- listing */

/* Under the lock. */
static bool describe(struct portico *k, uint32_t slot, const char *text, uint32_t length, bool deep,
		     struct pk_directory_entry *entry)
{
	const struct pk_name *name = pk_name_at(k, slot);
	uint32_t skip;
	if (!name || !lies_in(name, text, length, deep, &skip) || !pk_name_stands(k, name))
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
	error = find_directory(k, text, length, &permission);
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
