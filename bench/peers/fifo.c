/* SPDX-License-Identifier: MIT */
/* A named pipe each way: the kernel's, or the mount's. */
#define _GNU_SOURCE
#include "mount.h"
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const names[QUEUES] = { "requests", "answers" };
static char paths[QUEUES][300];
static long room;

int peer_prepare(const struct setup *setup)
{
	const char *kernel = getenv("PORTICO_KERNEL");
	int error = setup->mounted ? mount_prepare(setup) : 0;
	room = setup->depth * setup->bytes;
	for (int i = 0; i < QUEUES && !error; i++) {
		if (setup->mounted)
			snprintf(paths[i], sizeof paths[i], "%s", mount_path("fifo/", names[i]));
		else
			snprintf(paths[i], sizeof paths[i], "%s-%d-%s",
				 kernel ? kernel : "/tmp/portico-bench", getpid(), names[i]);
		if (mkfifo(paths[i], 0600) != 0)
			error = -errno;
	}
	return error;
}

/* Each open waits for the other end: both sides go through them in one order. */
int peer_open(enum side side)
{
	int ends[QUEUES];
	if (side == LOOP)
		return -EINVAL;
	for (int i = 0; i < QUEUES; i++) {
		ends[i] = open(paths[i], (i == sends_to(side) ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
		if (ends[i] < 0)
			return -errno;
		stream_room(ends[i], room);
	}
	stream_open(ends[sends_to(side)], ends[receives_from(side)]);
	return 0;
}

void peer_remove(void)
{
	for (int i = 0; i < QUEUES && paths[i][0]; i++)
		unlink(paths[i]);
	mount_remove();
}
