/* SPDX-License-Identifier: MIT */
/* POSIX message queues, of the wanted depth or what this user may have of it. */
#define _GNU_SOURCE
#include "lib/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static mqd_t queues[QUEUES], sends, receives;

static mqd_t make(const char *name, const struct setup *setup)
{
	struct mq_attr limits = { .mq_maxmsg = setup->depth, .mq_msgsize = setup->bytes };
	mqd_t queue;
	do
		queue = mq_open(name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600, &limits);
	while (queue == (mqd_t)-1 && errno != EEXIST && (limits.mq_maxmsg /= 2) > 0);
	return queue;
}

int peer_prepare(const struct setup *setup)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	setrlimit(RLIMIT_MSGQUEUE, &all);
	for (int i = 0; i < QUEUES; i++) {
		char name[64];
		snprintf(name, sizeof name, "/portico-bench-%d-%d", getpid(), i);
		queues[i] = make(name, setup);
		if (queues[i] == (mqd_t)-1)
			return -errno;
		mq_unlink(name);
	}
	return 0;
}

int peer_open(enum side side)
{
	sends = queues[sends_to(side)];
	receives = queues[receives_from(side)];
	return 0;
}

int peer_send(const void *data, size_t bytes, long type)
{
	(void)type;
	return mq_send(sends, data, bytes, 0) != 0 ? -errno : 0;
}

ssize_t peer_receive(void *buffer, size_t room, long type)
{
	(void)type;
	ssize_t got = mq_receive(receives, buffer, room, NULL);
	return got < 0 ? -errno : got;
}

void peer_remove(void)
{
}
