/* SPDX-License-Identifier: MIT */
/*
 * semop on mutexes: to send is to take one, or several in one operation, and to
 * receive is to give them back; with SEM_UNDO where the setup says so.  Run
 * preloaded and not, as sysv.c.
 */
#define _GNU_SOURCE
#include "lib/peer.h"
#include "lib/worker.h"

#include <errno.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <unistd.h>

enum { MOST = 4 };

static int set = -1;
static struct sembuf take[MOST], give[MOST];
static size_t count;

int peer_prepare(const struct setup *setup)
{
	short flags = setup->undo ? SEM_UNDO : 0;
	unsigned short ones[MOST] = { 1, 1, 1, 1 };
	count = setup->at_once < MOST ? (size_t)setup->at_once : MOST;
	for (unsigned short i = 0; i < count; i++) {
		take[i] = (struct sembuf){ .sem_num = i, .sem_op = -1, .sem_flg = flags };
		give[i] = (struct sembuf){ .sem_num = i, .sem_op = 1, .sem_flg = flags };
	}
	set = semget(worker_key(getpid()), (int)count, IPC_CREAT | IPC_EXCL | 0600);
	return set < 0 || semctl(set, 0, SETALL, ones) != 0 ? -errno : 0;
}

int peer_open(enum side side)
{
	(void)side;
	return 0;
}

int peer_send(const void *data, size_t bytes, long type)
{
	(void)data, (void)bytes, (void)type;
	return semop(set, take, count) != 0 ? -errno : 0;
}

ssize_t peer_receive(void *buffer, size_t room, long type)
{
	(void)buffer, (void)room, (void)type;
	return semop(set, give, count) != 0 ? -errno : 0;
}

void peer_remove(void)
{
	if (set >= 0)
		semctl(set, 0, IPC_RMID);
}
