/* SPDX-License-Identifier: MIT */
/* Operations on semaphores: planned, committed, waited for.  semaphore.h is the essay. */
#include "set.h"
#include "task.h"

#include <errno.h>
#include <string.h>
#include <sys/sem.h>

/* For whom an operation is done. */
struct actor {
	uint64_t claimed; /* the word of what that task has claimed */
	uint32_t pid;
};

struct operation {
	const struct pk_semaphore_part *parts;
	uint32_t count;
};

static struct actor this_task(struct portico *k)
{
	return (struct actor){ .claimed = pk_word(PK_CLAIMED, pk_self(k)), .pid = k->mine->process.pid };
}

static uint32_t value_of(const struct pk_set_view *view, uint32_t semaphore)
{
	return (uint32_t)pk_load_relaxed(&view->values[semaphore]);
}

/* ---- planning: the steps that would do an operation, written down but not committed */

static struct pk_step *step_for(const struct pk_set_view *view, uint32_t *planned, uint32_t semaphore,
				uint32_t pid)
{
	for (uint32_t i = 0; i < *planned; i++)
		if (view->steps[i].semaphore == semaphore)
			return &view->steps[i];
	if (*planned == view->count)
		return NULL; /* there is one a semaphore: scribbled */
	struct pk_step *step = &view->steps[(*planned)++];
	*step = (struct pk_step){ .semaphore = semaphore, .value = value_of(view, semaphore), .pid = pid };
	return step;
}

static int plan_undo(struct portico *k, const struct pk_set_view *view, struct pk_step *step, int change,
		     uint64_t claimed)
{
	if (step->undo == 0) {
		step->undo = pk_adjust_find(k, view, claimed, step->semaphore);
		struct pk_adjust *adjust = pk_slot(k, PK_ADJUSTS, step->undo);
		if (!adjust)
			return -EINTR; /* that task is on its way out, and gave up its adjustments */
		step->adjust = pk_load_relaxed(&adjust->value);
	}
	int64_t adjusted = (int64_t)step->adjust - change;
	if (adjusted < -PK_SEMAPHORE_MOST - 1 || adjusted > PK_SEMAPHORE_MOST)
		return -ERANGE;
	step->adjust = (int32_t)adjusted;
	return 0;
}

#define BLOCKED 1

/* 0: it can be done, in *planned steps.  BLOCKED: it must wait, for *blocking.  Or a negative errno. */
static int plan(struct portico *k, const struct pk_set_view *view, const struct operation *operation,
		const struct actor *actor, uint32_t *planned, const struct pk_semaphore_part **blocking)
{
	*planned = 0;
	for (uint32_t i = 0; i < operation->count; i++) {
		const struct pk_semaphore_part *part = &operation->parts[i];
		uint32_t semaphore = *(const volatile uint16_t *)&part->semaphore;
		if (semaphore >= view->count)
			return -EFBIG;
		struct pk_step *step = step_for(view, planned, semaphore, actor->pid);
		if (!step)
			return -EIO;
		int64_t value = (int64_t)step->value + part->change;
		if (value < 0 || (part->change == 0 && value != 0)) {
			*blocking = part;
			return part->flags & IPC_NOWAIT ? -EAGAIN : BLOCKED;
		}
		if (value > PK_SEMAPHORE_MOST)
			return -ERANGE;
		step->value = (uint32_t)value;
		int error = part->flags & SEM_UNDO && part->change != 0
				    ? plan_undo(k, view, step, part->change, actor->claimed)
				    : 0;
		if (error)
			return error;
	}
	return 0;
}

/* ---- committing: S1, S2 */

static void store_value(const struct pk_set_view *view, const struct pk_step *step)
{
	pk_store(&view->values[step->semaphore], (uint64_t)step->pid << 32 | step->value);
}

/* A copy that stays what it was when it was looked at. */
static void read_once(void *copy, const void *shared, size_t bytes)
{
	memcpy(copy, shared, bytes);
	atomic_signal_fence(memory_order_seq_cst);
}

