/* SPDX-License-Identifier: MIT */
#include "wait.h"
#include "object.h"
#include "sort.h"
#include "task.h"

#include <errno.h>

static struct pk_wait *wait_at(struct portico *k, uint32_t slot)
{
	return pk_slot(k, PK_WAITS, slot);
}

/* ---- waking */

void pk_wakes_flush(struct pk_wakes *wakes)
{
	for (uint64_t i = 0; i < wakes->count; i++)
		pk_wake(wakes->words[i], 1);
	wakes->count = 0;
}

static void wake_later(struct pk_wakes *wakes, const _Atomic uint32_t *word)
{
	if (wakes->count == sizeof wakes->words / sizeof wakes->words[0])
		pk_wakes_flush(wakes);
	wakes->words[wakes->count++] = word;
}

/* Push it on its task's stack of completions and ring the bell. */
static void tell_task(struct portico *k, struct pk_wait *wait, uint32_t slot, struct pk_wakes *wakes)
{
	struct pk_task *task = pk_task_of(k, pk_id_slot(pk_word_id(pk_load(&wait->head.word))));
	if (!task)
		return;
	uint32_t top = pk_load(&task->told);
	do
		wait->next_told = top;
	while (!pk_swap_if(&task->told, &top, slot));
	pk_add(&task->bell, 1);
	if (pk_look(&task->bell_sleepers))
		wake_later(wakes, &task->bell);
}

/* ---- lists: doubly linked, every number checked */

static void list_append(struct portico *k, struct pk_wait_list *list, struct pk_wait *wait, uint32_t slot)
{
	struct pk_wait *last = wait_at(k, list->last);
	wait->next = 0;
	wait->previous = last ? list->last : 0;
	if (last)
		last->next = slot;
	else
		list->first = slot;
	list->last = slot;
}

void pk_wait_unlink(struct portico *k, struct pk_wait_list *list, uint32_t slot)
{
	struct pk_wait *wait = wait_at(k, slot);
	if (!wait || !list || (list->first != slot && wait->previous == 0))
		return; /* on no list */
	struct pk_wait *next = wait_at(k, wait->next), *previous = wait_at(k, wait->previous);
	if (previous)
		previous->next = wait->next;
	else
		list->first = wait->next;
	if (next)
		next->previous = wait->previous;
	else
		list->last = wait->previous;
	wait->next = wait->previous = 0;
}

/* ---- posting and settling */

int pk_wait_post(struct portico *k, struct pk_wait_list *list, uint64_t *next_ticket,
		 const struct pk_wait *wanted, const struct pk_post *post, uint32_t *slot)
{
	int error = pk_claim(k, PK_WAITS, slot);
	if (error)
		return error;
	struct pk_wait *wait = wait_at(k, *slot);
	wait->type = wanted->type;
	wait->from = wanted->from;
	wait->room = wanted->room;
	wait->message = wanted->message;
	wait->table = wanted->table;
	wait->purpose = wanted->purpose;
	wait->select = wanted->select;
	wait->tell = (uint8_t)post->tell;
	wait->cookie = post->cookie;
	wait->until_ns = post->until_ns;
	wait->since_ns = pk_monotonic_ns();
	wait->number = (*next_ticket)++;
	wait->next_told = wait->told = 0;
	wait->next = wait->previous = 0;
	PK_POINT("wait: filled in, not posted");
	atomic_signal_fence(memory_order_seq_cst);
	wait->object = wanted->object; /* last: until now it was nobody's for whoever repairs */
	pk_store(&wait->outcome, PK_WAITING);
	PK_POINT("wait: posted, on no list");
	list_append(k, list, wait, *slot);
	PK_POINT("wait: on its list");
	return 0;
}

static bool settle(struct portico *k, uint32_t slot, uint64_t outcome, struct pk_wakes *wakes)
{
	struct pk_wait *wait = wait_at(k, slot);
	if (!wait)
		return false;
	uint64_t found = pk_load(&wait->outcome);
	enum pk_tell_how tell = wait->tell;
	do {
		if (pk_outcome_kind(found) != PK_WAITING)
			return false;
	} while (!pk_swap_if(&wait->outcome, &found, outcome));
	PK_POINT("wait: settled, nobody told");
	/* from here on its owner may end it; a futex may be woken for nothing */
	if (tell == PK_TELL_TASK)
		tell_task(k, wait, slot, wakes);
	else if (found & PK_WAIT_SLEEPING)
		wake_later(wakes, (const _Atomic uint32_t *)&wait->outcome);
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
	struct pk_wait *wait = wait_at(k, slot);
	if (!wait || pk_word_kind(pk_load(&wait->head.word)) != PK_CLAIMED)
		return NULL;
	return wait->object == object && wait->table == table ? wait : NULL;
}

static uint32_t *link_of(struct portico *k, uint32_t slot)
{
	struct pk_wait *wait = wait_at(k, slot);
	return wait ? &wait->next : NULL;
}

