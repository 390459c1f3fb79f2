/* SPDX-License-Identifier: MIT */
#include "holdings.h"
#include "part.h"

#include <stdlib.h>

/* Whose it is by its word; false: nobody's any more, or not yet. */
static bool read_holder(const struct pk_head *head, struct holding *holding)
{
	uint64_t word = pk_load(&head->word);
	switch (pk_word_kind(word)) {
	case PK_HELD:
		holding->task = pk_word_id(word);
		return true;
	case PK_BODY:
		holding->message = (uint32_t)pk_word_id(word);
		return true;
	default:
		return false;
	}
}

static bool read_right(struct portico *k, uint32_t slot, struct holding *holding)
{
	const struct pk_right *right = pk_right_at(k, slot);
	*holding = (struct holding){ .slot = slot };
	if (!right || !read_holder(&right->head, holding))
		return false;
	holding->kind = right->kind;
	holding->references = pk_load_relaxed(&right->references);
	holding->object = right->port;
	holding->tell = right->tell;
	holding->about = right->about;
	return holding->kind >= PK_RIGHT_RECEIVE && holding->kind <= PK_ASK_TASK_ENDED;
}

/* Not what a long message keeps its own data in. */
static bool read_memory(struct portico *k, uint32_t slot, struct holding *holding)
{
	const struct pk_run *run = pk_slot(k, PK_RUNS, slot);
	*holding = (struct holding){ .slot = slot, .kind = HOLDING_MEMORY, .references = 1 };
	if (!run || !read_holder(&run->head, holding))
		return false;
	const struct pk_message *m = pk_message_at(k, holding->message);
	holding->bytes = (uint64_t)pk_load(&run->pages) * PK_PAGE;
	return !m || m->run != slot;
}

static int compare(const void *a, const void *b)
{
	const struct holding *one = a, *other = b;
	uint32_t task = pk_id_slot(one->task) - 1, other_task = pk_id_slot(other->task) - 1; /* 0 is last */
	if (task != other_task)
		return task < other_task ? -1 : 1;
	if ((one->kind == HOLDING_MEMORY) != (other->kind == HOLDING_MEMORY))
		return one->kind == HOLDING_MEMORY ? 1 : -1;
	return (one->slot > other->slot) - (one->slot < other->slot);
}

int holdings_take(struct portico *k, struct holdings *holdings)
{
	uint32_t rights = pk_committed(k, PK_RIGHTS), runs = pk_committed(k, PK_RUNS);
	*holdings = (struct holdings){ .list = calloc((size_t)rights + runs + 1, sizeof(struct holding)) };
	int error = holdings->list ? pk_rights_lock(k) : -ENOMEM;
	if (error) {
		holdings_drop(holdings);
		return error;
	}
	for (uint32_t slot = 1; slot < rights; slot++)
		holdings->count += read_right(k, slot, &holdings->list[holdings->count]);
	for (uint32_t slot = 1; slot < runs; slot++)
		holdings->count += read_memory(k, slot, &holdings->list[holdings->count]);
	pk_rights_unlock(k);
	qsort(holdings->list, holdings->count, sizeof *holdings->list, compare);
	return 0;
}

void holdings_drop(struct holdings *holdings)
{
	free(holdings->list);
	*holdings = (struct holdings){ .list = NULL };
}

bool holding_is_about(const struct holding *request, const struct holding *right)
{
	switch (request->kind) {
	case PK_ASK_DEAD_NAME:
	case PK_ASK_TASK_ENDED:
		return request->about == right->slot && right->kind != HOLDING_MEMORY;
	case PK_ASK_NO_SENDERS:
	case PK_ASK_DESTROYED:
		return right->kind == PK_RIGHT_RECEIVE && request->object == right->object;
	default:
		return false;
	}
}
