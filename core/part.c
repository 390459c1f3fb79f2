/* SPDX-License-Identifier: MIT */
/* The parts of messages: their lists, memory, and the end of both.  part.h is the essay. */
#include "part.h"
#include "right.h"

#include <errno.h>

struct pk_part *pk_parts_of(struct portico *k, uint32_t message, uint32_t *count)
{
	uint32_t length;
	struct pk_message *m = pk_message_at(k, message);
	struct pk_part *parts = m && m->more & PK_MORE_PARTS ? pk_message_data(k, message, &length) : NULL;
	*count = parts ? m->parts : 0;
	return *count <= PK_PARTS_MOST && *count * sizeof *parts <= length ? parts : NULL;
}

void pk_parts_add_up(struct portico *k, uint32_t message, struct pk_cargo *cargo)
{
	uint32_t count;
	const struct pk_message *m = pk_message_at(k, message);
	const struct pk_part *parts = pk_parts_of(k, message, &count);
	*cargo = (struct pk_cargo){ .data_bytes = m && !(m->more & PK_MORE_PARTS) ? m->length : 0 };
	for (uint32_t i = 0; parts && i < count; i++) {
		cargo->data_bytes += parts[i].kind == PK_PART_DATA ? parts[i].bytes : 0;
		cargo->memory_bytes += parts[i].kind == PK_PART_MEMORY ? parts[i].bytes : 0;
		cargo->rights += parts[i].kind == PK_PART_RIGHT;
		cargo->runs += parts[i].kind == PK_PART_MEMORY;
		cargo->wants_answer |= parts[i].kind == PK_PART_REPLY;
	}
}

/* ---- burying */

void pk_parts_put_aside(struct portico *k, uint32_t message, struct pk_message *m)
{
	pk_store(&m->head.word, pk_word(PK_CLAIMED, pk_self(k)));
	PK_POINT("part: put aside");
	/* by a swap: a handler on this thread may put aside more */
	uint32_t before = pk_load_relaxed(&pk_thread.aside);
	do {
		m->head.next = before;
	} while (!pk_swap_if(&pk_thread.aside, &before, message));
}

/* The one put aside last.  Under the rights' lock, so no handler takes one meanwhile. */
static uint32_t take_aside(struct portico *k)
{
	uint32_t message = pk_load_relaxed(&pk_thread.aside);
	const struct pk_message *m;
	do {
		m = pk_message_at(k, message);
	} while (!pk_swap_if(&pk_thread.aside, &message, m ? m->head.next : 0));
	return message;
}

static void lose(struct portico *k, const struct pk_part *part, uint32_t message, const struct pk_message *m)
{
	uint32_t record = part->record;
	const struct pk_head *run = pk_slot(k, PK_RUNS, record);
	if (part->kind == PK_PART_RIGHT || part->kind == PK_PART_REPLY)
		pk_right_lose(k, record, message);
	else if (part->kind == PK_PART_MEMORY && run &&
		 pk_load(&run->word) == pk_message_body_word(m, message))
		pk_run_release(k, record);
}

static void bury(struct portico *k, uint32_t message)
{
	uint32_t count;
	struct pk_message *m = pk_message_at(k, message);
	const struct pk_part *parts = pk_parts_of(k, message, &count);
	for (uint32_t i = 0; parts && i < count; i++) {
		lose(k, &parts[i], message, m);
		PK_POINT("part: one lost");
	}
	m->more &= ~PK_MORE_PARTS;
	pk_message_release_at(k, message, m);
}

/* Does this very thread hold the rights' lock?  Then who leaves it buries. */
static bool is_within(struct portico *k)
{
	return (pk_load(&pk_header(k)->rights_lock) & ~PK_LOCK_WAITERS) == pk_thread.owner;
}

/* Where this thread holds no lock; what comes aside meanwhile, too. */
void pk_parts_bury_slowly(struct portico *k)
{
	if (pk_thread.burying || pk_thread.serial != k->serial || is_within(k))
		return;
	pk_thread.burying = true;
	while (pk_load_relaxed(&pk_thread.aside) != 0 && pk_rights_lock(k) == 0) {
		uint32_t message = take_aside(k);
		const struct pk_message *m = pk_message_at(k, message);
		if (m && pk_load(&m->head.word) == pk_word(PK_CLAIMED, pk_self(k)))
			bury(k, message);
		pk_rights_unlock(k);
	}
	pk_thread.burying = false;
}

/* ---- memory */

static struct pk_head *run_of(struct portico *k, pk_id memory)
{
	struct pk_head *head = pk_slot(k, PK_RUNS, pk_id_slot(memory));
	return head && pk_load(&head->word) == pk_word(PK_HELD, pk_self(k)) &&
			       pk_slot_id(head, pk_id_slot(memory)) == memory
		       ? head
		       : NULL;
}

int pk_memory_allocate(struct portico *k, uint64_t bytes, pk_id *memory)
{
	uint32_t slot;
	if (bytes == 0 || bytes > (uint64_t)PK_RUN_PAGES * PK_PAGE)
		return -EINVAL;
	int error = pk_enter(k);
	if (!error)
		error = pk_run_claim(k, bytes, &slot);
	if (error)
		return error;
	struct pk_head *head = pk_slot(k, PK_RUNS, slot);
	PK_POINT("memory: claimed, not held");
	pk_store(&head->word, pk_word(PK_HELD, pk_self(k)));
	*memory = pk_slot_id(head, slot);
	return 0;
}

int pk_memory_free(struct portico *k, pk_id memory)
{
	int error = pk_enter(k);
	struct pk_head *head = error ? NULL : run_of(k, memory);
	uint64_t held = pk_word(PK_HELD, pk_self(k));
	if (error)
		return error;
	if (!head || !pk_swap_if(&head->word, &held, pk_word(PK_CLAIMED, pk_self(k))))
		return -EINVAL;
	PK_POINT("memory: no longer held");
	pk_run_release(k, pk_id_slot(memory));
	return 0;
}

void *pk_memory_at(struct portico *k, pk_id memory, uint64_t *bytes)
{
	return run_of(k, memory) ? pk_run_data(k, pk_id_slot(memory), bytes) : NULL;
}

int pk_memory_put(struct portico *k, pk_id memory, uint32_t message, uint32_t *run)
{
	struct pk_head *head = run_of(k, memory);
	uint64_t held = pk_word(PK_HELD, pk_self(k));
	*run = pk_id_slot(memory);
	PK_POINT("memory: in the message's list, and not its own");
	if (!head ||
	    !pk_swap_if(&head->word, &held, pk_message_body_word(pk_message_at(k, message), message)))
		return -EINVAL;
	PK_POINT("memory: the message's");
	pk_run_fence(k, pk_id_slot(memory), true);
	return 0;
}

pk_id pk_memory_take(struct portico *k, uint32_t run, uint32_t message)
{
	struct pk_head *head = pk_slot(k, PK_RUNS, run);
	uint64_t body = pk_message_body_word(pk_message_at(k, message), message);
	if (!head || !pk_swap_if(&head->word, &body, pk_word(PK_HELD, pk_self(k))))
		return 0;
	pk_run_fence(k, run, false);
	return pk_slot_id(head, run);
}
