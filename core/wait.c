/* SPDX-License-Identifier: MIT */
#include "bell.h"
#include "completion.h"
#include "inbox.h"
#include "interrupt.h"
#include "log.h"
#include "message.h"
#include "object.h"
#include "part.h"
#include "pipe.h"
#include "task.h"

#include <errno.h>

/* ---- waking */

void pk_wakes_send(struct pk_wakes *wakes)
{
	for (uint64_t i = 0; i < wakes->count; i++)
		pk_wake(wakes->words[i], 1);
	wakes->count = 0;
}

void pk_wakes_flush_slowly(struct portico *k, struct pk_wakes *wakes)
{
	pk_wakes_send(wakes);
	if (__builtin_expect(pk_thread.owes_completions, 0))
		pk_wait_tell_owed(k);
	pk_parts_bury(k);
}

static void wake_later(struct pk_wakes *wakes, const _Atomic uint32_t *word)
{
	if (wakes->count == sizeof wakes->words / sizeof wakes->words[0])
		pk_wakes_send(wakes);
	wakes->words[wakes->count++] = word;
}

/* ---- what it waits on */

bool pk_wait_lock_object(struct portico *k, const struct pk_wait *wait, struct pk_waited *waited)
{
	unsigned table = pk_load_relaxed(&wait->table);
	uint32_t slot = pk_id_slot(pk_wait_object(wait));
	if (table != PK_PORTS && table != PK_SETS && table != PK_PIPES)
		return false;
	*waited = (struct pk_waited){ pk_object_lock_guard(k, table, slot), table, slot };
	return waited->guard != NULL;
}

void pk_wait_unlock_object(struct portico *k, const struct pk_waited *waited)
{
	pk_object_unlock_guard(k, waited->table, waited->guard);
}

bool pk_wait_is_waiting(struct portico *k, const struct pk_wait *wait)
{
	const struct pk_wait *leader = pk_wait_leader(k, wait);
	return leader && pk_outcome_kind(pk_load(&leader->outcome)) == PK_WAITING;
}

/* ---- posting and settling */

static void join(struct portico *k, struct pk_wait *wait, uint32_t slot, uint32_t leader)
{
	struct pk_wait *first = pk_wait_at(k, leader);
	pk_store_relaxed(&wait->leader, first ? leader : slot);
	wait->next_member = first ? first->next_member : 0;
	if (first)
		first->next_member = slot;
}

/* Have expired waits looked for by then.  Once the wait can be seen, or whoever looks now may miss both. */
static void look_by(struct portico *k, int64_t until_ns)
{
	pk_fence();
	int64_t next = pk_load_relaxed(&k->next_expiry_ns);
	while (until_ns < next && !pk_swap_if(&k->next_expiry_ns, &next, until_ns))
		continue;
}

int pk_wait_post(struct portico *k, struct pk_wait_list *list, uint64_t *next_ticket,
		 const struct pk_wait *wanted, const struct pk_post *post, uint32_t *slot)
{
	int error = pk_completion_would_nest(k, wanted, post) ? -EPERM : pk_claim(k, PK_WAITS, slot);
	if (error)
		return error;
	struct pk_wait *wait = pk_wait_at(k, *slot);
	bool tells = post->tell == PK_TELL_PORT && !post->leader;
	pk_store_relaxed(&wait->tell, post->leader ? PK_TELL_NOBODY : (uint8_t)post->tell);
	wait->completion = 0;
	error = tells ? pk_completion_claim(k, wait, *slot, post) : 0;
	if (error) {
		pk_release(k, PK_WAITS, *slot);
		return error;
	}
	wait->type = wanted->type;
	wait->from = wanted->from;
	wait->room = wanted->room;
	wait->message = wanted->message;
	pk_store_relaxed(&wait->table, pk_load_relaxed(&wanted->table));
	wait->purpose = wanted->purpose;
	wait->select = wanted->select;
	wait->tell_port = post->port;
	int64_t until_ns = post->until_ns < 0 ? 0 : post->until_ns;
	pk_store_relaxed(&wait->until_ns, until_ns);
	wait->since_ns = pk_monotonic_ns();
	wait->number = (*next_ticket)++;
	wait->next = wait->previous = wait->beside = 0;
	join(k, wait, *slot, post->leader);
	if (post->id) /* before it can be settled, collected, and used again */
		*post->id = pk_slot_id(&wait->head, *slot);
	PK_POINT("wait: filled in, not posted");
	pk_store(&wait->outcome, PK_WAITING);
	/* last: until now it was nobody's for whoever repairs */
	pk_store(&wait->object, pk_load_relaxed(&wanted->object));
	if (tells)
		look_by(k, until_ns);
	PK_POINT("wait: posted, on no list");
	pk_line_append(k, list, wait, *slot);
	PK_POINT("wait: on its list");
	return 0;
}

