/* SPDX-License-Identifier: MIT */
#include "task.h"
#include "remote.h"
#include "attach.h"
#include "control.h"
#include "inbox.h"
#include "lifetime.h"
#include "listener.h"
#include "log.h"
#include "magazine.h"
#include "part.h"
#include "right.h"
#include "name.h"
#include "name_server.h"
#include "object.h"
#include "pipe.h"
#include "port.h"
#include "region.h"
#include "segment.h"
#include "semaphore.h"
#include "set.h"

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

static bool process_lives(struct portico *k, const struct pk_task *task, uint32_t slot)
{
	struct pk_process process;
	process_of(task, &process);
	if (process.pid_namespace == k->mine->process.pid_namespace)
		return pk_process_alive(&process);
	return pk_region_marked(k, slot);
}

/* Not so after exec. */
static bool image_lives(struct portico *k, const struct pk_task *task, uint32_t slot)
{
	return !(task->flags & PK_TASK_ABANDONED) && process_lives(k, task, slot) &&
	       (task->flags & PK_TASK_UNMARKED || pk_region_marked(k, slot));
}

bool pk_task_lives(struct portico *k, uint32_t slot, uint32_t generation16)
{
	struct pk_task *task = pk_task_of(k, slot);
	if (!task || (pk_load(&task->head.generation) & 0xffff) != generation16)
		return false;
	return slot == pk_id_slot(pk_self(k)) || image_lives(k, task, slot);
}

bool pk_task_alive(struct portico *k, pk_id id)
{
	uint32_t slot = pk_id_slot(id);
	if (!pk_task_of_id(k, id))
		return false;
	return pk_region_marked(k, slot) || pk_task_lives(k, slot, pk_id_generation(id) & 0xffff);
}

/* ---- reaping */

/* Whom it is about. */
struct dead {
	pk_id id;
	uint64_t claimed, held; /* the words that name it */
};

static void inherit_locks_of_objects(struct portico *k, const struct dead *dead, unsigned table)
{
	uint32_t committed = pk_committed(k, table);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_object *object = pk_slot(k, table, slot);
		if (!object || !pk_lock_held_by(&object->lock, dead->id))
			continue;
		object = pk_object_lock_slot(k, table, slot);
		if (object)
			pk_object_unlock(object);
	}
}

static void inherit_locks(struct portico *k, const struct dead *dead)
{
	pk_control_inherit(k, dead->id); /* it lets go on who holds others */
	/* innermost first: repairs above want them */
	for (unsigned table = 0; table < PK_TABLES; table++) {
		pk_lock_word *lock = &pk_header(k)->tables[table].lock;
		if (!pk_lock_held_by(lock, dead->id))
			continue;
		int locked = pk_lock(k, lock);
		if (locked == PK_INHERITED)
			pk_table_repair(k, table);
		if (locked >= 0)
			pk_unlock(lock);
	}
	pk_run_inherit(k, dead->id);
	pk_rights_inherit(k, dead->id);
	inherit_locks_of_objects(k, dead, PK_PORTS);
	inherit_locks_of_objects(k, dead, PK_SETS);
	inherit_locks_of_objects(k, dead, PK_SEGMENTS);
	inherit_locks_of_objects(k, dead, PK_PIPES);
	pk_pipe_reap(k, dead->id);
	if (pk_lock_held_by(&pk_header(k)->names_lock, dead->id) && pk_names_lock(k) == 0)
		pk_names_unlock(k);
}

/* Settle its waits and take them off their lines; their records stay until the messages were seen to. */
static void withdraw_waits(struct portico *k, const struct dead *dead)
{
	uint32_t committed = pk_committed(k, PK_WAITS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
		if (wait && pk_load(&wait->head.word) == dead->claimed && pk_load(&wait->object) != 0)
			pk_wait_withdraw(k, slot, EOWNERDEAD);
	}
}

static bool granted_to(struct portico *k, uint64_t word, const struct dead *dead)
{
	if (pk_word_kind(word) != PK_GRANTED)
		return false;
	pk_id granted = pk_word_id(word);
	struct pk_wait *wait = pk_slot(k, PK_WAITS, pk_id_slot(granted));
	return wait && pk_load(&wait->head.word) == dead->claimed &&
	       pk_load(&wait->head.generation) == pk_id_generation(granted);
}

/* The second of two rings, in the middle of a change. */
static bool is_spare_ring(const struct pk_head *object, uint32_t message, const struct pk_message *m,
			  const struct dead *dead)
{
	return m->type == PK_PIPES && pk_word_kind(pk_load(&object->word)) == PK_LIVE &&
	       m->sender == pk_task_tag(dead->id) &&
	       pk_load(&((const struct pk_pipe *)object)->body) != message;
}

