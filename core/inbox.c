/* SPDX-License-Identifier: MIT */
#include "inbox.h"
#include "name.h"
#include "party.h"
#include "task.h"

#include <errno.h>

/* ---- whom a task's name names */

int pk_task_named(struct portico *k, uint32_t tag, pk_id *task)
{
	if (!pk_slot(k, PK_TASKS, tag & 0x7fff))
		return -EINVAL;
	*task = pk_task_by_tag(k, tag);
	const struct pk_task *found = pk_slot(k, PK_TASKS, pk_id_slot(*task));
	return found && !(found->flags & PK_TASK_ABANDONED) ? 0 : -ESRCH;
}

/* Its slot, or 0. */
static uint32_t newest_of(struct portico *k, uint32_t pid)
{
	uint32_t newest = 0, committed = pk_committed(k, PK_TASKS);
	int64_t since_ns = INT64_MIN;
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_task *task = pk_task_of(k, slot);
		if (!task || task->pid != pid || task->pid_namespace != k->mine->process.pid_namespace ||
		    task->flags & PK_TASK_ABANDONED || task->since_ns < since_ns)
			continue;
		newest = slot;
		since_ns = task->since_ns;
	}
	return newest;
}

int pk_task_by_pid(struct portico *k, uint32_t pid, pk_id *task)
{
	for (uint32_t slot; (slot = newest_of(k, pid)) != 0;) {
		const struct pk_task *found = pk_slot(k, PK_TASKS, slot);
		pk_id id = pk_slot_id(&found->head, slot);
		if (pk_task_lives(k, slot, pk_id_generation(id) & 0xffff)) {
			*task = id;
			return 0;
		}
		if (!pk_task_reap_if_dead(k, slot))
			break;
	}
	return -ESRCH;
}

/* ---- inboxes */

/* A task's inbox, if it has one. */
static bool has(struct portico *k, const struct pk_task *task, pk_id owner, pk_id *inbox)
{
	int error;
	pk_id id = pk_load(&task->inbox);
	const struct pk_port *port = pk_object(k, PK_PORTS, id, &error);
	*inbox = id;
	return port && port->use == PK_INBOX && port->owner == owner;
}

/* Under the names' lock.  Who may receive is said by its owner; so its mode lets everybody in. */
static int make(struct portico *k, struct pk_task *task, pk_id owner, const struct pk_port_limits *limits,
		pk_id *inbox)
{
	uint32_t slot;
	int error = pk_port_claim(k, PK_INBOX, limits, 0666, 0, &slot);
	if (error)
		return error;
	struct pk_port *port = pk_slot(k, PK_PORTS, slot);
	port->owner = owner;
	port->parties.maker = pk_task_tag(owner);
	port->permission.uid = port->permission.cuid = task->uid;
	port->permission.gid = port->permission.cgid = task->gid;
	*inbox = pk_slot_id(&port->head, slot);
	PK_POINT("inbox: filled in, not its task's");
	pk_store(&task->inbox, *inbox);
	PK_POINT("inbox: its task's, not published");
	pk_publish(k, PK_PORTS, slot);
	return 0;
}

int pk_inbox_of(struct portico *k, pk_id owner, const struct pk_port_limits *limits, pk_id *inbox)
{
	struct pk_task *task = pk_slot(k, PK_TASKS, pk_id_slot(owner));
	if (!task)
		return -EINVAL;
	if (has(k, task, owner, inbox))
		return 0;
	int error = pk_names_lock(k);
	if (error)
		return error;
	if (pk_load(&task->head.word) != pk_word(PK_LIVE, owner))
		error = -ESRCH; /* X2 */
	else if (!has(k, task, owner, inbox))
		error = make(k, task, owner, limits, inbox);
	pk_names_unlock(k);
	return error;
}

void pk_inbox_close(struct portico *k)
{
	if (pk_names_lock(k) == 0)
		pk_names_unlock(k);
}

bool pk_inbox_in_vain(struct portico *k, uint32_t slot)
{
	const struct pk_wait *wait = pk_wait_at(k, slot);
	pk_id sender;
	int error;
	/* in a group another port may bring something */
	if (!wait || wait->purpose != PK_FOR_RECEIVE || wait->select != PK_FROM || wait->next_member != 0)
		return false;
	const struct pk_port *port = pk_object(k, PK_PORTS, pk_wait_object(wait), &error);
	return port && port->use == PK_INBOX && pk_task_named(k, wait->from, &sender) == -ESRCH;
}
