/* SPDX-License-Identifier: MIT */
/* What `portico suspend`, `resume` and `end` have in common: control of tasks by their pids. */
#ifndef TOOL_TASKS_H
#define TOOL_TASKS_H

#include <portico/task.h>

/* Do that to the task of each pid; where one can't be, it is told, and the others are.  An exit status. */
typedef int control(portico *instance, portico_task task);
int control_each(const char *directory, char **pids, control *what);

#endif
