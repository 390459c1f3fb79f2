/* SPDX-License-Identifier: MIT */
/*
 * Waits: what a task wants and could not have at once.
 *
 * A wait is a record in the region, not a thread.  Its owner posts it on an
 * object (port, set, pipe), under that object's lock, at the end of the
 * object's line.  Whoever later makes it possible settles it, under the same
 * lock, first come first served: a receiver is handed its message, a sender's
 * message is queued, a semaphore operation is done on its owner's behalf.  So
 * nobody overtakes, and the owner finds the thing done.
 *
 * The outcome is one word, settled once, by one compare-and-swap:
 *
 *   WAITING ──> GRANTED   (with the message, for a receiver)
 *           ──> FAILED    (with an errno: ETIMEDOUT, EINTR, ECANCELED by its
 *                          owner; EIDRM, E2BIG by others; EOWNERDEAD by a reaper)
 *
 * Its owner is told by a futex, the low half of that word (it spins for a while
 * first, see spin.h, then adds PK_WAIT_SLEEPING and sleeps; a waker that saw no
 * such flag makes no system call), or by a completion: a message that the owner
 * claimed when it posted the wait, and that its settler queues at a port the
 * owner made for that, so one thread can serve ten thousand waits.
 *
 * A wait on several objects is a group: a wait on each, of which the first is
 * the leader.  The leader's outcome is that of all, so they are settled once;
 * the others leave their lines when their owner ends the group.
 *
 * A message given to a wait is marked GRANTED (to this wait) before the swap,
 * and the swap carries its slot.  So:
 *
 *  W1  The outcome leaves WAITING once, by a swap.
 *  W2  A message whose word says GRANTED to W is W's exactly if W's outcome is
 *      GRANTED with that message and W's owner lives.  If the granter lost the
 *      swap or died before it, the message is still the port's, at its number.
 *  W3  A sender's message is QUEUED before its wait is GRANTED.  If the granter
 *      died in between, repair of the port swaps.  Who gives up does so under
 *      the same lock, so nobody is told no whose message is queued.
 *      (A sender that wants a receipt goes on waiting then, in another line:
 *      receipt.h.)
 *  W4  Whoever settles a wait takes it off its list, under the object's lock;
 *      a wait is on a list only while its outcome is WAITING, but for the
 *      instant in which its settler holds the lock.
 *  W5  A settler queues the completion after the swap and before it unlocks the
 *      object.  Who inherits that lock queues those of settled waits that still
 *      stand claimed by their owner and marked untold; so a death delays, and
 *      never loses or doubles, a completion.
 *  W6  A sleeper looks round every PK_TICK_NS: for the dead, for deadlines of its
 *      task's other waits, and whether it still stands in its line.
 */
#ifndef PK_WAIT_H
#define PK_WAIT_H

#include "spin.h"
#include "table.h"

enum pk_outcome { PK_WAITING = 1, PK_WAIT_GRANTED, PK_WAIT_FAILED };
#define PK_WAIT_SLEEPING UINT64_C(0x100)
#define PK_WAIT_SILENT UINT64_C(0x200) /* its owner settled it, and knows: no completion */

#define PK_POSTED 1 /* not done at once: a wait was posted */

/* An outcome: its kind, one of those flags, the settler's CPU from bit 16 on, and the value from bit 32 on.
 */
static inline enum pk_outcome pk_outcome_kind(uint64_t outcome)
{
	return (enum pk_outcome)(outcome & 0xff);
}
static inline uint32_t pk_outcome_cpu(uint64_t outcome)
{
	return (uint32_t)(outcome >> 16) & 0xffff;
}
static inline uint32_t pk_outcome_value(uint64_t outcome)
{
	return (uint32_t)(outcome >> 32);
}