static uint64_t number_of(struct portico *k, uint32_t slot)
{
	return wait_at(k, slot)->number;
}

/* In the order of their numbers, and linked both ways. */
static void put_in_order(struct portico *k, struct pk_wait_list *list)
{
	static const struct pk_sort_by number = { link_of, number_of };
	uint32_t slot = pk_sort(k, list->first, &number);
	*list = (struct pk_wait_list){ 0 };
	while (slot != 0) {
		struct pk_wait *wait = wait_at(k, slot);
		uint32_t next = wait->next;
		list_append(k, list, wait, slot);
		slot = next;
	}
}

void pk_wait_rebuild(struct portico *k, unsigned table, pk_id object, struct pk_wait_list *lists[4],
		     uint64_t *next_ticket)
{
	uint32_t committed = pk_committed(k, PK_WAITS);
	for (int i = 0; i < 4; i++)
		if (lists[i])
			*lists[i] = (struct pk_wait_list){ 0 };
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_wait *wait = pk_wait_on(k, slot, table, object);
		if (!wait || pk_outcome_kind(pk_load(&wait->outcome)) != PK_WAITING)
			continue;
		if (wait->number >= *next_ticket)
			*next_ticket = wait->number + 1;
		if (wait->purpose >= 1 && wait->purpose <= 4 && lists[wait->purpose - 1]) {
			wait->next = lists[wait->purpose - 1]->first;
			lists[wait->purpose - 1]->first = slot;
		}
	}
	for (int i = 0; i < 4; i++)
		if (lists[i])
			put_in_order(k, lists[i]);
}

uint32_t pk_wait_count(struct portico *k, const struct pk_wait_list *list)
{
	uint32_t count = 0, most = pk_committed(k, PK_WAITS);
	for (struct pk_wait *wait = wait_at(k, list->first); wait && count < most;
	     wait = wait_at(k, wait->next))
		count++;
	return count;
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
	struct pk_wait *wait = wait_at(k, slot);
	return wait ? result_of(pk_load(&wait->outcome)) : -EINVAL;
}

int pk_wait_withdraw(struct portico *k, uint32_t slot, int error)
{
	struct pk_wait *wait = wait_at(k, slot);
	if (!wait)
		return -EINVAL;
	unsigned table = wait->table;
	uint32_t object_slot = pk_id_slot(wait->object);
	if (table != PK_PORTS && table != PK_SETS && table != PK_PIPES)
		return -EIO;
	struct pk_object *object = pk_object_lock_slot(k, table, object_slot);
	if (!object)
		return -EIO;
	struct pk_wakes wakes = { 0 };
	uint64_t outcome = pk_load(&wait->outcome);
	while (pk_outcome_kind(outcome) == PK_WAITING) {
		if (!pk_swap_if(&wait->outcome, &outcome, PK_WAIT_FAILED | (uint64_t)(uint32_t)error << 32))
			continue;
		wait->told = 1; /* its owner knows */
		PK_POINT("wait: given up, still on its list");
		pk_wait_unlink(k, pk_object_line(table, object, wait->purpose), slot);
		pk_object_advance(k, table, object_slot, &wakes);
		break;
	}
	pk_object_unlock(object);
	pk_wakes_flush(&wakes);
	return pk_wait_status(k, slot);
}

/*
 * Spin while that tends to succeed: each success makes the next spin longer,
 * each failure halves it, between a probe of 1 µs and PK_SPIN_MOST_NS.
 */
bool pk_wait_spin(struct portico *k, uint32_t slot)
{
	struct pk_wait *wait = wait_at(k, slot);
	if (k->cpus == 1 || !wait)
		return false;
	uint32_t allowed = pk_load_relaxed(&k->spin_ns);
	allowed = allowed < 1000 ? 1000 : allowed;
	int64_t until = pk_monotonic_ns() + allowed;
	do {
		for (int i = 0; i < 32; i++) {
			if (pk_outcome_kind(pk_load(&wait->outcome)) != PK_WAITING) {
				pk_store_relaxed(&k->spin_ns, allowed * 2 < PK_SPIN_MOST_NS
								      ? allowed * 2
								      : PK_SPIN_MOST_NS);
				return true;
			}
			pk_pause();
		}
	} while (pk_monotonic_ns() < until);
	pk_store_relaxed(&k->spin_ns, allowed / 2);
	return false;
}

/*
 * When to look round next.  A timer's signal that comes in the same instant
 * would interrupt nothing; timers are set to round times, so this never is.
 */
static int64_t next_look(int64_t now)
{
	return now + PK_TICK_NS - now % 7919 * 1000;
}

