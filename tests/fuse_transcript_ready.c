/* SPDX-License-Identifier: MIT */
/* Readiness: poll, select, epoll. */
#define _GNU_SOURCE
#include "fuse_transcript_call.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>

static int set = -1; /* of epoll */

static const struct flag poll_flags[] = {
	{ POLLIN, 'i', "IN" },	       { POLLOUT, 'o', "OUT" },
	{ POLLHUP, 'h', "HUP" },       { POLLERR, 'e', "ERR" },
	{ POLLRDNORM, 'I', "RDNORM" }, { POLLWRNORM, 'O', "WRNORM" },
	{ POLLRDHUP, 'R', "RDHUP" },   { POLLPRI, 'P', "PRI" },
	{ POLLNVAL, 'N', "NVAL" },     { 0, 0, NULL },
};

/* poll EVENTS [wait] */
void do_poll(const struct arguments *arguments, char *said)
{
	struct pollfd wanted = { .fd = *at, .events = (short)flags_of(poll_flags, text(arguments, 0)) };
	if (poll(&wanted, 1, arguments->count > 1 ? -1 : 0) < 0)
		say(said, "%s", error_name(errno));
	else
		say_flags(said, poll_flags, (unsigned)wanted.revents);
}

/* select [r][w][x] [wait] */
void do_select(const struct arguments *arguments, char *said)
{
	struct timeval now = { 0, 0 };
	fd_set sets[3];
	for (int i = 0; i < 3; i++) {
		FD_ZERO(&sets[i]);
		if (strchr(text(arguments, 0), "rwx"[i]))
			FD_SET(*at, &sets[i]);
	}
	int result = select(*at + 1, &sets[0], &sets[1], &sets[2], arguments->count > 1 ? NULL : &now);
	say_result(said, result);
	for (int i = 0; i < 3 && result > 0; i++)
		if (FD_ISSET(*at, &sets[i]))
			say(said, " %c", "rwx"[i]);
}

static const struct flag epoll_flags[] = {
	{ EPOLLIN, 'i', "IN" },	   { EPOLLOUT, 'o', "OUT" },	 { EPOLLHUP, 'h', "HUP" },
	{ EPOLLERR, 'e', "ERR" },  { EPOLLRDHUP, 'R', "RDHUP" }, { (unsigned)EPOLLET, 't', "" },
	{ EPOLLONESHOT, '1', "" }, { EPOLLEXCLUSIVE, 'x', "" },	 { 0, 0, NULL },
};

static void do_watch(const struct arguments *arguments, char *said, int operation)
{
	struct epoll_event event = { .events = flags_of(epoll_flags, text(arguments, 0)),
				     .data.u32 = (uint32_t)(at - open_files) };
	if (set < 0)
		set = epoll_create1(0);
	say_ok(said, epoll_ctl(set, operation, *at, &event));
}

void do_epadd(const struct arguments *arguments, char *said)
{
	do_watch(arguments, said, EPOLL_CTL_ADD);
}

void do_epmod(const struct arguments *arguments, char *said)
{
	do_watch(arguments, said, EPOLL_CTL_MOD);
}

void do_epdel(const struct arguments *arguments, char *said)
{
	do_watch(arguments, said, EPOLL_CTL_DEL);
}

/* epwait [wait]: all that is ready, by descriptor */
void do_epwait(const struct arguments *arguments, char *said)
{
	struct epoll_event events[OPEN];
	int count = epoll_wait(set, events, OPEN, arguments->count > 0 ? -1 : 0);
	say_result(said, count);
	for (uint32_t fd = 0; fd < OPEN; fd++)
		for (int i = 0; i < count; i++)
			if (events[i].data.u32 == fd) {
				say(said, ", #%u ", fd);
				say_flags(said, epoll_flags, events[i].events);
			}
}