/* A body whose object never came to be, or is no more, or has another. */
static bool bereft(struct portico *k, uint64_t word, uint32_t message, const struct pk_message *m,
		   const struct dead *dead)
{
	if (pk_word_kind(word) != PK_BODY || m->type < 0 || m->type >= PK_BUFFERS)
		return false;
	pk_id owner = pk_word_id(word);
	struct pk_head *head = pk_slot(k, (unsigned)m->type, pk_id_slot(owner));
	if (!head)
		return true;
	uint64_t owner_word = pk_load(&head->word);
	return owner_word == dead->claimed || pk_word_kind(owner_word) == PK_FREE ||
	       pk_load(&head->generation) != pk_id_generation(owner) || is_spare_ring(head, message, m, dead);
}

static void return_message(struct portico *k, uint32_t message, struct pk_message *m, void *context)
{
	const struct dead *dead = context;
	uint64_t word = pk_load(&m->head.word);
	if (word == dead->held || granted_to(k, word, dead)) {
		pk_log(k, PK_LOG_RETURNED, PK_PORTS, m->port, 0);
		pk_port_give_back(k, message);
	}
	if (word == dead->claimed)
		pk_right_unsent(k, message, m);
	/* bodies go before their objects: still bereft, so nobody's; and of several reapers, one's */
	if (word == dead->claimed || (bereft(k, word, message, m, dead) &&
				      pk_swap_if(&m->head.word, &word, pk_word(PK_CLAIMED, pk_self(k)))))
		pk_message_release(k, message);
}

static void release_claimed(struct portico *k, const struct dead *dead, unsigned table)
{
	uint32_t committed = pk_committed(k, table);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_head *head = pk_slot(k, table, slot);
		if (head && pk_load(&head->word) == dead->claimed)
			pk_release(k, table, slot);
	}
}

static void for_each_claimed(struct portico *k, const struct dead *dead, unsigned table,
			     void (*act)(struct portico *k, uint32_t slot))
{
	uint32_t committed = pk_committed(k, table);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_head *head = pk_slot(k, table, slot);
		if (head && pk_load(&head->word) == dead->claimed)
			act(k, slot);
	}
}

/* What it had allocated. */
static void release_memory(struct portico *k, const struct dead *dead)
{
	uint32_t committed = pk_committed(k, PK_RUNS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_head *head = pk_slot(k, PK_RUNS, slot);
		if (head && pk_load(&head->word) == dead->held)
			pk_run_release(k, slot);
	}
}

/*
 * Killed in fork(), it leaves a child that is about to count what both had
 * attached, and that shares its mark until then.  Meanwhile the dead one's
 * records keep the segments.
 */
static bool its_child_counts(struct portico *k, const struct dead *dead)
{
	struct pk_task *task = pk_slot(k, PK_TASKS, pk_id_slot(dead->id));
	return pk_load(&task->forking) != 0 && !k->shares_description &&
	       pk_region_marked(k, pk_id_slot(dead->id));
}

/*
 * What threads that are no more were in the middle of: on death, and on exec.
 * False: a lock couldn't be had, and so not all of it was seen to; what names
 * the dead is kept, and the next sweep starts over (D1).
 */
static bool abandon(struct portico *k, const struct dead *dead)
{
	bool missed_before = pk_thread.missed; /* by a sweep that came upon this one */
	pk_thread.missed = false;
	inherit_locks(k, dead);
	withdraw_waits(k, dead);
	pk_inbox_close(k);
	pk_port_reap(k, dead->id);
	pk_names_reap(k, dead->id);
	pk_listener_reap(k, dead->id);
	pk_message_each(k, return_message, (void *)dead);
	pk_parts_bury(k);
	pk_rights_reap(k, dead->id);
	if (pk_thread.missed)
		return false;
	for_each_claimed(k, dead, PK_WAITS, pk_wait_forget); /* all first: a leader may go before its group */
	for_each_claimed(k, dead, PK_WAITS, pk_wait_free);
	for_each_claimed(k, dead, PK_RUNS, pk_run_release);
	release_memory(k, dead);
	release_claimed(k, dead, PK_LANES);
	release_claimed(k, dead, PK_LISTENERS);
	release_claimed(k, dead, PK_OPENINGS);
	release_claimed(k, dead, PK_NAMES);
	release_claimed(k, dead, PK_PORTS);
	release_claimed(k, dead, PK_SETS);
	for_each_claimed(k, dead, PK_SEGMENTS, pk_segment_abandon);
	release_claimed(k, dead, PK_PIPES);
	if (!its_child_counts(k, dead))
		for_each_claimed(k, dead, PK_ATTACHES, pk_attach_drop);
	bool missed = pk_thread.missed;
	pk_thread.missed = missed || missed_before;
	return !missed;
}

static struct dead dead_of(pk_id id)
{
	return (struct dead){ .id = id, .claimed = pk_word(PK_CLAIMED, id), .held = pk_word(PK_HELD, id) };
}

