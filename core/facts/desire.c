/* SPDX-License-Identifier: MIT */
#include "desire.h"
#include "wait.h"
#include "waiters.h"

bool desire_read(struct portico *k, uint32_t slot, pk_id task, struct desire *desire)
{
	const struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
	uint64_t mine = pk_word(PK_CLAIMED, task);
	if (!wait || pk_load(&wait->head.word) != mine ||
	    pk_outcome_kind(pk_load(&wait->outcome)) != PK_WAITING || wait->object == 0)
		return false;
	desire->since_ns = wait->since_ns;
	desire->doing = wait_word(pk_load(&wait->table), wait->purpose, wait->type);
	describe_selection(&desire->detail, k, wait->purpose == PK_FOR_RECEIVE ? wait->select : PK_ANY,
			   wait->type, wait->from);
	pk_label_of(k, pk_load(&wait->table), pk_wait_object(wait), &desire->object);
	return pk_load(&wait->head.word) == mine;
}

void desire_facts(const struct desire *desire, struct sink *sink)
{
	say_text(sink, NULL, "for", desire->doing);
	say_text(sink, NULL, "kind", desire->object.kind);
	say_text(sink, NULL, "object", desire->object.name);
	if (*desire->detail.text)
		say_text(sink, NULL, "detail", desire->detail.text);
	say_number(sink, NULL, "waited_ns", pk_monotonic_ns() - desire->since_ns);
}
