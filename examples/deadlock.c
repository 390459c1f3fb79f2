/* SPDX-License-Identifier: MIT */
/*
 * The deadlock of the lectures, found and ended: two tasks send to each other
 * before they receive, both mailboxes are full, and neither gets any further.
 *
 *   cc deadlock.c -lportico && ./a.out
 */
#include <portico/why.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static portico *instance;

static int64_t check(int64_t result, const char *what)
{
	if (result >= 0)
		return result;
	fprintf(stderr, "deadlock: %s: %s\n", what, portico_explain((int)result));
	exit(1);
}

static void send(portico_port to)
{
	check(portico_send(instance, to, "x", 1, 1, PORTICO_FOREVER), "send");
}

static void receive(portico_port from)
{
	char byte;
	check(portico_receive(instance, from, &byte, 1, NULL, NULL, PORTICO_FOREVER), "receive");
}

/* Each makes its own mailbox, with room for one message, and finds the other's. */
static void be_party(const char *name, const char *other)
{
	struct portico_limits one = { .slots = 1, .bytes = 1, .capacity = 1 };
	portico_port own, others;
	prctl(PR_SET_NAME, name); /* so that the cycle names it */
	check(portico_mailbox_create(instance, name, &one, 0600, &own), "create");
	while (portico_mailbox_open(instance, other, &others) != 0)
		usleep(1000);
	send(others);
	send(others); /* waits until the other receives, who does the same */
	receive(own);
}

/* Who waits for whom, beginning with anna; how the rest is told depends on what it is. */
static int print_cycle(const struct portico_deadlock *deadlock, void *context)
{
	(void)context;
	printf("%s of %u:\n", deadlock->certain ? "a deadlock" : "likely a deadlock", deadlock->count);
	unsigned first = strcmp(deadlock->tasks[0].command, "anna") == 0 ? 0 : 1;
	for (unsigned i = first; i < first + deadlock->count; i++) {
		const struct portico_stuck *task = &deadlock->tasks[i % deadlock->count];
		const struct portico_stuck *next = &deadlock->tasks[(i + 1) % deadlock->count];
		const char *what = strstr(task->waits, "to send"); /* after how long it has waited */
		int length = what ? (int)strcspn(what, ";") : 0;
		printf("  %s waits %.*s, which %s made\n", task->command, length, what, next->command);
	}
	return 0;
}

int main(void)
{
	static const char *const names[] = { "anna", "ben" };
	portico_port port;

	if (portico_open(NULL, PORTICO_CREATE, &instance) != 0) {
		fprintf(stderr, "deadlock: %s\n", portico_open_error());
		return 1;
	}
	for (int i = 0; i < 2; i++)
		if (check(fork(), "fork") == 0) {
			be_party(names[i], names[1 - i]);
			_exit(0);
		}
	while (check(portico_deadlocks(instance, print_cycle, NULL), "look") == 0)
		usleep(10000);
	/* Anybody may receive there: a third who takes one message breaks the cycle. */
	check(portico_mailbox_open(instance, "ben", &port), "open");
	receive(port);
	for (int i = 0, status; i < 2; i++)
		if (wait(&status) < 0 || status != 0)
			return 1;
	printf("ended; deadlocks now: %d\n",
	       (int)check(portico_deadlocks(instance, print_cycle, NULL), "look"));
	for (int i = 0; i < 2; i++)
		if (portico_mailbox_open(instance, names[i], &port) == 0)
			portico_mailbox_destroy(instance, port);
	portico_close(instance);
	return 0;
}
