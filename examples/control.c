/* SPDX-License-Identifier: MIT */
/*
 * Task control: a parent suspends its child, looks at it, lets it go on, ends it.
 *
 * The child answers each message with its successor.  While it is suspended
 * messages wait for it; none is lost.
 */
#include <portico/task.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static portico *instance;
static portico_port questions, answers;

static void check(const char *what, ssize_t result)
{
	if (result >= 0)
		return;
	fprintf(stderr, "control: %s: %s\n", what, portico_explain((int)result));
	exit(1);
}

static void answer_all(void)
{
	for (int number;;) {
		check("receive", portico_receive(instance, questions, &number, sizeof number, NULL, NULL,
						 PORTICO_FOREVER));
		number++;
		check("send", portico_send(instance, answers, &number, sizeof number, 1, PORTICO_FOREVER));
	}
}

static void ask(int number)
{
	check("send", portico_send(instance, questions, &number, sizeof number, 1, PORTICO_FOREVER));
}

static int answer(struct portico_envelope *envelope)
{
	int number;
	check("receive",
	      portico_receive(instance, answers, &number, sizeof number, NULL, envelope, PORTICO_FOREVER));
	return number;
}

int main(void)
{
	struct portico_envelope envelope;
	struct portico_task_status status;

	if (portico_open(NULL, PORTICO_CREATE, &instance) != 0) {
		fprintf(stderr, "control: %s\n", portico_open_error());
		return 1;
	}
	check("create", portico_mailbox_create(instance, NULL, NULL, 0600, &questions));
	check("create", portico_mailbox_create(instance, NULL, NULL, 0600, &answers));
	pid_t child = fork();
	if (child == 0)
		answer_all();
	ask(1);
	printf("1 and 1 is %d\n", answer(&envelope));

	portico_task task = envelope.sender; /* whoever answered */
	check("suspend", portico_task_suspend(instance, task));
	check("inspect", portico_task_inspect(instance, task, &status));
	printf("%s is suspended: %u\n", status.pid == child ? "the child" : "somebody", status.suspended);
	ask(2);
	check("resume", portico_task_resume(instance, task));
	printf("2 and 1 is %d\n", answer(NULL));

	check("end", portico_task_end(instance, task, SIGTERM));
	int how;
	waitpid(child, &how, 0);
	printf("it was ended by signal %d\n", WTERMSIG(how));
	portico_mailbox_destroy(instance, questions);
	portico_mailbox_destroy(instance, answers);
	portico_close(instance);
	return 0;
}
