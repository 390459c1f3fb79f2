/* SPDX-License-Identifier: MIT */
/* What can be said to tasks. */
#define _GNU_SOURCE
#include "actor.h"
#include "control.h"
#include "ctl.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* By the ids that it has now: it may have others than when it came. */
static int permit(pk_id id)
{
	uint32_t uid = pk_acting(server.kernel).uid;
	int error;
	char path[32];
	struct stat process;
	const struct pk_task *task = pk_object(server.kernel, PK_TASKS, id, &error);
	if (!task)
		return -ESRCH;
	snprintf(path, sizeof path, "/proc/%u", task->pid);
	if (uid == 0)
		return 0;
	return uid == task->uid && stat(path, &process) == 0 && uid == process.st_uid ? 0 : -EPERM;
}

/* 0: there is none of that name. */
static int signal_of(const char *name)
{
	uint64_t number;
	if (order_number(name, (uint64_t)SIGRTMAX, &number))
		return (int)number;
	if (strncmp(name, "SIG", 3) == 0)
		name += 3;
	for (int signo = 1; signo < SIGRTMIN; signo++) {
		const char *known = sigabbrev_np(signo);
		if (known && strcmp(known, name) == 0)
			return signo;
	}
	return 0;
}

static int result(struct order *order, int error)
{
	switch (error) {
	case -EIDRM:
	case -ESRCH:
		return order_refuse(order, -ESRCH, "it has ended");
	case -EXDEV:
		return order_refuse(order, error, "it is in another pid namespace");
	case -EBUSY:
		return order_refuse(order, error, "it couldn't be stopped where it holds no lock");
	default:
		return error;
	}
}

static int send_signal(struct order *order)
{
	const char *word = order_word(order);
	if (!word)
		return order_refuse(order, -EINVAL, "which signal? a name or a number");
	int signo = signal_of(word);
	if (signo == 0)
		return order_refuse(order, -EINVAL, "'%.40s' is no signal", word);
	if (order_word(order))
		return order_refuse(order, -EINVAL, "that is more than one signal");
	return result(order, pk_control_signal(server.kernel, order->id, signo));
}

#define SUSPEND_TURN_NS 10000000 /* others' commands wait no longer */

/* What can't be stopped in a turn goes on meanwhile, so that nothing is to be undone. */
static int go_on_suspending(struct order *order)
{
	int error = pk_control_suspend_within(server.kernel, order->id, SUSPEND_TURN_NS);
	if (error != -EBUSY || pk_monotonic_ns() >= order->until_ns)
		return result(order, error);
	order->go_on = go_on_suspending;
	return -EINPROGRESS;
}

static int suspend(struct order *order)
{
	if (order_word(order))
		return order_refuse(order, -EINVAL, "it wants no operands");
	if (order->id == pk_self(server.kernel))
		return order_refuse(order, -EINVAL, "that is the server of these files");
	order->until_ns = pk_monotonic_ns() + PK_SUSPEND_NS;
	return go_on_suspending(order);
}

static int resume(struct order *order)
{
	if (order_word(order))
		return order_refuse(order, -EINVAL, "it wants no operands");
	int error = pk_control_resume(server.kernel, order->id);
	return error == -EINVAL ? order_refuse(order, error, "it isn't suspended") : result(order, error);
}

static const struct command commands[] = {
	{ "signal", "NAME|N", "send it a signal", send_signal },
	{ "suspend", "", "stop it where it holds no lock of the instance", suspend },
	{ "resume", "", "take back one suspension", resume },
	{ 0 },
};

const struct controls task_controls = { .permit = permit, .commands = commands };
