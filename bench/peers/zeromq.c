/* SPDX-License-Identifier: MIT */
/* ZeroMQ: a pair of sockets over ipc://. */
#define _GNU_SOURCE
#include "lib/peer.h"
#include "lib/worker.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include <zmq.h>

static char address[256];
static int depth;
static void *sends, *receives;

int peer_prepare(const struct setup *setup)
{
	depth = (int)setup->depth;
	worker_socket(address, sizeof address, "zeromq");
	return 0;
}

static void *open_socket(void *context)
{
	void *made = zmq_socket(context, ZMQ_PAIR);
	int half = (depth + 1) / 2; /* at each end */
	zmq_setsockopt(made, ZMQ_SNDHWM, &half, sizeof half);
	zmq_setsockopt(made, ZMQ_RCVHWM, &half, sizeof half);
	return made;
}

int peer_open(enum side side)
{
	void *context = zmq_ctx_new();
	sends = open_socket(context);
	receives = side == LOOP ? open_socket(context) : sends;
	if (side != ASKER && zmq_bind(receives, address) != 0)
		return -errno;
	if (side != ANSWERER && zmq_connect(sends, address) != 0)
		return -errno;
	return 0;
}

int peer_send(const void *data, size_t bytes, long type)
{
	(void)type;
	return zmq_send(sends, data, bytes, 0) < 0 ? -errno : 0;
}

ssize_t peer_receive(void *buffer, size_t room, long type)
{
	(void)type;
	int got = zmq_recv(receives, buffer, room, 0);
	return got < 0 ? -errno : got;
}

void peer_remove(void)
{
	unlink(address + sizeof "ipc://" - 1);
}
