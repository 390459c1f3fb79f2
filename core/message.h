/* SPDX-License-Identifier: MIT */
/*
 * Messages and the pool they come from: a table for each size of buffer, and
 * runs of pages for what is longer than the largest of them.
 * A message slot names the buffer's class and its slot there; 0 is none.
 */
#ifndef PK_MESSAGE_H
#define PK_MESSAGE_H

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

/* The message, or NULL where that is no message. */
static inline struct pk_message *pk_message_at(struct portico *k, uint32_t message)
{
	unsigned table = pk_message_table(message);
	return table < PK_TABLES ? pk_slot(k, table, pk_message_slot(message)) : NULL;
}

static inline uint32_t pk_message_room(uint32_t message)
{
	return PK_SMALLEST << (pk_message_table(message) - PK_BUFFERS);
}

/* No queue is longer than this, whatever its count says. */
uint32_t pk_message_most(struct portico *k, uint32_t count);

/* Its data, in the buffer or in its run; start and length are checked against that. */
void *pk_message_data(struct portico *k, uint32_t message, uint32_t *length);

/*
 * Claim a buffer of at least `bytes`, signed with this task.
 * -EMSGSIZE: over PK_MESSAGE_MOST.  -ENOBUFS: the instance has no more of that size.  -ENOSPC: its file system is
 * full.
 */
int pk_message_claim(struct portico *k, uint64_t bytes, uint32_t *message);

/* Claim one and copy data into it. */
int pk_message_make_from(struct portico *k, const void *data, uint64_t bytes, int64_t type,
			 uint32_t *message);

void pk_message_release(struct portico *k, uint32_t message);

/* Call for every buffer that isn't free. */
void pk_message_each(struct portico *k,
		     void (*visit)(struct portico *k, uint32_t message, struct pk_message *m, void *context),
		     void *context);

#endif
