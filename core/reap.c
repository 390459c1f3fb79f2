/* SPDX-License-Identifier: MIT */
/* The end of a task: all that it had goes back.  task.h is the essay. */
#include "attach.h"
#include "control.h"
#include "inbox.h"
#include "lifetime.h"
#include "listener.h"
#include "log.h"
#include "magazine.h"
#include "name.h"
#include "object.h"
#include "part.h"
#include "pipe.h"
#include "port.h"
#include "region.h"
#include "right.h"
#include "segment.h"
#include "semaphore.h"
#include "set.h"
#include "task.h"

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

bool pk_task_reap(struct portico *k, uint32_t slot)
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
	if (kind == PK_DYING || (kind == PK_LIVE && !pk_task_process_lives(k, task, slot))) {
		return pk_task_reap(k, slot);
	}
	if (kind == PK_LIVE && !(task->flags & PK_TASK_ABANDONED) && !pk_task_image_lives(k, task, slot))
		abandon_image(k, task, slot);
	return false;
}

static bool wants_seeing_to(struct portico *k, struct pk_task *task, uint32_t slot)
{
	enum pk_kind kind = pk_word_kind(pk_load(&task->head.word));
	if (kind != PK_LIVE || slot == pk_id_slot(pk_self(k)))
		return kind == PK_DYING;
	return task->flags & PK_TASK_ABANDONED ? !pk_task_process_lives(k, task, slot)
					       : !pk_task_image_lives(k, task, slot);
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

void pk_task_leave(struct portico *k)
{
	if (pk_self(k) == 0 || pk_enter(k) != 0)
		return;
	struct dead leaving = dead_of(pk_self(k));
	for_each_claimed(k, &leaving, PK_ADJUSTS, pk_set_undo);
	for_each_claimed(k, &leaving, PK_ATTACHES, pk_attach_drop);
	pk_lifetimes_leave(k);
}
