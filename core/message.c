/* SPDX-License-Identifier: MIT */
#include "message.h"
#include "copy.h"

#include <errno.h>

void *pk_message_data(struct portico *k, uint32_t message, uint32_t *length)
{
	struct pk_message *m = pk_message_at(k, message);
	if (!m)
		return NULL;
	uint32_t start = m->start, bytes = m->length, room = pk_message_room(message);
	if (start > room || bytes > room - start)
		return NULL;
	*length = bytes;
	return (unsigned char *)(m + 1) + start;
}

static unsigned table_for(uint64_t bytes)
{
	if (bytes <= PK_SMALLEST)
		return PK_BUFFERS;
	unsigned bits = 64u - (unsigned)__builtin_clzll(bytes - 1); /* bytes <= 1 << bits */
	return PK_BUFFERS + bits - 6;
}

int pk_message_claim(struct portico *k, uint64_t bytes, uint32_t *message)
{
	uint32_t slot = 0;
	if (bytes > PK_LARGEST)
		return -EMSGSIZE;
	unsigned table = table_for(bytes);
	int error = pk_claim(k, table, &slot);
	if (error)
		return error;
	struct pk_message *m = pk_slot(k, table, slot);
	m->port = 0;
	m->number = 0;
	m->type = 0;
	m->start = 0;
	m->length = (uint32_t)bytes;
	m->sender = pk_task_tag(pk_self(k));
	m->pid = k->mine->process.pid;
	m->uid = k->mine->uid;
	m->gid = k->mine->gid;
	*message = pk_message_make(table, slot);
	return 0;
}

int pk_message_make_from(struct portico *k, const void *data, uint64_t bytes, int64_t type, uint32_t *message)
{
	int error = pk_message_claim(k, bytes, message);
	if (error)
		return error;
	struct pk_message *m = pk_message_at(k, *message);
	m->type = type;
	pk_copy(m + 1, data, bytes);
	return 0;
}

void pk_message_release(struct portico *k, uint32_t message)
{
	unsigned table = pk_message_table(message);
	if (table < PK_TABLES)
		pk_release(k, table, pk_message_slot(message));
}

void pk_message_each(struct portico *k,
		     void (*visit)(struct portico *k, uint32_t message, struct pk_message *m, void *context),
		     void *context)
{
	for (unsigned table = PK_BUFFERS; table < PK_TABLES; table++) {
		uint32_t committed = pk_committed(k, table);
		for (uint32_t slot = 1; slot < committed; slot++) {
			struct pk_message *m = pk_slot(k, table, slot);
			if (pk_word_kind(pk_load(&m->head.word)) != PK_FREE)
				visit(k, pk_message_make(table, slot), m, context);
		}
	}
}
