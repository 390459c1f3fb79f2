/* SPDX-License-Identifier: MIT */
/* Time, sleeping and waking. */
#define _GNU_SOURCE
#include "platform.h"
#include "syscall.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

/* musl-gcc has no kernel headers */
#define FUTEX_WAKE 1
#define FUTEX_WAIT_BITSET 9
#define FUTEX_BITSET_MATCH_ANY 0xffffffff
#define MEMBARRIER_GLOBAL_EXPEDITED 2
#define MEMBARRIER_REGISTER_GLOBAL_EXPEDITED 4

/* ---- time: clock_gettime() is the vDSO's in both libcs, and no system call */

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t pk_monotonic_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

int64_t pk_realtime_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

#ifdef PORTICO_PRELOAD
/* In glibc only. */
const char *gnu_get_libc_version(void) __attribute__((weak));
#define HAS_FAST_TIME (gnu_get_libc_version != NULL)
#elif defined(__GLIBC__)
#define HAS_FAST_TIME true
#else
#define HAS_FAST_TIME false
#endif

/* glibc's time() is the vDSO's own, a load; musl's reads the counter. */
int64_t pk_realtime_seconds(void)
{
	struct timespec now;
	if (HAS_FAST_TIME)
		return (int64_t)time(NULL);
	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return (int64_t)now.tv_sec;
}

/* ---- sleeping and waking */

/*
 * The system call in a frame of its own.  musl ends a thread that is cancelled
 * there by a jump from the very instruction to a function of C, which wants
 * the stack as it is at the beginning of one.
 */
#if defined(__x86_64__)
long pk_futex_wait(const _Atomic uint32_t *word, long operation, uint32_t expected,
		   const struct timespec *until) __attribute__((visibility("hidden")));

__asm__(".text\n"
	".p2align 4\n"
	".hidden pk_futex_wait\n"
	".globl pk_futex_wait\n"
	".type pk_futex_wait, @function\n"
	"pk_futex_wait:\n"
	".cfi_startproc\n"
	"	mov %rcx, %r10\n"
	"	mov $-1, %r9d\n" /* FUTEX_BITSET_MATCH_ANY */
	"	mov $202, %eax\n"
	"	syscall\n"
	"	ret\n"
	".cfi_endproc\n"
	".size pk_futex_wait, .-pk_futex_wait\n");
_Static_assert(SYS_futex == 202, "as it says above");
#else
static long pk_futex_wait(const _Atomic uint32_t *word, long operation, uint32_t expected,
			  const struct timespec *until)
{
	return pk_syscall6(SYS_futex, (long)word, operation, (long)expected, (long)until, 0,
			   FUTEX_BITSET_MATCH_ANY);
}
#endif

int pk_sleep(const _Atomic uint32_t *word, uint32_t expected, int64_t until_ns)
{
	until_ns = until_ns < 0 ? 0 : until_ns;
	struct timespec until = { .tv_sec = until_ns / 1000000000, .tv_nsec = until_ns % 1000000000 };
	long error = pk_futex_wait(word, FUTEX_WAIT_BITSET, expected, until_ns == PK_FOREVER ? NULL : &until);
	return error == -EAGAIN ? 0 : (int)error;
}

void pk_wake(const _Atomic uint32_t *word, int count)
{
	pk_syscall3(SYS_futex, word, FUTEX_WAKE, count);
}

bool pk_fence_join(void)
{
	return pk_syscall3(SYS_membarrier, MEMBARRIER_REGISTER_GLOBAL_EXPEDITED, 0, 0) == 0;
}

bool pk_fence_all(void)
{
	return pk_syscall3(SYS_membarrier, MEMBARRIER_GLOBAL_EXPEDITED, 0, 0) == 0;
}

static bool has_handler(int number)
{
	uintptr_t action[8] = {
		0
	}; /* the kernel's struct begins with the handler; 0 and 1 are SIG_DFL and SIG_IGN */
	return pk_syscall4(SYS_rt_sigaction, number, 0, action, sizeof(uint64_t)) == 0 && action[0] > 1;
}

uint64_t pk_signals_hold(void)
{
	uint64_t all = ~UINT64_C(0), before = 0;
	pk_syscall4(SYS_rt_sigprocmask, SIG_BLOCK, &all, &before, sizeof all);
	return before;
}

bool pk_signals_release(uint64_t held)
{
	uint64_t pending = 0;
	bool handled = false;
	pk_syscall2(SYS_rt_sigpending, &pending, sizeof pending);
	pending &= ~held;
	for (; pending != 0 && !handled; pending &= pending - 1)
		handled = has_handler(__builtin_ctzll(pending) + 1);
	pk_syscall4(SYS_rt_sigprocmask, SIG_SETMASK, &held, 0, sizeof held);
	return handled;
}
