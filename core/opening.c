/* SPDX-License-Identifier: MIT */
#include "opening.h"
#include "task.h"

static struct pk_opening *opening_at(struct portico *k, uint32_t slot)
{
	return pk_slot(k, PK_OPENINGS, slot);
}

uint32_t pk_opening_begin(struct portico *k, const struct pk_opened *opened)
{
	uint32_t slot;
	if (pk_claim(k, PK_OPENINGS, &slot) != 0)
		return 0;
	struct pk_opening *opening = opening_at(k, slot);
	pk_store_relaxed(&opening->since_ns, opened->since_ns);
	pk_store_relaxed(&opening->pid, opened->pid);
	pk_store_relaxed(&opening->uid, opened->uid);
	pk_store_relaxed(&opening->table, (uint8_t)opened->table);
	pk_store_relaxed(&opening->ends, (uint8_t)opened->ends);
	pk_store_relaxed(&opening->waits, (uint8_t)opened->waits);
	pk_store(&opening->object, opened->object);
	return slot;
}

void pk_opening_end(struct portico *k, uint32_t slot)
{
	struct pk_opening *opening = opening_at(k, slot);
	if (!opening)
		return;
	pk_store(&opening->object, 0);
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
		.object = pk_load(&opening->object),
		.table = pk_load(&opening->table),
		.pid = visible ? pk_load(&opening->pid) : 0,
		.uid = pk_load(&opening->uid),
		.ends = pk_load(&opening->ends),
		.waits = pk_load(&opening->waits),
		.since_ns = pk_load(&opening->since_ns),
		.mount = pk_word_id(word),
	};
	return opened->object != 0 && (opened->table == PK_PORTS || opened->table == PK_PIPES) &&
	       opened->waits <= PK_FILE_LOCKED;
}

const char *pk_opening_word(const struct pk_opened *call)
{
	static const char *const words[] = { "wait", "open", "read", "write", "lock" };
	if (call->table == PK_PORTS && call->waits == PK_FILE_READ)
		return "receive";
	if (call->table == PK_PORTS && call->waits == PK_FILE_WRITTEN)
		return "send";
	return words[call->waits <= PK_FILE_LOCKED ? call->waits : 0];
}
