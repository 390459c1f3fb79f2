/* SPDX-License-Identifier: MIT */
/*
 * semop as a signal: a semaphore for requests and one for answers, in a set; to
 * send is to add one, to receive to take one.  Run preloaded and not, as sysv.c.
 */
#define _GNU_SOURCE
#include "lib/peer.h"
#include "lib/worker.h"

#include <errno.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <unistd.h>

static int set = -1;
static unsigned short sends, receives;

int peer_prepare(const struct setup *setup)
{
	(void)setup;
	set = semget(worker_key(getpid()), QUEUES, IPC_CREAT | IPC_EXCL | 0600);
	return set < 0 ? -errno : 0;
}

int peer_open(enum side side)
{
	sends = (unsigned short)sends_to(side);
	receives = (unsigned short)receives_from(side);
	return 0;
}

static int change(unsigned short semaphore, short by)
{
	struct sembuf operation = { .sem_num = semaphore, .sem_op = by };
	return semop(set, &operation, 1) != 0 ? -errno : 0;
}

int peer_send(const void *data, size_t bytes, long type)
{
	(void)data, (void)bytes, (void)type;
	return change(sends, 1);
}

ssize_t peer_receive(void *buffer, size_t room, long type)
{
	(void)buffer, (void)room, (void)type;
	return change(receives, -1);
}

void peer_remove(void)
{
	if (set >= 0)
		semctl(set, 0, IPC_RMID);
}