/* How to post: with NULL for it an operation is conditional, and says -EAGAIN where it would wait. */
struct pk_post {
	enum pk_tell_how tell;
	pk_id port;	  /* PK_TELL_PORT: a port for completions, this task's own */
	uint64_t cookie;  /* for completions */
	int64_t until_ns; /* monotonic, PK_FOREVER */
	uint32_t leader;  /* of the group that it joins, or 0 */
	pk_id *id;	  /* where to write the wait's id, or NULL */
	bool held;	  /* no completion before pk_wait_announce() */
};

/* What a completion's message holds, and its type. */
#define PK_COMPLETION_TYPE INT64_MIN
struct pk_completion {
	uint64_t cookie;
	pk_id wait;
};

struct pk_object;

/* Those to wake once the object is unlocked; a cache line, so that starting with none is cheap. */
struct pk_wakes {
	uint64_t count;
	const _Atomic uint32_t *words[7];
};
/* Wake them, and do nothing else: for a repair, under locks. */
void pk_wakes_send(struct pk_wakes *wakes);

void pk_wakes_flush_slowly(struct portico *k, struct pk_wakes *wakes);

static inline void pk_wakes_flush(struct portico *k, struct pk_wakes *wakes)
{
	if (__builtin_expect(wakes->count != 0 || pk_thread.owes_completions ||
				     pk_load_relaxed(&pk_thread.aside) != 0,
			     0))
		pk_wakes_flush_slowly(k, wakes);
}

/* None yet; what isn't counted needs no value. */
static inline void pk_wakes_begin(struct pk_wakes *wakes)
{
	wakes->count = 0;
}

#define PK_GROUP_MOST 1024 /* waits in a group */

/* The completions that a handler couldn't queue, since its own thread held their port's lock. */
void pk_wait_tell_owed(struct portico *k);

/* ---- a wait's record */

static inline struct pk_wait *pk_wait_at(struct portico *k, uint32_t slot)
{
	return pk_slot(k, PK_WAITS, slot);
}

static inline pk_id pk_wait_object(const struct pk_wait *wait)
{
	return pk_load(&wait->object);
}

/* The wait whose outcome is this one's. */
static inline struct pk_wait *pk_wait_leader(struct portico *k, const struct pk_wait *wait)
{
	return pk_wait_at(k, pk_load_relaxed(&wait->leader));
}

/* Is it still waiting, itself or, in a group, its leader? */
bool pk_wait_is_waiting(struct portico *k, const struct pk_wait *wait);

/* An object that is waited on, and the lock that guards it, held. */
struct pk_waited {
	struct pk_object *guard;
	unsigned table;
	uint32_t slot;
};

/* Lock what guards the object that it waits on.  False: that can't be. */
bool pk_wait_lock_object(struct portico *k, const struct pk_wait *wait, struct pk_waited *waited);
void pk_wait_unlock_object(struct portico *k, const struct pk_waited *waited);

/* ---- for objects, under their lock */

/* Put it at the end of its line: line.c. */
void pk_line_append(struct portico *k, struct pk_wait_list *list, struct pk_wait *wait, uint32_t slot);

/* The same for the line of a set, in which the waits of its members' senders stand, too. */
void pk_line_append_beside(struct portico *k, struct pk_wait_list *list, struct pk_wait *wait, uint32_t slot);
void pk_line_leave_beside(struct portico *k, struct pk_wait_list *list, struct pk_wait *wait, uint32_t slot);
uint32_t pk_line_count_beside(struct portico *k, const struct pk_wait_list *list);

/* Put a wait like `wanted` at the end of the line. */
int pk_wait_post(struct portico *k, struct pk_wait_list *list, uint64_t *next_ticket,
		 const struct pk_wait *wanted, const struct pk_post *post, uint32_t *slot);

/* W1.  Settle it and, having won, take it off the list and tell its owner.  False: somebody else settled it
 * first. */
bool pk_wait_grant(struct portico *k, struct pk_wait_list *list, uint32_t slot, uint32_t message,
		   struct pk_wakes *wakes);
bool pk_wait_fail(struct portico *k, struct pk_wait_list *list, uint32_t slot, int error,
		  struct pk_wakes *wakes);

