/* SPDX-License-Identifier: MIT */
/*
 * Messages and the pool they come from: a table for each size of buffer, and
 * runs of pages for what is longer than the largest of them.
 * A message slot names the buffer's class and its slot there; 0 is none.
 */
#ifndef PK_MESSAGE_H
#define PK_MESSAGE_H

#include "copy.h"
#include "magazine.h"
#include "run.h"

#define PK_MESSAGE_MOST (1u << 30) /* bytes in a message */

static inline unsigned pk_message_table(uint32_t message)
{
	unsigned class = message >> PK_CLASS_SHIFT;
	return class == 0 ? PK_TABLES : PK_BUFFERS + class - 1;
}
static inline uint32_t pk_message_slot(uint32_t message)
{
	return message & ((1u << PK_CLASS_SHIFT) - 1);
}
static inline uint32_t pk_message_make(unsigned table, uint32_t slot)
{
	return (table - PK_BUFFERS + 1) << PK_CLASS_SHIFT | slot;
}

/* Most messages are of the smallest class: with that known the compiler knows their table. */
static inline bool pk_message_is_small(uint32_t message)
{
	return __builtin_expect(message >> PK_CLASS_SHIFT == 1, 1);
}

/* The message, or NULL where that is no message. */
static inline struct pk_message *pk_message_at(struct portico *k, uint32_t message)
{
	if (pk_message_is_small(message))
		return pk_slot(k, PK_BUFFERS, pk_message_slot(message));
	unsigned table = pk_message_table(message);
	return __builtin_expect(table < PK_TABLES, 1) ? pk_slot(k, table, pk_message_slot(message)) : NULL;
}

static inline uint32_t pk_message_room(uint32_t message)
{
	return PK_SMALLEST << (pk_message_table(message) - PK_BUFFERS);
}

/* No queue is longer than this, whatever its count says. */
uint32_t pk_message_most(struct portico *k, uint32_t count);

/* The word of a record or run that is this message's: U2. */
uint64_t pk_message_body_word(const struct pk_message *m, uint32_t message);

void *pk_message_data_slowly(struct portico *k, uint32_t message, uint32_t *length);

/* The data of a message that is at m. */
static inline void *pk_message_data_at(struct portico *k, uint32_t message, struct pk_message *m,
				       uint32_t *length)
{
	if (__builtin_expect(m->run == 0 && m->start == 0, 1)) {
		*length = m->length;
		if (*length <= pk_message_room(message))
			return m + 1;
	}
	return pk_message_data_slowly(k, message, length);
}

/* Its data, in the buffer or in its run; start and length are checked against that. */
static inline void *pk_message_data(struct portico *k, uint32_t message, uint32_t *length)
{
	struct pk_message *m = pk_message_at(k, message);
	return m ? pk_message_data_at(k, message, m, length) : NULL;
}

/*
 * Claim a buffer of at least `bytes`, signed with this task.
 * -EMSGSIZE: over PK_MESSAGE_MOST.  -ENOBUFS: the instance has no more of that size.  -ENOSPC: its file
 * system is full.
 */
int pk_message_claim(struct portico *k, uint64_t bytes, uint32_t *message);

/* Sign a buffer that was claimed. */
static inline void pk_message_sign(struct portico *k, struct pk_message *m, uint64_t bytes)
{
	if (__builtin_expect((m->tells | m->run | m->more) != 0, 0))
		m->tells = m->run = m->more = 0;
	m->start = 0;
	m->length = (uint32_t)bytes;
	__builtin_memcpy(&m->sender, &k->mine->identity, sizeof k->mine->identity);
}

int pk_message_make_from_slowly(struct portico *k, const void *data, uint64_t bytes, int64_t type,
				uint32_t *message);

/* Claim one and copy data into it. */
static inline int pk_message_make_from(struct portico *k, const void *data, uint64_t bytes, int64_t type,
				       uint32_t *message)
{
	uint32_t slot;
	if (__builtin_expect(bytes > PK_SMALLEST, 0) || pk_claim_quickly(k, PK_BUFFERS, &slot) != 0)
		return pk_message_make_from_slowly(k, data, bytes, type, message);
	struct pk_message *m = pk_slot_at(k, PK_BUFFERS, slot);
	pk_message_sign(k, m, bytes);
	m->type = type;
	pk_copy(m + 1, data, bytes);
	*message = pk_message_make(PK_BUFFERS, slot);
	return 0;
}

/* What few messages have goes first.  False: it has parts, and is put aside until no lock is held. */
bool pk_message_release_more(struct portico *k, uint32_t message, struct pk_message *m);

static inline void pk_message_release_at(struct portico *k, uint32_t message, struct pk_message *m)
{
	if (__builtin_expect((m->run | m->tells | m->more) != 0, 0) &&
	    !pk_message_release_more(k, message, m))
		return;
	if (pk_message_is_small(message))
		pk_release_quickly(k, PK_BUFFERS, pk_message_slot(message), &m->head);
	else
		pk_release_quickly(k, pk_message_table(message), pk_message_slot(message), &m->head);
}

static inline void pk_message_release(struct portico *k, uint32_t message)
{
	struct pk_message *m = pk_message_at(k, message);
	if (m)
		pk_message_release_at(k, message, m);
}

/* The same if it is still claimed by this task: after a sleep in which a handler forked, it is the parent's.
 */
void pk_message_release_own(struct portico *k, uint32_t message);

/*
 * For a message that is held, and whose data leaves by a door of which core
 * doesn't know when it has passed it: from here on it is consumed if this task
 * dies, and isn't given back.  False: more hangs on it than its data, and it stays held.
 */
bool pk_message_consume(struct portico *k, uint32_t message);

/* Its data didn't leave: it is held again. */
void pk_message_unconsume(struct portico *k, uint32_t message);

/* Call for every buffer that isn't free. */
void pk_message_each(struct portico *k,
		     void (*visit)(struct portico *k, uint32_t message, struct pk_message *m, void *context),
		     void *context);

#endif
