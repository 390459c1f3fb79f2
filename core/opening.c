/* SPDX-License-Identifier: MIT */
#include "opening.h"
#include "task.h"

static struct pk_opening *opening_at(struct portico *k, uint32_t slot)
{
	return pk_slot(k, PK_OPENINGS, slot);
}

uint32_t pk_opening_begin(struct portico *k, pk_id port, uint32_t pid, unsigned ends)
{
	uint32_t slot;
	if (pk_claim(k, PK_OPENINGS, &slot) != 0)
		return 0;
	struct pk_opening *opening = opening_at(k, slot);
	pk_store(&opening->pid, pid);
	pk_store(&opening->ends, ends);
	pk_store(&opening->port, port);
	return slot;
}

void pk_opening_end(struct portico *k, uint32_t slot)
{
	struct pk_opening *opening = opening_at(k, slot);
	if (!opening)
		return;
	pk_store(&opening->port, 0);
	pk_release(k, PK_OPENINGS, slot);
}

bool pk_opening_read(struct portico *k, uint32_t slot, struct pk_opened *opened)
{
	const struct pk_opening *opening = opening_at(k, slot);
	uint64_t word = opening ? pk_load(&opening->head.word) : PK_FREE;
	const struct pk_task *mount =
		pk_word_kind(word) == PK_CLAIMED ? pk_task_of_id(k, pk_word_id(word)) : NULL;
	if (!mount)
		return false;
	bool visible = mount->pid_namespace == k->mine->process.pid_namespace;
	*opened = (struct pk_opened){
		.port = pk_load(&opening->port),
		.pid = visible ? pk_load(&opening->pid) : 0,
		.ends = pk_load(&opening->ends),
	};
	return opened->port != 0;
}
