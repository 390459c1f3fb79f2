/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the mount need and no ordinary program does.  Each command
 * says what it saw on standard output; its status is 0 unless it could not try.
 */
#define _GNU_SOURCE
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <portico/portico.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char pages[(2 << 20) + 64] __attribute__((aligned(4096)));
#define big (pages + 64) /* no page begins here */

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "fuse_probe: %s: %s\n", what, strerror(errno));
	exit(2);
}

static const char *name_of(int error)
{
	switch (error) {
	case EAGAIN:
		return "EAGAIN";
	case EIDRM:
		return "EIDRM";
	case EINTR:
		return "EINTR";
	case EMSGSIZE:
		return "EMSGSIZE";
	case ENXIO:
		return "ENXIO";
	case EPIPE:
		return "EPIPE";
	}
	return strerror(error);
}

static int open_as(const char *file, const char *how)
{
	int flags = strchr(how, 'r') && strchr(how, 'w') ? O_RDWR : strchr(how, 'w') ? O_WRONLY : O_RDONLY;
	int fd = open(file, flags | (strchr(how, 'n') ? O_NONBLOCK : 0));
	if (fd < 0)
		printf("open: %s\n", name_of(errno));
	return fd;
}

static void say(const char *what, ssize_t result)
{
	if (result < 0)
		printf("%s: %s\n", what, name_of(errno));
	else
		printf("%s: %zd\n", what, result);
	fflush(stdout);
}

static void say_events(short events)
{
	printf("poll:%s%s%s%s%s\n", events & POLLIN ? " IN" : "", events & POLLOUT ? " OUT" : "",
	       events & POLLHUP ? " HUP" : "", events & POLLERR ? " ERR" : "", events ? "" : " nothing");
	fflush(stdout);
}

/* poll FILE HOW EVENTS MILLISECONDS: what poll() says */
static int do_poll(char **argument)
{
	int fd = open_as(argument[0], argument[1]);
	struct pollfd wanted = { .fd = fd,
				 .events = (short)((strchr(argument[2], 'i') ? POLLIN : 0) |
						   (strchr(argument[2], 'o') ? POLLOUT : 0)) };
	if (fd < 0 || poll(&wanted, 1, atoi(argument[3])) < 0)
		return 2;
	say_events(wanted.revents);
	return 0;
}

/* epoll FILE MILLISECONDS: wait twice for input, edge by edge, taking nothing */
static int do_epoll(char **argument)
{
	int fd = open_as(argument[0], "rn"), set = epoll_create1(0);
	struct epoll_event event = { .events = EPOLLIN };
	if (fd < 0 || epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) != 0)
		fail("epoll");
	for (int i = 0; i < 2; i++)
		say("epoll", epoll_wait(set, &event, 1, atoi(argument[1])));
	return 0;
}

/* step FILE HOW STEP...: read N or write N bytes on one description, and say each result */
static int do_steps(char **argument)
{
	int fd = open_as(argument[0], argument[1]);
	memset(pages, 'x', sizeof pages);
	for (argument += 2; fd >= 0 && *argument; argument++) {
		size_t size = strtoul(*argument + 1, NULL, 10);
		if (**argument == 'r')
			say("read", read(fd, big, size));
		else if (**argument == 'w')
			say("write", write(fd, big, size));
		else
			usleep((useconds_t)size * 1000);
	}
	return 0;
}

static void nothing(int number)
{
	(void)number;
}

/* interrupted FIFO N MILLISECONDS: write N bytes, get a signal meanwhile */
static int do_interrupted(char **argument)
{
	struct sigaction action = { .sa_handler = nothing };
	int fd = open_as(argument[0], "w");
	int milliseconds = atoi(argument[2]);
	struct itimerspec when = { .it_value = { milliseconds / 1000, milliseconds % 1000 * 1000000L } };
	timer_t timer;
	sigaction(SIGALRM, &action, NULL);
	if (fd < 0 || timer_create(CLOCK_MONOTONIC, NULL, &timer) != 0 ||
	    timer_settime(timer, 0, &when, NULL) != 0)
		fail("timer");
	say("write", write(fd, big, strtoul(argument[1], NULL, 10)));
	return 0;
}

/* sigpipe FIFO MILLISECONDS: write, after that time, with a handler for SIGPIPE, where a reader has gone */
static volatile sig_atomic_t pipes;
static void count_pipe(int number)
{
	(void)number;
	pipes++;
}
static int do_sigpipe(char **argument)
{
	struct sigaction action = { .sa_handler = count_pipe };
	int fd = open_as(argument[0], "w");
	sigaction(SIGPIPE, &action, NULL);
	usleep((useconds_t)atoi(argument[1]) * 1000);
	say("write", write(fd, "x", 1));
	say("SIGPIPE", pipes);
	return 0;
}

static void *read_one(void *fd)
{
	char byte;
	say("read", read(*(int *)fd, &byte, 1));
	return NULL;
}

