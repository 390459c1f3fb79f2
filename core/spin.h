/* SPDX-License-Identifier: MIT */
/*
 * Spinning before sleeping.
 *
 * A sleeper on another CPU costs its waker microseconds and comes tens of
 * microseconds later; one that spins answers in a tenth of one.  So a wait
 * spins for a while if that tends to succeed: each success makes the next spin
 * longer, each failure halves it, between a probe of 1 µs and PK_SPIN_MOST_NS.
 * And only if it may succeed:
 *
 *  - not where whoever settled this thread's last wait ran on the very CPU that
 *    it would now keep busy;
 *  - not where the spinners of this instance would leave no CPU to do the work.
 *    Each takes a seat, which says until when it may spin; so a seat whose
 *    holder was killed is soon free;
 *  - not for a while after a spin in which the thread lost its CPU: then others
 *    had better use for it.
 */
#ifndef PK_SPIN_H
#define PK_SPIN_H

#include "kernel.h"

#define PK_SPIN_MOST_NS 25000

/* Spin until the outcome is settled.  False: it isn't yet. */
bool pk_spin(struct portico *k, const _Atomic uint64_t *outcome);

/* That is who settled it: for the next time. */
void pk_spin_learn(uint64_t outcome);

#endif
