/* SPDX-License-Identifier: MIT */
/* `portico suspend`, `resume` and `end`: control of tasks by their pids. */
#include "commands.h"
#include "complain.h"
#include "instance.h"
#include "options.h"

#include <errno.h>
#include <portico/task.h>
#include <signal.h>
#include <stdlib.h>

typedef int control(struct portico *k, portico_task task);

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
	char *end;
	portico_task task;
	errno = 0;
	long pid = strtol(text, &end, 10);
	if (end == text || *end != '\0' || errno != 0 || pid <= 0 || pid > INT32_MAX)
		bad_usage("'%s' is no process's number; `portico ps` shows them", text);
	int error = portico_task_of_pid(k, (pid_t)pid, &task);
	if (!error)
		error = what(k, task);
	return error ? complain_of_task(text, error) : DONE;
}

static const char *directory;

/* Where one can't be, the others are. */
static int control_each(const struct usage *usage, int argc, char **argv, control *what)
{
	int count = parse_options(usage, argc, argv);
	struct portico *k = open_instance(directory, 0, 0);
	int status = k ? DONE : FAILED;
	for (int i = 0; k && i < count; i++)
		status |= control_one(k, argv[i], what);
	return status;
}

/* ---- suspend, resume */

static const struct option_entry no_options[] = { INSTANCE_OPTION(&directory), { 0 } };

int cmd_suspend(int argc, char **argv)
{
	static const struct usage usage = { "suspend",	"PID...", "Stop tasks where they are in nobody's way",
					    no_options, 1,	  -1,
					    false };
	return control_each(&usage, argc, argv, portico_task_suspend);
}

int cmd_resume(int argc, char **argv)
{
	static const struct usage usage = { "resume",	"PID...", "Take back one suspension of each",
					    no_options, 1,	  -1,
					    false };
	return control_each(&usage, argc, argv, portico_task_resume);
}

/* ---- end */

static bool at_once;

static int end(struct portico *k, portico_task task)
{
	return portico_task_end(k, task, at_once ? SIGKILL : SIGTERM);
}

int cmd_end(int argc, char **argv)
{
	static const struct option_entry options[] = {
		INSTANCE_OPTION(&directory),
		{ "kill", 0, OPTION_FLAG, &at_once, NULL, "by SIGKILL, not SIGTERM", NULL },
		{ 0 },
	};
	static const struct usage usage = { "end", "PID...", "End tasks", options, 1, -1, false };
	return control_each(&usage, argc, argv, end);
}
