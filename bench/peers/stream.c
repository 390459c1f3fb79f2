/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int sends, receives;

void stream_open(int to_send, int to_receive)
{
	sends = to_send;
	receives = to_receive;
}

void stream_room(int pipe, long bytes)
{
	long most = 1 << 20; /* the usual limit */
	if (bytes > 0)
		fcntl(pipe, F_SETPIPE_SZ, (int)(bytes < most ? bytes : most));
}

int peer_send(const void *data, size_t bytes, long type)
{
	(void)type;
	for (size_t done = 0; done < bytes;) {
		ssize_t wrote = write(sends, (const char *)data + done, bytes - done);
		if (wrote < 0)
			return -errno;
		done += (size_t)wrote;
	}
	return 0;
}

ssize_t peer_receive(void *buffer, size_t room, long type)
{
	(void)type;
	for (size_t done = 0; done < room;) {
		ssize_t got = read(receives, (char *)buffer + done, room - done);
		if (got <= 0)
			return got < 0 ? -errno : -EPIPE;
		done += (size_t)got;
	}
	return (ssize_t)room;
}
