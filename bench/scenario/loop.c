/* SPDX-License-Identifier: MIT */
/* One process sends a message and receives it: an operation is both. */
#include "lib/probe.h"
#include "lib/scenario.h"

#include <errno.h>

static size_t bytes;
static void *buffer;

static int start(const struct setup *setup)
{
	bytes = (size_t)setup->bytes;
	buffer = new_buffer(setup);
	return buffer ? open_side(setup, LOOP) : -ENOMEM;
}

static int64_t batch(uint64_t operations)
{
	int64_t began = now_ns();
	for (uint64_t i = 0; i < operations; i++) {
		int error = peer_send(buffer, bytes, 1);
		ssize_t got = error ? error : peer_receive(buffer, bytes, 0);
		if (got < 0)
			return got;
	}
	return now_ns() - began;
}

const struct scenario loop = { "loop", start, batch };
