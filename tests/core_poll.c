/* SPDX-License-Identifier: MIT */
/* Scans and descriptors: what portico_port_fd(3) promises. */
#include "check.h"
#include "port.h"
#include "task.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <portico/message.h>
#include <portico/poll.h>
#include <portico/set.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>

static portico *k;

static portico_port mailbox(uint32_t slots)
{
	struct portico_limits limits = { slots, 64, 1 << 20 };
	portico_port port;
	CHECK_EQUAL(portico_mailbox_create(k, NULL, &limits, 0600, &port), 0);
	return port;
}

static int64_t soon(void)
{
	return portico_deadline(10000000000);
}

static int put(portico_port port)
{
	return portico_send(k, port, "x", 1, 1, PORTICO_NOW);
}

static ssize_t get(portico_port port)
{
	char buffer[64];
	return portico_receive(k, port, buffer, sizeof buffer, NULL, NULL, PORTICO_NOW);
}

static bool is_gone(ssize_t error)
{
	return error == -EIDRM || error == -EINVAL;
}

/* ---- scans */

static int scan(const portico_port *ports, unsigned count, unsigned char *ready)
{
	return portico_scan(k, ports, count, ready, PORTICO_NOW);
}

static void case_scan(void)
{
	portico_port ports[3] = { mailbox(4), mailbox(4), mailbox(0) };
	unsigned char ready[3];
	CHECK_EQUAL(scan(ports, 3, ready), -EAGAIN);
	CHECK_EQUAL(ready[0] + ready[1] + ready[2], PORTICO_QUIET);
	CHECK_EQUAL(put(ports[1]), 0);
	CHECK_EQUAL(portico_scan(k, ports, 3, ready, soon()), 1);
	CHECK_EQUAL(ready[0], PORTICO_QUIET);
	CHECK_EQUAL(ready[1], PORTICO_READY);
	CHECK_EQUAL(scan(ports, 3, ready), 1); /* nothing was received */
	/* a sender that waits where there are no slots */
	pid_t child = CHILD(CHECK_EQUAL(portico_send(k, ports[2], "x", 1, 1, soon()), 0));
	while (scan(ports, 3, ready) != 2)
		sleep_ms(1);
	CHECK_EQUAL(ready[2], PORTICO_READY);
	CHECK_EQUAL(get(ports[2]), 1);
	join_child(child);
	CHECK_EQUAL(portico_mailbox_destroy(k, ports[0]), 0);
	CHECK_EQUAL(scan(ports, 3, ready), 2);
	CHECK_EQUAL(ready[0], PORTICO_GONE);
	CHECK_EQUAL(ready[1], PORTICO_READY);
	CHECK_EQUAL(ready[2], PORTICO_QUIET);
}

static void case_scan_waits(void)
{
	portico_port ports[2] = { mailbox(4), mailbox(0) };
	unsigned char ready[2];
	/* it is woken by a message, by a sender that waits, and by an end */
	pid_t child = CHILD(sleep_ms(50); CHECK_EQUAL(put(ports[0]), 0));
	CHECK_EQUAL(portico_scan(k, ports, 2, ready, soon()), 1);
	CHECK_EQUAL(ready[0], PORTICO_READY);
	join_child(child);
	CHECK_EQUAL(get(ports[0]), 1);
	child = CHILD(sleep_ms(50); CHECK_EQUAL(portico_send(k, ports[1], "x", 1, 1, soon()), 0));
	CHECK_EQUAL(portico_scan(k, ports, 2, ready, soon()), 1);
	CHECK_EQUAL(ready[1], PORTICO_READY);
	CHECK_EQUAL(get(ports[1]), 1);
	join_child(child);
	child = CHILD(sleep_ms(50); CHECK_EQUAL(portico_mailbox_destroy(k, ports[0]), 0));
	CHECK_EQUAL(portico_scan(k, ports, 2, ready, soon()), 1);
	CHECK_EQUAL(ready[0], PORTICO_GONE);
	join_child(child);
	CHECK_EQUAL(portico_scan(k, ports + 1, 1, ready, portico_deadline(1000000)), -ETIMEDOUT);
	/* and leaves no watch behind */
	for (uint32_t slot = 1; slot < pk_committed(k, PK_WAITS); slot++) {
		const struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
		CHECK_EQUAL(pk_load(&wait->object), 0);
	}
}

