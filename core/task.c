/* SPDX-License-Identifier: MIT */
/* Tasks that live: registered, and looked at.  task.h is the essay. */
#include "attach.h"
#include "control.h"
#include "lifetime.h"
#include "magazine.h"
#include "name_server.h"
#include "object.h"
#include "region.h"
#include "remote.h"
#include "right.h"
#include "set.h"
#include "task.h"

#include <errno.h>
#include <string.h>

_Thread_local struct pk_thread pk_thread;

struct pk_task *pk_task_of(struct portico *k, uint32_t slot)
{
	struct pk_task *task = pk_slot(k, PK_TASKS, slot);
	return task && pk_word_kind(pk_load(&task->head.word)) == PK_LIVE ? task : NULL;
}

struct pk_task *pk_task_of_id(struct portico *k, pk_id id)
{
	struct pk_task *task = pk_task_of(k, pk_id_slot(id));
	return task && pk_slot_id(&task->head, pk_id_slot(id)) == id ? task : NULL;
}

/* ---- liveness */

static void process_of(const struct pk_task *task, struct pk_process *process)
{
	*process = (struct pk_process){
		.pid = task->pid,
		.pid_namespace = task->pid_namespace,
		.start_time = task->start_time,
	};
}

bool pk_task_process_lives(struct portico *k, const struct pk_task *task, uint32_t slot)
{
	struct pk_process process;
	process_of(task, &process);
	if (process.pid_namespace == k->mine->process.pid_namespace)
		return pk_process_alive(&process);
	return pk_region_marked(k, slot);
}

bool pk_task_image_lives(struct portico *k, const struct pk_task *task, uint32_t slot)
{
	return !(task->flags & PK_TASK_ABANDONED) && pk_task_process_lives(k, task, slot) &&
	       (task->flags & PK_TASK_UNMARKED || pk_region_marked(k, slot));
}

bool pk_task_lives(struct portico *k, uint32_t slot, uint32_t generation16)
{
	struct pk_task *task = pk_task_of(k, slot);
	if (!task || (pk_load(&task->head.generation) & 0xffff) != generation16)
		return false;
	return slot == pk_id_slot(pk_self(k)) || pk_task_image_lives(k, task, slot);
}

bool pk_task_alive(struct portico *k, pk_id id)
{
	uint32_t slot = pk_id_slot(id);
	if (!pk_task_of_id(k, id))
		return false;
	return pk_region_marked(k, slot) || pk_task_lives(k, slot, pk_id_generation(id) & 0xffff);
}

/* ---- registering */

void pk_task_refresh_ids(struct portico *k)
{
	struct pk_identity *identity = &k->mine->identity;
	uint32_t uid, gid;
	pk_process_ids(&uid, &gid);
	uint32_t quick_uid = k->acts_for_others ? PK_NOBODY : uid;
	if (uid == identity->uid && gid == identity->gid && quick_uid == k->mine->quick_uid)
		return; /* other threads may be looking at them */
	identity->uid = uid;
	identity->gid = gid;
	k->mine->quick_uid = quick_uid;
}

/*
 * While a task is being registered it owns no lock yet, and can claim its slot
 * by a swap alone.  The word then says who claims it: 22 bits of pid, and of
 * its namespace; if that process dies before it is LIVE, a later comer that
 * can tell takes the slot.
 */
#define PID_BITS 22

static uint64_t registering_word(const struct pk_process *process)
{
	return pk_word(PK_CLAIMED, ((process->pid_namespace & 0xffffffff) << PID_BITS |
				    (process->pid & ((1u << PID_BITS) - 1))));
}

static bool abandoned(struct portico *k, uint64_t word)
{
	const struct pk_process *self = &k->mine->process;
	struct pk_process process = { .pid = (uint32_t)(pk_word_id(word) & ((1u << PID_BITS) - 1)),
				      .pid_namespace = self->pid_namespace };
	return pk_word_kind(word) == PK_CLAIMED &&
	       pk_word_id(word) >> PID_BITS == (self->pid_namespace & 0xffffffff) &&
	       !pk_process_alive(&process);
}

static int claim_task(struct portico *k, uint32_t *claimed)
{
	uint64_t mine = registering_word(&k->mine->process);
	for (;;) {
		uint32_t committed = pk_committed(k, PK_TASKS);
		for (uint32_t slot = 1; slot < committed; slot++) {
			struct pk_task *task = pk_slot(k, PK_TASKS, slot);
			uint64_t word = pk_load(&task->head.word);
			if ((word == PK_FREE || abandoned(k, word)) &&
			    pk_swap_if(&task->head.word, &word, mine)) {
				*claimed = slot;
				return 0;
			}
		}
		int error = pk_table_commit(k, PK_TASKS, committed + 1);
		if (error)
			return error;
	}
}

/*
 * An image's mark may outlive it for a moment: whoever reads /proc/PID/stat
 * while the process calls exec holds its old memory.  So the image's number
 * decides, and the mark where that is unknown.
 */
static bool is_former(struct portico *k, const struct pk_task *task, uint32_t slot)
{
	uint64_t image = k->mine->process.image;
	return image != 0 && task->image != 0 ? task->image != image : !pk_task_image_lives(k, task, slot);
}

