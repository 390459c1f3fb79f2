/* SPDX-License-Identifier: MIT */
/* fork() in the preload object: the libc's own, and what fork.c adds where segments are attached. */
#define _GNU_SOURCE
#include "posix.h"

#include <dlfcn.h>
#include <signal.h>
#include <unistd.h>

/* In an old glibc dlsym is in a library of its own, and a program may lack it. */
extern void *dlsym(void *handle, const char *name) __attribute__((weak));

static _Atomic bool watched;

void pk_fork_watch(void)
{
	pk_store_relaxed(&watched, true);
}

static pid_t real_fork(void)
{
	static _Atomic(void *) found;
	void *real = pk_load(&found);
	if (!real && dlsym) {
		real = dlsym(RTLD_NEXT, "fork");
		pk_store(&found, real);
	}
	if (real)
		return ((pid_t(*)(void))real)();
	return (pid_t)pk_result(pk_syscall5(SYS_clone, SIGCHLD, 0, 0, 0, 0));
}

PK_EXPORT pid_t fork(void)
{
	struct pk_forking forking;
	if (!pk_load_relaxed(&watched))
		return real_fork();
	pk_fork_prepare(&forking);
	pid_t child = real_fork();
	if (child == 0)
		pk_fork_in_child(&forking);
	else
		pk_fork_in_parent(&forking, child > 0);
	return child;
}
