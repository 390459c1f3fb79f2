/* SPDX-License-Identifier: MIT */
/*
 * Direct communication: two tasks name each other, and no mailbox.
 *
 * The parent knows its child by its pid, the child its parent likewise; each
 * sends to the other's task and receives from that task alone.  The kernel of
 * messages makes both inboxes.  When the child has ended the parent is told so,
 * and doesn't wait for ever.
 *
 *   cc direct.c -lportico && ./a.out
 */
#include <errno.h>
#include <portico/task.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static portico *instance;

static int64_t check(int64_t result, const char *what)
{
	if (result >= 0)
		return result;
	fprintf(stderr, "direct: %s: %s\n", what, portico_explain((int)result));
	exit(1);
}

/* The child: doubles what its parent sends, and ends at 0. */
static void be_child(portico_task parent)
{
	uint64_t number;
	do {
		check(portico_receive_from(instance, parent, &number, sizeof number, NULL, PORTICO_FOREVER),
		      "receive from the parent");
		number *= 2;
		check(portico_send_to(instance, parent, &number, sizeof number, 1, PORTICO_FOREVER),
		      "send to the parent");
	} while (number != 0);
	_exit(0);
}

int main(void)
{
	static const uint64_t numbers[] = { 1, 21, 500, 0 };
	portico_task child;
	uint64_t answer;
	ssize_t got;

	if (portico_open(NULL, PORTICO_CREATE, &instance) != 0) {
		fprintf(stderr, "direct: %s\n", portico_open_error());
		return 1;
	}
	portico_task self = portico_self(instance);
	pid_t pid = fork();
	check(pid, "fork");
	if (pid == 0)
		be_child(self);
	/* a process is a task from its first call */
	while (portico_task_of_pid(instance, pid, &child) == -ESRCH)
		usleep(1000);
	for (int i = 0; i < 4; i++) {
		check(portico_send_to(instance, child, &numbers[i], sizeof numbers[i], 1, PORTICO_FOREVER),
		      "send to the child");
		check(portico_receive_from(instance, child, &answer, sizeof answer, NULL, PORTICO_FOREVER),
		      "receive from the child");
		printf("twice %llu is %llu\n", (unsigned long long)numbers[i], (unsigned long long)answer);
	}
	waitpid(pid, NULL, 0);
	got = portico_receive_from(instance, child, &answer, sizeof answer, NULL, PORTICO_FOREVER);
	printf("and then: %s\n", portico_explain((int)got));
	portico_close(instance);
	return got == -ESRCH ? 0 : 1;
}
