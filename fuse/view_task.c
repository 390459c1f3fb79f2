/* SPDX-License-Identifier: MIT */
/* Tasks, to be looked at. */
#include "views.h"

#include "task.h"

#include <portico/why.h>

int task_why_text(FILE *text, pk_id id)
{
	char lines[4096];
	int error;
	const struct pk_task *task = pk_object(server.kernel, PK_TASKS, id, &error);
	int waits = task ? portico_why(server.kernel, (pid_t)task->pid, lines, sizeof lines) : error;
	if (waits >= 0)
		fprintf(text, "%s\n", lines);
	return waits < 0 ? waits : 0;
}
