/* SPDX-License-Identifier: MIT */
/*
 * A plain System V program that does batches on command (lib/worker.h).  It
 * knows nothing of Portico: bench/ipc runs it preloaded and not.
 *
 *   sysv KEY     makes a queue and a set with that key, answers 0 when ready
 */
#define _GNU_SOURCE
#include "lib/probe.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>

static int queue = -1, set = -1;

static int send_and_receive(size_t bytes)
{
	static struct {
		long type;
		char data[4096];
	} message = { .type = 1 };
	if (msgsnd(queue, &message, bytes, 0) != 0)
		return -errno;
	return msgrcv(queue, &message, bytes, 0, 0) == (ssize_t)bytes ? 0 : -errno;
}

static int message_64(void)
{
	return send_and_receive(64);
}

static int message_4096(void)
{
	return send_and_receive(4096);
}

static int take_and_give(short flags)
{
	struct sembuf take = { .sem_op = -1, .sem_flg = flags }, give = { .sem_op = 1, .sem_flg = flags };
	if (semop(set, &take, 1) != 0 || semop(set, &give, 1) != 0)
		return -errno;
	return 0;
}

static int semaphore(void)
{
	return take_and_give(0);
}

static int semaphore_undo(void)
{
	return take_and_give(SEM_UNDO);
}

static const struct operation {
	const char *name;
	int (*run)(void);
} operations[] = {
	{ "message-64", message_64 },
	{ "message-4096", message_4096 },
	{ "semaphore", semaphore },
	{ "semaphore-undo", semaphore_undo },
};

static int64_t batch(const char *name, uint64_t count)
{
	for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
		if (strcmp(operations[i].name, name) != 0)
			continue;
		int error = 0;
		int64_t start = now_ns();
		while (count-- > 0 && !error)
			error = operations[i].run();
		return error ? error : now_ns() - start;
	}
	return -EINVAL;
}

static int make(key_t key)
{
	queue = msgget(key, IPC_CREAT | IPC_EXCL | 0600);
	set = semget(key, 1, IPC_CREAT | IPC_EXCL | 0600);
	if (queue < 0 || set < 0 || semctl(set, 0, SETVAL, 1) != 0)
		return -errno;
	return 0;
}

static void answer(int64_t value)
{
	printf("%" PRId64 "\n", value);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	char name[32];
	uint64_t count;
	answer(make(argc > 1 ? (key_t)strtol(argv[1], NULL, 0) : IPC_PRIVATE));
	while (scanf("%31s %" SCNu64, name, &count) == 2)
		answer(batch(name, count));
	if (queue >= 0)
		msgctl(queue, IPC_RMID, NULL);
	if (set >= 0)
		semctl(set, 0, IPC_RMID);
	return 0;
}
