/* SPDX-License-Identifier: MIT */
#include "control.h"
#include "actor.h"
#include "message.h"
#include "object.h"
#include "text.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#define NAP_NS 100000
#define LONGEST_NAP_NS 10000000
#define STOP_NS INT64_C(500000000) /* nobody waits long for the control lock */

/* ---- its process */

static struct pk_process process_of(const struct pk_task *task)
{
	return (struct pk_process){
		.pid = task->pid,
		.pid_namespace = task->pid_namespace,
		.start_time = task->start_time,
	};
}

static bool is_same_process(const struct pk_task *a, const struct pk_task *b)
{
	return a->pid == b->pid && a->start_time == b->start_time && a->pid_namespace == b->pid_namespace;
}

/*
 * Who acts for somebody may reach only that one's processes, whatever a record
 * says: it may have been scribbled by whom this instance serves.
 */
static int judge_owner(const struct pk_process *process)
{
	const struct pk_actor *client = pk_acts_for();
	struct pk_file file;
	char path[32];
	if (!client || client->uid == 0)
		return 0;
	if (pk_inspect_path(pk_proc_path(path, "/proc/", process->pid, ""), &file) != 0)
		return -ESRCH;
	return file.uid == client->uid ? 0 : -EPERM;
}

/* A descriptor of it, or why there is none: from then on it is that process, or none. */
static int open_process(struct portico *k, const struct pk_task *task)
{
	struct pk_process process = process_of(task);
	int fd = process.pid_namespace == k->mine->process.pid_namespace ? pk_process_open(&process) : -EXDEV;
	int error = fd < 0 ? 0 : judge_owner(&process);
	if (!error)
		return fd;
	pk_close(fd);
	return error;
}

static int signal_process(struct portico *k, const struct pk_task *task, int signal)
{
	int process = open_process(k, task);
	if (process < 0)
		return process;
	int error = pk_process_signal(process, signal);
	pk_close(process);
	return error;
}

static int may_control(const struct pk_task *task)
{
	uint32_t uid, gid;
	pk_process_ids(&uid, &gid);
	return uid == 0 || uid == task->uid ? 0 : -EPERM;
}

/* Sleep, and twice as long the next time. */
static void nap(int64_t *nap_ns)
{
	static const _Atomic uint32_t never;
	pk_sleep(&never, 0, pk_monotonic_ns() + *nap_ns);
	*nap_ns = *nap_ns * 2 < LONGEST_NAP_NS ? *nap_ns * 2 : LONGEST_NAP_NS;
}

/* ---- what it holds */

static bool holds_object(struct portico *k, pk_id task, unsigned table)
{
	uint32_t committed = pk_committed(k, table);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_object *object = pk_slot(k, table, slot);
		if (object && pk_lock_held_by(&object->lock, task))
			return true;
	}
	return false;
}

static bool holds_lock(struct portico *k, pk_id task)
{
	struct pk_header *header = pk_header(k);
	for (unsigned table = 0; table < PK_TABLES; table++)
		if (pk_lock_held_by(&header->tables[table].lock, task))
			return true;
	return pk_lock_held_by(&header->names_lock, task) || pk_lock_held_by(&header->rights_lock, task) ||
	       pk_lock_held_by(&header->runs_lock, task) || holds_object(k, task, PK_TASKS) ||
	       holds_object(k, task, PK_PORTS) || holds_object(k, task, PK_SETS) ||
	       holds_object(k, task, PK_SEGMENTS) || holds_object(k, task, PK_PIPES);
}

/* As one of the tasks that it is, C3. */
static bool process_holds_lock(struct portico *k, const struct pk_task *task)
{
	uint32_t committed = pk_committed(k, PK_TASKS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_task *other = pk_task_of(k, slot);
		if (other && is_same_process(task, other) && holds_lock(k, pk_slot_id(&other->head, slot)))
			return true;
	}
	return false;
}

static bool is_suspended_as_another(struct portico *k, const struct pk_task *task)
{
	uint32_t committed = pk_committed(k, PK_TASKS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_task *other = pk_task_of(k, slot);
		if (other && other != task && is_same_process(task, other) && pk_suspensions(other) != 0)
			return true;
	}
	return false;
}

