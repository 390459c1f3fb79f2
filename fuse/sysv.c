/* SPDX-License-Identifier: MIT */
/*
 * The instance's System V objects: each under its id, and those that have a key
 * under that, as a link.
 */
#include "collection.h"
#include "live.h"
#include "name.h"
#include "port.h"
#include "segment.h"
#include "semaphore.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kind {
	enum pk_table_id table;
	enum pk_space space;
	int (*end)(struct portico *k, pk_id id); /* as IPC_RMID: judged under its lock */
};

static const struct kind queue_kind = { PK_PORTS, PK_NAME_MSG, pk_port_destroy };
static const struct kind set_kind = { PK_SETS, PK_NAME_SEM, pk_set_destroy };
static const struct kind segment_kind = { PK_SEGMENTS, PK_NAME_SHM, pk_segment_remove };

/* The id of what is in that slot, and its owner and mode; 0: it is none of that kind. */
static pk_id object_in(const struct kind *kind, uint32_t slot, struct pk_permission *permission)
{
	const void *object = pk_slot(server.kernel, kind->table, slot);
	pk_id id = slot ? live_object(server.kernel, kind->table, slot) : 0;
	if (!id)
		return 0;
	switch (kind->table) {
	case PK_PORTS:
		*permission = ((const struct pk_port *)object)->permission;
		return ((const struct pk_port *)object)->use == PK_QUEUE ? id : 0;
	case PK_SETS:
		*permission = ((const struct pk_set *)object)->permission;
		return id;
	default:
		*permission = ((const struct pk_segment *)object)->permission;
		if (((const struct pk_segment *)object)->removed)
			permission->key = 0; /* M2 */
		return id;
	}
}

/* ---- finding */

/* The number that it would be written as, so and no other way. */
static bool read_id(const char *name, uint32_t *number)
{
	char written[24];
	*number = (uint32_t)strtoul(name, NULL, 10);
	snprintf(written, sizeof written, "%u", *number);
	return strcmp(written, name) == 0;
}

static bool read_key(const char *name, int32_t *key)
{
	char written[24];
	*key = (int32_t)strtoul(name, NULL, 16);
	snprintf(written, sizeof written, "0x%08x", (unsigned)*key);
	return *key != 0 && strcmp(written, name) == 0;
}

static int find_in(const struct kind *kind, const char *name, struct found *found)
{
	struct pk_permission permission;
	uint32_t number;
	int32_t key;
	*found = (struct found){ .link = false };
	if (read_id(name, &number)) {
		found->id = object_in(kind, number & PK_SYSV_SLOT_MASK, &permission);
		return found->id && (uint32_t)pk_sysv_id(found->id) == number ? 0 : -ENOENT;
	}
	found->link = true;
	if (!read_key(name, &key))
		return -ENOENT;
	return pk_name_look_up(server.kernel, kind->space, &key, sizeof key, &found->id);
}

/* The cursor is twice the slot, and odd behind its link. */
static int next_in(const struct kind *kind, uint64_t *cursor, char name[PK_NAME_MAX + 1], struct found *found,
		   bool *any)
{
	uint32_t committed = pk_committed(server.kernel, kind->table);
	struct pk_permission permission;
	*any = false;
	for (uint64_t at = *cursor + 1; at / 2 < committed && !*any; at++) {
		*cursor = at;
		*found = (struct found){ object_in(kind, (uint32_t)(at / 2), &permission), .link = at % 2 };
		*any = found->id && !(found->link && permission.key == 0);
	}
	if (*any && found->link)
		snprintf(name, PK_NAME_MAX, "0x%08x", (unsigned)permission.key);
	else if (*any)
		snprintf(name, PK_NAME_MAX, "%d", pk_sysv_id(found->id));
	return 0;
}

/* ---- looking, and removing */

static int inspect_in(const struct kind *kind, pk_id id, struct facts *facts)
{
	*facts = (struct facts){ .block_bytes = 4096, .names = 1 };
	return object_in(kind, pk_id_slot(id), &facts->permission) == id ? 0 : -EIDRM;
}

static int end_in(const struct kind *kind, pk_id id)
{
	struct pk_permission permission;
	return object_in(kind, pk_id_slot(id), &permission) == id ? kind->end(server.kernel, id) : -EIDRM;
}

/* ---- queues */

static int find_queue(pk_id in, const char *name, struct found *found)
{
	(void)in;
	return find_in(&queue_kind, name, found);
}

static int next_queue(pk_id in, uint64_t *cursor, char name[PK_NAME_MAX + 1], struct found *found, bool *any)
{
	(void)in;
	return next_in(&queue_kind, cursor, name, found, any);
}

static int end_queue(pk_id id)
{
	return end_in(&queue_kind, id);
}

int queue_inspect(pk_id id, struct facts *facts)
{
	int error = inspect_in(&queue_kind, id, facts);
	const struct pk_port *port = pk_slot(server.kernel, PK_PORTS, pk_id_slot(id));
	if (!error) {
		facts->read_time = port->receive_time;
		facts->write_time = port->send_time;
		facts->change_time = port->change_time;
	}
	return error;
}

const struct collection queues = { .find = find_queue, .next = next_queue, .end = end_queue };

/* ---- semaphore sets */

static int find_set(pk_id in, const char *name, struct found *found)
{
	(void)in;
	return find_in(&set_kind, name, found);
}

static int next_set(pk_id in, uint64_t *cursor, char name[PK_NAME_MAX + 1], struct found *found, bool *any)
{
	(void)in;
	return next_in(&set_kind, cursor, name, found, any);
}

static int end_set(pk_id id)
{
	return end_in(&set_kind, id);
}

int set_inspect(pk_id id, struct facts *facts)
{
	int error = inspect_in(&set_kind, id, facts);
	const struct pk_set *set = pk_slot(server.kernel, PK_SETS, pk_id_slot(id));
	if (!error) {
		facts->write_time = set->operation_time;
		facts->change_time = set->change_time;
	}
	return error;
}

const struct collection sets = { .find = find_set, .next = next_set, .end = end_set };

/* ---- segments */

static int find_segment(pk_id in, const char *name, struct found *found)
{
	(void)in;
	return find_in(&segment_kind, name, found);
}

static int next_segment(pk_id in, uint64_t *cursor, char name[PK_NAME_MAX + 1], struct found *found,
			bool *any)
{
	(void)in;
	return next_in(&segment_kind, cursor, name, found, any);
}

static int end_segment(pk_id id)
{
	return end_in(&segment_kind, id);
}

int segment_inspect(pk_id id, struct facts *facts)
{
	int error = inspect_in(&segment_kind, id, facts);
	const struct pk_segment *segment = pk_slot(server.kernel, PK_SEGMENTS, pk_id_slot(id));
	if (!error) {
		facts->read_time = segment->attach_time;
		facts->write_time = segment->detach_time;
		facts->change_time = segment->change_time;
	}
	return error;
}

const struct collection segments = { .find = find_segment, .next = next_segment, .end = end_segment };
