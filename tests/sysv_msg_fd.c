/* SPDX-License-Identifier: MIT */
/* A queue as a descriptor, by the weak name: where it isn't there, this is the real kernel. */
#define _GNU_SOURCE
#include "check.h"

#include <fcntl.h>
#include <poll.h>
#include <portico/sysv.h>
#include <sys/ipc.h>
#include <sys/msg.h>

#pragma weak portico_msg_fd

struct message {
	long type;
	char text[64];
};

static int queue_with_fd(int *fd)
{
	if (!portico_msg_fd)
		SKIP("the real kernel's queues have no descriptors");
	int id = msgget(IPC_PRIVATE, 0600);
	CHECK(id >= 0);
	*fd = portico_msg_fd(id);
	CHECK(*fd >= 0);
	CHECK(fcntl(*fd, F_GETFD) & FD_CLOEXEC);
	return id;
}

static void send(int id, long type)
{
	CHECK_EQUAL(msgsnd(id, &(struct message){ .type = type }, 10, IPC_NOWAIT), 0);
}

static void receive(int id, long type)
{
	CHECK_EQUAL(msgrcv(id, &(struct message){ 0 }, 10, type, IPC_NOWAIT), 10);
}

static bool is_readable(int fd)
{
	struct pollfd look = { .fd = fd, .events = POLLIN };
	CHECK(poll(&look, 1, 0) >= 0);
	return look.revents & POLLIN;
}

static void readable(void)
{
	int fd, id = queue_with_fd(&fd);
	CHECK(!is_readable(fd));
	send(id, 1), send(id, 2);
	CHECK(is_readable(fd));
	CHECK(is_readable(fd)); /* and stays so */
	receive(id, 2);
	CHECK(is_readable(fd));
	receive(id, 0);
	CHECK(!is_readable(fd));
	send(id, 3);
	int again = portico_msg_fd(id);
	CHECK(again >= 0 && is_readable(again) && is_readable(fd));
	receive(id, -3);
	CHECK(!is_readable(again) && !is_readable(fd));
	CHECK_EQUAL(msgctl(id, IPC_RMID, NULL), 0);
	CHECK(is_readable(fd));
}

static void of_others(void)
{
	int fd, id = queue_with_fd(&fd);
	struct pollfd look = { .fd = fd, .events = POLLIN };
	pid_t child = CHILD({
		CHECK_EQUAL(poll(&look, 1, 20000), 1);
		receive(id, 0);
	});
	until_asleep(child);
	send(id, 1);
	join_child(child);
	CHECK(!is_readable(fd));
	child = CHILD(send(id, 1));
	CHECK_EQUAL(poll(&look, 1, 20000), 1);
	join_child(child);
	CHECK_EQUAL(msgctl(id, IPC_RMID, NULL), 0);
}

/* To one who is blocked it is handed: so there is nothing to receive for the others. */
static void handed_over(void)
{
	int fd, id = queue_with_fd(&fd);
	pid_t child = CHILD(CHECK_EQUAL(msgrcv(id, &(struct message){ 0 }, 10, 7, 0), 10));
	until_asleep(child);
	send(id, 7);
	join_child(child);
	CHECK(!is_readable(fd));
	CHECK_EQUAL(msgctl(id, IPC_RMID, NULL), 0);
}

static void refusals(void)
{
	int fd, id = queue_with_fd(&fd);
	errno = ENOANO;
	CHECK_EQUAL(portico_msg_fd(-1), -EINVAL);
	CHECK_EQUAL(portico_msg_fd(id + 1), -EINVAL);
	CHECK_EQUAL(msgctl(id, IPC_RMID, NULL), 0);
	CHECK_EQUAL(portico_msg_fd(id), -EINVAL);
	CHECK_EQUAL(errno, ENOANO);
	if (geteuid() != 0)
		return;
	id = msgget(IPC_PRIVATE, 0200);
	join_child(CHILD({
		struct msqid_ds ds;
		CHECK_EQUAL(msgctl(id, IPC_STAT, &ds), 0);
		ds.msg_perm.uid = 65533;
		CHECK_EQUAL(msgctl(id, IPC_SET, &ds), 0);
		CHECK_EQUAL(seteuid(65534), 0);
		msgget(IPC_PRIVATE, 0600); /* when its ids are looked at again */
		CHECK_EQUAL(portico_msg_fd(id), -EACCES);
	}));
	CHECK_EQUAL(msgctl(id, IPC_RMID, NULL), 0);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "readable", readable },
		{ "of_others", of_others },
		{ "handed_over", handed_over },
		{ "refusals", refusals },
		{ 0 },
	};
	return run_cases(cases, argc, argv);
}
