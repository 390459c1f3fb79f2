/* SPDX-License-Identifier: MIT */
/* A semaphore as a descriptor, by the weak name: where it isn't there, this is the real kernel. */
#define _GNU_SOURCE
#include "sysv_sem.h"

#include <fcntl.h>
#include <poll.h>
#include <portico/sysv.h>

#pragma weak portico_sem_fd

static int fd_of(int id, int semaphore)
{
	if (!portico_sem_fd)
		SKIP("the real kernel's semaphores have no descriptors");
	int fd = portico_sem_fd(id, semaphore);
	CHECK(fd >= 0);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	return fd;
}

static bool is_readable(int fd)
{
	struct pollfd look = { .fd = fd, .events = POLLIN };
	CHECK(poll(&look, 1, 0) >= 0);
	return look.revents & POLLIN;
}

static void becomes_readable(int fd)
{
	struct pollfd look = { .fd = fd, .events = POLLIN };
	CHECK_EQUAL(poll(&look, 1, 20000), 1);
}

/* While it is above zero, whichever way it came there; and each of a set by itself. */
static void readable(void)
{
	int id = set_of(3), first = fd_of(id, 0), last = fd_of(id, 2);
	unsigned short all[3] = { 0, 5, 1 };
	CHECK(!is_readable(first) && !is_readable(last));
	CHECK_EQUAL(change(id, 0, 2, 0), 0);
	CHECK(is_readable(first) && is_readable(first) && !is_readable(last));
	CHECK_EQUAL(change(id, 0, -1, 0), 0);
	CHECK(is_readable(first));
	CHECK_EQUAL(DO(id, { 0, -1, SEM_UNDO }, { 2, 1, 0 }), 0);
	CHECK(!is_readable(first) && is_readable(last));
	set_value(id, 0, 3);
	CHECK(is_readable(first));
	CHECK_EQUAL(semctl(id, 0, SETALL, (union semun){ .array = all }), 0);
	CHECK(!is_readable(first) && is_readable(last));
	int again = fd_of(id, 2), other = fd_of(id, 1);
	CHECK(is_readable(again) && is_readable(other));
	CHECK_EQUAL(change(id, 2, -1, 0), 0);
	CHECK(!is_readable(again) && !is_readable(last));
	FAILS(change(id, 2, -1, IPC_NOWAIT), EAGAIN);
	for (int i = 0; i < 1000; i++)
		CHECK_EQUAL(change(id, 2, i % 2 ? -1 : 1, 0), 0);
	CHECK(!is_readable(last));
	destroy(id);
	CHECK(is_readable(first) && is_readable(last) && is_readable(other));
}

static void of_others(void)
{
	int id = set_of(1), fd = fd_of(id, 0);
	pid_t child = CHILD(becomes_readable(fd); CHECK_EQUAL(change(id, 0, -1, IPC_NOWAIT), 0));
	until_asleep(child);
	CHECK_EQUAL(change(id, 0, 1, 0), 0);
	join_child(child);
	CHECK(!is_readable(fd));
	child = CHILD(CHECK_EQUAL(change(id, 0, 1, 0), 0));
	becomes_readable(fd);
	join_child(child);
	destroy(id);
}

/* What is taken by who waits for it isn't there for others. */
static void handed_over(void)
{
	int id = set_of(1), fd = fd_of(id, 0);
	pid_t child = BLOCKED(id, 0, GETNCNT, CHECK_EQUAL(change(id, 0, -1, 0), 0));
	CHECK_EQUAL(change(id, 0, 1, 0), 0);
	CHECK(!is_readable(fd));
	join_child(child);
	CHECK(!is_readable(fd));
	destroy(id);
}

/* What the end of a process gives back is there. */
static void given_back(void)
{
	int id = set_of(1), fd = fd_of(id, 0);
	set_value(id, 0, 1);
	pid_t child = CHILD(CHECK_EQUAL(change(id, 0, -1, SEM_UNDO), 0); pause());
	await_value(id, 0, 0);
	CHECK(!is_readable(fd));
	kill_child(child);
	CHECK_EQUAL(value(id, 0), 1); /* who looks sees to the dead */
	CHECK(is_readable(fd));
	child = CHILD(CHECK_EQUAL(change(id, 0, -1, SEM_UNDO), 0); exit(0)); /* which itself sees to it */
	join_child(child);
	becomes_readable(fd);
	destroy(id);
}

/* Once nobody listens any more it is as it was. */
static void closed(void)
{
	int id = set_of(1), fd = fd_of(id, 0);
	CHECK_EQUAL(close(fd), 0);
	for (int i = 0; i < 10; i++)
		CHECK_EQUAL(change(id, 0, i % 2 ? -1 : 1, 0), 0);
	fd = fd_of(id, 0);
	CHECK(!is_readable(fd));
	CHECK_EQUAL(change(id, 0, 1, 0), 0);
	CHECK(is_readable(fd));
	destroy(id);
}

static void refusals(void)
{
	int id = set_of(2), fd = fd_of(id, 0);
	errno = ENOANO;
	CHECK_EQUAL(portico_sem_fd(-1, 0), -EINVAL);
	CHECK_EQUAL(portico_sem_fd(id + 1, 0), -EINVAL);
	CHECK_EQUAL(portico_sem_fd(id, 2), -EINVAL);
	CHECK_EQUAL(portico_sem_fd(id, -1), -EINVAL);
	if (geteuid() == 0) {
		join_child(CHILD({
			CHECK_EQUAL(seteuid(65534), 0);
			CHECK_EQUAL(portico_sem_fd(id, 0), -EACCES);
		}));
	}
	CHECK(!is_readable(fd));
	destroy(id);
	CHECK_EQUAL(portico_sem_fd(id, 0), -EINVAL);
	CHECK_EQUAL(errno, ENOANO);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "readable", readable },
		{ "of_others", of_others },
		{ "handed_over", handed_over },
		{ "given_back", given_back },
		{ "closed", closed },
		{ "refusals", refusals },
		{ 0 },
	};
	return run_cases(cases, argc, argv);
}