static void case_scan_refused(void)
{
	portico_port set, ports[2] = { mailbox(4), mailbox(4) };
	unsigned char ready[2];
	CHECK_EQUAL(portico_scan(k, ports, 0, ready, soon()), -EINVAL);
	CHECK_EQUAL(portico_scan(k, ports, 1025, ready, soon()), -EINVAL);
	CHECK_EQUAL(portico_scan(k, ports, 2, ready, -1), -EINVAL);
	CHECK_EQUAL(portico_set_create(k, &set), 0);
	CHECK_EQUAL(portico_set_add(k, set, ports[1]), 0);
	CHECK_EQUAL(portico_scan(k, ports, 2, ready, soon()), -EBUSY);
	CHECK_EQUAL(put(ports[1]), 0);
	CHECK_EQUAL(scan(&set, 1, ready), 1);
	join_child(CHILD(CHECK_EQUAL(scan(&set, 1, ready), -EPERM)));
}

/* ---- descriptors */

static int open_fd(portico_port port)
{
	int fd = portico_port_fd(k, port);
	CHECK(fd >= 0);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	return fd;
}

/* By each of the three. */
static bool readable(int fd)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	bool by_poll = poll(&poller, 1, 0) == 1;
	CHECK(!by_poll || poller.revents == POLLIN);
	fd_set set;
	FD_ZERO(&set);
	FD_SET((unsigned)fd, &set);
	CHECK_EQUAL(select(fd + 1, &set, NULL, NULL, &(struct timeval){ 0 }), by_poll);
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	CHECK_EQUAL(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
	CHECK_EQUAL(epoll_wait(epoll, &event, 1, 0), by_poll);
	close(epoll);
	return by_poll;
}

static void await_readable(int fd, bool expected)
{
	for (int i = 0; i < 5000 && readable(fd) != expected; i++)
		sleep_ms(1);
	CHECK_EQUAL(readable(fd), expected);
}

static void case_fd(void)
{
	portico_port port = mailbox(4);
	int fd = open_fd(port);
	CHECK(!readable(fd));
	CHECK_EQUAL(put(port), 0);
	CHECK(readable(fd));
	CHECK(readable(fd)); /* level-triggered */
	CHECK_EQUAL(put(port), 0);
	CHECK_EQUAL(get(port), 1);
	CHECK(readable(fd));
	CHECK_EQUAL(get(port), 1);
	CHECK(!readable(fd));
	/* another process sends, while we sleep on it */
	pid_t child = CHILD(sleep_ms(50); CHECK_EQUAL(put(port), 0));
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	CHECK_EQUAL(poll(&poller, 1, 10000), 1);
	join_child(child);
	/* a second descriptor, of what is there already */
	int second = open_fd(port);
	CHECK(readable(second));
	CHECK_EQUAL(close(second), 0);
	/* another receives */
	join_child(CHILD(CHECK_EQUAL(get(port), 1)));
	CHECK(!readable(fd));
	CHECK_EQUAL(put(port), 0);
	CHECK_EQUAL(get(port), 1);
	CHECK(!readable(fd));
	CHECK_EQUAL(portico_mailbox_destroy(k, port), 0);
	CHECK(readable(fd)); /* gone */
	CHECK(is_gone(get(port)));
	CHECK(is_gone(portico_port_fd(k, port)));
}

