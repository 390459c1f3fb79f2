/* SPDX-License-Identifier: MIT */
/* fork() in a static program: what fork.c adds is the libc's to call. */
#include "posix.h"

#include <pthread.h>

static _Thread_local struct pk_forking forking;

static void prepare(void)
{
	pk_fork_prepare(&forking);
}

static void in_parent(void)
{
	pk_fork_in_parent(&forking, true);
}

static void in_child(void)
{
	pk_fork_in_child(&forking);
}

void pk_fork_watch(void)
{
	static _Atomic bool watched;
	if (!pk_load_relaxed(&watched) && !pk_exchange(&watched, true))
		pthread_atfork(prepare, in_parent, in_child);
}
