/* SPDX-License-Identifier: MIT */
/* What a libc runs with each of its forks, for the preload object: either libc's has one of these. */
#include "posix.h"

extern int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void), void *object)
	__attribute__((weak));
extern int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
	__attribute__((weak));

void pk_at_fork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	if (__register_atfork)
		__register_atfork(prepare, parent, child, NULL); /* glibc's */
	else if (pthread_atfork)
		pthread_atfork(prepare, parent, child);
}
