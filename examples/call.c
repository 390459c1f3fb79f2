/* SPDX-License-Identifier: MIT */
/*
 * Request and answer: one call sends a request with a right to answer it once,
 * and waits for the answer.  Who asks always learns how it ends: by an answer,
 * or because the right to answer was given up, or went with who had it.
 *
 *   cc call.c -lportico && ./a.out
 */
#include <err.h>
#include <portico/message.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static portico *instance;
static portico_port meeting; /* a mailbox: here the server's right to receive changes hands */

static int check(int result)
{
	if (result < 0)
		errx(1, "%s", portico_explain(result));
	return result;
}

/* ---- the server: squares what it is asked, won't say for 13, and 0 kills it */

static void answer(portico_port reply, int number)
{
	struct portico_part part = { .kind = PORTICO_PART_DATA, .data = &number, .bytes = sizeof number };
	struct portico_message message = { .parts = &part, .count = 1 };
	portico_message_send(instance, reply, &message, PORTICO_NOW); /* -EIDRM: it asks no more */
}

static void be_server(void)
{
	struct portico_part part;
	struct portico_message message = { .parts = &part, .count = 1 };
	check(portico_message_receive(instance, meeting, NULL, &message, PORTICO_FOREVER));
	portico_port receive = part.right;
	for (;;) {
		int number;
		struct portico_message request = {
			.parts = &part,
			.count = 1,
			.buffer = &number,
			.size_bytes = sizeof number,
		};
		check(portico_message_receive(instance, receive, NULL, &request, PORTICO_FOREVER));
		if (number == 0)
			kill(getpid(), SIGKILL);
		else if (number == 13)
			check(portico_right_drop(instance, request.reply));
		else
			answer(request.reply, number * number);
	}
}

/* Start it, and give it the right to receive; a right to send is kept. */
static portico_port start_server(pid_t *pid)
{
	portico_port receive, send;
	check(portico_port_create(instance, NULL, &receive));
	check(portico_right_make(instance, receive, PORTICO_SEND, &send));
	*pid = fork();
	if (*pid == 0)
		be_server();
	struct portico_part part = { .kind = PORTICO_PART_RIGHT, .right = receive }; /* it moves */
	struct portico_message message = { .parts = &part, .count = 1 };
	check(portico_message_send(instance, meeting, &message, PORTICO_FOREVER));
	return send;
}

/* ---- the client */

static void ask(portico_port server, int number)
{
	int square;
	struct portico_part asked = { .kind = PORTICO_PART_DATA, .data = &number, .bytes = sizeof number };
	struct portico_part answered;
	struct portico_message request = { .parts = &asked, .count = 1 };
	struct portico_message reply = {
		.parts = &answered,
		.count = 1,
		.buffer = &square,
		.size_bytes = sizeof square,
	};
	int result = portico_call(instance, server, &request, &reply, PORTICO_FOREVER);
	if (result < 0)
		printf("%d: %s\n", number, portico_explain(result));
	else
		printf("%d squared is %d\n", number, square);
}

int main(void)
{
	pid_t pid;
	if (portico_open(NULL, PORTICO_CREATE, &instance) != 0)
		errx(1, "%s", portico_open_error());
	check(portico_mailbox_create(instance, NULL, NULL, 0600, &meeting));
	portico_port server = start_server(&pid);
	setlinebuf(stdout);
	ask(server, 3);
	ask(server, 13);
	ask(server, 12);
	ask(server, 0);
	waitpid(pid, NULL, 0);
	ask(server, 4); /* its port went with it */
	check(portico_right_drop(instance, server));
	check(portico_mailbox_destroy(instance, meeting));
	portico_close(instance);
	return 0;
}
