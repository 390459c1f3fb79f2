/* SPDX-License-Identifier: MIT */
/* What the instance's log says: what went wrong in it, and was seen to. */
#include "log.h"
#include "contents.h"
#include "examine.h"

/* What lies at that place of the region has a lock at it, or near. */
static const char *describe_place(struct portico *k, uint64_t place, struct described *into)
{
	for (unsigned table = 0; table < PK_TABLES; table++) {
		const struct pk_table_shape *shape = &pk_shapes[table];
		uint64_t slot = place < shape->offset ? 0 : (place - shape->offset) / shape->stride;
		struct pk_head *head = slot < shape->most ? pk_slot(k, table, (uint32_t)slot) : NULL;
		if (head)
			return describe_object(k, table, pk_slot_id(head, (uint32_t)slot), into);
	}
	into->text[0] = '\0';
	return into->text;
}

void examine_log(struct portico *k)
{
	static struct pk_log_entry entries[PK_LOG_ENTRIES];
	unsigned count = pk_log_read(k, entries, PK_LOG_ENTRIES);
	for (unsigned i = 0; i < count; i++) {
		const struct pk_log_entry *entry = &entries[i];
		const struct event event = {
			.time_ns = pk_load(&entry->time_ns),
			.pid = entry->pid,
			.uid = entry->uid,
			.times = entry->times,
			.error = entry->error,
		};
		struct described label;
		if (entry->kind == PK_LOG_STUCK)
			describe_place(k, entry->object, &label);
		else
			describe_object(k, entry->table, entry->object, &label);
		report_event(&event, label.text, pk_log_says(entry->kind));
	}
}