static bool settle(struct portico *k, uint32_t slot, uint64_t outcome, struct pk_wakes *wakes)
{
	struct pk_wait *wait = pk_wait_at(k, slot);
	if (!wait)
		return false;
	uint32_t leader_slot = pk_load_relaxed(&wait->leader);
	struct pk_wait *leader = pk_wait_leader(k, wait);
	if (!leader)
		return false;
	uint64_t found = pk_load(&leader->outcome);
	enum pk_tell_how tell = pk_load_relaxed(&leader->tell);
	pk_id id = pk_slot_id(&leader->head, leader_slot);
	outcome |= (uint64_t)(pk_cpu() + 1) << 16;
	do {
		if (pk_outcome_kind(found) != PK_WAITING)
			return false;
	} while (!pk_swap_if(&leader->outcome, &found, outcome));
	PK_POINT("wait: settled, nobody told");
	/* a thread that isn't told by a port may end it from here on; a futex may be woken for nothing */
	if (tell == PK_TELL_PORT) {
		pk_fence(); /* as pk_wait_announce() */
		pk_completion_tell(k, leader, id, wakes);
	} else if (found & PK_WAIT_SLEEPING) {
		wake_later(wakes, (const _Atomic uint32_t *)&leader->outcome);
	}
	return true;
}

static bool unlink_and_settle(struct portico *k, struct pk_wait_list *list, uint32_t slot, uint64_t outcome,
			      struct pk_wakes *wakes)
{
	pk_wait_unlink(k, list, slot); /* first: once settled it may be another's */
	return settle(k, slot, outcome, wakes);
}

bool pk_wait_grant(struct portico *k, struct pk_wait_list *list, uint32_t slot, uint32_t message,
		   struct pk_wakes *wakes)
{
	return unlink_and_settle(k, list, slot, PK_WAIT_GRANTED | (uint64_t)message << 32, wakes);
}

bool pk_wait_fail(struct portico *k, struct pk_wait_list *list, uint32_t slot, int error,
		  struct pk_wakes *wakes)
{
	return unlink_and_settle(k, list, slot, PK_WAIT_FAILED | (uint64_t)(uint32_t)error << 32, wakes);
}

void pk_wait_fail_all(struct portico *k, struct pk_wait_list *list, int error, struct pk_wakes *wakes)
{
	for (uint32_t most = pk_committed(k, PK_WAITS); list->first != 0 && most > 0; most--)
		pk_wait_fail(k, list, list->first, error, wakes);
}

void pk_wait_grant_all(struct portico *k, struct pk_wait_list *list, struct pk_wakes *wakes)
{
	for (uint32_t most = pk_committed(k, PK_WAITS); list->first != 0 && most > 0; most--)
		pk_wait_grant(k, list, list->first, 0, wakes);
}

struct pk_wait *pk_wait_on(struct portico *k, uint32_t slot, unsigned table, pk_id object)
{
	struct pk_wait *wait = pk_wait_at(k, slot);
	if (!wait || pk_word_kind(pk_load(&wait->head.word)) != PK_CLAIMED)
		return NULL;
	return pk_wait_object(wait) == object && pk_load_relaxed(&wait->table) == table ? wait : NULL;
}

/* ---- owners */

static int result_of(uint64_t outcome)
{
	switch (pk_outcome_kind(outcome)) {
	case PK_WAITING:
		return PK_POSTED;
	case PK_WAIT_GRANTED:
		return 0;
	default:
		return -(int)(pk_outcome_value(outcome) & 0xfff);
	}
}

int pk_wait_status(struct portico *k, uint32_t slot)
{
	struct pk_wait *wait = pk_wait_at(k, slot), *leader = wait ? pk_wait_leader(k, wait) : NULL;
	return leader ? result_of(pk_load(&leader->outcome)) : -EINVAL;
}