/* stream FILE: one thread blocks in read, another writes to the same description */
static int do_stream(char **argument)
{
	int fd = open_as(argument[0], "rw");
	pthread_t reader;
	if (pthread_create(&reader, NULL, read_one, &fd) != 0)
		return 2;
	usleep(200000);
	if (write(fd, "x", 1) != 1)
		return 2;
	pthread_join(reader, NULL);
	return 0;
}

/* shared FILE: two processes block writing to one description; the second is killed and must end at once */
static int do_shared(char **argument)
{
	int fd = open_as(argument[0], "w");
	pid_t writers[2];
	for (int i = 0; i < 2; i++) {
		writers[i] = fork();
		if (writers[i] == 0)
			_exit(write(fd, big, 65536) == 65536 ? 0 : 1);
		usleep(100000);
	}
	kill(writers[1], SIGKILL);
	for (int i = 0; i < 100; i++) {
		if (waitpid(writers[1], NULL, WNOHANG) == writers[1]) {
			puts("ended");
			break;
		}
		usleep(10000);
	}
	kill(writers[0], SIGKILL);
	return 0;
}

/* atomic FIFO LETTER COUNT: that many writes of PIPE_BUF times that letter */
static int do_atomic(char **argument)
{
	int fd = open_as(argument[0], "w");
	memset(big, argument[1][0], 4096);
	for (int left = atoi(argument[2]); left > 0; left--)
		if (write(fd, big, 4096) != 4096)
			fail("write");
	return 0;
}

/* runs N: standard input is runs of N equal bytes */
static int do_runs(char **argument)
{
	size_t size = strtoul(argument[0], NULL, 10), runs = 0;
	while (fread(big, 1, size, stdin) == size) {
		for (size_t i = 1; i < size; i++)
			if (big[i] != big[0]) {
				printf("mixed in run %zu\n", runs);
				return 0;
			}
		runs++;
	}
	printf("runs: %zu\n", runs);
	return 0;
}

/* send MAILBOX TEXT: through the library, not the mount */
static int do_send(char **argument)
{
	portico *instance;
	portico_port port;
	if (portico_open(NULL, 0, &instance) != 0 || portico_mailbox_open(instance, argument[0], &port) != 0)
		return 2;
	return portico_send(instance, port, argument[1], strlen(argument[1]), 1, PORTICO_NOW) == 0 ? 0 : 2;
}

/* supervise MILLISECONDS: be a `portico run` for so long */
static int do_supervise(char **argument)
{
	portico *instance;
	if (portico_open(NULL, PORTICO_CREATE, &instance) != 0)
		return 2;
	instance->task_flags = PK_TASK_SUPERVISOR;
	if (pk_enter(instance) != 0)
		return 2;
	puts("running");
	fflush(stdout);
	usleep((useconds_t)atoi(argument[0]) * 1000);
	return 0;
}

/* crowd FILE COUNT: that many threads block in reads of descriptions of their own; COUNT bytes are awaited */
static const char *crowded;
static void *read_own(void *unused)
{
	int fd = open_as(crowded, "r");
	char byte;
	(void)unused;
	return (void *)(intptr_t)read(fd, &byte, 1);
}
static int do_crowd(char **argument)
{
	static pthread_t threads[10000];
	int count = atoi(argument[1]), read_all = 0;
	pthread_attr_t attr;
	struct rlimit descriptors;
	getrlimit(RLIMIT_NOFILE, &descriptors);
	descriptors.rlim_cur = descriptors.rlim_max;
	setrlimit(RLIMIT_NOFILE, &descriptors);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	crowded = argument[0];
	for (int i = 0; i < count; i++)
		if (pthread_create(&threads[i], &attr, read_own, NULL) != 0)
			fail("pthread_create");
	for (int i = 0; i < count; i++) {
		void *result;
		pthread_join(threads[i], &result);
		read_all += (intptr_t)result == 1;
	}
	printf("read: %d\n", read_all);
	return 0;
}

int main(int count, char **argument)
{
	static const struct {
		const char *name;
		int (*run)(char **argument);
		int needed;
	} commands[] = {
		{ "poll", do_poll, 4 },	      { "epoll", do_epoll, 2 },
		{ "step", do_steps, 2 },      { "interrupted", do_interrupted, 3 },
		{ "sigpipe", do_sigpipe, 2 }, { "stream", do_stream, 1 },
		{ "shared", do_shared, 1 },   { "atomic", do_atomic, 3 },
		{ "runs", do_runs, 1 },	      { "send", do_send, 2 },
		{ "crowd", do_crowd, 2 },     { "supervise", do_supervise, 1 },
	};
	for (size_t i = 0; count > 1 && i < sizeof commands / sizeof commands[0]; i++)
		if (strcmp(argument[1], commands[i].name) == 0 && count - 2 >= commands[i].needed)
			return commands[i].run(argument + 2);
	fprintf(stderr, "fuse_probe: no such command\n");
	return 2;
}
