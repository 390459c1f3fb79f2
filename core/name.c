/* SPDX-License-Identifier: MIT */
#include "name.h"
#include "actor.h"
#include "rename.h"

#include <errno.h>
#include <string.h>

unsigned pk_space_table(unsigned space)
{
	switch (space) {
	case PK_NAME_FIFO:
		return PK_PIPES;
	case PK_NAME_SEM:
		return PK_SETS;
	case PK_NAME_SHM:
		return PK_SEGMENTS;
	default:
		return PK_PORTS;
	}
}

static struct pk_name *name_at(struct portico *k, uint32_t slot)
{
	return pk_slot(k, PK_NAMES, slot);
}

struct pk_name *pk_name_at(struct portico *k, uint32_t slot)
{
	struct pk_name *name = name_at(k, slot);
	return name && pk_word_kind(pk_load(&name->head.word)) == PK_LIVE && name->length <= PK_NAME_MAX
		       ? name
		       : NULL;
}

static uint32_t hash_of(unsigned space, const void *text, uint32_t length)
{
	uint32_t hash = 2166136261u ^ space;
	for (const unsigned char *p = text; length > 0; length--)
		hash = (hash ^ *p++) * 16777619u;
	return hash;
}

static uint32_t *bucket_of(struct portico *k, uint32_t hash)
{
	return &pk_header(k)->buckets[hash % PK_BUCKETS];
}

/* ---- what is kept of names elsewhere */

#define TIME (UINT64_C(1) << 63)

pk_id pk_name_now(void)
{
	return TIME | (uint64_t)pk_realtime_seconds();
}

int64_t pk_name_time(const struct pk_name *name)
{
	return (int64_t)(name->object & ~TIME);
}

/* One more, or less: the port counts its names. */
static void count(struct portico *k, const struct pk_name *name, bool more)
{
	struct pk_port *port =
		name->space == PK_NAME_MAILBOX ? pk_slot(k, PK_PORTS, pk_id_slot(name->object)) : NULL;
	if (!port || pk_slot_id(&port->head, pk_id_slot(name->object)) != name->object)
		return;
	uint32_t names = pk_load_relaxed(&port->names);
	pk_store_relaxed(&port->names, more ? names + 1 : names > 0 ? names - 1 : 0);
}

void pk_name_touch_directory(struct portico *k, const char *text, uint32_t length)
{
	pk_id time;
	while (length > 0 && text[length - 1] != '/')
		length--;
	uint32_t slot = length > 0 ? pk_name_find(k, PK_NAME_DIRECTORY, text, length - 1, &time) : 0;
	if (slot != 0)
		name_at(k, slot)->object = pk_name_now();
}

/* It came or went: the directory in which it lies says when. */
static void touch_directory(struct portico *k, const struct pk_name *name)
{
	if (name->space == PK_NAME_MAILBOX || name->space == PK_NAME_DIRECTORY)
		pk_name_touch_directory(k, name->text, name->length);
}

/* ---- the lock */

static void forget_counts(struct portico *k)
{
	uint32_t committed = pk_committed(k, PK_PORTS);
	for (uint32_t slot = 1; slot < committed; slot++)
		pk_store_relaxed(&((struct pk_port *)pk_slot(k, PK_PORTS, slot))->names, 0);
}

static void put_on_chain(struct portico *k, struct pk_name *name, uint32_t slot)
{
	name->hash = hash_of(name->space, name->text, name->length);
	name->chain = *bucket_of(k, name->hash);
	*bucket_of(k, name->hash) = slot;
}

static void rebuild_caches(struct portico *k)
{
	memset(pk_header(k)->buckets, 0, sizeof pk_header(k)->buckets);
	forget_counts(k);
	uint32_t committed = pk_committed(k, PK_NAMES);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_name *name = pk_name_at(k, slot);
		if (!name)
			continue;
		put_on_chain(k, name, slot);
		count(k, name, true);
	}
}

int pk_names_lock(struct portico *k)
{
	int error = pk_enter(k);
	if (error)
		return error;
	int locked = pk_lock(k, &pk_header(k)->names_lock);
	if (locked == PK_INHERITED) {
		rebuild_caches(k);
		pk_rename_finish(k); /* N6 */
	}
	return locked < 0 ? locked : 0;
}

void pk_names_unlock(struct portico *k)
{
	pk_unlock(&pk_header(k)->names_lock);
}

bool pk_name_stands(struct portico *k, const struct pk_name *name)
{
	int error;
	pk_id owner = pk_load_relaxed(&name->owner);
	if (owner != 0 && !pk_object(k, PK_TASKS, owner, &error))
		return false;
	return name->space == PK_NAME_DIRECTORY ||
	       pk_object(k, pk_space_table(name->space), name->object, &error) != NULL;
}

static bool is_it(const struct pk_name *name, enum pk_space space, const void *text, uint32_t length,
		  uint32_t hash)
{
	return name->hash == hash && name->space == space && name->length == length &&
	       memcmp(name->text, text, length) == 0;
}

static void take_off_chain(struct portico *k, uint32_t slot)
{
	const struct pk_name *name = name_at(k, slot);
	uint32_t *link = bucket_of(k, name->hash);
	for (uint32_t most = pk_committed(k, PK_NAMES); most > 0 && *link != 0; most--) {
		struct pk_name *at = name_at(k, *link);
		if (!at)
			break;
		if (*link == slot) {
			*link = name->chain;
			break;
		}
		link = &at->chain;
	}
}