pk_id pk_wait_id(struct portico *k, uint32_t slot)
{
	const struct pk_wait *wait = pk_wait_at(k, slot);
	return wait ? pk_slot_id(&wait->head, slot) : 0;
}

uint32_t pk_wait_find(struct portico *k, pk_id id)
{
	uint32_t slot = pk_id_slot(id);
	const struct pk_wait *wait = pk_wait_at(k, slot);
	return wait && pk_load(&wait->head.word) == pk_word(PK_CLAIMED, pk_self(k)) &&
			       pk_wait_object(wait) != 0 && pk_load_relaxed(&wait->tell) == PK_TELL_PORT &&
			       pk_load(&wait->head.generation) == pk_id_generation(id)
		       ? slot
		       : 0;
}

/* Off its line, which may let those behind it go on. */
static void leave_line(struct portico *k, const struct pk_waited *waited, const struct pk_wait *wait,
		       uint32_t slot, struct pk_wakes *wakes)
{
	const struct pk_head *head = pk_slot(k, waited->table, waited->slot);
	if (!head || pk_word_kind(pk_load(&head->word)) != PK_LIVE)
		return; /* what it waited on is gone, and its line; the slot may be another's that is being
			   made */
	pk_wait_unlink(k, pk_object_line(k, waited->table, waited->slot, wait->purpose), slot);
	pk_object_advance(k, waited->table, waited->slot, wakes);
}

#define SETTLED_NOW 2 /* by this very call */

/*
 * Settle it, on its owner's behalf, with a completion unless PK_WAIT_SILENT is
 * in `how`.  `sole`: nobody else can be ending it.
 */
static int give_up(struct portico *k, uint32_t slot, pk_id id, int error, uint64_t how, bool sole)
{
	struct pk_wait *wait = pk_wait_at(k, slot), *leader = wait ? pk_wait_leader(k, wait) : NULL;
	struct pk_waited waited;
	struct pk_wakes wakes = { 0 };
	int result = -EINVAL;
	if (!leader || !pk_wait_lock_object(k, wait, &waited))
		return wait ? -EIO : -EINVAL;
	uint64_t outcome = pk_load(&leader->outcome);
	/* the id after it: else another thread ended it meanwhile, and the outcome may be another's */
	if (pk_slot_id(&wait->head, slot) == id) {
		bool settled = false;
		if (pk_outcome_kind(outcome) == PK_WAITING)
			error = pk_object_give_up(k, waited.table, waited.slot, wait, slot, error, &wakes);
		uint64_t failed = PK_WAIT_FAILED | how | (uint64_t)(uint32_t)error << 32;
		while (!settled && error != 0 && pk_outcome_kind(outcome) == PK_WAITING)
			settled = pk_swap_if(&leader->outcome, &outcome, failed);
		PK_POINT("wait: given up, still on its list");
		result = settled ? SETTLED_NOW : result_of(outcome);
		if (settled || sole) /* else another thread may be ending it */
			leave_line(k, &waited, wait, slot, &wakes);
		if (settled && !(how & PK_WAIT_SILENT))
			pk_completion_tell(k, leader,
					   pk_slot_id(&leader->head, pk_load_relaxed(&wait->leader)), &wakes);
	}
	pk_wait_unlock_object(k, &waited);
	pk_wakes_flush(k, &wakes);
	return result;
}

bool pk_wait_cancel(struct portico *k, pk_id id)
{
	return give_up(k, pk_id_slot(id), id, ECANCELED, PK_WAIT_SILENT, false) == SETTLED_NOW;
}

bool pk_wait_call_off(struct portico *k, uint32_t slot, int error)
{
	return give_up(k, slot, pk_wait_id(k, slot), error, PK_WAIT_SILENT, true) == SETTLED_NOW;
}

int pk_wait_withdraw(struct portico *k, uint32_t slot, int error)
{
	int result = give_up(k, slot, pk_wait_id(k, slot), error, PK_WAIT_SILENT, true);
	return result == SETTLED_NOW ? pk_wait_status(k, slot) : result;
}

