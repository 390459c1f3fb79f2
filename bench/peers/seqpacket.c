/* SPDX-License-Identifier: MIT */
/* A pair of UNIX sockets of sequenced packets; a message longer than the kernel takes is several. */
#define _GNU_SOURCE
#include "lib/peer.h"

#include <errno.h>
#include <sys/socket.h>

static int ends[2], sends, receives;

enum { LONGEST = 1 << 20 };

int peer_prepare(const struct setup *setup)
{
	long bytes = setup->bytes < LONGEST ? setup->bytes : LONGEST;
	int room = (int)(2 * bytes + 4096);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return -errno;
	for (int i = 0; i < 2 && room > 212992; i++) /* the usual default: never less than that */
		if (setsockopt(ends[i], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room) != 0)
			setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
	return 0;
}

int peer_open(enum side side)
{
	sends = ends[side == ANSWERER];
	receives = ends[side != ASKER];
	return 0;
}

int peer_send(const void *data, size_t bytes, long type)
{
	(void)type;
	for (; bytes > LONGEST; bytes -= LONGEST, data = (const char *)data + LONGEST)
		if (send(sends, data, LONGEST, 0) < 0)
			return -errno;
	return send(sends, data, bytes, 0) < 0 ? -errno : 0;
}

ssize_t peer_receive(void *buffer, size_t room, long type)
{
	(void)type;
	size_t done = 0;
	for (; room - done > LONGEST; done += LONGEST)
		if (recv(receives, (char *)buffer + done, LONGEST, 0) != LONGEST)
			return -EIO;
	ssize_t got = recv(receives, (char *)buffer + done, room - done, 0);
	return got < 0 ? -errno : (ssize_t)done + got;
}

void peer_remove(void)
{
}
