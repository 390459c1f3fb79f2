/* SPDX-License-Identifier: MIT */
/*
 * A System V queue among ordinary descriptors: one poll() waits for messages
 * and for a timer, which the kernel's queues can't do.  The call is there when
 * the program runs on Portico, and a weak name tells whether it is.
 *
 *   cc sysv_poll.c && portico run ./a.out
 */
#include <poll.h>
#include <portico/sysv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#pragma weak portico_msg_fd

struct message {
	long type;
	char text[32];
};

static void check(const char *what, int result)
{
	if (result >= 0)
		return;
	perror(what);
	exit(1);
}

static void send_three(int queue)
{
	for (long i = 1; i <= 3; i++) {
		struct message message = { .type = i };
		snprintf(message.text, sizeof message.text, "letter %ld", i);
		check("msgsnd", msgsnd(queue, &message, strlen(message.text) + 1, 0));
	}
	_exit(0);
}

/* Rings once nothing has come for a while. */
static void wind_up(int timer)
{
	const struct itimerspec soon = { .it_value.tv_sec = 1 };
	check("timerfd_settime", timerfd_settime(timer, 0, &soon, NULL));
}

int main(void)
{
	struct message message;
	if (!portico_msg_fd) {
		puts("this is the real kernel: its queues have no descriptors");
		return 0;
	}
	int queue = msgget(IPC_PRIVATE, 0600), timer = timerfd_create(CLOCK_MONOTONIC, 0);
	check("msgget", queue);
	struct pollfd sources[] = {
		{ .fd = portico_msg_fd(queue), .events = POLLIN },
		{ .fd = timer, .events = POLLIN },
	};
	check("portico_msg_fd", sources[0].fd);
	wind_up(timer);
	if (fork() == 0)
		send_three(queue);
	while (poll(sources, 2, -1) > 0 && sources[1].revents == 0) {
		if (msgrcv(queue, &message, sizeof message.text, 0, IPC_NOWAIT) < 0)
			continue; /* another was faster */
		printf("%ld: %s\n", message.type, message.text);
		wind_up(timer);
	}
	puts("quiet");
	check("wait", wait(NULL));
	check("msgctl", msgctl(queue, IPC_RMID, NULL));
	return 0;
}