/* False: not yet. */
static bool reap(struct portico *k, uint32_t slot)
{
	struct pk_task *task = pk_slot(k, PK_TASKS, slot);
	struct dead dead = dead_of(pk_slot_id(&task->head, slot));
	pk_store(&task->head.word, pk_word(PK_DYING, dead.id));
	PK_POINT("task: dying");
	inherit_locks_of_objects(k, &dead, PK_TASKS);
	if (!abandon(k, &dead))
		return false;
	for_each_claimed(k, &dead, PK_ADJUSTS, pk_set_undo);
	if (pk_thread.missed || its_child_counts(k, &dead))
		return false;
	for_each_claimed(k, &dead, PK_ATTACHES, pk_attach_drop); /* the child may have counted just now */
	pk_lifetimes_reap(k, dead.id);
	PK_POINT("task: all undone, slot not freed");
	pk_add(&pk_header(k)->reaped, 1);
	/* D1 */
	pk_store(&task->head.generation, pk_id_generation(dead.id) + 1);
	pk_store(&task->head.word, PK_FREE);
	return true;
}

/* Its image is gone, by exec, and the new one hasn't come here (yet). */
static void abandon_image(struct portico *k, struct pk_task *task, uint32_t slot)
{
	struct dead dead = dead_of(pk_slot_id(&task->head, slot));
	if (!abandon(k, &dead))
		return;
	PK_POINT("task: image abandoned, not noted");
	task->flags |= PK_TASK_ABANDONED;
}

/* Under the task's lock. */
static bool see_to(struct portico *k, struct pk_task *task, uint32_t slot)
{
	enum pk_kind kind = pk_word_kind(
		pk_load(&task->head.word)); /* another may have reaped it, and a third moved in */
	if (kind == PK_DYING || (kind == PK_LIVE && !process_lives(k, task, slot))) {
		return reap(k, slot);
	}
	if (kind == PK_LIVE && !(task->flags & PK_TASK_ABANDONED) && !image_lives(k, task, slot))
		abandon_image(k, task, slot);
	return false;
}

static bool wants_seeing_to(struct portico *k, struct pk_task *task, uint32_t slot)
{
	enum pk_kind kind = pk_word_kind(pk_load(&task->head.word));
	if (kind != PK_LIVE || slot == pk_id_slot(pk_self(k)))
		return kind == PK_DYING;
	return task->flags & PK_TASK_ABANDONED ? !process_lives(k, task, slot) : !image_lives(k, task, slot);
}

bool pk_task_reap_if_dead(struct portico *k, uint32_t slot)
{
	struct pk_task *task = pk_slot(k, PK_TASKS, slot);
	if (!task || pk_enter(k) != 0 || !wants_seeing_to(k, task, slot) || pk_lock(k, &task->lock) < 0)
		return false;
	bool dead = see_to(k, task, slot);
	pk_unlock(&task->lock);
	if (dead)
		pk_lifetimes_end(k);
	return dead;
}

void pk_task_sweep(struct portico *k, bool now)
{
	struct pk_header *header = pk_header(k);
	int64_t time = pk_monotonic_ns(), swept = pk_load(&header->swept_ns);
	if (!now && time >= swept && time - swept < PK_TICK_NS)
		return;
	if (!pk_swap_if(&header->swept_ns, &swept, time) && !now)
		return; /* somebody else does it */
	uint32_t committed = pk_committed(k, PK_TASKS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_task *task = pk_slot(k, PK_TASKS, slot);
		/* a task that is being reaped is its reaper's; unless `now`, nobody waits for a slow one */
		if (now || !pk_lock_owned(k, &task->lock))
			pk_task_reap_if_dead(k, slot);
	}
	pk_lifetimes_end(k);
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
	return image != 0 && task->image != 0 ? task->image != image : !image_lives(k, task, slot);
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
	struct dead dead = dead_of(pk_slot_id(&task->head, former));
	uint32_t committed = pk_committed(k, PK_ADJUSTS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_head *head = pk_slot(k, PK_ADJUSTS, slot);
		uint64_t word = dead.claimed;
		PK_POINT("task: adjustment not moved");
		pk_swap_if(&head->word, &word, pk_word(PK_CLAIMED, pk_self(k)));
	}
	pk_lifetimes_inherit(k, dead.id, pk_self(k));
	reap(k, former);
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

void pk_task_leave(struct portico *k)
{
	if (pk_self(k) == 0 || pk_enter(k) != 0)
		return;
	struct dead leaving = dead_of(pk_self(k));
	for_each_claimed(k, &leaving, PK_ADJUSTS, pk_set_undo);
	for_each_claimed(k, &leaving, PK_ATTACHES, pk_attach_drop);
	pk_lifetimes_leave(k);
}