static void do_steps(struct portico *k, const struct pk_set_view *view, uint32_t steps)
{
	for (uint32_t i = 0; i < steps && i < view->count; i++) {
		struct pk_step step;
		read_once(&step, &view->steps[i], sizeof step);
		if (step.semaphore >= view->count)
			continue; /* scribbled */
		store_value(view, &step);
		PK_POINT("semaphore: value stored, adjustment not");
		if (step.undo != 0 && step.undo != PK_FORGET)
			pk_adjust_store(k, view, step.undo, step.semaphore, step.adjust);
	}
	if (view->steps[0].undo == PK_FORGET)
		pk_adjust_forget(k, view, view->steps[0].semaphore, steps);
}

static void write_intent(const struct pk_set_view *view, uint32_t steps)
{
	PK_POINT("semaphore: planned, not committed");
	pk_store(&view->set->steps, steps);
	PK_POINT("semaphore: committed, nothing done");
}

static void clear_intent(const struct pk_set_view *view)
{
	PK_POINT("semaphore: done, intent not cleared");
	pk_store(&view->set->steps, 0);
	PK_POINT("semaphore: intent cleared");
}

void pk_set_commit(struct portico *k, const struct pk_set_view *view, uint32_t steps)
{
	if (steps == 1 && view->steps[0].undo == 0) {
		PK_POINT("semaphore: before the one store");
		store_value(view, &view->steps[0]); /* one word: its store is the commit */
		PK_POINT("semaphore: after the one store");
		return;
	}
	write_intent(view, steps);
	do_steps(k, view, steps);
	clear_intent(view);
}

/* S3: was the wait that the intent is for granted? */
static bool intent_stands(struct portico *k, const struct pk_set_view *view)
{
	if (view->set->intent_wait == 0)
		return true;
	struct pk_wait *wait = pk_wait_on(k, view->set->intent_wait, PK_SETS, view->id);
	return wait && pk_outcome_kind(pk_load(&wait->outcome)) == PK_WAIT_GRANTED;
}

void pk_set_recover(struct portico *k, const struct pk_set_view *view)
{
	uint32_t steps = pk_load(&view->set->steps);
	if (steps != 0 && intent_stands(k, view))
		do_steps(k, view, steps);
	clear_intent(view);
	view->set->intent_wait = 0;
}

/* ---- the line of waits */

/* What a wait wants, and for whom.  False: scribbled. */
static bool wanted_by(struct portico *k, const struct pk_wait *wait, struct operation *operation,
		      struct actor *actor)
{
	uint32_t length;
	struct pk_message *m = pk_message_at(k, wait->message);
	const void *parts = pk_message_data(k, wait->message, &length);
	actor->claimed = pk_load(&wait->head.word);
	struct pk_task *task = pk_slot(k, PK_TASKS, pk_id_slot(pk_word_id(actor->claimed)));
	actor->pid = task ? task->pid : 0;
	*operation =
		(struct operation){ .parts = parts, .count = length / (uint32_t)sizeof *operation->parts };
	return parts && pk_load(&m->head.word) == actor->claimed && operation->count > 0 &&
	       operation->count <= PK_OPERATION_MOST;
}

/* S3.  True: done, and perhaps others can go on now. */
static bool let_go(struct portico *k, const struct pk_set_view *view, uint32_t slot, struct pk_wakes *wakes)
{
	const struct pk_semaphore_part *blocking;
	struct operation operation;
	struct actor actor;
	uint32_t planned;
	struct pk_wait_list *line = &view->set->waiters;
	int result = wanted_by(k, pk_slot(k, PK_WAITS, slot), &operation, &actor)
			     ? plan(k, view, &operation, &actor, &planned, &blocking)
			     : -EIO;
	if (result == BLOCKED)
		return false;
	if (result < 0) {
		pk_wait_fail(k, line, slot, -result, wakes);
		return false;
	}
	view->set->intent_wait = slot;
	write_intent(view, planned);
	bool granted = pk_wait_grant(k, line, slot, 0, wakes);
	PK_POINT("semaphore: granted, nothing done");
	if (granted)
		do_steps(k, view, planned);
	clear_intent(view);
	view->set->intent_wait = 0;
	return granted;
}

