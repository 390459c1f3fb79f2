/* SPDX-License-Identifier: MIT */
/*
 * Who waits for files of the mount by epoll, and reads or writes only when told;
 * and who gives it reason to, through the library or the mount.  Where nothing
 * is told for PATIENCE seconds a wake-up was lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <portico/portico.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define PATIENCE 15 /* seconds */
#define PIECE 10    /* bytes of a message */

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "fuse_poll: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* FILE, without waiting, and a set that watches it. */
static int watched(const char *name, int flags, uint32_t events, int *fd)
{
	int set = epoll_create1(0);
	struct epoll_event event = { .events = events };
	*fd = open(name, flags | O_NONBLOCK);
	if (*fd < 0 || set < 0 || epoll_ctl(set, EPOLL_CTL_ADD, *fd, &event) != 0)
		fail(name);
	return set;
}

static void await(int set, long done)
{
	struct epoll_event event;
	int ready;
	do
		ready = epoll_wait(set, &event, 1, PATIENCE * 1000);
	while (ready < 0 && errno == EINTR);
	if (ready == 1)
		return;
	printf("nothing was told after %ld bytes\n", done);
	exit(1);
}

/* drain FILE BYTES: by edge; read until refused each time */
static int do_drain(char **argument)
{
	char buffer[4096];
	long wanted = atol(argument[1]), done = 0;
	int fd, set = watched(argument[0], O_RDONLY, EPOLLIN | EPOLLET, &fd);
	puts("ready");
	fflush(stdout);
	while (done < wanted) {
		ssize_t count;
		await(set, done);
		while ((count = read(fd, buffer, sizeof buffer)) > 0)
			done += count;
		if (count < 0 && errno != EAGAIN)
			fail("read");
	}
	printf("drained %ld\n", done);
	return 0;
}

/* pour FILE BYTES: by edge; write until refused each time */
static int do_pour(char **argument)
{
	char piece[PIECE] = "123456789";
	long wanted = atol(argument[1]), done = 0;
	int fd, set = watched(argument[0], O_WRONLY, EPOLLOUT | EPOLLET, &fd);
	while (done < wanted) {
		ssize_t count;
		await(set, done);
		while (done < wanted && (count = write(fd, piece, PIECE)) > 0)
			done += count;
		if (done < wanted && errno != EAGAIN)
			fail("write");
	}
	printf("poured %ld\n", done);
	return 0;
}

/* share FILE BYTES: four threads wait in one set, each for one event at a time */
static int shared_set, shared_fd;
static long shared_wanted;
static atomic_long shared_done;
static void *work(void *unused)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT };
	char buffer[4096];
	while (shared_done < shared_wanted) {
		ssize_t count = 0;
		struct epoll_event told;
		if (epoll_wait(shared_set, &told, 1, 100) != 1)
			continue;
		if ((count = read(shared_fd, buffer, sizeof buffer)) > 0)
			shared_done += count;
		epoll_ctl(shared_set, EPOLL_CTL_MOD, shared_fd, &event);
	}
	return unused;
}
static int do_share(char **argument)
{
	pthread_t threads[4];
	long before = -1;
	shared_wanted = atol(argument[1]);
	shared_set = watched(argument[0], O_RDONLY, EPOLLIN | EPOLLONESHOT, &shared_fd);
	puts("ready");
	fflush(stdout);
	for (int i = 0; i < 4; i++)
		if (pthread_create(&threads[i], NULL, work, NULL) != 0)
			fail("pthread_create");
	for (int quiet = 0; quiet < PATIENCE * 10 && shared_done < shared_wanted; quiet++) {
		if (shared_done != before)
			quiet = 0;
		before = shared_done;
		usleep(100000);
	}
	printf("shared %ld\n", shared_done);
	return shared_done == shared_wanted ? 0 : 1;
}

/* ---- through the library */

static portico *instance;
static portico_port port;

static void find(const char *name)
{
	if (portico_open(NULL, 0, &instance) != 0 || portico_mailbox_open(instance, name, &port) != 0)
		fail(name);
}

/* send MAILBOX COUNT [PAUSE]: messages of PIECE bytes; after each PAUSE of them wait a moment */
static int do_send(char **argument)
{
	long count = atol(argument[1]), pause = argument[2] ? atol(argument[2]) : 0;
	find(argument[0]);
	for (long i = 1; i <= count; i++) {
		if (portico_send(instance, port, "123456789", PIECE, 1, PORTICO_FOREVER) != 0)
			return 2;
		if (pause && i % pause == 0)
			usleep(100);
	}
	return 0;
}

/* receive MAILBOX COUNT */
static int do_receive(char **argument)
{
	char buffer[PIECE];
	find(argument[0]);
	for (long left = atol(argument[1]); left > 0; left--)
		if (portico_receive(instance, port, buffer, sizeof buffer, NULL, NULL, PORTICO_FOREVER) !=
		    PIECE)
			return 2;
	puts("received");
	return 0;
}

int main(int count, char **argument)
{
	static const struct {
		const char *name;
		int (*run)(char **argument);
	} commands[] = {
		{ "drain", do_drain }, { "pour", do_pour },	  { "share", do_share },
		{ "send", do_send },   { "receive", do_receive },
	};
	for (size_t i = 0; count >= 4 && i < sizeof commands / sizeof commands[0]; i++)
		if (strcmp(argument[1], commands[i].name) == 0)
			return commands[i].run(argument + 2);
	fprintf(stderr, "fuse_poll: no such command\n");
	return 2;
}
