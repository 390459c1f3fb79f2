/* SPDX-License-Identifier: MIT */
/*
 * What the files of rights (right*.c, notice.c) have in common; all of it under
 * the rights' lock.  right.h is the essay.
 */
#ifndef PK_RIGHT_INSIDE_H
#define PK_RIGHT_INSIDE_H

#include "right.h"

/* The live guarded port of a record; NULL: it is gone. */
struct pk_port *pk_right_port(struct portico *k, const struct pk_right *right);

/* Who may receive at the port; 0: nobody, until somebody has the receive right. */
void pk_right_change_receiver(struct portico *k, pk_id port, pk_id owner);

/* Send-once rights stand in no list, nor does what has to do with tasks. */
static inline bool pk_right_is_listed(const struct pk_right *right)
{
	return right->kind != PK_RIGHT_SEND_ONCE && right->kind != PK_RIGHT_TASK &&
	       right->kind != PK_ASK_TASK_ENDED;
}

/* Into its port's list, and out of it. */
void pk_right_link(struct portico *k, uint32_t slot);
void pk_right_unlink(struct portico *k, uint32_t slot);

/* The request of that kind to that port, about that name if not 0; or 0. */
uint32_t pk_request_find(struct portico *k, const struct pk_port *port, enum pk_right_kind kind,
			 uint32_t about);

/* The request to be told of the end of the task that the right of that slot names; or 0. */
uint32_t pk_request_find_task(struct portico *k, uint32_t about);

/* The word of what this task holds. */
static inline uint64_t pk_right_held_word(struct portico *k)
{
	return pk_word(PK_HELD, pk_self(k));
}

static inline pk_id pk_right_name(struct portico *k, uint32_t slot)
{
	return pk_slot_id(&pk_right_at(k, slot)->head, slot) | PK_RIGHT_NAME;
}

/* R2: is it, here or in a message, a right or a request in force? */
static inline bool pk_right_in_force(const struct pk_right *right)
{
	enum pk_kind kind = pk_word_kind(pk_load(&right->head.word));
	return kind == PK_HELD || kind == PK_BODY;
}

/* This task's send right to that port; or 0. */
uint32_t pk_right_own_send(struct portico *k, const struct pk_port *port);

/* A record that isn't a right yet.  -EDQUOT, -ENOBUFS, -ENOSPC. */
int pk_right_claim(struct portico *k, pk_id port, enum pk_right_kind kind, uint32_t *slot);

/* ---- right_end.c */

/* Somebody may send there now, or nobody any more: whoever asked for that is told. */
void pk_right_look_for_senders(struct portico *k, pk_id port);

/* Its holder's end of it: a receive right's is its backup's beginning.  Once: -EINVAL where another thread
 * uses it. */
void pk_right_give_up(struct portico *k, uint32_t slot);
void pk_right_give_up_receive(struct portico *k, uint32_t slot);
int pk_right_give_up_once(struct portico *k, uint32_t slot);
void pk_right_drop_reference(struct portico *k, struct pk_right *right);

/* Requests about it end with it, and other tasks' when this one has taken it. */
void pk_right_forget_requests(struct portico *k, const struct pk_right *right, uint32_t slot);
void pk_right_forget_others_requests(struct portico *k, const struct pk_right *right, uint32_t slot);

/* R5: would that port's receive right, sent there, wait in its own queue? */
bool pk_right_would_hold_itself(struct portico *k, pk_id port, pk_id destination);

#endif
