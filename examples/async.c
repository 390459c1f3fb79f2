/* SPDX-License-Identifier: MIT */
/*
 * One thread serves many clients and waits for none of them: what it wants to
 * receive or send it posts, and completions tell what is over.
 *
 * Each client asks, and says how long it will wait for the answer.  One asks
 * and leaves: the answer to it ends at that deadline.  One never asks: what was
 * posted for it is cancelled in the end.
 *
 *   cc async.c -lportico && ./a.out 4 1000
 */
#include <errno.h>
#include <portico/portico.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ASK = 1, BYE = 2 }; /* types of messages */

struct question {
	uint64_t number;
	int64_t patience_ns;
};

struct client {
	portico_port questions, answers;
	portico_wait wait; /* the one thing that is posted for it, if it is here */
	bool is_here, is_answered;
};

static portico *instance;
static portico_port completions;
static struct client *clients;
static long here; /* clients that are */
static unsigned long answered, late, silent;

static int64_t check(int64_t result, const char *what)
{
	if (result >= 0)
		return result;
	fprintf(stderr, "async: %s: %s\n", what, portico_explain((int)result));
	exit(1);
}

/* ---- a client: a process like any other */

static void ask(const struct client *self, uint64_t number, int64_t patience_ns)
{
	struct question question = { number, patience_ns };
	check(portico_send(instance, self->questions, &question, sizeof question, ASK, PORTICO_FOREVER),
	      "ask");
}

static void be_client(const struct client *self, uint64_t count)
{
	for (uint64_t number = 1, square; number <= count; number++) {
		ask(self, number, PORTICO_FOREVER);
		check(portico_receive(instance, self->answers, &square, sizeof square, NULL, NULL,
				      PORTICO_FOREVER),
		      "receive an answer");
		if (square != number * number)
			abort();
	}
	check(portico_send(instance, self->questions, NULL, 0, BYE, PORTICO_FOREVER), "leave");
}

/* ---- the server; a client's number is the cookie of what is posted for it */

static void post_receive(uint64_t number)
{
	struct client *client = &clients[number];
	check(portico_post_receive(instance, &client->questions, 1, sizeof(struct question), NULL,
				   PORTICO_FOREVER, completions, number, &client->wait),
	      "post a receive");
	client->is_answered = false;
}

static void post_answer(uint64_t number, const struct question *question)
{
	struct client *client = &clients[number];
	uint64_t square = question->number * question->number;
	check(portico_post_send(instance, client->answers, &square, sizeof square, ASK,
				portico_deadline(question->patience_ns), completions, number, &client->wait),
	      "post an answer");
	client->is_answered = true;
}

static void leave(struct client *client)
{
	client->is_here = false;
	here--;
}

/* What was posted for a client is over. */
static void go_on(const struct portico_completion *completion)
{
	struct client *client = &clients[completion->cookie];
	struct portico_envelope envelope;
	struct question question;
	ssize_t result = portico_collect(instance, completion->wait, &question, sizeof question, &envelope);
	if (client->is_answered && result == -ETIMEDOUT) {
		late++;
		leave(client);
		return;
	}
	check(result, "collect");
	if (client->is_answered) {
		answered++;
		post_receive(completion->cookie);
	} else if (envelope.type == ASK) {
		post_answer(completion->cookie, &question);
	} else {
		leave(client);
	}
}

static void serve(void)
{
	struct portico_completion completion;
	while (here > 1) { /* the last never asks */
		check(portico_complete(instance, completions, &completion, PORTICO_FOREVER), "complete");
		go_on(&completion);
	}
	for (struct client *client = clients; here > 0; client++)
		if (client->is_here) {
			check(portico_cancel(instance, client->wait), "cancel");
			silent++;
			leave(client);
		}
}

/* ---- all of them */

static void start_client(long number, long count, uint64_t questions)
{
	static const struct portico_limits rendezvous = { .slots = 0, .bytes = sizeof(uint64_t) };
	struct client *client = &clients[number];
	check(portico_mailbox_create(instance, NULL, NULL, 0600, &client->questions), "create");
	check(portico_mailbox_create(instance, NULL, &rendezvous, 0600, &client->answers), "create");
	client->is_here = true;
	here++;
	pid_t child = fork();
	check(child, "fork");
	if (child != 0)
		return;
	if (number < count - 2)
		be_client(client, questions);
	else if (number == count - 2)
		ask(client, 1, 50000000); /* 50 ms, and doesn't fetch it */
	_exit(0);
}

int main(int argc, char **argv)
{
	long count = (argc > 1 ? atol(argv[1]) : 4) + 2; /* and those two */
	uint64_t questions = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000;

	if (portico_open(NULL, PORTICO_CREATE, &instance) != 0) {
		fprintf(stderr, "async: %s\n", portico_open_error());
		return 1;
	}
	check(portico_completions_create(instance, &completions), "create");
	clients = calloc((size_t)count, sizeof *clients);
	if (!clients)
		abort();
	for (long number = 0; number < count; number++)
		start_client(number, count, questions);
	for (long number = 0; number < count; number++)
		post_receive((uint64_t)number);
	serve();
	while (wait(NULL) > 0)
		continue;
	printf("%lu answers were fetched, %lu was not; %lu client never asked\n", answered, late, silent);
	for (long number = 0; number < count; number++) {
		portico_mailbox_destroy(instance, clients[number].questions);
		portico_mailbox_destroy(instance, clients[number].answers);
	}
	portico_mailbox_destroy(instance, completions);
	portico_close(instance);
	free(clients);
	return 0;
}
