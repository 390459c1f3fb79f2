/* SPDX-License-Identifier: MIT */
/*
 * A handler: a function that runs whenever a message arrives.
 *
 * The main thread sends three numbers to a mailbox and doesn't receive there.
 * The handler does, in a thread of the library's, and sends the square of each
 * to where the main thread waits.
 */
#include <portico/handler.h>
#include <stdio.h>
#include <stdlib.h>

static void check(const char *what, ssize_t result)
{
	if (result >= 0)
		return;
	fprintf(stderr, "handler: %s: %s\n", what, portico_explain((int)result));
	exit(1);
}

static void square(portico *instance, void *context, const void *data, ssize_t bytes,
		   const struct portico_envelope *envelope)
{
	const portico_port *answers = context;
	(void)envelope;		 /* who sent it, and the like */
	check("handled", bytes); /* negative: the mailbox is gone, and the handler with it */
	int number = *(const int *)data;
	number *= number;
	check("answer", portico_send(instance, *answers, &number, sizeof number, 1, PORTICO_FOREVER));
}

int main(void)
{
	portico *instance;
	portico_port questions, answers;
	portico_handler handler;

	if (portico_open(NULL, PORTICO_CREATE, &instance) != 0) {
		fprintf(stderr, "handler: %s\n", portico_open_error());
		return 1;
	}
	check("create", portico_mailbox_create(instance, NULL, NULL, 0600, &questions));
	check("create", portico_mailbox_create(instance, NULL, NULL, 0600, &answers));
	check("handle", portico_handle(instance, questions, square, &answers, &handler));
	for (int number = 1; number <= 3; number++) {
		int answer;
		check("send", portico_send(instance, questions, &number, sizeof number, 1, PORTICO_FOREVER));
		check("receive", portico_receive(instance, answers, &answer, sizeof answer, NULL, NULL,
						 PORTICO_FOREVER));
		printf("%d squared is %d\n", number, answer);
	}
	check("unhandle", portico_unhandle(instance, handler)); /* from here on square() doesn't run */
	portico_mailbox_destroy(instance, questions);
	portico_mailbox_destroy(instance, answers);
	portico_close(instance);
	return 0;
}
