/* SPDX-License-Identifier: MIT */
/* nng: a pair of sockets over ipc://. */
#define _GNU_SOURCE
#include "lib/peer.h"
#include "lib/worker.h"

#include <errno.h>
#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>
#include <stdio.h>
#include <unistd.h>

static char address[256];
static int depth;
static nng_socket sends, receives;

int peer_prepare(const struct setup *setup)
{
	depth = (int)setup->depth;
	worker_socket(address, sizeof address, "nng");
	return 0;
}

static int open_socket(nng_socket *made)
{
	if (nng_pair0_open(made) != 0)
		return -EIO;
	/* half at each end */
	nng_socket_set_int(*made, NNG_OPT_SENDBUF, depth / 2);
	nng_socket_set_int(*made, NNG_OPT_RECVBUF, depth / 2);
	nng_socket_set_size(*made, NNG_OPT_RECVMAXSZ, 0);
	return 0;
}

int peer_open(enum side side)
{
	if (open_socket(&sends) != 0 || (side == LOOP && open_socket(&receives) != 0))
		return -EIO;
	if (side != LOOP)
		receives = sends;
	if (side != ASKER && nng_listen(receives, address, NULL, 0) != 0)
		return -EIO;
	if (side != ANSWERER && nng_dial(sends, address, NULL, NNG_FLAG_NONBLOCK) != 0)
		return -EIO;
	return 0;
}

int peer_send(const void *data, size_t bytes, long type)
{
	(void)type;
	return nng_send(sends, (void *)(uintptr_t)data, bytes, 0) != 0 ? -EIO : 0;
}

ssize_t peer_receive(void *buffer, size_t room, long type)
{
	(void)type;
	return nng_recv(receives, buffer, &room, 0) != 0 ? -EIO : (ssize_t)room;
}

void peer_remove(void)
{
	unlink(address + sizeof "ipc://" - 1);
}
