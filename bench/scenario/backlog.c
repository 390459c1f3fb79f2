/* SPDX-License-Identifier: MIT */
/*
 * Messages of other types, each of its own, lie in the queue; an operation is
 * to send one of type 1 and to receive it by its type, or as the only one up to
 * that type.
 */
#include "lib/probe.h"
#include "lib/scenario.h"

#include <errno.h>

static size_t bytes;
static long wanted;
static void *buffer;

static int start(const struct setup *setup)
{
	bytes = (size_t)setup->bytes;
	wanted = setup->select;
	buffer = new_buffer(setup);
	int error = buffer ? open_side(setup, LOOP) : -ENOMEM;
	for (long i = 0; i < setup->backlog && !error; i++)
		error = peer_send(buffer, bytes, 2 + i);
	return error;
}

static int64_t batch(uint64_t operations)
{
	int64_t began = now_ns();
	for (uint64_t i = 0; i < operations; i++) {
		int error = peer_send(buffer, bytes, 1);
		ssize_t got = error ? error : peer_receive(buffer, bytes, wanted);
		if (got < 0)
			return got;
	}
	return now_ns() - began;
}

const struct scenario backlog = { "backlog", start, batch };
