/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "signal.h"
#include "interrupt.h"

#include <errno.h>
#include <string.h>
#include <ucontext.h>

#define LAST 64
#define WITH_INFO (UINT64_C(1) << 63) /* in an entry: the handler was set with SA_SIGINFO */
#define BIT(number) (UINT64_C(1) << ((number)-1))
#define OF_LIBC (BIT(32) | BIT(33) | BIT(34))
#define FAULTS (BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGILL) | BIT(SIGFPE) | BIT(SIGTRAP) | BIT(SIGSYS))
#define STACK_MOST 0x100000 /* no call is deeper than that */

typedef void usher_function(int number, siginfo_t *info, void *context);

/* The program's handlers; flipped by WITH_INFO, for no bit of an address need be free. */
static _Atomic uint64_t handlers[LAST + 1];

/* ---- when one comes */

static void call(int number, siginfo_t *info, void *context)
{
	uint64_t entry = pk_load(&handlers[number]);
	if (entry & WITH_INFO)
		((usher_function *)(uintptr_t)(entry ^ WITH_INFO))(number, info, context);
	else
		((pk_handler *)(uintptr_t)entry)(number);
}

static uintptr_t stack_of(const ucontext_t *context)
{
#if defined(__x86_64__)
	return (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
#else
	return (uintptr_t)context->uc_mcontext.sp;
#endif
}

/* The kernel's mask is the first word of the libc's. */
static uint64_t mask_of(const ucontext_t *context)
{
	uint64_t mask;
	memcpy(&mask, &context->uc_sigmask, sizeof mask);
	return mask;
}

static void set_mask_of(ucontext_t *context, uint64_t mask)
{
	memcpy(&context->uc_sigmask, &mask, sizeof mask);
}

static bool is_fault(int number, const siginfo_t *info)
{
	return BIT(number) & FAULTS && info->si_code > 0;
}

static bool is_on_alternate(const ucontext_t *context, uintptr_t at)
{
	return at - (uintptr_t)context->uc_stack.ss_sp < context->uc_stack.ss_size;
}

/*
 * Has this come while the thread is inside a call?  One that was left by a jump
 * out of a fault's handler that isn't ours hasn't said so: then the stack is not
 * the one that it ran on, or less deep.  On an alternate stack it can only be
 * another signal, that came with this one, that was interrupted.
 */
static bool came_inside(const ucontext_t *context)
{
	uintptr_t began = pk_load_relaxed(&pk_thread.inside), at = stack_of(context);
	if (began == 0 || is_on_alternate(context, at) || began - at < STACK_MOST)
		return began != 0;
	if (at - began < STACK_MOST)
		pk_store_relaxed(&pk_thread.inside, 0);
	return false;
}

/* As the kernel has it: the handler, the flags, and more. */
static bool restarts(int number)
{
	uintptr_t action[8] = { 0 };
	return pk_syscall4(SYS_rt_sigaction, number, 0, action, sizeof(uint64_t)) == 0 &&
	       action[1] & SA_RESTART;
}

static void usher(int number, siginfo_t *info, void *context);

/* With SA_RESETHAND the kernel has already forgotten that there is a handler; the rest it still knows. */
static void set_again(int number)
{
	uintptr_t action[8] = { 0 }; /* the kernel's struct, which begins with the handler */
	uint64_t mask;
	if (pk_syscall4(SYS_rt_sigaction, number, 0, action, sizeof mask) != 0 ||
	    action[0] != (uintptr_t)SIG_DFL)
		return;
	action[0] = (uintptr_t)usher;
	pk_syscall4(SYS_rt_sigaction, number, action, 0, sizeof mask);
}

/* SH3.  A fault's signal that was sent is blocked, too: else it would come again at once, and for ever. */
static bool defer(int number, siginfo_t *info, ucontext_t *context)
{
	uint64_t all = ~(FAULTS | OF_LIBC) | BIT(number), before = 0;
	pk_syscall4(SYS_rt_sigprocmask, SIG_BLOCK, &all, &before, sizeof all); /* SA_NODEFER */
	set_again(number);
	long error = pk_syscall4(SYS_rt_tgsigqueueinfo, pk_syscall0(SYS_getpid), pk_syscall0(SYS_gettid),
				 number, info);
	if (error) {
		pk_syscall4(SYS_rt_sigprocmask, SIG_SETMASK, &before, 0, sizeof before);
		return false;
	}
	/* of several that came at once the last to be here is the one that returns into the call */
	pk_inside_defer(mask_of(context));
	set_mask_of(context, mask_of(context) | all);
	return true;
}

/* In the middle of a call, with whatever locks that holds; what was deferred comes again, and is again. */
static void call_inside(int number, siginfo_t *info, ucontext_t *context)
{
	uintptr_t inside = pk_load_relaxed(&pk_thread.inside);
	if (pk_load_relaxed(&pk_thread.deferred))
		set_mask_of(context, pk_thread.deferred_mask);
	pk_store_relaxed(&pk_thread.deferred, false);
	pk_store_relaxed(&pk_thread.inside, 0);
	call(number, info, context);
	pk_store_relaxed(&pk_thread.inside, inside);
}

static void usher(int number, siginfo_t *info, void *context)
{
	ucontext_t *interrupted = context;
	if (came_inside(interrupted)) {
		if (is_fault(number, info) || !defer(number, info, interrupted))
			call_inside(number, info, interrupted);
		return;
	}
	pk_nap_alternate((uintptr_t)interrupted->uc_stack.ss_sp, interrupted->uc_stack.ss_size);
	pk_nap_interrupt(pk_nap_any() && restarts(number));
	call(number, info, interrupted);
}

/* What signal() is given until SA_SIGINFO is set, a moment later. */
static void usher_at_first(int number)
{
	pk_nap_interrupt(pk_nap_any() && restarts(number));
	((pk_handler *)(uintptr_t)(pk_load(&handlers[number]) & ~WITH_INFO))(number);
}

/* ---- setting and asking */

static bool is_usher(pk_handler *handler)
{
	return (uintptr_t)handler == (uintptr_t)usher || handler == usher_at_first;
}

static bool is_watched(int number)
{
	return number > 0 && number <= LAST && !(BIT(number) & OF_LIBC) && pk_load(&pk_handlers_watched);
}

static bool is_function(pk_handler *handler)
{
	return handler != SIG_DFL && handler != SIG_IGN && handler != SIG_ERR && !is_usher(handler)
#ifdef SIG_HOLD
	       && handler != SIG_HOLD
#endif
		;
}

static uint64_t entry_of(const struct sigaction *action)
{
	uint64_t entry = (uintptr_t)action->sa_handler;
	return action->sa_flags & SA_SIGINFO ? entry ^ WITH_INFO : entry;
}

/* What the kernel should have for it. */
static struct sigaction ushered(const struct sigaction *action)
{
	struct sigaction ours = *action;
	ours.sa_sigaction = usher;
	ours.sa_flags |= SA_SIGINFO;
	return ours;
}

/* What the kernel has, as the program set it. */
static void show(struct sigaction *action, uint64_t entry)
{
	if (!is_usher(action->sa_handler))
		return;
	action->sa_flags &= ~SA_SIGINFO;
	if (entry & WITH_INFO)
		action->sa_flags |= SA_SIGINFO;
	action->sa_handler = (pk_handler *)(uintptr_t)(entry & ~WITH_INFO);
}

/* SH2 */
static void take_over(int number)
{
	struct sigaction found, before;
	uint64_t none = 0;
	if (!is_watched(number) || pk_real_sigaction()(number, NULL, &found) != 0 ||
	    !is_function(found.sa_handler) || !pk_swap_if(&handlers[number], &none, entry_of(&found)))
		return;
	struct sigaction ours = ushered(&found);
	if (pk_real_sigaction()(number, &ours, &before) == 0 && is_usher(before.sa_handler))
		pk_real_sigaction()(number, &before, NULL); /* set by another thread meanwhile */
}

int pk_no_sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
	(void)number;
	(void)action;
	(void)old;
	return (int)pk_result(-ENOSYS);
}