/* Take it off its list, if it is on it. */
void pk_wait_unlink(struct portico *k, struct pk_wait_list *list, uint32_t slot);

/* Settle all of them with an error. */
void pk_wait_fail_all(struct portico *k, struct pk_wait_list *list, int error, struct pk_wakes *wakes);

/* Grant all who wait for any change. */
void pk_wait_grant_all(struct portico *k, struct pk_wait_list *list, struct pk_wakes *wakes);

/* How many there are. */
uint32_t pk_wait_count(struct portico *k, const struct pk_wait_list *list);

/* The wait, if that slot is one on this object; NULL otherwise. */
struct pk_wait *pk_wait_on(struct portico *k, uint32_t slot, unsigned table, pk_id object);

/* Rebuild an object's lists from the words and numbers of its waits; lists[p - 1] is of purpose p.  W5. */
void pk_wait_rebuild(struct portico *k, unsigned table, pk_id object, struct pk_wait_list *lists[PK_PURPOSES],
		     uint64_t *next_ticket, struct pk_wakes *wakes);

/*
 * The steps of that: put a wait, if it is one on this object, back on its list,
 * or tell of it if it is settled; once all are, put each list in order.  The
 * wait that is on a list, or NULL.
 */
struct pk_wait *pk_line_regain(struct portico *k, uint32_t slot, unsigned table, pk_id object,
			       struct pk_wait_list *lists[PK_PURPOSES], uint64_t *next_ticket,
			       struct pk_wakes *wakes);
void pk_line_sort(struct portico *k, struct pk_wait_list *list);
void pk_line_sort_beside(struct portico *k, struct pk_wait_list *list);

/* Does it stand in the line, as far as its neighbours say? */
bool pk_wait_in_line(struct portico *k, const struct pk_wait_list *list, uint32_t slot);

/* ---- for owners */

pk_id pk_wait_id(struct portico *k, uint32_t slot);

/* The wait of that id, if it is this task's and not ended; or 0. */
uint32_t pk_wait_find(struct portico *k, pk_id id);

/* Sleep until it is settled.  0: granted.  Or a negative errno, -ETIMEDOUT, -EINTR, -EIDRM … */
int pk_wait_sleep(struct portico *k, uint32_t slot);

/* Its outcome so far: 0 granted, PK_POSTED still waiting, or a negative errno. */
int pk_wait_status(struct portico *k, uint32_t slot);

/*
 * Give up: settle it with -error unless it is settled already, and take it off
 * its object's line.  Acknowledged: after this nobody else touches it, and if
 * this settled it no completion will come.  Returns its outcome: -error, or
 * what came first.
 */
int pk_wait_withdraw(struct portico *k, uint32_t slot, int error);
bool pk_wait_call_off(struct portico *k, uint32_t slot, int error); /* the same: did this settle it? */

/* The same, with ECANCELED, of the wait that has that id.  True: this settled it. */
bool pk_wait_cancel(struct portico *k, pk_id id);

/* Is its completion still to come?  Until then it can't be ended. */
bool pk_wait_untold(struct portico *k, uint32_t slot);

/*
 * Give its record back, and a group's all.  What was granted with it is the
 * caller's to keep.
 */
void pk_wait_end(struct portico *k, uint32_t slot);

/* All of its group stand in line: its completion may come. */
void pk_wait_announce(struct portico *k, uint32_t slot);

/* Of several threads that want to end a settled wait, one may; then its id is stale. */
bool pk_wait_take(struct portico *k, pk_id id);

/* End it, and with it the completion that will not come. */
void pk_wait_discard(struct portico *k, uint32_t slot);

/* It waits on nothing any more, and is on no line; then give back the record. */
void pk_wait_forget(struct portico *k, uint32_t slot);
void pk_wait_free(struct portico *k, uint32_t slot);

/* Settle with ETIMEDOUT this task's waits for completions whose time has come; when to look again. */
int64_t pk_wait_expire(struct portico *k);

#endif