/* ---- the control lock */

/* C4.  False: the record isn't that task's any more. */
static bool change(struct pk_task *task, uint32_t from, uint32_t to)
{
	return pk_swap_if(&task->suspended, &from, to);
}

/* C2 */
static void repair(struct portico *k)
{
	uint32_t committed = pk_committed(k, PK_TASKS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_task *task = pk_slot(k, PK_TASKS, slot);
		uint32_t word = task ? pk_load(&task->suspended) : 0;
		if (!(word & PK_SUSPEND_UNSURE))
			continue;
		signal_process(k, task, SIGCONT);
		PK_POINT("control: repaired, not noted");
		change(task, word, word & PK_SUSPEND_COUNT);
	}
}

static int lock_control(struct portico *k)
{
	int locked = pk_lock(k, &pk_header(k)->control_lock);
	if (locked == PK_INHERITED)
		repair(k);
	return locked < 0 ? locked : 0;
}

static void unlock_control(struct portico *k)
{
	pk_unlock(&pk_header(k)->control_lock);
}

void pk_control_inherit(struct portico *k, pk_id dead)
{
	if (pk_lock_held_by(&pk_header(k)->control_lock, dead) && lock_control(k) == 0)
		unlock_control(k);
}

void pk_control_rescue(struct portico *k, const struct pk_task *task)
{
	if (pk_load(&task->suspended) & PK_SUSPEND_UNSURE && !pk_lock_owned(k, &pk_header(k)->control_lock))
		signal_process(k, task, SIGCONT);
}

/* ---- stopping it and letting it go on, under that lock */

/* All its threads have.  -EBUSY: one of them can't be interrupted now. */
static int await_stop(const struct pk_task *task, int64_t until_ns)
{
	struct pk_process process = process_of(task);
	int64_t stop_ns = pk_monotonic_ns() + STOP_NS, nap_ns = NAP_NS;
	until_ns = until_ns < stop_ns ? until_ns : stop_ns;
	while (!pk_process_stopped(&process)) {
		if (pk_monotonic_ns() >= until_ns)
			return -EBUSY;
		nap(&nap_ns);
	}
	return pk_process_alive(&process) ? 0 : -ESRCH; /* the dead don't run, either */
}

/* -EBUSY: not now. */
static int stop(struct portico *k, struct pk_task *task, int64_t until_ns)
{
	uint32_t count = pk_suspensions(task), unsure = count | PK_SUSPEND_UNSURE;
	int process = open_process(k, task);
	if (process < 0)
		return process;
	bool is_ours = change(task, count, unsure);
	PK_POINT("control: to be stopped");
	int error = is_ours ? pk_process_signal(process, SIGSTOP) : -ESRCH;
	if (!error)
		error = await_stop(task, until_ns);
	PK_POINT("control: stopped, and may hold a lock");
	if (!error && process_holds_lock(k, task))
		error = -EBUSY;
	if (error)
		pk_process_signal(process, SIGCONT);
	PK_POINT("control: stopped or let go on, not counted");
	if (is_ours && !change(task, unsure, error ? count : count + 1))
		error = -ESRCH;
	pk_close(process);
	return error;
}

static int let_go_on(struct portico *k, struct pk_task *task)
{
	if (!change(task, 1, PK_SUSPEND_UNSURE))
		return -ESRCH;
	PK_POINT("control: to go on");
	int error = is_suspended_as_another(k, task) ? 0 : signal_process(k, task, SIGCONT);
	PK_POINT("control: goes on, not noted");
	change(task, PK_SUSPEND_UNSURE, 0);
	return error;
}

/* ---- the operations */

/* The task, if this one may control it. */
static int find(struct portico *k, pk_id id, struct pk_task **task)
{
	int error = pk_enter(k);
	*task = error ? NULL : pk_object(k, PK_TASKS, id, &error);
	return *task ? may_control(*task) : error;
}

int pk_control_permitted(struct portico *k, pk_id id)
{
	struct pk_task *task;
	return find(k, id, &task);
}

