/* SPDX-License-Identifier: MIT */
/*
 * A vfork by its number.  With libc's own syscall() the child, which returns
 * first, writes over its parent's return address; so the kernel isn't asked.
 */
#define _GNU_SOURCE
#include "check.h"

#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/syscall.h>

extern long syscall(long number, ...) __attribute__((returns_twice));

static void by_number(void)
{
#ifdef SYS_vfork
	volatile int told = 0;
	int status, queue = msgget(IPC_PRIVATE, 0600);
	pid_t child = (pid_t)syscall(SYS_vfork);
	if (child == 0) {
		told = getppid();
		syscall(SYS_exit_group, 3);
	}
	CHECK(child > 0);
	CHECK_EQUAL(told, getpid()); /* its memory is ours */
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3);
	CHECK_EQUAL(msgctl(queue, IPC_RMID, NULL), 0);
#else
	SKIP("this machine has no such number");
#endif
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "by_number", by_number },
		{ 0 },
	};
	return run_cases(cases, argc, argv);
}