void pk_set_advance(struct portico *k, const struct pk_set_view *view, struct pk_wakes *wakes)
{
	uint32_t slot = view->set->waiters.first;
	for (uint32_t most = pk_committed(k, PK_WAITS); slot != 0 && most > 0; most--) {
		struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
		if (!wait)
			break;
		uint32_t next = wait->next;
		if (let_go(k, view, slot, wakes)) {
			view->set->operation_time = pk_realtime_seconds();
			next = view->set->waiters.first; /* S4 */
			most = pk_committed(k, PK_WAITS);
		}
		slot = next;
	}
}

/* The part that a wait in line waits for, or NULL: it could go on. */
static const struct pk_semaphore_part *blocking_part(struct portico *k, const struct pk_set_view *view,
						     const struct pk_wait *wait)
{
	const struct pk_semaphore_part *blocking = NULL;
	struct operation operation;
	struct actor actor;
	uint32_t planned;
	if (!wanted_by(k, wait, &operation, &actor))
		return NULL;
	return plan(k, view, &operation, &actor, &planned, &blocking) == BLOCKED ? blocking : NULL;
}

bool pk_set_blocking(struct portico *k, const struct pk_set_view *view, const struct pk_wait *wait,
		     struct pk_semaphore_part *part)
{
	const struct pk_semaphore_part *blocking = blocking_part(k, view, wait);
	if (blocking)
		read_once(part, blocking, sizeof *part);
	return blocking && part->semaphore < view->count;
}

bool pk_set_settled(struct portico *k, const struct pk_set_view *view)
{
	uint32_t most = pk_committed(k, PK_WAITS), slot = view->set->waiters.first;
	for (; slot != 0 && most > 0; most--) {
		struct pk_wait *wait = pk_wait_on(k, slot, PK_SETS, view->id);
		if (!wait || pk_outcome_kind(pk_load(&wait->outcome)) != PK_WAITING ||
		    !blocking_part(k, view, wait))
			return false;
		slot = wait->next;
	}
	return slot == 0;
}

/* ---- operating */

static int check(struct portico *k, const struct pk_set_view *view, const struct operation *operation)
{
	uint32_t bits = 0444;
	for (uint32_t i = 0; i < operation->count; i++) {
		if (operation->parts[i].semaphore >= view->count)
			return -EFBIG;
		if (operation->parts[i].change != 0)
			bits = 0222;
	}
	return pk_permission_check(k, &view->set->permission, bits);
}

/* S5 */
static int claim_adjustments(struct portico *k, const struct pk_set_view *view,
			     const struct operation *operation)
{
	int error = 0;
	for (uint32_t i = 0; i < operation->count && !error; i++)
		if (operation->parts[i].flags & SEM_UNDO && operation->parts[i].change != 0)
			error = pk_adjust_claim(k, view, operation->parts[i].semaphore);
	return error;
}

static int post(struct portico *k, const struct pk_set_view *view, const struct operation *operation,
		int64_t until_ns, uint32_t *wait)
{
	struct pk_post how = { .tell = PK_TELL_THREAD, .until_ns = until_ns };
	struct pk_wait wanted = { .object = view->id, .table = PK_SETS, .purpose = PK_FOR_SEMAPHORES };
	int error = pk_message_make_from(k, operation->parts, operation->count * sizeof *operation->parts, 0,
					 &wanted.message);
	if (error)
		return error;
	error = pk_wait_post(k, &view->set->waiters, &view->set->next_ticket, &wanted, &how, wait);
	if (error)
		pk_message_release(k, wanted.message);
	return error ? error : PK_POSTED;
}

static int operate_locked(struct portico *k, const struct pk_set_view *view,
			  const struct operation *operation, int64_t until_ns, uint32_t *wait,
			  struct pk_wakes *wakes)
{
	const struct pk_semaphore_part *blocking;
	struct actor actor = this_task(k);
	uint32_t planned;
	int result = check(k, view, operation);
	if (!result)
		result = claim_adjustments(k, view, operation);
	if (!result)
		result = plan(k, view, operation, &actor, &planned, &blocking);
	if (result == BLOCKED)
		return post(k, view, operation, until_ns, wait);
	if (result)
		return result;
	pk_set_commit(k, view, planned);
	view->set->operation_time = pk_realtime_seconds();
	if (view->set->waiters.first)
		pk_set_advance(k, view, wakes);
	return 0;
}