void pk_name_change(struct portico *k, uint32_t slot, const char *text, uint32_t length)
{
	struct pk_name *name = name_at(k, slot);
	take_off_chain(k, slot);
	memcpy(name->text, text, length);
	PK_POINT("name: its text changed, not its length");
	name->text[length] = '\0';
	name->length = (uint8_t)length;
	PK_POINT("name: its text changed, on no chain");
	put_on_chain(k, name, slot);
}

/* Off its chain, and its slot given back. */
void pk_name_remove(struct portico *k, uint32_t slot)
{
	const struct pk_name *name = name_at(k, slot);
	take_off_chain(k, slot);
	count(k, name, false);
	touch_directory(k, name);
	PK_POINT("name: off its chain, not freed");
	pk_release(k, PK_NAMES, slot);
}

uint32_t pk_name_find(struct portico *k, enum pk_space space, const void *text, uint32_t length,
		      pk_id *object)
{
	uint32_t hash = hash_of(space, text, length);
	uint32_t slot = *bucket_of(k, hash);
	for (uint32_t most = pk_committed(k, PK_NAMES); most > 0 && slot != 0; most--) {
		struct pk_name *name = name_at(k, slot);
		if (!name)
			break;
		uint32_t next = name->chain;
		if (is_it(name, space, text, length, hash)) {
			if (pk_name_stands(k, name)) {
				*object = name->object;
				return slot;
			}
			pk_name_remove(k, slot); /* N1, N3 */
		}
		slot = next;
	}
	return 0;
}

/* The table is full.  What names nothing goes, though nobody came across it: true if something did. */
static bool collect(struct portico *k)
{
	uint32_t committed = pk_committed(k, PK_NAMES);
	bool collected = false;
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_name *name = pk_name_at(k, slot);
		if (!name || pk_name_stands(k, name))
			continue;
		pk_name_remove(k, slot);
		collected = true;
	}
	return collected;
}

int pk_name_add_on(struct portico *k, enum pk_space space, const void *text, uint32_t length, pk_id object,
		   const struct pk_name_terms *terms, uint32_t *slot)
{
	pk_id other;
	if (length > PK_NAME_MAX)
		return -ENAMETOOLONG;
	if (pk_name_find(k, space, text, length, &other))
		return -EEXIST;
	int error = pk_claim(k, PK_NAMES, slot);
	if (error == -ENOBUFS && collect(k))
		error = pk_claim(k, PK_NAMES, slot);
	if (error)
		return error;
	struct pk_name *name = name_at(k, *slot);
	name->object = object;
	pk_store_relaxed(&name->owner, terms->owner);
	name->uid = terms->uid;
	name->gid = terms->gid;
	name->mode = (uint16_t)(terms->mode & 0777);
	name->space = (uint8_t)space;
	name->length = (uint8_t)length;
	memcpy(name->text, text, length);
	name->text[length] = '\0';
	pk_publish(k, PK_NAMES, *slot);
	PK_POINT("name: published, on no chain");
	put_on_chain(k, name, *slot);
	count(k, name, true);
	touch_directory(k, name);
	return 0;
}

int pk_name_add(struct portico *k, enum pk_space space, const void *text, uint32_t length, pk_id object,
		uint32_t *slot)
{
	struct pk_identity self = pk_acting(k);
	struct pk_name_terms terms = { .uid = self.uid, .gid = self.gid, .mode = 0444 };
	return pk_name_add_on(k, space, text, length, object, &terms, slot);
}

int pk_name_look_up(struct portico *k, enum pk_space space, const void *text, uint32_t length, pk_id *object)
{
	int error = pk_names_lock(k);
	if (error)
		return error;
	uint32_t slot = pk_name_find(k, space, text, length, object);
	pk_names_unlock(k);
	return slot ? 0 : -ENOENT;
}

void pk_name_forget(struct portico *k, uint32_t slot, pk_id object)
{
	struct pk_name *name = name_at(k, slot);
	if (!name || pk_names_lock(k) != 0)
		return;
	if (pk_word_kind(pk_load(&name->head.word)) == PK_LIVE && name->object == object)
		pk_name_remove(k, slot);
	pk_names_unlock(k);
}

void pk_names_reap(struct portico *k, pk_id owner)
{
	uint32_t committed = pk_committed(k, PK_NAMES);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_name *name = name_at(k, slot);
		if (!name || pk_load_relaxed(&name->owner) != owner || pk_names_lock(k) != 0)
			continue;
		PK_POINT("name: its owner's end, not removed");
		name = pk_name_at(k, slot);
		if (name && pk_load_relaxed(&name->owner) == owner)
			pk_name_remove(k, slot);
		pk_names_unlock(k);
	}
}

void pk_name_text(struct portico *k, uint32_t slot, pk_id object, char text[PK_NAME_MAX + 1])
{
	struct pk_name *name = name_at(k, slot);
	text[0] = '\0';
	if (!name || pk_names_lock(k) != 0)
		return;
	uint32_t length = *(volatile uint8_t *)&name->length;
	if (pk_word_kind(pk_load(&name->head.word)) == PK_LIVE && name->object == object &&
	    length <= PK_NAME_MAX) {
		memcpy(text, name->text, length);
		text[length] = '\0';
	}
	pk_names_unlock(k);
}