static void case_fd_rendezvous(void)
{
	portico_port port = mailbox(0);
	int fd = open_fd(port);
	pid_t child = CHILD(CHECK_EQUAL(portico_send(k, port, "x", 1, 1, soon()), 0));
	await_readable(fd, true);
	CHECK_EQUAL(get(port), 1);
	CHECK(!readable(fd));
	join_child(child);
	child = CHILD(portico_send(k, port, "x", 1, 1, soon()));
	await_readable(fd, true);
	kill_child(child); /* it waits no more */
	pk_task_sweep(k, true);
	CHECK(!readable(fd));
	child = CHILD(CHECK_EQUAL(portico_send(k, port, "x", 1, 1, portico_deadline(30000000)), -ETIMEDOUT));
	join_child(child);
	CHECK(!readable(fd));
}

static void case_fd_given_back(void)
{
	portico_port port = mailbox(4);
	int fd = open_fd(port);
	CHECK_EQUAL(put(port), 0);
	pid_t child = CHILD({
		uint32_t message;
		CHECK_EQUAL(pk_port_receive(k, port.id, &PK_WANT_ANY, NULL, &message, NULL), 0);
		pause();
	});
	await_readable(fd, false);
	kill_child(child);
	pk_task_sweep(k, true);
	CHECK(readable(fd));
	CHECK_EQUAL(get(port), 1);
}

static void case_fd_of_set(void)
{
	portico_port set, a = mailbox(4), b = mailbox(0);
	CHECK_EQUAL(portico_set_create(k, &set), 0);
	int fd = open_fd(set), alone = open_fd(a);
	CHECK_EQUAL(put(a), 0);
	CHECK(readable(alone));
	CHECK(!readable(fd));
	CHECK_EQUAL(portico_set_add(k, set, a), 0);
	CHECK(!readable(alone)); /* it can't be received from */
	CHECK(readable(fd));
	CHECK_EQUAL(portico_port_fd(k, a), -EBUSY);
	CHECK_EQUAL(portico_set_add(k, set, b), 0);
	CHECK_EQUAL(get(set), 1);
	CHECK(!readable(fd));
	pid_t child = CHILD(CHECK_EQUAL(portico_send(k, b, "x", 1, 1, soon()), 0));
	await_readable(fd, true);
	CHECK_EQUAL(get(set), 1);
	join_child(child);
	CHECK(!readable(fd));
	CHECK_EQUAL(put(a), 0);
	CHECK(readable(fd));
	CHECK_EQUAL(portico_set_remove(k, set, a), 0);
	CHECK(readable(alone));
	CHECK(!readable(fd));
	CHECK_EQUAL(portico_set_add(k, set, a), 0);
	CHECK_EQUAL(portico_mailbox_destroy(k, set), 0);
	CHECK(readable(fd)); /* gone */
	CHECK(readable(alone));
	CHECK_EQUAL(get(a), 1);
	CHECK(!readable(alone));
}

static void case_fd_of_others(void)
{
	struct portico_limits limits = { 4, 64, 1 << 10 };
	portico_port receive, send, box = mailbox(4), completions;
	portico_wait wait;
	struct portico_completion completion;
	CHECK_EQUAL(portico_port_create(k, &limits, &receive), 0);
	CHECK_EQUAL(portico_right_make(k, receive, PORTICO_SEND, &send), 0);
	int fd = open_fd(receive);
	CHECK_EQUAL(portico_port_fd(k, send), -EBADF);
	CHECK_EQUAL(put(send), 0);
	CHECK(readable(fd));
	CHECK_EQUAL(get(receive), 1);
	CHECK(!readable(fd));
	CHECK_EQUAL(portico_right_drop(k, receive), 0);
	CHECK(readable(fd));
	/* completions */
	CHECK_EQUAL(portico_completions_create(k, &completions), 0);
	fd = open_fd(completions);
	CHECK_EQUAL(portico_post_receive(k, &box, 1, 64, NULL, PORTICO_FOREVER, completions, 1, &wait), 0);
	CHECK(!readable(fd));
	CHECK_EQUAL(put(box), 0);
	CHECK(readable(fd));
	CHECK_EQUAL(portico_complete(k, completions, &completion, PORTICO_NOW), 0);
	CHECK(!readable(fd));
	join_child(CHILD(CHECK_EQUAL(portico_port_fd(k, completions), -EPERM)));
}

