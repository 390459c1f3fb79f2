/* SPDX-License-Identifier: MIT */
/*
 * An asynchronous receive that is told of by a signal.
 *
 * A child sends three messages.  Its parent has one receive posted at a time,
 * and is busy otherwise; here it only sleeps.  When a completion is queued,
 * SIGUSR1 interrupts it.  Several may come for one signal, so each time it
 * takes completions until there is none.
 */
#include <portico/handler.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static portico *instance;
static portico_port mailbox, completions;

static void check(const char *what, ssize_t result)
{
	if (result >= 0)
		return;
	fprintf(stderr, "signal: %s: %s\n", what, portico_explain((int)result));
	exit(1);
}

/* A handler of signals may not call Portico: that it ran is all that is wanted of it. */
static void interrupt(int signo)
{
	(void)signo;
}

static void post(void)
{
	portico_wait wait;
	check("post", portico_post_receive(instance, &mailbox, 1, sizeof(int), NULL, PORTICO_FOREVER,
					   completions, 0, &wait));
}

static int receive_completed(void)
{
	struct portico_completion completion;
	int received = 0, number;
	while (portico_complete(instance, completions, &completion, PORTICO_NOW) == 0) {
		check("collect", portico_collect(instance, completion.wait, &number, sizeof number, NULL));
		printf("received %d\n", number);
		received++;
		post();
	}
	return received;
}

static void send_three(void)
{
	for (int number = 1; number <= 3; number++)
		check("send", portico_send(instance, mailbox, &number, sizeof number, 1, PORTICO_FOREVER));
}

int main(void)
{
	struct sigaction action = { .sa_handler = interrupt };
	sigset_t usr1, before;

	if (portico_open(NULL, PORTICO_CREATE, &instance) != 0) {
		fprintf(stderr, "signal: %s\n", portico_open_error());
		return 1;
	}
	/* blocked, but while this sleeps: so none comes between a look and a sleep */
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, &before);
	sigaction(SIGUSR1, &action, NULL);

	check("create", portico_mailbox_create(instance, NULL, NULL, 0600, &mailbox));
	check("create", portico_completions_create(instance, &completions));
	check("signal", portico_completions_signal(instance, completions, SIGUSR1));
	post();
	if (fork() == 0) {
		send_three();
		_exit(0);
	}
	for (int received = 0; received < 3; received += receive_completed())
		sigsuspend(&before);
	wait(NULL);
	portico_mailbox_destroy(instance, mailbox);
	portico_close(instance);
	return 0;
}
