/* SPDX-License-Identifier: MIT */
/*
 * Signal handlers, and the calls that they interrupt.
 *
 * In a kernel a handler never runs in the middle of a call: one that works is
 * finished first, and one that sleeps has ended, with EINTR or with what it
 * waited for, before the handler's first instruction.  Here a call is the
 * program's own thread, and the kernel would run a handler anywhere in it.
 * Whoever stands between the kernel and the program's handlers (posix/signal.h)
 * makes it the same again, by what this file knows of the thread:
 *
 *  - It is inside: between the beginning of a call and its end, where it may
 *    hold locks.  A handler has to wait until it isn't.
 *  - It sleeps: it has posted a wait, holds no lock, and spins, looks round or
 *    sleeps until that is settled.  The wait is settled, with EINTR, on behalf of
 *    the thread, and then the handler may run.
 *  - Neither: the handler runs.
 *
 * To settle the wait changes the word on which the thread sleeps.  So it doesn't
 * matter where between its last look and its sleep the handler came, nor whether
 * the kernel restarts that sleep: it ends at once, since the word isn't as
 * expected.  What was granted before stays granted (W1): the call returns it.
 *
 * A handler may never return, but jump away.  It then leaves nothing but the
 * record of a wait, settled, on no line, and perhaps a message with it.  The
 * thread remembers the waits it sleeps on, each with the place of its frame on
 * the stack.  A later sleep whose frame is no deeper is proof that the frame is
 * gone, and ends the wait; so does the end of the thread.
 *
 * An operation on semaphores the kernel ends with EINTR also when the process is
 * stopped and continued, alone of the calls here (signal(7)).  A stop leaves no
 * other trace than that the thread has left its processor more often than a sleep
 * makes it; a sleeper finds that when it next looks round (pk_rest_begin()).
 *
 * Where nobody stands between, in programs that call core themselves, nothing
 * is ever inside, and handlers run wherever they come: see portico.h.
 *
 *  IN1  While pk_thread.inside isn't 0 no handler of the program runs in this
 *      thread, but for a fault's; what is deferred runs when it becomes 0, in
 *      pk_inside_end() or pk_nap_begin().
 *  IN2  While a thread is inside 0 and has naps, it holds no lock, and its latest
 *      nap's wait can be withdrawn by a handler of its own.
 *  IN3  A nap is ended by pk_nap_end(), by a nap whose frame is no deeper on the
 *      same stack, or by the end of its thread: whichever comes first.
 *  IN4  A wait is ended through a nap only if it still has the id that it was
 *      posted with, and is this task's: in a fork's child it isn't.
 */
#ifndef PK_INTERRUPT_H
#define PK_INTERRUPT_H

#include "kernel.h"

/* ---- inside */

static inline uintptr_t pk_stack_pointer(void)
{
	uintptr_t at;
#if defined(__x86_64__)
	__asm__ volatile("mov %%rsp, %0" : "=r"(at));
#else
	__asm__ volatile("mov %0, sp" : "=r"(at));
#endif
	return at;
}

/* A call begins: it notes where on the stack, so that one that was left by a jump can be told. */
static inline void pk_inside_begin(void)
{
	pk_store_relaxed(&pk_thread.inside, pk_stack_pointer());
	atomic_signal_fence(memory_order_seq_cst);
}

/* Handlers that were deferred run, in here. */
void pk_deferred_run(void);

static inline void pk_inside_end(void)
{
	atomic_signal_fence(memory_order_seq_cst);
	pk_store_relaxed(&pk_thread.inside, 0);
	atomic_signal_fence(memory_order_seq_cst);
	if (__builtin_expect(pk_load_relaxed(&pk_thread.deferred), 0))
		pk_deferred_run();
}

/* What is blocked once the deferred have run, as it was when the first was deferred. */
static inline void pk_inside_defer(uint64_t mask)
{
	pk_thread.deferred_mask = mask;
	pk_store_relaxed(&pk_thread.deferred, true);
}

/* ---- naps: sleeps on waits */

/* How pk_sleep() is made a place where pthread_cancel(3) ends the thread; set where the process wants that.
 */
struct pk_cancelling {
	void (*allow)(void);  /* from now on this thread may be ended at any instruction */
	void (*forbid)(void); /* as it was before */
};
extern _Atomic(const struct pk_cancelling *) pk_cancelling;

/*
 * The instance for whose calls somebody stands between the kernel and the
 * handlers of this process; it is never closed.  NULL: nobody does.
 */
extern _Atomic(struct portico *) pk_handlers_watched;

/* What a nap has to put back. */
struct pk_napping {
	uintptr_t inside;
	pk_id task;
	bool noted;
};

/*
 * This thread, in the frame at that address, is about to sleep on that wait: it
 * isn't inside, and deferred handlers run, before this returns.
 */
struct pk_napping pk_nap_begin(struct portico *k, uint32_t wait, const void *frame);

/* It is awake, and inside if it was.  False: this is a fork's child, and the wait its parent's. */
bool pk_nap_end(struct portico *k, const struct pk_napping *napping);

/* Does this thread sleep on anything that a handler would end? */
static inline bool pk_nap_any(void)
{
	return pk_thread.naps_count > 0;
}

/*
 * A handler is about to run in this thread: end what it sleeps on.  `restarts`: it
 * was set with SA_RESTART, which means something to pipes alone of what is slept on.
 */
void pk_nap_interrupt(bool restarts);

/* This thread ends: end all that it has left. */
void pk_naps_abandon(void);

/* Of a sleep that a stop is to end: before it; and once its time is over, was the thread stopped in it? */
int64_t pk_rest_begin(bool minds_stops);
bool pk_rest_was_stopped(int64_t began, int64_t until_ns);

/* That range of addresses is an alternate signal stack of this thread. */
static inline void pk_nap_alternate(uintptr_t low, uintptr_t size)
{
	pk_thread.alternate_low = low;
	pk_thread.alternate_size = size;
}

#endif
