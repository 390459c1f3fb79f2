/* SPDX-License-Identifier: MIT */
/* All about a task that is at hand in its record. */
#include "facts.h"
#include "control.h"
#include "task.h"

#include <errno.h>
#include <stdio.h>

int task_facts(struct portico *k, pk_id id, struct sink *sink)
{
	char command[sizeof((struct pk_task *)0)->command + 1];
	const struct pk_task *task = pk_task_of_id(k, id);
	if (!task)
		return -ESRCH;
	snprintf(command, sizeof command, "%.16s", task->command);
	say_count(sink, "process", "pid", task->pid);
	say_count(sink, "pid namespace", "pid_namespace", task->pid_namespace);
	say_owner(sink, task->uid, task->gid);
	say_text(sink, "command", "command", command);
	say_number(sink, "since", "since_ns", task->since_ns);
	say_truth(sink, "supervisor", "supervisor", task->flags & PK_TASK_SUPERVISOR);
	say_truth(sink, "mount", "mount", task->flags & PK_TASK_MOUNT);
	say_count(sink, "suspended", "suspended", pk_suspensions(task));
	say_count(sink, "waits that slept", "sleeps", pk_load(&task->sleeps));
	say_count(sink, "waits that spun", "spins", pk_load(&task->spins));
	return 0;
}
