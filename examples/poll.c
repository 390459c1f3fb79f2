/* SPDX-License-Identifier: MIT */
/*
 * A port among ordinary descriptors: one epoll waits for messages and for a
 * timer.  A child sends three messages; the timer ends the wait when it has
 * been quiet for a while.
 *
 *   cc poll.c -lportico && ./a.out
 */
#include <portico/poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

static portico *instance;

static int check(const char *what, int result)
{
	if (result >= 0)
		return result;
	fprintf(stderr, "poll: %s: %s\n", what, portico_explain(result));
	exit(1);
}

static void send_three(portico_port port)
{
	for (int i = 1; i <= 3; i++) {
		char text[16];
		int bytes = snprintf(text, sizeof text, "message %d", i);
		check("send", portico_send(instance, port, text, (size_t)bytes, 1, PORTICO_FOREVER));
	}
	_exit(0);
}

static void add(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
		perror("poll: epoll_ctl");
		exit(1);
	}
}

int main(void)
{
	const struct itimerspec quiet = { .it_value = { .tv_nsec = 200000000 } };
	portico_port port;
	int received = 0;

	if (portico_open(NULL, PORTICO_CREATE, &instance) != 0) {
		fprintf(stderr, "poll: %s\n", portico_open_error());
		return 1;
	}
	check("create", portico_mailbox_create(instance, NULL, NULL, 0600, &port));
	int messages = check("descriptor", portico_port_fd(instance, port));
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), epoll = epoll_create1(EPOLL_CLOEXEC);
	add(epoll, messages);
	add(epoll, timer);
	if (fork() == 0)
		send_three(port);

	for (;;) {
		struct epoll_event event;
		if (epoll_wait(epoll, &event, 1, 10000) != 1)
			return 1;
		if (event.data.fd == timer)
			break;
		/* readable: there is a message, unless somebody else was faster */
		char text[64];
		ssize_t bytes = portico_receive(instance, port, text, sizeof text, NULL, NULL, PORTICO_NOW);
		if (bytes >= 0)
			printf("%.*s\n", (int)bytes, text);
		if (++received == 3)
			timerfd_settime(timer, 0, &quiet, NULL);
	}
	puts("and then it was quiet");

	wait(NULL);
	close(messages);
	portico_mailbox_destroy(instance, port);
	portico_close(instance);
	return 0;
}