/* The record of this very process from before an exec; or 0. */
static uint32_t find_former(struct portico *k)
{
	const struct pk_process *self = &k->mine->process;
	uint32_t committed = pk_committed(k, PK_TASKS);
	for (uint32_t slot = 1; slot < committed && self->start_time != 0; slot++) {
		struct pk_task *task = pk_task_of(k, slot);
		if (task && task->pid == self->pid && task->start_time == self->start_time &&
		    task->pid_namespace == self->pid_namespace && is_former(k, task, slot))
			return slot;
	}
	return 0;
}

static void fill_in(struct portico *k, struct pk_task *task)
{
	const struct pk_process *self = &k->mine->process;
	task->pid = self->pid;
	task->start_time = self->start_time;
	task->pid_namespace = self->pid_namespace;
	task->image = self->image;
	pk_store(&task->forking, 0);
	task->uid = k->mine->identity.uid;
	task->gid = k->mine->identity.gid;
	task->flags = k->task_flags;
	memcpy(task->command, self->command, sizeof task->command);
	pk_store(&task->suspended, 0);
	pk_store(&task->inbox, 0);
	pk_store(&task->notify, 0);
	pk_store(&task->name_server, pk_load(&k->name_server));
	pk_store(&task->bequest, pk_load(&k->bequest));
}

static void become(struct portico *k, pk_id task)
{
	k->mine->owner_half =
		((uint64_t)(pk_id_generation(task) & 0xffff) << 48) | ((uint64_t)pk_id_slot(task) << 32);
	k->mine->identity.tag = pk_task_tag(task);
	pk_store(&k->mine->task, task);
}

/* A signal handler that comes upon this half done finds a thread that isn't in: the task last. */
static void enter_thread(struct portico *k)
{
	pk_store(&pk_thread.task, 0);
	pk_thread.serial = k->serial;
	pk_thread.owner = k->mine->owner_half | (pk_thread_id() & PK_LOCK_THREAD);
	pk_thread.magazine = pk_magazine_hold(k);
	pk_thread.last = 0;
	pk_thread.aside = 0;
	pk_set_forget();
	pk_store(&pk_thread.task, pk_self(k));
}

static int register_image(struct portico *k)
{
	uint32_t slot = 0;
	int error = claim_task(k, &slot);
	if (error)
		return error;
	struct pk_task *task = pk_slot(k, PK_TASKS, slot);
	fill_in(k, task);
	task->since_ns = pk_realtime_ns();
	pk_store(&task->spins, 0);
	pk_store(&task->sleeps, 0);
	/* by a description that it shares its parent would find no mark: that is its own */
	if (k->shares_description || pk_process_mark(k->region, slot) != 0)
		task->flags |= PK_TASK_UNMARKED;
	pk_id id = pk_slot_id(&task->head, slot);
	PK_POINT("task: filled in, not live");
	pk_store(&task->head.word, pk_word(PK_LIVE, id));
	become(k, id);
	enter_thread(k);
	return 0;
}

/* After exec: take the adjustments over, and reap what else there was.  Each adjustment is the one's or the
 * other's. */
static void succeed(struct portico *k, uint32_t former)
{
	struct pk_task *task = pk_slot(k, PK_TASKS, former);
	if (pk_lock(k, &task->lock) < 0)
		return;
	pk_id predecessor = pk_slot_id(&task->head, former);
	uint32_t committed = pk_committed(k, PK_ADJUSTS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_head *head = pk_slot(k, PK_ADJUSTS, slot);
		uint64_t word = pk_word(PK_CLAIMED, predecessor);
		PK_POINT("task: adjustment not moved");
		pk_swap_if(&head->word, &word, pk_word(PK_CLAIMED, pk_self(k)));
	}
	pk_lifetimes_inherit(k, predecessor, pk_self(k));
	pk_task_reap(k, former);
	pk_unlock(&task->lock);
}

static int register_task(struct portico *k)
{
	bool forked = !k->mine->opened;
	int error = forked ? pk_region_remap(k) : 0; /* its mapping and its mark shall be its own */
	if (error)
		return error;
	k->mine->opened = 1;
	pk_magazines_open(k);
	pk_store(&pk_fences, pk_fence_join());
	pk_store(&k->next_expiry_ns, PK_FOREVER);
	pk_process_self(&k->mine->process);
	k->mine->identity.pid = k->mine->process.pid;
	pk_task_refresh_ids(k);
	uint32_t former = forked ? 0 : find_former(k);
	pk_name_server_inherit(k, forked, former);
	error = register_image(k);
	if (!error && former)
		succeed(k, former);
	return error;
}

int pk_enter_slowly(struct portico *k)
{
	struct pk_registration *mine = k->mine;
	bool new = false;
	uint32_t holder = 0, thread = pk_thread_id();
	int error = 0;
	if (pk_is_remote(k))
		return -EOPNOTSUPP; /* RM1 */
	while (!pk_swap_if(&mine->registering, &holder, thread)) {
		if (holder == thread)
			return -EDEADLK; /* a handler interrupted this very call */
		holder = 0;
		pk_pause();
	}
	if (pk_self(k) == 0) {
		error = register_task(k);
		new = error == 0;
	}
	pk_store(&mine->registering, 0);
	if (error)
		return error;
	enter_thread(k);
	if (new) {
		pk_attach_inherit(k);
		pk_region_leave_parent(k);
		pk_task_sweep(k, false);
	}
	return 0;
}

void pk_task_forks(struct portico *k, bool begins)
{
	struct pk_task *task = pk_task_of_id(k, pk_self(k));
	if (task)
		pk_add(&task->forking, begins ? 1 : (uint32_t)-1);
}
