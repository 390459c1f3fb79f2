/* SPDX-License-Identifier: MIT */
/*
 * Setting signal handlers, in a program that is linked with this: sigaction()
 * and signal() are ours there, and the libc's own is found by its other name.
 */
#define _GNU_SOURCE
#include "signal.h"

#include <dlfcn.h>
#include <pthread.h>

extern void *dlsym(void *handle, const char *name) __attribute__((weak));
extern pk_sigaction_function __sigaction __attribute__((weak)); /* hidden in musl's shared object */

_Static_assert(__builtin_types_compatible_p(pthread_key_t, unsigned), "glibc and musl agree");
_Static_assert(PTHREAD_CANCEL_ASYNCHRONOUS == 1, "glibc and musl agree");

const struct pk_threads pk_threads = { pthread_key_create, pthread_setspecific, pthread_setcanceltype };

/* A weak name fetches nothing from an archive; in musl's this brings the file with __sigaction(). */
__attribute__((used)) static int (*const fetched)(pthread_t) = pthread_cancel;

pk_sigaction_function *pk_real_sigaction(void)
{
	static _Atomic(void *) found;
	if (__sigaction)
		return __sigaction;
	if (!pk_load(&found) && dlsym)
		pk_store(&found, dlsym(RTLD_NEXT, "sigaction"));
	void *real = pk_load(&found);
	return real ? (pk_sigaction_function *)real : pk_no_sigaction;
}

int sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
	return pk_sigaction(number, action, old);
}

/* As the libc's own: restarting, and in glibc the signal itself is in the mask. */
pk_handler *signal(int number, pk_handler *handler)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART }, old;
#ifdef __GLIBC__
	sigaddset(&action.sa_mask, number);
#endif
	return sigaction(number, &action, &old) == 0 ? old.sa_handler : SIG_ERR;
}

/* Its other names: who asks for one of those would fetch the libc's own with it. */
pk_handler *bsd_signal(int number, pk_handler *handler);
pk_handler *bsd_signal(int number, pk_handler *handler)
{
	return signal(number, handler);
}

pk_handler *__sysv_signal(int number, pk_handler *handler);
pk_handler *__sysv_signal(int number, pk_handler *handler)
{
#ifdef __GLIBC__
	struct sigaction action = { .sa_handler = handler, .sa_flags = (int)(SA_RESETHAND | SA_NODEFER) },
			 old;
	return sigaction(number, &action, &old) == 0 ? old.sa_handler : SIG_ERR;
#else
	return signal(number, handler);
#endif
}

#ifdef __GLIBC__
pk_handler *ssignal(int number, pk_handler *handler)
{
	return signal(number, handler);
}

pk_handler *sysv_signal(int number, pk_handler *handler)
{
	return __sysv_signal(number, handler);
}
#endif
