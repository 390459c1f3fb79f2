/* SPDX-License-Identifier: MIT */
/*
 * A process is killed in the middle of fork(): its child is there, and has run
 * nothing of its own yet.  What both had attached is attached in the child.
 */
#define _GNU_SOURCE
#include "check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/shm.h>

static struct {
	_Atomic pid_t parent, child;
	_Atomic int segment, phase;
} * shared;

enum { SEEN = 1, GO_ON, DONE };

static void until(int phase)
{
	while (atomic_load(&shared->phase) != phase)
		sleep_ms(1);
}

static unsigned long attachments(void)
{
	struct shmid_ds status;
	CHECK_EQUAL(shmctl(shared->segment, IPC_STAT, &status), 0);
	return status.shm_nattch;
}

/* In the child, before whatever was registered after this: nothing has been done about the fork yet. */
static void in_child(void)
{
	if (getppid() != shared->parent)
		return;
	shared->child = getpid();
	atomic_store(&shared->phase, SEEN);
	until(GO_ON);
}

static void in_the_child(int *memory)
{
	CHECK_EQUAL(attachments(), 1);
	CHECK_EQUAL(*memory, 17);
	CHECK_EQUAL(shmdt(memory), 0);
	CHECK(shmctl(shared->segment, IPC_STAT, &(struct shmid_ds){ 0 }) != 0 && errno == EINVAL);
	atomic_store(&shared->phase, DONE);
	_exit(0);
}

static void be_killed_in_fork(void)
{
	CHECK_EQUAL(pthread_atfork(NULL, NULL, in_child), 0);
	shared->parent = getpid();
	shared->segment = shmget(IPC_PRIVATE, 4096, 0600);
	int *memory = shmat(shared->segment, NULL, 0);
	CHECK(memory != (void *)-1);
	*memory = 17;
	CHECK_EQUAL(shmctl(shared->segment, IPC_RMID, NULL), 0);
	if (fork() == 0)
		in_the_child(memory);
	pause();
}

static void killed_in_fork(void)
{
	shared = shared_memory(sizeof *shared);
	CHECK_EQUAL(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	pid_t parent = CHILD(be_killed_in_fork());
	until(SEEN);
	kill_child(parent);
	CHECK_EQUAL(attachments(), 1);
	atomic_store(&shared->phase, GO_ON);
	join_child(shared->child);
	CHECK_EQUAL(shared->phase, DONE);
}

static const struct test_case cases[] = { { "killed-in-fork", killed_in_fork }, { 0 } };

int main(int argc, char **argv)
{
	return run_cases(cases, argc, argv);
}