static int sleep_until_done(struct portico *k, pk_id id, uint32_t slot)
{
	struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
	uint32_t message = wait->message;
	if (!pk_spin(k, &wait->outcome))
		pk_adjust_reap(k, id);
	int result = pk_wait_sleep(k, slot);
	/* S3: whoever granted this has now also done it, or died and it is done by us */
	struct pk_object *set = pk_object_lock_slot(k, PK_SETS, pk_id_slot(id));
	if (set)
		pk_object_unlock(set);
	pk_wait_end(k, slot);
	pk_message_release(k, message);
	return result == -ETIMEDOUT ? -EAGAIN : result;
}

/* ---- at once: one part, nobody in line, nothing in the way: what most operations are */

static bool plan_at_once(struct portico *k, const struct pk_set_view *view,
			 const struct pk_semaphore_part *part, struct pk_step *step)
{
	if (part->semaphore >= view->count ||
	    pk_permission_check(k, &view->set->permission, part->change ? 0222 : 0444) != 0)
		return false;
	int64_t before = value_of(view, part->semaphore), after = before + part->change;
	if (after < 0 || after > PK_SEMAPHORE_MOST || (part->change == 0 && after != 0))
		return false;
	step->semaphore = part->semaphore;
	step->undo = 0;
	step->value = (uint32_t)after;
	step->pid = k->mine->process.pid;
	return !(part->flags & SEM_UNDO) || part->change == 0 ||
	       plan_undo(k, view, step, part->change, pk_word(PK_CLAIMED, pk_self(k))) == 0;
}

/*
 * The set this thread used last.  A set's body is its own for as long as its
 * id lives, so an id that is seen to live proves the rest.  A signal handler
 * that uses another set may come between any two lines here.
 */
static _Thread_local struct {
	uint64_t serial; /* of which instance */
	pk_id id;
	pk_semaphore *values;
	uint32_t count;
	bool changing;
} recent;

static void remember(struct portico *k, const struct pk_set_view *view)
{
	if (recent.changing)
		return;
	recent.changing = true;
	atomic_signal_fence(memory_order_seq_cst);
	recent.serial = k->serial;
	recent.id = view->id;
	recent.values = view->values;
	recent.count = view->count;
	atomic_signal_fence(memory_order_seq_cst);
	recent.changing = false;
}

static bool recall(struct portico *k, pk_id id, struct pk_set *set, struct pk_set_view *view)
{
	*view = (struct pk_set_view){ .set = set, .id = id, .count = recent.count, .values = recent.values };
	view->steps = (struct pk_step *)(view->values + view->count);
	atomic_signal_fence(memory_order_seq_cst);
	return recent.id == id && recent.serial == k->serial && !recent.changing;
}

static bool look_again(struct portico *k, pk_id id, struct pk_set *set, struct pk_set_view *view)
{
	if (__builtin_expect(recall(k, id, set, view), 1))
		return true;
	if (!pk_set_look(k, set, pk_id_slot(id), view))
		return false;
	remember(k, view);
	return true;
}

static bool operate_at_once(struct portico *k, pk_id id, const struct pk_semaphore_part *part)
{
	struct pk_set *set = pk_slot(k, PK_SETS, pk_id_slot(id));
	struct pk_set_view view;
	struct pk_step step;
	if (!set || pk_enter(k) != 0 || !pk_lock_free(&set->lock))
		return false;
	bool can = pk_load_relaxed(&set->head.word) == pk_word(PK_LIVE, id) && set->waiters.first == 0 &&
		   look_again(k, id, set, &view) && plan_at_once(k, &view, part, &step);
	if (can) {
		set->operation_time = pk_realtime_seconds();
		if (step.undo != 0) {
			view.steps[0] = step;
			pk_set_commit(k, &view, 1);
		} else {
			PK_POINT("semaphore: at once, before the store");
			store_value(&view, &step);
			PK_POINT("semaphore: at once, after the store");
		}
	}
	pk_unlock(&set->lock);
	return can;
}

