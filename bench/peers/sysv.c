/* SPDX-License-Identifier: MIT */
/*
 * msgsnd and msgrcv.  A plain System V program that knows nothing of Portico:
 * the bench runs it preloaded and not.  The key of its first queue tells where
 * that is.
 */
#define _GNU_SOURCE
#include "lib/peer.h"
#include "lib/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <unistd.h>

static int queues[QUEUES] = { -1, -1 }, sends, receives;
static bool in_place;
static struct message {
	long type;
	char data[];
} * message;

/* Room for as many as wanted, where this user may have it. */
static void widen(int queue, const struct setup *setup)
{
	struct msqid_ds status;
	if (msgctl(queue, IPC_STAT, &status) != 0)
		return;
	status.msg_qbytes = (msglen_t)((setup->depth + setup->backlog) * setup->bytes);
	msgctl(queue, IPC_SET, &status);
}

/* Does a message of that size go through at all? */
static int try(int queue, size_t bytes)
{
	message->type = 1;
	if (msgsnd(queue, message, bytes, IPC_NOWAIT) != 0 ||
	    msgrcv(queue, message, bytes, 0, IPC_NOWAIT) < 0)
		return -errno;
	return 0;
}

int peer_prepare(const struct setup *setup)
{
	in_place = setup->in_place != 0;
	message = malloc(sizeof *message + (size_t)setup->bytes);
	if (!message)
		return -ENOMEM;
	for (int i = 0; i < QUEUES; i++) {
		key_t key = i == 0 ? worker_key(getpid()) : IPC_PRIVATE;
		queues[i] = msgget(key, IPC_CREAT | IPC_EXCL | 0600);
		if (queues[i] < 0)
			return -errno;
		widen(queues[i], setup);
		int error = try(queues[i], (size_t)setup->bytes);
		if (error)
			return error;
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
	message->type = type;
	if (!in_place)
		memcpy(message->data, data, bytes);
	return msgsnd(sends, message, bytes, 0) != 0 ? -errno : 0;
}

ssize_t peer_receive(void *buffer, size_t room, long type)
{
	ssize_t got = msgrcv(receives, message, room, type, 0);
	if (got < 0)
		return -errno;
	if (!in_place)
		memcpy(buffer, message->data, (size_t)got);
	return got;
}

void peer_remove(void)
{
	for (int i = 0; i < QUEUES; i++)
		if (queues[i] >= 0)
			msgctl(queues[i], IPC_RMID, NULL);
}
