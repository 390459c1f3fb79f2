/* SPDX-License-Identifier: MIT */
#include "message.h"
#include "copy.h"

#include <errno.h>

/* U2: the word of a run that is this message's. */
static uint64_t run_word(const struct pk_message *m, uint32_t message)
{
	uint64_t generation = pk_load_relaxed(&m->head.generation) & 0xffffff;
	return pk_word(PK_BODY, generation << 32 | message);
}

static bool has_run(struct portico *k, const struct pk_message *m, uint32_t message)
{
	const struct pk_head *head = pk_slot(k, PK_RUNS, m->run);
	return head && pk_load(&head->word) == run_word(m, message);
}

uint32_t pk_message_most(struct portico *k, uint32_t count)
{
	uint32_t there = 0;
	for (unsigned table = PK_BUFFERS; table < PK_TABLES && there < count; table++)
		there += pk_committed(k, table);
	return there < count ? there : count;
}

void *pk_message_data_slowly(struct portico *k, uint32_t message, uint32_t *length)
{
	struct pk_message *m = pk_message_at(k, message);
	if (!m)
		return NULL;
	uint32_t start = m->start, bytes = m->length;
	uint64_t room = pk_message_room(message);
	unsigned char *data = (unsigned char *)(m + 1);
	if (__builtin_expect(m->run != 0, 0))
		data = has_run(k, m, message) ? pk_run_data(k, m->run, &room) : NULL;
	if (!data || start > room || bytes > room - start)
		return NULL;
	*length = bytes;
	return data + start;
}

static unsigned table_for(uint64_t bytes)
{
	if (bytes <= PK_SMALLEST)
		return PK_BUFFERS;
	unsigned bits = 64u - (unsigned)__builtin_clzll(bytes - 1); /* bytes <= 1 << bits */
	return PK_BUFFERS + bits - 6;
}

static int claim_run(struct portico *k, struct pk_message *m, uint32_t message, uint64_t bytes)
{
	uint32_t run = 0;
	int error = pk_run_claim(k, bytes, &run);
	if (error)
		return error;
	struct pk_run *record = pk_slot(k, PK_RUNS, run);
	PK_POINT("message: run claimed, not its own");
	m->run = run;
	pk_store(&record->head.word, run_word(m, message));
	PK_POINT("message: run its own");
	return 0;
}

struct pk_message *pk_message_new(struct portico *k, uint64_t bytes, uint32_t *message, int *error)
{
	uint32_t slot = 0;
	unsigned table = bytes > PK_LARGEST ? PK_BUFFERS : table_for(bytes);
	*error = bytes > PK_MESSAGE_MOST ? -EMSGSIZE : pk_claim_quickly(k, table, &slot);
	if (*error)
		return NULL;
	struct pk_message *m = pk_slot_at(k, table, slot);
	*message = pk_message_make(table, slot);
	if (__builtin_expect(m->tells != 0 || m->run != 0, 0))
		m->tells = m->run = 0;
	if (__builtin_expect(bytes > PK_LARGEST, 0) && (*error = claim_run(k, m, *message, bytes)) != 0) {
		pk_release(k, table, slot);
		return NULL;
	}
	m->port = 0;
	m->number = 0;
	m->type = 0;
	m->start = 0;
	m->length = (uint32_t)bytes;
	m->sender = k->mine->tag;
	m->pid = k->mine->process.pid;
	m->uid = k->mine->uid;
	m->gid = k->mine->gid;
	return m;
}

int pk_message_make_from(struct portico *k, const void *data, uint64_t bytes, int64_t type, uint32_t *message)
{
	uint32_t length;
	int error;
	struct pk_message *m = pk_message_new(k, bytes, message, &error);
	if (!m)
		return error;
	void *to = pk_message_data_at(k, *message, m, &length);
	if (!to)
		return -EIO;
	m->type = type;
	pk_copy(to, data, bytes);
	return 0;
}

void pk_message_release_run(struct portico *k, uint32_t message, struct pk_message *m)
{
	pk_store(&m->head.word, pk_word(PK_CLAIMED, pk_self(k))); /* consumed, before its data is gone */
	PK_POINT("message: consumed, run not released");
	if (has_run(k, m, message))
		pk_run_release(k, m->run);
	m->run = 0;
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
