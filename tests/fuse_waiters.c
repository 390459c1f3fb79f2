/* SPDX-License-Identifier: MIT */
/*
 * fuse_waiters FILE N: so many threads, each waiting in a read of a description
 * of its own, until killed.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *path;

static void *wait_there(void *unused)
{
	char buffer[64];
	int fd = open(path, O_RDONLY);
	(void)unused;
	if (fd < 0 || read(fd, buffer, sizeof buffer) < 0)
		perror(path);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_attr_t small;
	pthread_t thread;
	int count = argc == 3 ? atoi(argv[2]) : 0;
	path = argv[1];
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	for (int i = 0; i < count; i++)
		if (pthread_create(&thread, &small, wait_there, NULL) != 0)
			return 1;
	for (;;)
		pause();
}
