/* SPDX-License-Identifier: MIT */
/* Setting signal handlers, in the preload object: by the libc's own functions. */
#define _GNU_SOURCE
#include "signal.h"

#include <pthread.h>

/* In an old glibc these are in libraries of their own, and a program may lack them. */
extern int pthread_key_create(pthread_key_t *key, void (*at_exit)(void *)) __attribute__((weak));
extern int pthread_setspecific(pthread_key_t key, const void *value) __attribute__((weak));
extern int pthread_setcanceltype(int type, int *old) __attribute__((weak));
extern pk_sigaction_function __sigaction __attribute__((weak)); /* glibc's */

_Static_assert(__builtin_types_compatible_p(pthread_key_t, unsigned), "glibc and musl agree");
_Static_assert(PTHREAD_CANCEL_ASYNCHRONOUS == 1, "glibc and musl agree");

const struct pk_threads pk_threads = { pthread_key_create, pthread_setspecific, pthread_setcanceltype };

pk_sigaction_function *pk_real_sigaction(void)
{
	static _Atomic(void *) found;
	void *real = pk_next(&found, "sigaction");
	if (real)
		return (pk_sigaction_function *)real;
	return __sigaction ? __sigaction : pk_no_sigaction;
}

PK_EXPORT int sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
	return pk_sigaction(number, action, old);
}

/* Where a libc has no such function nobody can have been linked with it. */
#define LIKE_SIGNAL(name)                                                                                    \
	PK_EXPORT pk_handler *name(int number, pk_handler *handler)                                          \
	{                                                                                                    \
		static _Atomic(void *) found;                                                                \
		pk_signal_function *real = (pk_signal_function *)pk_next(&found, #name);                     \
		if (real)                                                                                    \
			return pk_signal(real, number, handler);                                             \
		errno = ENOSYS;                                                                              \
		return SIG_ERR;                                                                              \
	}

pk_handler *bsd_signal(int number, pk_handler *handler);
pk_handler *ssignal(int number, pk_handler *handler);
pk_handler *sysv_signal(int number, pk_handler *handler);
pk_handler *__sysv_signal(int number, pk_handler *handler);

LIKE_SIGNAL(signal)
LIKE_SIGNAL(bsd_signal)
LIKE_SIGNAL(ssignal)
LIKE_SIGNAL(sysv_signal)
LIKE_SIGNAL(__sysv_signal)
LIKE_SIGNAL(sigset)
