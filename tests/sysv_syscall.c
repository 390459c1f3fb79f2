/* SPDX-License-Identifier: MIT */
/* System V by the numbers of its system calls, and what else programs ask of syscall(). */
#define _GNU_SOURCE
#include "sysv_check.h"

#include <fcntl.h>
#include <sys/syscall.h>

static void queues(void)
{
	struct {
		long type;
		char text[8];
	} sent = { 7, "seven" }, got;
	struct msqid_ds ds;
	long id = syscall(SYS_msgget, IPC_PRIVATE, 0600);
	CHECK(id >= 0);
	CHECK_EQUAL(syscall(SYS_msgsnd, id, &sent, 6, 0), 0);
	CHECK_EQUAL(msgctl((int)id, IPC_STAT, &ds), 0); /* the same queue to libc's calls */
	CHECK_EQUAL(ds.msg_qnum, 1);
	FAILS(syscall(SYS_msgrcv, id, &got, sizeof got.text, 8, IPC_NOWAIT), ENOMSG);
	CHECK_EQUAL(syscall(SYS_msgrcv, id, &got, sizeof got.text, 7, IPC_NOWAIT), 6);
	CHECK(got.type == 7 && strcmp(got.text, "seven") == 0);
	CHECK_EQUAL(syscall(SYS_msgctl, id, IPC_RMID, NULL), 0);
	FAILS(syscall(SYS_msgctl, id, IPC_STAT, &ds), EINVAL);
}

static void semaphores(void)
{
	struct sembuf up = { 1, 3, 0 }, down = { 0, -1, 0 };
	const struct timespec soon = { 0, 1000000 };
	unsigned short values[2] = { 4, 5 };
	long id = syscall(SYS_semget, IPC_PRIVATE, 2, 0600);
	CHECK(id >= 0);
	CHECK_EQUAL(syscall(SYS_semop, id, &up, 1), 0);
	CHECK_EQUAL(syscall(SYS_semctl, id, 1, GETVAL, 0), 3);
	CHECK_EQUAL(semctl((int)id, 1, GETVAL), 3);
	FAILS(syscall(SYS_semtimedop, id, &down, 1, &soon), EAGAIN);
	CHECK_EQUAL(syscall(SYS_semctl, id, 0, SETALL, values), 0);
	CHECK_EQUAL(syscall(SYS_semctl, id, 0, SETVAL, 9), 0);
	CHECK_EQUAL(syscall(SYS_semtimedop, id, &down, 1, &soon), 0);
	CHECK_EQUAL(syscall(SYS_semctl, id, 0, GETALL, values), 0);
	CHECK(values[0] == 8 && values[1] == 5);
	CHECK_EQUAL(syscall(SYS_semctl, id, 0, IPC_RMID, 0), 0);
	FAILS(syscall(SYS_semop, id, &up, 1), EINVAL);
}

static void segments(void)
{
	struct shmid_ds ds;
	long id = syscall(SYS_shmget, IPC_PRIVATE, 5000, 0600);
	CHECK(id >= 0);
	char *one = (char *)syscall(SYS_shmat, id, NULL, 0), *two = shmat((int)id, NULL, 0);
	CHECK(one != (char *)-1 && two != (char *)-1);
	strcpy(one, "by number");
	CHECK_EQUAL(strcmp(two, "by number"), 0);
	CHECK_EQUAL(syscall(SYS_shmctl, id, IPC_STAT, &ds), 0);
	CHECK_EQUAL(ds.shm_nattch, 2);
	CHECK_EQUAL(syscall(SYS_shmdt, one), 0);
	FAILS(syscall(SYS_shmdt, one), EINVAL);
	CHECK_EQUAL(shmdt(two), 0);
	CHECK_EQUAL(syscall(SYS_shmctl, id, IPC_RMID, NULL), 0);
}

/* Numbers beside those that are emulated, six arguments, and errors. */
static void others(void)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/exe", O_RDONLY, 0);
	CHECK(fd >= 0);
	CHECK_EQUAL(syscall(SYS_getpid), getpid());
	errno = 5;
	void *page = (void *)syscall(SYS_mmap, NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 4096);
	CHECK(page != MAP_FAILED);
	char there[64];
	CHECK_EQUAL(pread(fd, there, sizeof there, 4096), (long)sizeof there);
	CHECK_EQUAL(memcmp(page, there, sizeof there), 0);
	CHECK_EQUAL(syscall(SYS_munmap, page, 4096), 0);
	CHECK_EQUAL(errno, 5);
	FAILS(syscall(SYS_openat, AT_FDCWD, "/nowhere/at/all", O_RDONLY, 0), ENOENT);
	FAILS(syscall(SYS_close, -1), EBADF);
	FAILS(syscall(100000), ENOSYS);
	FAILS(syscall(-1), ENOSYS);
#ifdef SYS_dup2 /* beside SYS_shmctl and SYS_shmget */
	CHECK_EQUAL(syscall(SYS_dup2, fd, 100), 100);
	CHECK_EQUAL(syscall(SYS_close, 100), 0);
	CHECK_EQUAL(syscall(SYS_sched_yield), 0);
	CHECK_EQUAL(syscall(SYS_fcntl, fd, F_GETFD), 0);
#endif
	struct {
		char name[6][65];
	} names;
	CHECK_EQUAL(syscall(SYS_uname, &names), 0);
	CHECK_EQUAL(strcmp(names.name[0], "Linux"), 0);
	CHECK_EQUAL(close(fd), 0);
}

static void clones(void)
{
	int status, set = semget(IPC_PRIVATE, 1, 0600);
	CHECK_EQUAL(syscall(SYS_semctl, set, 0, SETVAL, 7), 0);
	long child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (child == 0)
		syscall(SYS_exit_group, semctl(set, 0, GETVAL));
	CHECK(child > 0);
	CHECK_EQUAL(waitpid((pid_t)child, &status, 0), child);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	CHECK_EQUAL(semctl(set, 0, IPC_RMID), 0);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "queues", queues }, { "semaphores", semaphores }, { "segments", segments },
		{ "others", others }, { "clones", clones },	    { 0 },
	};
	return run_cases(cases, argc, argv);
}