int64_t pk_wait_expire(struct portico *k)
{
	int64_t now = pk_monotonic_ns(), next = PK_FOREVER;
	uint32_t committed = pk_committed(k, PK_WAITS);
	if (now < pk_load_relaxed(&k->next_expiry_ns))
		return pk_load_relaxed(&k->next_expiry_ns);
	pk_exchange(&k->next_expiry_ns, PK_FOREVER); /* first: what is posted meanwhile lowers it again */
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_wait *wait = pk_wait_at(k, slot);
		pk_id id = pk_wait_id(k, slot);
		pk_fence();
		if (!wait || pk_load(&wait->head.word) != pk_word(PK_CLAIMED, pk_self(k)) ||
		    pk_wait_object(wait) == 0 || pk_load_relaxed(&wait->tell) != PK_TELL_PORT ||
		    !pk_wait_is_waiting(k, wait))
			continue;
		int64_t until_ns = pk_load_relaxed(&wait->until_ns);
		if (until_ns <= now && give_up(k, slot, id, ETIMEDOUT, 0, false) == -EIO)
			until_ns = now + PK_TICK_NS; /* its object couldn't be locked */
		if (until_ns > now && until_ns < next)
			next = until_ns;
	}
	look_by(k, next);
	return next;
}

/*
 * When to look round next.  A timer's signal that comes in the same instant
 * would interrupt nothing; timers are set to round times, so this never is.
 */
static int64_t next_look(int64_t now)
{
	return now + PK_TICK_NS - now % 7919 * 1000;
}

/* W6.  Whatever took a wait out of its line without settling it, the object needs repair. */
static void check_line(struct portico *k, uint32_t slot)
{
	for (uint32_t most = PK_GROUP_MOST; slot != 0 && most > 0; most--) {
		struct pk_wait *wait = pk_wait_at(k, slot);
		struct pk_waited waited;
		if (!wait || !pk_wait_is_waiting(k, wait) || !pk_wait_lock_object(k, wait, &waited))
			return;
		if (pk_wait_is_waiting(k, wait) &&
		    !pk_wait_in_line(k, pk_object_line(k, waited.table, waited.slot, wait->purpose), slot)) {
			pk_log(k, PK_LOG_DAMAGED, waited.table, pk_wait_object(wait), 0);
			pk_object_repair_guarded(k, waited.table, waited.slot, waited.guard);
		}
		pk_wait_unlock_object(k, &waited);
		slot = wait->next_member;
	}
}

/* -EINTR: a handler ran.  -ESRCH: what it waits for can't come. */
static int look_round(struct portico *k, uint32_t slot)
{
	uint64_t held = pk_signals_hold();
	if (pk_thread.owes_completions)
		pk_wait_tell_owed(k);
	pk_parts_bury(k); /* of a port that was found half destroyed, say */
	pk_task_sweep(k, false);
	pk_bells_look_round(k);
	pk_wait_expire(k);
	check_line(k, slot);
	bool in_vain = pk_inbox_in_vain(k, slot) || pk_pipe_in_vain(k, slot);
	bool interrupted = pk_signals_release(held);
	/* where handlers are watched they have settled the wait, and a signal was perhaps another thread's */
	return interrupted && pk_load_relaxed(&pk_handlers_watched) != k ? -EINTR : in_vain ? -ESRCH : 0;
}

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* What else than its outcome may end a sleep: to a program it is a system call. */
enum ends { BY_NOTHING, BY_CANCELLATION, BY_STOP };

/*
 * Of the calls msgsnd() and msgrcv() are points of cancellation, and semop() is
 * interrupted by stopping; a nap that is noted is one in such a call.
 */
static enum ends ends_of(const struct pk_wait *wait, const struct pk_napping *napping)
{
	if (!napping->noted || napping->inside == 0)
		return BY_NOTHING;
	return pk_load_relaxed(&wait->table) == PK_SETS ? BY_STOP : BY_CANCELLATION;
}

/* pk_sleep(), where the thread holds no lock. */
static int sleep_on(const struct pk_wait *wait, uint32_t outcome, int64_t until_ns, enum ends ends)
{
	const struct pk_cancelling *how = ends == BY_CANCELLATION ? pk_load(&pk_cancelling) : NULL;
	int64_t rest = pk_rest_begin(ends == BY_STOP);
	if (how)
		how->allow();
	int error = pk_sleep((const _Atomic uint32_t *)&wait->outcome, outcome, until_ns);
	if (how)
		how->forbid();
	return error == -ETIMEDOUT && pk_rest_was_stopped(rest, until_ns) ? -EINTR : error;
}

