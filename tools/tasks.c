/* SPDX-License-Identifier: MIT */
#include "tasks.h"
#include "commands.h"
#include "complain.h"
#include "instance.h"

#include <errno.h>

/* What an error means here: what of a process, and what to do. */
static const struct {
	int error;
	const char *text;
} meanings[] = {
	{ ESRCH, "doesn't use the instance, or has ended; `portico ps` shows who does" },
	{ EPERM, "is another user's: have that user or root do it" },
	{ EXDEV, "is in another pid namespace: do it there" },
	{ EBUSY, "couldn't be stopped where it holds no lock; try again" },
	{ EINVAL, "isn't suspended; `portico ps` shows who is" },
	{ ENOSYS, "can't be controlled: that takes a Linux of 5.3 or later" },
};

static int complain_of_task(const char *pid, int error)
{
	for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
		if (meanings[i].error == -error) {
			complain("process %s %s", pid, meanings[i].text);
			return FAILED;
		}
	return complain_of("process", pid, error);
}

static int control_one(struct portico *k, const char *text, control *what)
{
	portico_task task;
	int error = portico_task_of_pid(k, (pid_t)pid_operand(text), &task);
	if (!error)
		error = what(k, task);
	return error ? complain_of_task(text, error) : DONE;
}

int control_each(const char *directory, char **pids, control *what)
{
	struct portico *k = open_instance(directory, 0, 0);
	int status = k ? DONE : FAILED;
	for (; k && *pids; pids++)
		status |= control_one(k, *pids, what);
	return status;
}
