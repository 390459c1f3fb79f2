/* SPDX-License-Identifier: MIT */
/*
 * A System V semaphore among ordinary descriptors: one poll() waits for work
 * that a semaphore counts and for the end of the worker that hands it out,
 * which the kernel's semaphores can't do.  The call is there when the program
 * runs on Portico, and a weak name tells whether it is.
 *
 *   cc semaphore_poll.c && portico run ./a.out
 */
#include <poll.h>
#include <portico/sysv.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>

#pragma weak portico_sem_fd

static void check(const char *what, int result)
{
	if (result >= 0)
		return;
	perror(what);
	exit(1);
}

static void hand_out(int set)
{
	struct sembuf one_more = { .sem_num = 0, .sem_op = 1 };
	for (int i = 0; i < 3; i++)
		check("semop", semop(set, &one_more, 1));
	_exit(0);
}

int main(void)
{
	struct sembuf take_one = { .sem_num = 0, .sem_op = -1, .sem_flg = IPC_NOWAIT };
	int set = semget(IPC_PRIVATE, 1, 0600), ends[2], done = 0;
	check("semget", set);
	check("pipe", pipe(ends));
	if (!portico_sem_fd) {
		puts("this is the real kernel: its semaphores have no descriptors");
		check("semctl", semctl(set, 0, IPC_RMID));
		return 0;
	}
	if (fork() == 0)
		hand_out(set); /* the pipe is hung up when it ends */
	close(ends[1]);
	struct pollfd sources[] = {
		{ .fd = portico_sem_fd(set, 0), .events = POLLIN },
		{ .fd = ends[0], .events = POLLIN },
	};
	check("portico_sem_fd", sources[0].fd);
	while (poll(sources, 2, -1) > 0) {
		if (sources[0].revents == 0)
			break; /* nothing to take, and nobody left who gives */
		if (semop(set, &take_one, 1) == 0)
			printf("took %d\n", ++done);
	}
	puts("the worker is gone");
	check("wait", wait(NULL));
	check("semctl", semctl(set, 0, IPC_RMID));
	return 0;
}
