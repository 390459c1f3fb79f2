/* SPDX-License-Identifier: MIT */
/* What System V calls say when memory is short: for a Portico instance on a small file system. */
#define _GNU_SOURCE
#include "check.h"

#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

enum { MOST = 4096 };

static void segments(void)
{
	int ids[MOST], count = 0;
	while (count < MOST && (ids[count] = shmget(IPC_PRIVATE, 65536, 0600)) >= 0) {
		char *address = shmat(ids[count++], NULL, 0);
		CHECK(address != (void *)-1);
		memset(address, 1, 65536); /* all of it is there: no SIGBUS */
		CHECK_EQUAL(shmdt(address), 0);
	}
	CHECK(count > 0 && count < MOST);
	CHECK_EQUAL(errno, ENOMEM);
	CHECK_EQUAL(shmget(IPC_PRIVATE, 1L << 40, 0600), -1);
	CHECK_EQUAL(errno, ENOMEM);
	CHECK_EQUAL(shmctl(ids[--count], IPC_RMID, NULL), 0);
	CHECK((ids[count++] = shmget(IPC_PRIVATE, 65536, 0600)) >= 0); /* it can go on */
	while (count > 0)
		CHECK_EQUAL(shmctl(ids[--count], IPC_RMID, NULL), 0);
}

static void sets(void)
{
	int ids[MOST], count = 0;
	while (count < MOST && (ids[count] = semget(IPC_PRIVATE, 1000, 0600)) >= 0)
		count++;
	CHECK(count > 0 && count < MOST);
	CHECK_EQUAL(errno, ENOSPC);
	CHECK_EQUAL(semctl(ids[--count], 0, IPC_RMID), 0);
	CHECK((ids[count++] = semget(IPC_PRIVATE, 1000, 0600)) >= 0);
	struct sembuf up = { 999, 1, SEM_UNDO | IPC_NOWAIT };
	for (int i = 0; i < count; i++)
		if (semop(ids[i], &up, 1) != 0)
			CHECK_EQUAL(errno, ENOSPC); /* no memory for the adjustment: nothing was done */
	while (count > 0)
		CHECK_EQUAL(semctl(ids[--count], 0, IPC_RMID), 0);
}

static void messages(void)
{
	static struct {
		long type;
		char text[8000];
	} m = { .type = 1 };
	int ids[MOST], count = 0;
	while (count < MOST && (ids[count] = msgget(IPC_PRIVATE, 0600)) >= 0 &&
	       msgsnd(ids[count], &m, sizeof m.text, IPC_NOWAIT) == 0)
		count++;
	CHECK(count > 0 && count < MOST);
	CHECK(errno == ENOMEM || errno == ENOSPC);
	for (int i = 0; i < count; i++)
		CHECK_EQUAL(msgrcv(ids[i], &m, sizeof m.text, 0, IPC_NOWAIT), sizeof m.text);
	CHECK_EQUAL(msgsnd(ids[0], &m, sizeof m.text, IPC_NOWAIT), 0);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "segments", segments },
		{ "sets", sets },
		{ "messages", messages },
		{ 0 },
	};
	return run_cases(cases, argc, argv);
}