int pk_control_suspend_within(struct portico *k, pk_id id, int64_t ns)
{
	int64_t until_ns = pk_monotonic_ns() + ns, nap_ns = NAP_NS;
	struct pk_task *task;
	int error = find(k, id, &task);
	if (!error && is_same_process(task, pk_slot(k, PK_TASKS, pk_id_slot(pk_self(k)))))
		error = -EINVAL;
	while (!error) {
		error = lock_control(k);
		if (error)
			break;
		error = stop(k, task, until_ns);
		unlock_control(k);
		if (error != -EBUSY || pk_monotonic_ns() >= until_ns)
			return error;
		nap(&nap_ns);
		error = find(k, id, &task);
	}
	return error;
}

int pk_control_suspend(struct portico *k, pk_id id)
{
	return pk_control_suspend_within(k, id, PK_SUSPEND_NS);
}

int pk_control_resume(struct portico *k, pk_id id)
{
	struct pk_task *task;
	int error = find(k, id, &task);
	if (!error)
		error = lock_control(k);
	if (error)
		return error;
	uint32_t count = pk_suspensions(task);
	if (count == 0)
		error = -EINVAL;
	else if (count == 1)
		error = let_go_on(k, task);
	else
		error = change(task, count, count - 1) ? 0 : -ESRCH;
	unlock_control(k);
	return error;
}

int pk_control_signal(struct portico *k, pk_id id, int signal)
{
	struct pk_task *task;
	int error = find(k, id, &task);
	return error ? error : signal_process(k, task, signal);
}

int pk_control_end(struct portico *k, pk_id id, int signal)
{
	return signal == SIGTERM || signal == SIGKILL ? pk_control_signal(k, id, signal) : -EINVAL;
}

/* ---- inspecting */

static uint32_t count_of(struct portico *k, unsigned table, uint64_t word)
{
	uint32_t committed = pk_committed(k, table), count = 0;
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_head *head = pk_slot(k, table, slot);
		count += head && pk_load(&head->word) == word;
	}
	return count;
}

static uint32_t count_waits(struct portico *k, pk_id task)
{
	uint32_t committed = pk_committed(k, PK_WAITS), count = 0;
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
		count += wait && pk_load(&wait->head.word) == pk_word(PK_CLAIMED, task) &&
			 pk_load(&wait->object) != 0 && pk_load_relaxed(&wait->leader) == slot &&
			 pk_wait_is_waiting(k, wait);
	}
	return count;
}

static uint32_t count_ports(struct portico *k, pk_id task)
{
	uint32_t committed = pk_committed(k, PK_PORTS), count = 0;
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_port *port = pk_slot(k, PK_PORTS, slot);
		count += port && pk_word_kind(pk_load(&port->head.word)) == PK_LIVE && port->owner == task;
	}
	return count;
}

struct holding {
	uint64_t held;
	uint32_t count;
};

static void count_message(struct portico *k, uint32_t message, struct pk_message *m, void *context)
{
	struct holding *holding = context;
	(void)k;
	(void)message;
	holding->count += pk_load(&m->head.word) == holding->held;
}

static void count_holdings(struct portico *k, pk_id id, struct pk_control_status *status)
{
	struct holding messages = { .held = pk_word(PK_HELD, id) };
	pk_message_each(k, count_message, &messages);
	status->messages = messages.count;
	status->waits = count_waits(k, id);
	status->ports = count_ports(k, id);
	status->rights = count_of(k, PK_RIGHTS, pk_word(PK_HELD, id));
	status->adjustments = count_of(k, PK_ADJUSTS, pk_word(PK_CLAIMED, id));
	status->attachments = count_of(k, PK_ATTACHES, pk_word(PK_CLAIMED, id));
}

int pk_control_inspect(struct portico *k, pk_id id, struct pk_control_status *status)
{
	struct pk_task *task;
	int error = find(k, id, &task);
	if (error)
		return error;
	*status = (struct pk_control_status){
		.task = id,
		.pid = task->pid,
		.uid = task->uid,
		.gid = task->gid,
		.since_ns = task->since_ns,
		.spins = pk_load(&task->spins),
		.sleeps = pk_load(&task->sleeps),
		.suspended = pk_suspensions(task),
	};
	memcpy(status->command, task->command, sizeof status->command - 1);
	count_holdings(k, id, status);
	return pk_object(k, PK_TASKS, id, &error) ? 0 : error; /* else it is another's record by now */
}