static int sleep_until_settled(struct portico *k, struct pk_wait *wait, uint32_t slot, enum ends ends)
{
	int64_t look = next_look(pk_monotonic_ns());
	int64_t until_ns = pk_load_relaxed(&wait->until_ns); /* once: it may be scribbled while we sleep */
	for (;;) {
		uint64_t outcome = pk_load(&wait->outcome);
		if (pk_outcome_kind(outcome) != PK_WAITING)
			return 0;
		if (!(outcome & PK_WAIT_SLEEPING)) {
			pk_swap_if(&wait->outcome, &outcome, outcome | PK_WAIT_SLEEPING);
			continue;
		}
		int64_t now = pk_monotonic_ns();
		if (now >= until_ns)
			return -ETIMEDOUT;
		look = sooner(look, pk_load_relaxed(&k->next_expiry_ns));
		int error = sleep_on(wait, (uint32_t)outcome, sooner(until_ns, look), ends);
		if (error == -ETIMEDOUT) {
			error = look_round(k, slot);
			look = next_look(pk_monotonic_ns());
		}
		if (error == -EINTR || error == -ESRCH)
			return error;
	}
}

int pk_wait_sleep(struct portico *k, uint32_t slot)
{
	struct pk_wait *wait = pk_wait_at(k, slot);
	struct pk_task *task = pk_task_of(k, pk_id_slot(pk_self(k)));
	int error = 0;
	if (!wait)
		return -EINVAL;
	struct pk_napping napping = pk_nap_begin(k, slot, __builtin_frame_address(0));
	bool spun = pk_spin(k, &wait->outcome);
	if (!spun)
		error = sleep_until_settled(k, wait, slot, ends_of(wait, &napping));
	if (task)
		pk_add_relaxed(spun ? &task->spins : &task->sleeps, 1);
	pk_spin_learn(pk_load(&wait->outcome));
	if (!pk_nap_end(k, &napping))
		return -EINTR; /* a handler has forked, and this is the child */
	return error ? pk_wait_withdraw(k, slot, -error) : pk_wait_status(k, slot);
}

void pk_wait_forget(struct portico *k, uint32_t slot)
{
	struct pk_wait *wait = pk_wait_at(k, slot);
	if (wait)
		pk_store(&wait->object, 0);
}

void pk_wait_free(struct portico *k, uint32_t slot)
{
	struct pk_wait *wait = pk_wait_at(k, slot);
	if (!wait)
		return;
	pk_store(&wait->object, 0);
	pk_release(k, PK_WAITS, slot);
}

/* Settled through one of its group, it may still stand in its own line. */
static void leave_own_line(struct portico *k, const struct pk_wait *wait, uint32_t slot)
{
	struct pk_wakes wakes = { 0 };
	struct pk_waited waited;
	if (!pk_wait_lock_object(k, wait, &waited))
		return;
	leave_line(k, &waited, wait, slot, &wakes);
	pk_wait_unlock_object(k, &waited);
	pk_wakes_flush(k, &wakes);
}

void pk_wait_end(struct portico *k, uint32_t slot)
{
	struct pk_wait *leader = pk_wait_at(k, slot), *wait;
	if (!leader || pk_load(&leader->head.word) != pk_word(PK_CLAIMED, pk_self(k)))
		return; /* a fork's child comes by with its parent's */
	if (pk_outcome_kind(pk_load(&leader->outcome)) == PK_WAITING)
		return; /* its object couldn't be locked: it stands in line, and is kept until this task ends
			 */
	/* the leader last: the others' lines are settled through it */
	for (uint32_t most = PK_GROUP_MOST; leader->next_member != 0 && most > 0; most--) {
		uint32_t member = leader->next_member;
		wait = pk_wait_at(k, member);
		if (!wait)
			break;
		leave_own_line(k, wait, member);
		leader->next_member = wait->next_member;
		pk_wait_free(k, member);
		if (leader->next_member == 0)
			leave_own_line(k, leader, slot);
	}
	pk_wait_free(k, slot);
}

bool pk_wait_take(struct portico *k, pk_id id)
{
	struct pk_wait *wait = pk_wait_at(k, pk_id_slot(id));
	uint32_t generation = pk_id_generation(id);
	return wait && pk_swap_if(&wait->head.generation, &generation, generation + 1);
}
