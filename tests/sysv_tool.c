/* SPDX-License-Identifier: MIT */
/* One step of a queue's life from a shell: make, send, receive, remove by key; run another program. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <unistd.h>

struct message {
	long type;
	char text[200];
};

static int failed(const char *what)
{
	perror(what);
	return 1;
}

static int send_text(int queue, const char *text)
{
	struct message m = { .type = 1 };
	strncpy(m.text, text, sizeof m.text - 1);
	return msgsnd(queue, &m, strlen(m.text), 0) == 0 ? 0 : failed("msgsnd");
}

static int receive(int queue)
{
	struct message m;
	long length = msgrcv(queue, &m, sizeof m.text - 1, 0, 0);
	if (length < 0)
		return failed("msgrcv");
	printf("%.*s\n", (int)length, m.text);
	return 0;
}

int main(int argc, char **argv)
{
	const char *step = argc > 2 ? argv[1] : "";
	if (strcmp(step, "run") == 0) {
		execv(argv[2], argv + 2);
		return failed(argv[2]);
	}
	if (argc < 2)
		return 0; /* no cases: a tool */
	int queue = msgget(atoi(argv[2]), strcmp(step, "make") == 0 ? IPC_CREAT | IPC_EXCL | 0600 : 0600);
	if (queue < 0)
		return failed("msgget");
	if (strcmp(step, "send") == 0 && argc > 3)
		return send_text(queue, argv[3]);
	if (strcmp(step, "receive") == 0)
		return receive(queue);
	if (strcmp(step, "remove") == 0)
		return msgctl(queue, IPC_RMID, NULL) == 0 ? 0 : failed("msgctl");
	return 0;
}
