/* SPDX-License-Identifier: MIT */
/*
 * Rights: a server makes a port that nobody can use, and gives a client a right
 * to send there.  What the client sends comes in order; and once it holds the
 * right no more, here because it ended, the server is told so at the same port.
 *
 *   cc rights.c -lportico && ./a.out
 */
#include <err.h>
#include <portico/message.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static portico *instance;
static portico_port meeting; /* a mailbox, which any task may use: here rights change hands */

static ssize_t check(ssize_t result)
{
	if (result < 0)
		errx(1, "%s", portico_explain((int)result));
	return result;
}

static void send_text(portico_port to, const char *text)
{
	check(portico_send(instance, to, text, strlen(text) + 1, 1, PORTICO_FOREVER));
}

/* The client: what it is sent names a right of its own. */
static void be_client(void)
{
	struct portico_part part;
	struct portico_message message = { .parts = &part, .count = 1 };
	check(portico_message_receive(instance, meeting, NULL, &message, PORTICO_FOREVER));
	send_text(part.right, "one");
	send_text(part.right, "two");
	send_text(part.right, "three");
	_exit(0); /* and so the right goes */
}

/* The server keeps the right to receive, and makes one to send in the message that carries it. */
static void admit_client(portico_port receive)
{
	struct portico_part part = {
		.kind = PORTICO_PART_RIGHT,
		.how = PORTICO_MAKE_SEND,
		.right = receive,
	};
	struct portico_message message = { .parts = &part, .count = 1 };
	check(portico_message_send(instance, meeting, &message, PORTICO_FOREVER));
}

int main(void)
{
	portico_port receive;
	struct portico_right_status status;
	struct portico_envelope from;
	union {
		char text[6];
		struct portico_notification notification;
	} got;

	if (portico_open(NULL, PORTICO_CREATE, &instance) != 0)
		errx(1, "%s", portico_open_error());
	check(portico_mailbox_create(instance, NULL, NULL, 0600, &meeting));
	check(portico_port_create(instance, NULL, &receive));
	printf("with the right to receive: %s\n",
	       portico_explain(portico_send(instance, receive, "no", 3, 1, PORTICO_NOW)));

	check(portico_notify(instance, receive, PORTICO_NO_SENDERS, receive, 0));
	admit_client(receive);
	check(portico_right_inspect(instance, receive, &status));
	printf("rights to send: %u, in a message\n", status.senders);
	pid_t client = fork();
	if (client == 0)
		be_client();

	for (;;) {
		check(portico_receive(instance, receive, &got, sizeof got, NULL, &from, PORTICO_FOREVER));
		if (from.sender.id == 0 && from.type == PORTICO_NOTIFICATION)
			break; /* from no task: so no client can say so */
		printf("the client sent '%s'\n", got.text);
	}
	printf("%s\n", got.notification.event == PORTICO_NO_SENDERS ? "nobody is left who could send"
								    : "this wasn't asked for");
	waitpid(client, NULL, 0);
	check(portico_right_drop(instance, receive)); /* and with it the port */
	check(portico_mailbox_destroy(instance, meeting));
	portico_close(instance);
	return 0;
}
