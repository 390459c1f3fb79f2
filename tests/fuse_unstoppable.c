/* SPDX-License-Identifier: MIT */
/*
 * A task that can't be stopped: its one thread waits, as in vfork(), for a child that
 * never calls exec, and the kernel stops nobody there.  It ends when it is killed.
 */
#define _GNU_SOURCE
#include <portico/portico.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	portico *instance;
	portico_port port;
	if (portico_open(NULL, PORTICO_CREATE, &instance) != 0 ||
	    portico_mailbox_create(instance, NULL, NULL, 0600, &port) != 0)
		return 1;
	printf("%d\n", (int)getpid());
	fflush(stdout);
	if (syscall(SYS_clone, CLONE_VFORK | SIGCHLD, 0, 0, 0, 0) ==
	    0) { /* sanitizers make vfork() a fork() */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return 0;
}
