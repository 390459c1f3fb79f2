/* SPDX-License-Identifier: MIT */
/*
 * Between the kernel and the program's signal handlers.
 *
 * The kernel knows when a handler runs; Portico has to, for a call that sleeps
 * ends with EINTR exactly when one does, and one that works must not be left in
 * its middle (core/interrupt.h).  So the functions by which a program sets
 * handlers are interposed: sigaction(), and signal() and its variants.  A
 * handler is kept in a table here, and the kernel is given ours for it, the
 * usher, with all else as the program had it: flags, mask, stack.  What the
 * program asks back is what it set.
 *
 * That begins when the process first uses IPC: handlers that are set by then are
 * taken over.  Until then the interposed functions are the libc's, and a
 * process that never uses IPC has its handlers called by the kernel.
 *
 * A signal that comes while its thread is inside a call is deferred: the usher
 * blocks all signals in the context that it returns to, and queues the signal
 * to its own thread again, with all that came with it.  When the call leaves,
 * or begins to sleep, it unblocks them, and the handler runs there.  It may use
 * IPC, and it may jump away.  A fault, which is the program's own doing at this
 * very instruction, isn't deferred.
 *
 *  SH1  The kernel has the usher for a signal only if the table has the program's
 *      handler, stored before.  An entry is never emptied: a vfork's child sets
 *      actions in its parent's memory, but for its own process.  Whether a signal
 *      is ignored, or has its default, the kernel alone says.
 *  SH2  Until handlers are watched the kernel has the program's own.  Who sets one
 *      looks afterwards whether that began meanwhile, and takes it over; who takes
 *      over doesn't touch an entry that is there.
 *  SH3  A deferred signal is pending in its thread, and blocked, from before the
 *      usher returns until the thread isn't inside.  One that can't be queued
 *      again, for want of memory, is handled at once.
 *  SH4  SIGKILL and SIGSTOP have no handlers; the signals that a libc keeps for
 *      itself (32 to 34) are let through, and never blocked.
 *
 * A handler that the program sets by the bare system call is none of ours: it
 * interrupts a sleep, but for the instants around it, and IPC in it may fail
 * with EDEADLK.
 */
#ifndef PK_SIGNAL_H
#define PK_SIGNAL_H

#include "posix.h"

#include <signal.h>

typedef void pk_handler(int number);
typedef int pk_sigaction_function(int number, const struct sigaction *action, struct sigaction *old);
typedef pk_handler *pk_signal_function(int number, pk_handler *handler);

/* sigaction(), by way of the libc's own. */
int pk_sigaction(int number, const struct sigaction *action, struct sigaction *old);

/* The same of a function like signal(). */
pk_handler *pk_signal(pk_signal_function *real, int number, pk_handler *handler);

/* From now on: this process uses that instance. */
void pk_signals_watch(struct portico *k);

/* ---- preload_signal.c, static_signal.c: what the libc has */

pk_sigaction_function *pk_real_sigaction(void);

/* Where it has none: -ENOSYS.  signal.c. */
pk_sigaction_function pk_no_sigaction;

/* Each NULL where the libc has none, as where a program of old has no threads. */
struct pk_threads {
	int (*key_create)(unsigned *key, void (*at_exit)(void *));
	int (*set_specific)(unsigned key, const void *value);
	int (*set_cancel_type)(int type, int *old);
};
extern const struct pk_threads pk_threads;

#endif
