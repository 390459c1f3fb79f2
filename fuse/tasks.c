/* SPDX-License-Identifier: MIT */
/* The instance's tasks, by the pid that each has where it lives. */
#include "collection.h"
#include "task.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A task's name is its pid; one of another pid namespace than this daemon's has
 * that namespace's number behind it, "12@4026531836".  An image that exec() ended,
 * of which only adjustments are left, is shown where the new one isn't here.
 */
static void name_task(const struct pk_task *task, char name[PK_NAME_MAX + 1])
{
	const struct pk_task *self = pk_task_of_id(server.kernel, pk_self(server.kernel));
	if (self && self->pid_namespace == task->pid_namespace)
		snprintf(name, PK_NAME_MAX, "%u", task->pid);
	else
		snprintf(name, PK_NAME_MAX, "%u@%llu", task->pid, (unsigned long long)task->pid_namespace);
}

static bool has_successor(const struct pk_task *former)
{
	uint32_t committed = pk_committed(server.kernel, PK_TASKS);
	for (uint32_t slot = 1; slot < committed && former->flags & PK_TASK_ABANDONED; slot++) {
		const struct pk_task *task = pk_task_of(server.kernel, slot);
		if (task && task != former && task->pid == former->pid &&
		    task->pid_namespace == former->pid_namespace)
			return true;
	}
	return false;
}

/* Of the task in that slot: 0 where there is none that lives. */
static pk_id task_in(uint32_t slot, char name[PK_NAME_MAX + 1])
{
	struct portico *k = server.kernel;
	const struct pk_task *task = pk_task_of(k, slot);
	pk_id id = task ? pk_slot_id(&task->head, slot) : 0;
	if (id == 0 || !pk_task_alive(k, id) || has_successor(task))
		return 0;
	name_task(task, name);
	return id;
}

static int next(pk_id in, uint64_t *cursor, char name[PK_NAME_MAX + 1], struct found *found, bool *any)
{
	uint32_t committed = pk_committed(server.kernel, PK_TASKS);
	(void)in;
	*any = false;
	for (uint64_t slot = *cursor + 1; slot < committed && !*any; slot++) {
		*cursor = slot;
		*found = (struct found){ .id = task_in((uint32_t)slot, name) };
		*any = found->id != 0;
	}
	return 0;
}

/* Whether a task lives the real kernel is asked: of the one or two of that pid only. */
static int find(pk_id in, const char *name, struct found *found)
{
	char each[PK_NAME_MAX + 1];
	uint32_t committed = pk_committed(server.kernel, PK_TASKS);
	uint32_t pid = (uint32_t)strtoul(name, NULL, 10);
	(void)in;
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_task *task = pk_task_of(server.kernel, slot);
		pk_id id = task && task->pid == pid ? task_in(slot, each) : 0;
		if (id == 0 || strcmp(each, name) != 0)
			continue;
		*found = (struct found){ .id = id };
		return 0;
	}
	return -ENOENT;
}

int task_inspect(pk_id id, struct facts *facts)
{
	int error;
	const struct pk_task *task = pk_object(server.kernel, PK_TASKS, id, &error);
	if (!task)
		return error;
	*facts = (struct facts){
		.permission = { .uid = task->uid, .gid = task->gid, .mode = 0777 },
		.block_bytes = 4096,
		.names = 1,
		.change_time = task->since_ns / 1000000000,
	};
	return 0;
}

const struct collection tasks = { .find = find, .next = next };
