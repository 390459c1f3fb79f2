/* SPDX-License-Identifier: MIT */
/*
 * A program that locks its memory, as those do that have deadlines to meet:
 * what it has and what it attaches is there without a fault, and nothing else
 * takes memory for it.  Runs on the real kernel, too.
 */
#define _GNU_SOURCE
#include "check.h"

#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/shm.h>

#define BYTES (256u << 10)
#define PAGE 4096u

#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4
#endif

static void lock_all(int flags)
{
	if (mlockall(flags) && (errno == EPERM || errno == ENOMEM))
		SKIP("this user may not lock its memory");
}

static void *some_memory(void)
{
	void *memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(memory != MAP_FAILED);
	return memory;
}

static bool is_there(void *memory)
{
	unsigned char pages[BYTES / PAGE];
	unsigned count = 0;
	CHECK_EQUAL(mincore(memory, BYTES, pages), 0);
	for (unsigned at = 0; at < BYTES / PAGE; at++)
		count += pages[at] & 1;
	CHECK(count == 0 || count == BYTES / PAGE);
	return count > 0;
}

static void use_a_set(void)
{
	struct sembuf up = { 0, 1, 0 };
	int set = semget(IPC_PRIVATE, 1, 0600);
	CHECK(set >= 0);
	CHECK_EQUAL(semop(set, &up, 1), 0);
	CHECK_EQUAL(semctl(set, 0, GETVAL), 1);
	CHECK_EQUAL(semctl(set, 0, IPC_RMID), 0);
}

static void *attach(int *id)
{
	*id = shmget(IPC_PRIVATE, BYTES, 0600);
	CHECK(*id >= 0);
	void *memory = shmat(*id, NULL, 0);
	CHECK(memory != (void *)-1);
	return memory;
}

static void leave_segment(int id, void *memory)
{
	CHECK_EQUAL(shmdt(memory), 0);
	CHECK_EQUAL(shmctl(id, IPC_RMID, NULL), 0);
}

/* The memory that is shared with others, in KiB: an instance's included. */
static long shared_kib(void)
{
	char line[256];
	long kib = -1;
	FILE *status = fopen("/proc/self/status", "r");
	CHECK(status != NULL);
	while (fgets(line, sizeof line, status))
		sscanf(line, "RssShmem: %ld", &kib);
	fclose(status);
	CHECK(kib >= 0);
	return kib;
}

static void check_little_is_shared(void)
{
	CHECK(shared_kib() < 16 << 10);
}

/* svsematest begins so */
static void what_is_to_come(void)
{
	int id;
	lock_all(MCL_CURRENT | MCL_FUTURE);
	use_a_set();
	check_little_is_shared();
	void *memory = attach(&id);
	CHECK(is_there(memory));
	leave_segment(id, memory);
	CHECK(is_there(some_memory()));
	check_little_is_shared();
	join_child(CHILD({
		use_a_set();
		check_little_is_shared();
	}));
}

static void what_there_is(void)
{
	void *before = some_memory();
	int id;
	use_a_set();
	void *segment = attach(&id);
	lock_all(MCL_CURRENT);
	CHECK(is_there(before));
	CHECK(is_there(segment));
	CHECK(!is_there(some_memory()));
	check_little_is_shared();
	use_a_set();
	leave_segment(id, segment);
	CHECK_EQUAL(munlockall(), 0);
	CHECK(!is_there(some_memory()));
}

static void both(void)
{
	void *before = some_memory();
	use_a_set();
	lock_all(MCL_CURRENT | MCL_FUTURE);
	CHECK(is_there(before));
	CHECK(is_there(some_memory()));
	check_little_is_shared();
	use_a_set();
}

static void what_is_touched(void)
{
	void *before = some_memory();
	use_a_set();
	lock_all(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
	CHECK(!is_there(before));
	CHECK(!is_there(some_memory()));
	check_little_is_shared();
	use_a_set();
}

static void wrongly(void)
{
	use_a_set();
	errno = 0;
	CHECK_EQUAL(mlockall(0), -1);
	CHECK_EQUAL(errno, EINVAL);
	errno = 0;
	CHECK_EQUAL(mlockall(MCL_CURRENT | 64), -1);
	CHECK_EQUAL(errno, EINVAL);
	errno = 0;
	CHECK_EQUAL(mlockall(MCL_ONFAULT), -1);
	CHECK_EQUAL(errno, EINVAL);
}

static const struct test_case cases[] = {
	{ "what_is_to_come", what_is_to_come },
	{ "what_there_is", what_there_is },
	{ "both", both },
	{ "what_is_touched", what_is_touched },
	{ "wrongly", wrongly },
	{ NULL, NULL },
};

int main(int argc, char **argv)
{
	return run_cases(cases, argc, argv);
}
