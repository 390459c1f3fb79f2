/* SPDX-License-Identifier: MIT */
/* A pipe each way. */
#define _GNU_SOURCE
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int pipes[QUEUES][2];

int peer_prepare(const struct setup *setup)
{
	for (int i = 0; i < QUEUES; i++) {
		if (pipe2(pipes[i], O_CLOEXEC) != 0)
			return -errno;
		stream_room(pipes[i][1], setup->depth * setup->bytes);
	}
	return 0;
}

int peer_open(enum side side)
{
	stream_open(pipes[sends_to(side)][1], pipes[receives_from(side)][0]);
	return 0;
}

void peer_remove(void)
{
}
