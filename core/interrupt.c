/* SPDX-License-Identifier: MIT */
#include "interrupt.h"
#include "message.h"
#include "port.h"
#include "wait.h"

#include <errno.h>

_Atomic(const struct pk_cancelling *) pk_cancelling;
_Atomic(struct portico *) pk_handlers_watched;

void pk_deferred_run(void)
{
	uint64_t mask = pk_thread.deferred_mask;
	pk_store_relaxed(&pk_thread.deferred, false);
	atomic_signal_fence(memory_order_seq_cst);
	pk_signals_release(mask);
}

/* ---- the end of a wait whose owner jumped away */

static void end_receive(struct portico *k, uint32_t slot, pk_id id)
{
	uint32_t message;
	if (pk_port_collect(k, id, &message) == 0)
		pk_port_give_back(k, message);
	else
		pk_wait_end(k, slot);
}

/* IN4 */
static bool is_own(struct portico *k, const struct pk_nap *nap, uint32_t slot)
{
	const struct pk_wait *wait = pk_wait_at(k, slot);
	return wait && pk_self(k) != 0 && pk_wait_id(k, slot) == nap->wait &&
	       pk_load(&wait->head.word) == pk_word(PK_CLAIMED, pk_self(k)) && pk_wait_object(wait) != 0;
}

static void abandon(struct portico *k, const struct pk_nap *nap)
{
	uint32_t slot = pk_id_slot(nap->wait);
	if (!is_own(k, nap, slot))
		return;
	const struct pk_wait *wait = pk_wait_at(k, slot);
	uint32_t message = wait->message;
	enum pk_purpose purpose = (enum pk_purpose)wait->purpose;
	bool of_set = pk_load_relaxed(&wait->table) == PK_SETS;
	if (pk_wait_status(k, slot) == PK_POSTED)
		pk_wait_withdraw(k, slot, ECANCELED);
	if (pk_wait_status(k, slot) == PK_POSTED)
		return; /* its object can't be locked: kept until this task ends */
	if (purpose == PK_FOR_RECEIVE) {
		end_receive(k, slot, nap->wait);
		return;
	}
	pk_wait_end(k, slot);
	if (of_set || purpose == PK_FOR_SEND)
		pk_message_release_own(k, message); /* what it would have done, or sent and didn't */
}

/* ---- naps */

static bool on_alternate(uintptr_t frame)
{
	return frame - pk_thread.alternate_low < pk_thread.alternate_size;
}

/* IN3.  A frame that is being used shows that what was there, or deeper, is no more. */
static bool is_gone(const struct pk_nap *nap, uintptr_t frame)
{
	return nap->frame <= frame && on_alternate(nap->frame) == on_alternate(frame);
}

struct pk_napping pk_nap_begin(struct portico *k, uint32_t wait, const void *frame)
{
	struct pk_thread *t = &pk_thread;
	struct pk_napping napping = { .inside = pk_load_relaxed(&t->inside), .task = pk_self(k) };
	uintptr_t at = (uintptr_t)frame;
	if (pk_load_relaxed(&pk_handlers_watched) != k)
		return napping;
	while (t->naps_count > 0 && is_gone(&t->naps[t->naps_count - 1], at))
		abandon(k, &t->naps[--t->naps_count]);
	napping.noted = t->naps_count < PK_NAPS;
	if (napping.noted) {
		t->naps[t->naps_count] = (struct pk_nap){ .wait = pk_wait_id(k, wait), .frame = at };
		atomic_signal_fence(memory_order_seq_cst);
		t->naps_count++;
	}
	pk_inside_end();
	return napping;
}

bool pk_nap_end(struct portico *k, const struct pk_napping *napping)
{
	pk_store_relaxed(&pk_thread.inside, napping->inside);
	atomic_signal_fence(memory_order_seq_cst);
	if (napping->noted && pk_thread.naps_count > 0)
		pk_thread.naps_count--;
	if (__builtin_expect(pk_self(k) == napping->task, 1))
		return true;
	pk_enter(k); /* it is a task of its own now, and takes no lock in its parent's name */
	return false;
}

static int error_for(struct portico *k, uint32_t slot, bool restarts)
{
	return restarts && pk_load_relaxed(&pk_wait_at(k, slot)->table) == PK_PIPES ? ERESTART : EINTR;
}

void pk_nap_interrupt(bool restarts)
{
	struct pk_thread *t = &pk_thread;
	struct portico *k = pk_load(&pk_handlers_watched);
	struct pk_nap *nap = t->naps_count > 0 ? &t->naps[t->naps_count - 1] : NULL;
	if (!k || !nap || nap->interrupted || pk_load_relaxed(&t->inside) != 0)
		return;
	pk_inside_begin(); /* for the moment: it takes the lock of what is waited on */
	nap->interrupted = true;
	uint32_t slot = pk_id_slot(nap->wait);
	if (is_own(k, nap, slot) && pk_wait_status(k, slot) == PK_POSTED)
		pk_wait_withdraw(k, slot, error_for(k, slot, restarts));
	pk_inside_end();
}

void pk_naps_abandon(void)
{
	struct pk_thread *t = &pk_thread;
	struct portico *k = pk_load(&pk_handlers_watched);
	if (!k)
		return;
	pk_inside_begin();
	while (t->naps_count > 0)
		abandon(k, &t->naps[--t->naps_count]);
	pk_inside_end();
}

/* ---- stops */

#define NO_REST INT64_MAX
#define LATE_NS 1000000

int64_t pk_rest_begin(bool minds_stops)
{
	return minds_stops ? pk_thread_rests() : NO_REST;
}

/* Asleep, stopped, and asleep again, unless the time was over when it was continued: a mere sleep is one. */
bool pk_rest_was_stopped(int64_t began, int64_t until_ns)
{
	if (began == NO_REST)
		return false;
	int64_t rests = pk_thread_rests() - began, of_a_stop = pk_monotonic_ns() > until_ns + LATE_NS ? 2 : 3;
	return rests >= of_a_stop && !pk_thread_traced();
}
