/* SPDX-License-Identifier: MIT */
/* All about a System V semaphore set, or segment. */
#include "facts.h"
#include "maker.h"
#include "set.h"
#include "waiters.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SHOWN 1000u /* semaphores, and of who waits for them */

/* ---- semaphores */

struct values {
	struct pk_semaphore_status *list;
	uint32_t count;
};

/* Their values at one moment. */
static int values_take(struct portico *k, pk_id id, struct values *values)
{
	struct pk_set_view view;
	int error = pk_set_lock(k, id, &view);
	if (error)
		return error;
	values->count = view.count < SHOWN ? view.count : SHOWN;
	for (uint32_t i = 0; i < values->count; i++) {
		uint64_t word = pk_load(&view.values[i]);
		values->list[i] = (struct pk_semaphore_status){ .value = (uint32_t)word,
								.pid = (uint32_t)(word >> 32) };
	}
	pk_object_unlock(view.set);
	return 0;
}

/* Each waits for one. */
static int count_waits(struct portico *k, pk_id id, struct values *values)
{
	uint32_t more;
	struct waiter *waiters = calloc(SHOWN, sizeof *waiters);
	int count = waiters ? waiters_take(k, PK_SETS, id, waiters, SHOWN, &more) : -ENOMEM;
	for (int i = 0; i < count; i++) {
		const struct pk_semaphore_part *part = &waiters[i].part;
		if (part->semaphore >= values->count)
			continue;
		values->list[part->semaphore].rising += part->change != 0;
		values->list[part->semaphore].zero += part->change == 0;
	}
	free(waiters);
	return count < 0 ? count : 0;
}

static void say_semaphore(uint32_t number, const struct pk_semaphore_status *semaphore, struct sink *sink)
{
	char label[32], line[96];
	if (!is_structured(sink)) {
		snprintf(label, sizeof label, "semaphore %u", number);
		snprintf(line, sizeof line, "%u, by process %u; %u wait for more, %u for 0", semaphore->value,
			 semaphore->pid, semaphore->rising, semaphore->zero);
		say_text(sink, label, NULL, line);
		return;
	}
	say_open(sink, NULL, '{');
	say_count(sink, NULL, "number", number);
	say_count(sink, NULL, "value", semaphore->value);
	say_count(sink, NULL, "pid", semaphore->pid);
	say_count(sink, NULL, "rising", semaphore->rising);
	say_count(sink, NULL, "zero", semaphore->zero);
	say_close(sink, '}');
}

static int say_semaphores(struct portico *k, pk_id id, struct sink *sink)
{
	struct values values = { .list = calloc(SHOWN, sizeof *values.list) };
	int error = values.list ? values_take(k, id, &values) : -ENOMEM;
	if (!error)
		error = count_waits(k, id, &values);
	say_open(sink, "semaphore", '[');
	for (uint32_t i = 0; !error && i < values.count; i++)
		say_semaphore(i, &values.list[i], sink);
	say_close(sink, ']');
	free(values.list);
	return error;
}

int set_facts(struct portico *k, pk_id id, struct sink *sink)
{
	struct pk_set_status status;
	int error = pk_set_inspect(k, id, &status);
	if (error)
		return error;
	say_sysv(&status.permission, id, sink);
	say_count(sink, "semaphores", "semaphores", status.count);
	say_count(sink, "waiting", "waiting", status.waiting);
	say_time(sink, "last operation", "operation_time", status.operation_time);
	say_time(sink, "last changed", "change_time", status.change_time);
	maker_facts(k, PK_SETS, id, sink);
	return say_semaphores(k, id, sink);
}

/* ---- segments */

int segment_facts(struct portico *k, pk_id id, struct sink *sink)
{
	struct pk_segment_status status;
	int error = pk_segment_look(k, id, &status);
	if (error)
		return error;
	say_sysv(&status.permission, id, sink);
	say_count(sink, "bytes", "size", status.size);
	say_count(sink, "attached", "attached", status.attached);
	say_truth(sink, "removed", "removed", status.removed);
	say_truth(sink, "locked in memory", "locked", status.pinned);
	say_count(sink, "made by process", "creator_pid", status.creator_pid);
	say_count(sink, "last used by process", "last_pid", status.last_pid);
	say_time(sink, "last attached", "attach_time", status.attach_time);
	say_time(sink, "last detached", "detach_time", status.detach_time);
	say_time(sink, "last changed", "change_time", status.change_time);
	maker_facts(k, PK_SEGMENTS, id, sink);
	return 0;
}
