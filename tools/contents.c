/* SPDX-License-Identifier: MIT */
#include "contents.h"
#include "bell.h"
#include "instance.h"
#include "name.h"
#include "pipe.h"
#include "port.h"
#include "region.h"
#include "segment.h"
#include "semaphore.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- objects */

static bool path_of_segment(struct portico *k, pk_id id, char path[PK_PATH_MAX])
{
	char name[48];
	snprintf(name, sizeof name, "shm/%llu", (unsigned long long)id);
	return pk_region_path(k, name, path) == 0;
}

/* Who has it attached is counted right, and its memory is there. */
static bool segment_valid(struct portico *k, pk_id id)
{
	char path[PK_PATH_MAX];
	struct pk_segment *segment;
	struct stat file;
	uint32_t count = 0;
	if (pk_object_lock(k, PK_SEGMENTS, id, &segment) != 0)
		return false;
	for (uint32_t slot = 1; slot < pk_committed(k, PK_ATTACHES); slot++) {
		const struct pk_attach *attach = pk_slot(k, PK_ATTACHES, slot);
		count += pk_word_kind(pk_load(&attach->head.word)) == PK_CLAIMED && attach->segment == id;
	}
	bool valid = segment->attached == count && path_of_segment(k, id, path) && stat(path, &file) == 0 &&
		     (uint64_t)file.st_size >= segment->size;
	pk_object_unlock(segment);
	return valid;
}

/* Its ring is its own, and no more is in it than fits. */
static bool pipe_valid(struct portico *k, pk_id id)
{
	struct pk_pipe *pipe;
	if (pk_object_lock(k, PK_PIPES, id, &pipe) != 0)
		return false;
	uint32_t ring = pk_load(&pipe->body);
	struct pk_message *body = pk_message_at(k, ring);
	bool valid = body && pk_load(&body->head.word) == pk_word(PK_BODY, id) &&
		     pk_load(&pipe->size) <= pk_message_room(ring) &&
		     pk_load(&pipe->written) - pk_load(&pipe->taken) <= pk_load(&pipe->size);
	pk_object_unlock(pipe);
	return valid;
}

const struct object_kind object_kinds[OBJECT_KINDS] = {
	{ PK_PORTS, "mailboxes and queues", pk_port_valid },
	{ PK_SETS, "semaphore sets", pk_set_valid },
	{ PK_SEGMENTS, "segments", segment_valid },
	{ PK_PIPES, "named pipes", pipe_valid },
};

bool is_unsound(struct portico *k, const struct object_kind *kind, uint32_t slot)
{
	for (int look = 0; look < 2; look++) {
		pk_id id = live_object(k, kind->table, slot);
		if (!id || kind->valid(k, id))
			return false;
		usleep(1000);
	}
	return live_object(k, kind->table, slot) != 0;
}

bool is_half_removed(struct portico *k, const struct object_kind *kind, uint32_t slot)
{
	for (int look = 0; look < 2; look++) {
		struct pk_object *object = pk_slot(k, kind->table, slot);
		if (!object || pk_word_kind(pk_load(&object->head.word)) != PK_DYING ||
		    pk_lock_owned(k, &object->lock))
			return false;
		usleep(1000);
	}
	return true;
}

/* ---- names */

/* Under their lock. */
static bool name_is_found(struct portico *k, uint32_t slot)
{
	const struct pk_name *name = pk_slot(k, PK_NAMES, slot);
	pk_id object;
	if (!name || pk_word_kind(pk_load(&name->head.word)) != PK_LIVE)
		return true;
	if (name->length > PK_NAME_MAX)
		return false;
	/* of one that names nothing any more, whoever comes across it removes it */
	return !pk_name_stands(k, name) ||
	       pk_name_find(k, name->space, name->text, name->length, &object) == slot;
}

/* Each port knows how many it has: who takes the last one away ends a mailbox. */
static bool names_are_counted(struct portico *k)
{
	uint32_t ports = pk_committed(k, PK_PORTS), *names = calloc(ports, sizeof *names);
	bool right = names != NULL;
	for (uint32_t slot = 1; right && slot < pk_committed(k, PK_NAMES); slot++) {
		const struct pk_name *name = pk_name_at(k, slot);
		uint32_t port = name && name->space == PK_NAME_MAILBOX ? pk_id_slot(name->object) : 0;
		if (port > 0 && port < ports && pk_slot_id(pk_slot(k, PK_PORTS, port), port) == name->object)
			names[port]++;
	}
	for (uint32_t slot = 1; right && slot < ports; slot++) {
		const struct pk_port *port = pk_slot(k, PK_PORTS, slot);
		right = pk_word_kind(pk_load(&port->head.word)) != PK_LIVE ||
			pk_load_relaxed(&port->names) == names[slot];
	}
	free(names);
	return right;
}

bool names_are_sound(struct portico *k)
{
	if (pk_names_lock(k) != 0)
		return false;
	bool sound = names_are_counted(k);
	for (uint32_t slot = 1; sound && slot < pk_committed(k, PK_NAMES); slot++)
		sound = name_is_found(k, slot);
	pk_names_unlock(k);
	return sound;
}

/* ---- segments' files */

/* Segments are made under another lock than this; but none gets a slot while it is held. */
static bool is_stray(struct portico *k, const char *name)
{
	char *end;
	pk_id id = strtoull(name, &end, 10);
	if (*end || end == name)
		return false;
	struct pk_head *head = pk_slot(k, PK_SEGMENTS, pk_id_slot(id));
	return !head || pk_word_kind(pk_load(&head->word)) == PK_FREE ||
	       pk_slot_id(head, pk_id_slot(id)) != id;
}

unsigned stray_bells(struct portico *k, bool remove)
{
	char path[PK_PATH_MAX];
	unsigned count = 0;
	DIR *directory = pk_region_path(k, "bells", path) == 0 ? opendir(path) : NULL;
	for (struct dirent *entry; directory && (entry = readdir(directory));) {
		if (entry->d_name[0] == '.' || pk_bell_is_named(k, entry->d_name))
			continue;
		count++;
		if (remove)
			unlinkat(dirfd(directory), entry->d_name, 0);
	}
	if (directory)
		closedir(directory);
	return count;
}

unsigned stray_files(struct portico *k, bool remove)
{
	char path[PK_PATH_MAX];
	unsigned count = 0;
	pk_lock_word *lock = &pk_header(k)->tables[PK_SEGMENTS].lock;
	DIR *directory = pk_region_path(k, "shm", path) == 0 ? opendir(path) : NULL;
	if (!directory)
		return 0;
	int locked = pk_lock(k, lock);
	if (locked == PK_INHERITED)
		pk_table_repair(k, PK_SEGMENTS);
	for (struct dirent *entry; locked >= 0 && (entry = readdir(directory));) {
		if (!is_stray(k, entry->d_name))
			continue;
		count++;
		if (remove)
			unlinkat(dirfd(directory), entry->d_name, 0);
	}
	if (locked >= 0)
		pk_unlock(lock);
	closedir(directory);
	return count;
}
