/* SPDX-License-Identifier: MIT */
#include "message.h"
#include "part.h"
#include "receipt.h"
#include "right.h"

#include <errno.h>

uint64_t pk_message_body_word(const struct pk_message *m, uint32_t message)
{
	uint64_t generation = pk_load_relaxed(&m->head.generation) & 0xffffff;
	return pk_word(PK_BODY, generation << 32 | message);
}

static bool has_run(struct portico *k, const struct pk_message *m, uint32_t message)
{
	const struct pk_head *head = pk_slot(k, PK_RUNS, m->run);
	return head && pk_load(&head->word) == pk_message_body_word(m, message);
}

uint32_t pk_message_most(struct portico *k, uint32_t count)
{
	uint32_t there = 0;
	for (unsigned table = PK_BUFFERS; table < PK_TABLES && there < count; table++)
		there += pk_committed(k, table);
	return there < count ? there : count;
}

_Static_assert(offsetof(struct pk_message, gid) - offsetof(struct pk_message, sender) ==
		       offsetof(struct pk_identity, gid) - offsetof(struct pk_identity, tag),
	       "a message names its sender as an identity does");

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
	pk_store(&record->head.word, pk_message_body_word(m, message));
	PK_POINT("message: run its own");
	return 0;
}

int pk_message_claim(struct portico *k, uint64_t bytes, uint32_t *message)
{
	uint32_t slot = 0;
	if (bytes > PK_MESSAGE_MOST)
		return -EMSGSIZE;
	unsigned table = bytes > PK_LARGEST ? PK_BUFFERS : table_for(bytes);
	int error = pk_claim_quickly(k, table, &slot);
	if (error)
		return error;
	struct pk_message *m = pk_slot_at(k, table, slot);
	*message = pk_message_make(table, slot);
	m->type = 0;
	pk_message_sign(k, m, bytes);
	error = bytes > PK_LARGEST ? claim_run(k, m, *message, bytes) : 0;
	if (error)
		pk_release(k, table, slot);
	return error;
}

int pk_message_make_from_slowly(struct portico *k, const void *data, uint64_t bytes, int64_t type,
				uint32_t *message)
{
	uint32_t length;
	int error = pk_message_claim(k, bytes, message);
	if (error)
		return error;
	void *to = pk_message_data(k, *message, &length);
	if (!to)
		return -EIO;
	pk_message_at(k, *message)->type = type;
	pk_copy(to, data, bytes);
	return 0;
}

static void release_run(struct portico *k, uint32_t message, struct pk_message *m)
{
	pk_store(&m->head.word, pk_word(PK_CLAIMED, pk_self(k))); /* consumed, before its data is gone */
	PK_POINT("message: consumed, run not released");
	uint32_t run = m->run;
	if (has_run(k, m, message))
		pk_run_release(k, run);
	m->run = 0;
}

bool pk_message_release_more(struct portico *k, uint32_t message, struct pk_message *m)
{
	if (m->more & PK_MORE_VIA)
		pk_right_used(k, message, m); /* R6: while it is still what it was */
	if (pk_receipt_wanted(m))
		pk_receipt_give(k, message, m);
	m->more &= ~(PK_MORE_VIA | PK_MORE_RECEIPT);
	if (m->more & PK_MORE_PARTS) {
		pk_parts_put_aside(k, message, m);
		return false;
	}
	if (m->run != 0)
		release_run(k, message, m);
	m->tells = m->more = 0; /* before its word says CLAIMED again: W5 */
	return true;
}

void pk_message_release_own(struct portico *k, uint32_t message)
{
	struct pk_message *m = pk_message_at(k, message);
	if (m && pk_load(&m->head.word) == pk_word(PK_CLAIMED, pk_self(k)))
		pk_message_release_at(k, message, m);
}

bool pk_message_consume(struct portico *k, uint32_t message)
{
	struct pk_message *m = pk_message_at(k, message);
	if (!m || (m->tells | m->more) != 0)
		return false;
	pk_store(&m->head.word, pk_word(PK_CLAIMED, pk_self(k)));
	PK_POINT("message: consumed, its data not gone");
	return true;
}

void pk_message_unconsume(struct portico *k, uint32_t message)
{
	struct pk_message *m = pk_message_at(k, message);
	if (m)
		pk_store(&m->head.word, pk_word(PK_HELD, pk_self(k)));
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
