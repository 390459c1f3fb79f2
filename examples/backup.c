/* SPDX-License-Identifier: MIT */
/*
 * A backup receiver: a server is killed with work in its queue.  Its port lives
 * on: the right to receive there, and what is queued, come to whom the server
 * had named for that.  Who sends there sees no difference.
 *
 *   cc backup.c -lportico && ./a.out
 */
#include <err.h>
#include <portico/message.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static portico *instance;
static portico_port meeting; /* a mailbox: here rights change hands, and the server reports */

static ssize_t check(ssize_t result)
{
	if (result < 0)
		errx(1, "%s", portico_explain((int)result));
	return result;
}

static void put(portico_port to, int job)
{
	check(portico_send(instance, to, &job, sizeof job, 1, PORTICO_FOREVER));
}

static int get(portico_port from)
{
	int job;
	check(portico_receive(instance, from, &job, sizeof job, NULL, NULL, PORTICO_FOREVER));
	return job;
}

/* The server: is sent the right to its port, and one to send to its backup. */
static void be_server(portico_port report)
{
	struct portico_part parts[2];
	struct portico_message message = { .parts = parts, .count = 2 };
	check(portico_message_receive(instance, meeting, NULL, &message, PORTICO_FOREVER));
	portico_port receive = parts[0].right, heir = parts[1].right;
	check(portico_notify(instance, receive, PORTICO_PORT_DESTROYED, heir, 7));
	put(report, get(receive));
	pause(); /* until it is killed */
}

static void send_rights(portico_port receive, portico_port heir)
{
	struct portico_part parts[] = {
		{ .kind = PORTICO_PART_RIGHT, .how = PORTICO_MOVE, .right = receive },
		{ .kind = PORTICO_PART_RIGHT, .how = PORTICO_MAKE_SEND, .right = heir },
	};
	struct portico_message message = { .parts = parts, .count = 2 };
	check(portico_message_send(instance, meeting, &message, PORTICO_FOREVER));
}

int main(void)
{
	portico_port receive, send, heir, report;
	struct portico_notification told;

	if (portico_open(NULL, PORTICO_CREATE, &instance) != 0)
		errx(1, "%s", portico_open_error());
	check(portico_mailbox_create(instance, NULL, NULL, 0600, &meeting));
	check(portico_mailbox_create(instance, NULL, NULL, 0600, &report));
	check(portico_port_create(instance, NULL, &receive)); /* the server's */
	check(portico_right_make(instance, receive, PORTICO_SEND, &send));
	check(portico_port_create(instance, NULL, &heir)); /* where what it leaves behind shall come */
	pid_t server = fork();
	if (server == 0)
		be_server(report);

	send_rights(receive, heir);
	for (int job = 1; job <= 3; job++)
		put(send, job);
	printf("the server has done job %d\n", get(report));
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);

	check(portico_notified(instance, heir, &told, PORTICO_FOREVER));
	if (told.event != PORTICO_PORT_DESTROYED || told.cookie != 7)
		errx(1, "told of something else");
	printf("it was killed; its port is ours\n");
	put(send, 4); /* the right to send is as good as before */
	for (int i = 2; i <= 4; i++)
		printf("the backup has done job %d\n", get(told.receive));

	check(portico_right_drop(instance, told.receive));
	check(portico_right_drop(instance, send)); /* a dead name now */
	check(portico_right_drop(instance, heir));
	check(portico_mailbox_destroy(instance, meeting));
	check(portico_mailbox_destroy(instance, report));
	portico_close(instance);
	return 0;
}
