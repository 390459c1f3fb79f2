/* SPDX-License-Identifier: MIT */
/*
 * The few atomic operations the region is written with.
 *
 * pk_load() acquires and pk_store() releases: a reader that sees a stored
 * value sees everything its writer did before.  A store is also a place over
 * which the compiler moves nothing: what dies between two instructions leaves
 * them done in their order.  Read-modify-write operations and pk_fence() are
 * sequentially consistent: of two who each publish something, fence, and then
 * look for what the other publishes, one sees it.
 */
#ifndef PK_ATOMICS_H
#define PK_ATOMICS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define pk_load(p) atomic_load_explicit((p), memory_order_acquire)
#define pk_store(p, v)                                                                                       \
	do {                                                                                                 \
		atomic_store_explicit((p), (v), memory_order_release);                                       \
		atomic_signal_fence(memory_order_seq_cst);                                                   \
	} while (0)
#define pk_load_relaxed(p) atomic_load_explicit((p), memory_order_relaxed)
#define pk_store_relaxed(p, v) atomic_store_explicit((p), (v), memory_order_relaxed)
#define pk_exchange(p, v) atomic_exchange((p), (v))
#define pk_add_relaxed(p, v) atomic_fetch_add_explicit((p), (v), memory_order_relaxed)
#define pk_add(p, v) atomic_fetch_add((p), (v))
#define pk_or(p, v) atomic_fetch_or((p), (v))
#define pk_and(p, v) atomic_fetch_and((p), (v))

/* On failure *expected holds the value found. */
#define pk_swap_if(p, expected, desired) atomic_compare_exchange_strong((p), (expected), (desired))

/* Sequentially consistent.  ThreadSanitizer knows no fences, and gcc says so. */
static inline void pk_fence(void)
{
#ifdef __SANITIZE_THREAD__
	_Atomic int both = 0;
	atomic_exchange(&both, 1);
#else
	atomic_thread_fence(memory_order_seq_cst);
#endif
}

static inline void pk_pause(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield" ::: "memory");
#endif
}

#endif
