/* SPDX-License-Identifier: MIT */
#include "log.h"
#include "actor.h"

const char *pk_log_says(unsigned kind)
{
	switch (kind) {
	case PK_LOG_INHERITED:
		return "a task died while it changed this; it was repaired";
	case PK_LOG_RETURNED:
		return "a message that a dead task held went back to its place";
	case PK_LOG_DAMAGED:
		return "was damaged by something that isn't Portico";
	case PK_LOG_STUCK:
		return "its lock names a thread that sleeps; portico doctor --repair frees it";
	case PK_LOG_REFUSED:
		return "was refused to a task by its mode";
	case PK_LOG_UNFIT:
		return "what was written to /proc/sys/kernel is no value that limit may have, and it stays";
	case PK_LOG_RESTARTED:
		return "is the new daemon of a mount whose daemon had died";
	case PK_LOG_ABANDONED:
		return "gave up a mount whose daemon died again and again; portico mount makes it anew";
	default:
		return "?";
	}
}

static struct pk_log_entry *entry_at(struct portico *k, uint64_t number)
{
	return &pk_header(k)->log[number % PK_LOG_ENTRIES];
}

static bool is_again(const struct pk_log_entry *entry, const struct pk_log_entry *fresh)
{
	return pk_load(&entry->time_ns) != 0 && entry->kind == fresh->kind && entry->table == fresh->table &&
	       entry->object == fresh->object && entry->pid == fresh->pid;
}

void pk_log(struct portico *k, enum pk_log_kind kind, unsigned table, pk_id object, int error)
{
	struct pk_identity who = pk_acting(k);
	struct pk_log_entry fresh = {
		.object = object,
		.pid = who.pid,
		.uid = who.uid,
		.error = error < 0 ? -error : error,
		.times = 1,
		.kind = (uint16_t)kind,
		.table = (uint16_t)table,
	};
	uint64_t last = pk_load(&pk_header(k)->logged);
	struct pk_log_entry *entry = entry_at(k, last - 1);
	if (last > 0 && is_again(entry, &fresh)) {
		fresh.times = entry->times + 1;
	} else {
		entry = entry_at(k, pk_add(&pk_header(k)->logged, 1));
	}
	pk_store(&entry->time_ns, 0);
	pk_fence();
	entry->object = fresh.object;
	entry->pid = fresh.pid;
	entry->uid = fresh.uid;
	entry->error = fresh.error;
	entry->times = fresh.times;
	entry->kind = fresh.kind;
	entry->table = fresh.table;
	pk_store(&entry->time_ns, pk_realtime_ns());
}

unsigned pk_log_read(struct portico *k, struct pk_log_entry *entries, unsigned most)
{
	uint64_t end = pk_load(&pk_header(k)->logged);
	uint64_t begin = end > PK_LOG_ENTRIES ? end - PK_LOG_ENTRIES : 0;
	unsigned count = 0;
	begin = end - begin > most ? end - most : begin;
	for (uint64_t number = begin; number < end && count < most; number++) {
		const struct pk_log_entry *entry = entry_at(k, number);
		int64_t time_ns = pk_load(&entry->time_ns);
		if (time_ns == 0)
			continue;
		entries[count] = *entry;
		pk_fence();
		count += pk_load(&entry->time_ns) == time_ns; /* else it was written anew meanwhile */
	}
	return count;
}