static int operate(struct portico *k, pk_id id, const struct operation *operation, int64_t until_ns)
{
	struct pk_set_view view;
	uint32_t wait = 0;
	int result;
	do {
		struct pk_wakes wakes = { 0 };
		result = pk_set_lock(k, id, &view);
		if (result)
			return result;
		result = operate_locked(k, &view, operation, until_ns, &wait, &wakes);
		pk_object_unlock(view.set);
		pk_wakes_flush(k, &wakes);
	} while (result == -EAGAIN && pk_adjust_reap(k, id));
	return result == PK_POSTED ? sleep_until_done(k, id, wait) : result;
}

int pk_set_operate(struct portico *k, pk_id id, const struct pk_semaphore_part *parts, uint32_t count,
		   int64_t until_ns)
{
	struct pk_semaphore_part first, all[PK_OPERATION_MOST];
	if (count == 0 || count > PK_OPERATION_MOST)
		return count ? -E2BIG : -EINVAL;
	/* the caller's memory is touched before a lock is held: it may be no memory */
	first = parts[0];
	if (count == 1 && operate_at_once(k, id, &first))
		return 0;
	memcpy(all, parts, count * sizeof *parts);
	return operate(k, id, &(struct operation){ all, count }, until_ns);
}

/* ---- values */

static int lock_to_read(struct portico *k, pk_id id, struct pk_set_view *view)
{
	pk_adjust_reap(k, id);
	int error = pk_set_lock(k, id, view);
	if (error)
		return error;
	error = pk_permission_check(k, &view->set->permission, 0444);
	if (error)
		pk_object_unlock(view->set);
	return error;
}

static void count_waits(struct portico *k, const struct pk_set_view *view, uint32_t semaphore,
			struct pk_semaphore_status *status)
{
	uint32_t slot = view->set->waiters.first;
	for (uint32_t most = pk_committed(k, PK_WAITS); most > 0; most--) {
		struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
		if (!wait)
			break;
		const struct pk_semaphore_part *part = blocking_part(k, view, wait);
		if (part && part->semaphore == semaphore) {
			status->rising += part->change != 0;
			status->zero += part->change == 0;
		}
		slot = wait->next;
	}
}

int pk_semaphore_inspect(struct portico *k, pk_id id, uint32_t semaphore, struct pk_semaphore_status *status)
{
	struct pk_set_view view;
	int error = lock_to_read(k, id, &view);
	if (error)
		return error;
	if (semaphore < view.count) {
		uint64_t word = pk_load(&view.values[semaphore]);
		*status = (struct pk_semaphore_status){ .value = (uint32_t)word,
							.pid = (uint32_t)(word >> 32) };
		count_waits(k, &view, semaphore, status);
	} else {
		error = -EINVAL;
	}
	pk_object_unlock(view.set);
	return error;
}

int pk_set_load(struct portico *k, pk_id id, uint16_t *values)
{
	struct pk_set_view view;
	int error = lock_to_read(k, id, &view);
	if (error)
		return error;
	for (uint32_t i = 0; i < view.count; i++)
		values[i] = (uint16_t)value_of(&view, i);
	pk_object_unlock(view.set);
	return 0;
}

static int store_locked(struct portico *k, const struct pk_set_view *view, uint32_t first, uint32_t count,
			const uint16_t *values)
{
	if (count == 0 || first >= view->count || count > view->count - first)
		return -EINVAL;
	int error = pk_permission_check(k, &view->set->permission, 0222);
	if (error)
		return error;
	for (uint32_t i = 0; i < count; i++) {
		if (values[i] > PK_SEMAPHORE_MOST)
			return -ERANGE;
		view->steps[i] = (struct pk_step){
			.semaphore = first + i,
			.undo = PK_FORGET,
			.value = values[i],
			.pid = k->mine->process.pid,
		};
	}
	pk_set_commit(k, view, count);
	view->set->change_time = pk_realtime_seconds();
	return 0;
}

int pk_set_store(struct portico *k, pk_id id, uint32_t first, uint32_t count, const uint16_t *values)
{
	struct pk_set_view view;
	struct pk_wakes wakes = { 0 };
	int error = pk_set_lock(k, id, &view);
	if (error)
		return error;
	error = store_locked(k, &view, first, count, values);
	if (!error)
		pk_set_advance(k, &view, &wakes);
	pk_object_unlock(view.set);
	pk_wakes_flush(k, &wakes);
	return error;
}
