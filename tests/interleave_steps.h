/* SPDX-License-Identifier: MIT */
/*
 * Included before everything else of the core that interleave_*.c are linked
 * with: each of its atomic operations is a place, too, named "load in FUNCTION",
 * "swap in FUNCTION" and so on, at which a script may stop an actor before it.
 */
#ifndef INTERLEAVE_STEPS_H
#define INTERLEAVE_STEPS_H

#include "atomics.h"

void interleave_step(const char *operation, const char *function);

#undef pk_load
#undef pk_store
#undef pk_exchange
#undef pk_add
#undef pk_swap_if

#define pk_load(p) (interleave_step("load", __func__), atomic_load_explicit((p), memory_order_acquire))
#define pk_store(p, v)                                                                                       \
	(interleave_step("store", __func__), atomic_store_explicit((p), (v), memory_order_release))
#define pk_exchange(p, v) (interleave_step("exchange", __func__), atomic_exchange((p), (v)))
#define pk_add(p, v) (interleave_step("add", __func__), atomic_fetch_add((p), (v)))
#define pk_swap_if(p, expected, desired)                                                                     \
	(interleave_step("swap", __func__), atomic_compare_exchange_strong((p), (expected), (desired)))

#endif
