/* SPDX-License-Identifier: MIT */
/*
 * Sharing: a mailbox between two tasks, which a third may not use; and one from
 * which any may send, and one at a time receive.
 *
 *   cc share.c -lportico && ./a.out
 */
#include <portico/mail.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static portico *instance;
static portico_port box;

static void say(const char *who, const char *what, int error)
{
	printf("%s %s: %s\n", who, what, portico_explain(error));
	fflush(stdout);
}

static int put(void)
{
	return portico_send(instance, box, "x", 1, 0, PORTICO_NOW);
}

static int get(void)
{
	char letter;
	ssize_t bytes = portico_receive(instance, box, &letter, 1, NULL, NULL, PORTICO_NOW);
	return bytes < 0 ? (int)bytes : 0;
}

/* Another task does it, and what is in its hands ends with it. */
static void another(const char *who, const char *what, int (*act)(void))
{
	pid_t child = fork();
	if (child == 0) {
		say(who, what, act());
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

/* The second of a pair, while which lives a third comes. */
static int put_and_let_a_third_try(void)
{
	int error = put();
	another("a third", "receives", get);
	return error;
}

int main(void)
{
	if (portico_open(NULL, PORTICO_CREATE, &instance) != 0 ||
	    portico_mailbox_create(instance, NULL, NULL, 0600, &box) != 0)
		return 1;

	portico_mailbox_share(instance, box, PORTICO_SHARE_PAIR);
	say("the first", "sends", put());
	another("the second", "sends", put_and_let_a_third_try);
	another("one in its place", "receives", get); /* the second has ended */

	portico_mailbox_share(instance, box, PORTICO_SHARE_ONE_RECEIVER);
	say("the first", "claims it", portico_mailbox_claim(instance, box));
	another("another", "receives", get);
	another("another", "sends", put);
	portico_mailbox_yield(instance, box);
	another("another", "receives, once it is yielded", get);

	portico_mailbox_destroy(instance, box);
	portico_close(instance);
	return 0;
}