static int bells(void)
{
	char path[PK_PATH_MAX + 8];
	snprintf(path, sizeof path, "%s/bells", portico_directory(k));
	DIR *directory = opendir(path);
	CHECK(directory != NULL);
	int count = -2;
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

static const struct pk_port *record(portico_port port)
{
	return pk_slot(k, PK_PORTS, pk_id_slot(port.id));
}

static void case_fd_closed(void)
{
	portico_port port = mailbox(4);
	int fd = open_fd(port), second = dup(fd);
	CHECK_EQUAL(bells(), 1);
	close(fd);
	CHECK_EQUAL(put(port), 0);
	CHECK_EQUAL(bells(), 1); /* somebody listens yet */
	CHECK(readable(second));
	close(second);
	CHECK_EQUAL(get(port), 1); /* sees that nobody does */
	CHECK_EQUAL(bells(), 0);
	CHECK_EQUAL(record(port)->special, 0);
	CHECK_EQUAL(put(port), 0);
	fd = open_fd(port); /* and again */
	CHECK(readable(fd));
	CHECK_EQUAL(portico_mailbox_destroy(k, port), 0);
	CHECK_EQUAL(bells(), 0);
	CHECK(readable(fd));
}

/* A sender that has no descriptor left sends all the same, and somebody rings for it. */
static void case_fd_no_descriptors(void)
{
	portico_port port = mailbox(4), idle = mailbox(4);
	int fd = open_fd(port);
	char buffer[1];
	join_child(CHILD({
		CHECK_EQUAL(put(port), 0); /* and is a task from here on */
		CHECK_EQUAL(get(port), 1);
		while (dup(0) >= 0)
			continue;
		CHECK_EQUAL(errno, EMFILE);
		CHECK_EQUAL(put(port), 0);
	}));
	CHECK_EQUAL(portico_receive(k, idle, buffer, 1, NULL, NULL, portico_deadline(400000000)), -ETIMEDOUT);
	CHECK(readable(fd));
	CHECK_EQUAL(get(port), 1);
	CHECK(!readable(fd));
}

/* Two send and two receive at random; whenever all hold still it says what is so. */
static void case_fd_stays_true(void)
{
	portico_port port = mailbox(2);
	int fd = open_fd(port);
	for (int round = 0; round < 20; round++) {
		pid_t children[4];
		for (int i = 0; i < 4; i++)
			children[i] = CHILD(for (int n = 0; n < 200; n++) {
				if ((n * 7 + i + round) % 3)
					put(port);
				else
					get(port);
			});
		if (round % 2) { /* in the middle of something */
			sleep_ms(2);
			kill(children[round % 4], SIGKILL);
		}
		for (int i = 0; i < 4; i++)
			waitpid(children[i], NULL, 0);
		pk_task_sweep(k, true);
		struct portico_status status;
		CHECK_EQUAL(portico_mailbox_status(k, port, &status), 0);
		CHECK_EQUAL(readable(fd), status.queued > 0);
		while (get(port) == 1)
			continue;
		CHECK(!readable(fd));
	}
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "scan", case_scan },
		{ "scan-waits", case_scan_waits },
		{ "scan-refused", case_scan_refused },
		{ "fd", case_fd },
		{ "fd-rendezvous", case_fd_rendezvous },
		{ "fd-given-back", case_fd_given_back },
		{ "fd-of-set", case_fd_of_set },
		{ "fd-of-others", case_fd_of_others },
		{ "fd-closed", case_fd_closed },
		{ "fd-no-descriptors", case_fd_no_descriptors },
		{ "fd-stays-true", case_fd_stays_true },
		{ 0 },
	};
	CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
	return run_cases(cases, argc, argv);
}
