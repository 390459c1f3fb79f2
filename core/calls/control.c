/* SPDX-License-Identifier: MIT */
/* The calls of <portico/task.h> that control. */
#include "control.h"
#include "inbox.h"
#include "public.h"
#include "right.h"

#include <errno.h>
#include <portico/task.h>
#include <string.h>

/* The task of that name, if its process lives. */
static int find(struct portico *k, portico_task task, pk_id *id)
{
	int error = pk_enter(k);
	if (!error)
		error = pk_task_named(k, task.id, id);
	if (error)
		return error;
	return pk_task_reap_if_dead(k, pk_id_slot(*id)) ? -ESRCH : 0;
}

/* It may have ended since. */
static int ended(int error)
{
	return error == -EIDRM ? -ESRCH : error;
}

PUBLIC int portico_task_suspend(portico *instance, portico_task task)
{
	pk_id id;
	int error = find(instance, task, &id);
	return error ? error : ended(pk_control_suspend(instance, id));
}

PUBLIC int portico_task_resume(portico *instance, portico_task task)
{
	pk_id id;
	int error = find(instance, task, &id);
	return error ? error : ended(pk_control_resume(instance, id));
}

PUBLIC int portico_task_end(portico *instance, portico_task task, int signo)
{
	pk_id id;
	int error = find(instance, task, &id);
	return error ? error : ended(pk_control_end(instance, id, signo));
}

/* ---- kernel ports */

PUBLIC int portico_kernel_port(portico *instance, portico_task task, portico_port *kernel)
{
	pk_id id;
	int error = find(instance, task, &id);
	if (!error)
		error = ended(pk_control_permitted(instance, id));
	return error ? error : pk_right_make_task(instance, id, &kernel->id);
}

PUBLIC int portico_kernel_task(portico *instance, portico_port kernel, portico_task *task)
{
	uint32_t slot;
	pk_id id;
	if (!pk_is_right(kernel.id))
		return -EINVAL;
	int error = pk_right_resolve(instance, kernel.id, PK_TO_CONTROL, &id, &slot);
	if (!error)
		task->id = pk_task_tag(id);
	return error;
}

/* ---- what it has */

PUBLIC int portico_task_inspect(portico *instance, portico_task task, struct portico_task_status *status)
{
	struct pk_control_status found;
	pk_id id;
	int error = find(instance, task, &id);
	if (!error)
		error = ended(pk_control_inspect(instance, id, &found));
	if (error)
		return error;
	*status = (struct portico_task_status){
		.pid = (pid_t)found.pid,
		.uid = found.uid,
		.gid = found.gid,
		.since_ns = found.since_ns,
		.spins = found.spins,
		.sleeps = found.sleeps,
		.suspended = found.suspended,
		.waits = found.waits,
		.messages = found.messages,
		.ports = found.ports,
		.rights = found.rights,
		.adjustments = found.adjustments,
		.attachments = found.attachments,
	};
	memcpy(status->command, found.command, sizeof status->command);
	return 0;
}