int pk_sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
	bool watched = is_watched(number);
	uint64_t entry = watched ? pk_load(&handlers[number]) : 0;
	struct sigaction ours;
	if (watched && action && is_function(action->sa_handler)) {
		ours = ushered(action);
		pk_store(&handlers[number], entry_of(action));
		action = &ours;
	}
	int result = pk_real_sigaction()(number, action, old);
	if (!watched && action && result == 0)
		take_over(number);
	else if (watched && action && result != 0)
		pk_store(&handlers[number], entry);
	else if (watched && old && result == 0)
		show(old, entry);
	return result;
}

static void ask_for_info(int number)
{
	struct sigaction action;
	if (pk_real_sigaction()(number, NULL, &action) != 0 || action.sa_handler != usher_at_first)
		return;
	action = ushered(&action);
	pk_real_sigaction()(number, &action, NULL);
}

pk_handler *pk_signal(pk_signal_function *real, int number, pk_handler *handler)
{
	if (!is_watched(number)) {
		pk_handler *found = real(number, handler);
		if (found != SIG_ERR)
			take_over(number);
		return found;
	}
	uint64_t entry = pk_load(&handlers[number]);
	bool ours = is_function(handler);
	if (ours)
		pk_store(&handlers[number], (uintptr_t)handler);
	pk_handler *before = real(number, ours ? usher_at_first : handler);
	if (ours && before == SIG_ERR)
		pk_store(&handlers[number], entry);
	else if (ours)
		ask_for_info(number);
	return is_usher(before) ? (pk_handler *)(uintptr_t)(entry & ~WITH_INFO) : before;
}

/* ---- pthread_cancel() */

static unsigned key;
static bool has_key;
static _Thread_local int type_before;
static _Thread_local bool has_value;

/* musl may call it on a stack that isn't aligned: see pk_sleep(). */
#if defined(__x86_64__)
__attribute__((force_align_arg_pointer))
#endif
static void
at_thread_exit(void *value)
{
	(void)value;
	pk_naps_abandon();
}

static void allow(void)
{
	if (!has_value)
		has_value = pk_threads.set_specific(key, &has_value) == 0;
	if (has_value)
		pk_threads.set_cancel_type(1, &type_before); /* PTHREAD_CANCEL_ASYNCHRONOUS, in both libcs */
}

static void forbid(void)
{
	if (has_value)
		pk_threads.set_cancel_type(type_before, &(int){ 0 });
}

static const struct pk_cancelling cancelling = { allow, forbid };

void pk_signals_watch(struct portico *k)
{
	int error = errno;
	has_key = pk_threads.key_create && pk_threads.set_specific && pk_threads.set_cancel_type &&
		  pk_threads.key_create(&key, at_thread_exit) == 0;
	if (has_key)
		pk_store(&pk_cancelling, &cancelling);
	pk_exchange(&pk_handlers_watched, k);
	for (int number = 1; number <= LAST; number++)
		take_over(number);
	errno = error;
}