int pk_wait_sleep(struct portico *k, uint32_t slot)
{
	struct pk_wait *wait = wait_at(k, slot);
	if (!wait)
		return -EINVAL;
	int error = 0;
	if (!pk_wait_spin(k, slot)) {
		uint64_t waiting = PK_WAITING;
		pk_swap_if(&wait->outcome, &waiting, PK_WAITING | PK_WAIT_SLEEPING);
	}
	while (pk_outcome_kind(pk_load(&wait->outcome)) == PK_WAITING && error != -EINTR) {
		int64_t now = pk_monotonic_ns();
		if (now >= wait->until_ns)
			break;
		int64_t tick = next_look(now);
		error = pk_sleep((_Atomic uint32_t *)&wait->outcome, PK_WAITING | PK_WAIT_SLEEPING,
				 wait->until_ns < tick ? wait->until_ns : tick);
		if (error == -ETIMEDOUT) {
			uint64_t held = pk_signals_hold();
			pk_task_sweep(k, false);
			if (pk_signals_release(held))
				error = -EINTR;
		}
	}
	int result = pk_wait_status(k, slot);
	return result == PK_POSTED ? pk_wait_withdraw(k, slot, error == -EINTR ? EINTR : ETIMEDOUT) : result;
}

void pk_wait_end(struct portico *k, uint32_t slot)
{
	struct pk_wait *wait = wait_at(k, slot);
	if (!wait)
		return;
	wait->object = 0;
	pk_release(k, PK_WAITS, slot);
}

/* ---- completions: one thread takes them */

static void take_last(struct portico *k, struct pk_wait *wait, uint32_t slot)
{
	struct pk_wait *last = wait_at(k, k->last_told);
	wait->told = 1;
	wait->next_told = 0;
	if (k->last_told != 0 && last)
		last->next_told = slot;
	else
		pk_store_relaxed(&k->first_told, slot);
	k->last_told = slot;
}

/* The stack gives the last first; what is taken off it comes in the order in which it was told. */
static void take_stack(struct portico *k, struct pk_task *task)
{
	uint32_t top = pk_exchange(&task->told, 0), turned = 0;
	struct pk_wait *wait;
	for (uint32_t most = pk_committed(k, PK_WAITS); most > 0 && (wait = wait_at(k, top)) != NULL;
	     most--) {
		uint32_t below = wait->next_told;
		wait->next_told = turned;
		turned = top;
		top = below;
	}
	while ((wait = wait_at(k, turned)) != NULL) {
		uint32_t slot = turned;
		turned = wait->next_told;
		take_last(k, wait, slot);
	}
}

static bool is_untold(struct portico *k, const struct pk_wait *wait)
{
	return wait && pk_load(&wait->head.word) == pk_word(PK_CLAIMED, pk_self(k)) &&
	       wait->tell == PK_TELL_TASK && !wait->told && wait->object != 0 && wait->table < PK_TABLES &&
	       pk_outcome_kind(pk_load(&wait->outcome)) != PK_WAITING;
}

/* W5.  Whoever holds the object's lock sees its wakers done, or dead. */
static void take_untold(struct portico *k, struct pk_task *task)
{
	uint32_t committed = pk_committed(k, PK_WAITS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_wait *wait = wait_at(k, slot);
		if (!is_untold(k, wait))
			continue;
		struct pk_object *object = pk_object_lock_slot(k, wait->table, pk_id_slot(wait->object));
		if (!object)
			continue;
		take_stack(k, task);
		if (!wait->told)
			take_last(k, wait, slot);
		pk_object_unlock(object);
	}
}

uint32_t pk_wait_completed(struct portico *k)
{
	struct pk_task *task = pk_task_of(k, pk_id_slot(pk_self(k)));
	if (!task)
		return 0;
	if (pk_load_relaxed(&k->first_told) == 0 && pk_load(&task->told) != 0)
		take_stack(k, task);
	if (pk_load_relaxed(&k->first_told) == 0) {
		int64_t now = pk_monotonic_ns();
		if (now - k->looked_ns < PK_TICK_NS)
			return 0;
		k->looked_ns = now;
		take_untold(k, task);
	}
	uint32_t slot = pk_load_relaxed(&k->first_told);
	struct pk_wait *wait = wait_at(k, slot);
	pk_store_relaxed(&k->first_told, wait ? wait->next_told : 0);
	if (!wait || wait->next_told == 0)
		k->last_told = 0;
	return wait ? slot : 0;
}

int pk_wait_listen(struct portico *k)
{
	struct pk_task *task = pk_task_of(k, pk_id_slot(pk_self(k)));
	if (!task)
		return -EIO;
	int error = 0;
	uint32_t bell = pk_load(&task->bell);
	pk_add(&task->bell_sleepers, 1);
	if (pk_load_relaxed(&k->first_told) == 0 && pk_look(&task->told) == 0)
		error = pk_sleep(&task->bell, bell, pk_monotonic_ns() + PK_TICK_NS);
	pk_add(&task->bell_sleepers, (uint32_t)-1);
	pk_task_sweep(k, false);
	return error;
}
