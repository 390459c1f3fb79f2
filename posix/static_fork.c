/* SPDX-License-Identifier: MIT */
/* What the libc runs with each of its forks, for a static program. */
#include "posix.h"

#include <pthread.h>

void pk_at_fork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	pthread_atfork(prepare, parent, child);
}
