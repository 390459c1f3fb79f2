/* SPDX-License-Identifier: MIT */
/*
 * Spinning before sleeping.
 *
 * A sleeper on another CPU costs its waker microseconds and comes tens of
 * microseconds later; one that spins answers in a tenth of one.  So a wait
 * spins for a while if that tends to succeed: each success makes the next spin
 * longer, each failure halves it, between a probe of 1 µs and PK_SPIN_MOST_NS;
 * but every PK_SPIN_RETRY-th is as long as may be.  That is longer than a wake
 * takes, so two who wait for each other, and both slept, find back.
 *
 * And only if it may succeed:
 *
 *  - not where whoever settled this thread's last wait ran on the very CPU that
 *    it would now keep busy;
 *  - not where the spinners of this instance would leave no CPU to do the work.
 *    Each takes a seat, which says until when it may spin; so a seat whose
 *    holder was killed is soon free;
 *  - not for a while after a spin in which the thread lost its CPU: then others
 *    had better use for it.
 *
 * Where spins have succeeded lately, a thread also looks for a moment whether
 * what it wants is coming before it stands in line at all: no longer than it
 * might as well have taken to get there.
 */
#ifndef PK_SPIN_H
#define PK_SPIN_H

#include "kernel.h"

#define PK_SPIN_MOST_NS 40000
#define PK_SPIN_RETRY 16

/* Spin until the outcome is settled.  False: it isn't yet. */
bool pk_spin(struct portico *k, const _Atomic uint64_t *outcome);

/*
 * Before standing in line: until that number isn't what it was.  False: it still
 * is.  One end of a stream looks rarely, so that the other can do several turns
 * while it has what it needs in its cache.
 */
bool pk_spin_first(struct portico *k, const _Atomic uint32_t *number, uint32_t was, bool streams);

/* The same for a count that somebody raises, instead of standing in line. */
bool pk_spin_count(struct portico *k, const _Atomic uint64_t *count, uint64_t was);

/* That is who settled it: for the next time. */
void pk_spin_learn(uint64_t outcome);

#endif
