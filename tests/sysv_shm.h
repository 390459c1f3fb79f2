/* SPDX-License-Identifier: MIT */
/* For tests/sysv_shm*.c: plain System V programs that know nothing of Portico. */
#ifndef SYSV_SHM_H
#define SYSV_SHM_H

#include "sysv_check.h"

#include <stdint.h>

#define PAGE 4096

static inline int segment(size_t size)
{
	int id = shmget(IPC_PRIVATE, size, 0600);
	CHECK(id >= 0);
	return id;
}

static inline void remove_segment(int id)
{
	CHECK_EQUAL(shmctl(id, IPC_RMID, NULL), 0);
}

static inline char *attach(int id, int flags)
{
	char *address = shmat(id, NULL, flags);
	CHECK(address != (void *)-1);
	return address;
}

static inline void detach(const void *address)
{
	CHECK_EQUAL(shmdt(address), 0);
}

static inline struct shmid_ds status_of(int id)
{
	struct shmid_ds ds;
	CHECK_EQUAL(shmctl(id, IPC_STAT, &ds), 0);
	return ds;
}

static inline long attached(int id)
{
	return (long)status_of(id).shm_nattch;
}

/* No such segment any more. */
static inline void check_gone(int id)
{
	struct shmid_ds ds;
	FAILS(shmctl(id, IPC_STAT, &ds), EINVAL);
}

static inline key_t some_key(void)
{
	return 0x52000000 | (getpid() & 0xffffff);
}

/* Addresses where nothing is mapped, and nothing will be that isn't put there. */
static inline char *free_place(size_t size)
{
	char *place = mmap(NULL, size + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(place != MAP_FAILED);
	CHECK_EQUAL(munmap(place + PAGE, size), 0);
	return place + PAGE;
}

/* The child must die of this signal. */
static inline void join_killed(pid_t child, int signal)
{
	int status;
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == signal);
}

/* Go on as somebody who is neither owner nor privileged. */
static inline void become_nobody(void)
{
	CHECK_EQUAL(setegid(65534), 0);
	CHECK_EQUAL(seteuid(65534), 0);
}

#endif
