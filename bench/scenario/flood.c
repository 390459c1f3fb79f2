/* SPDX-License-Identifier: MIT */
/*
 * One process sends as fast as it can, another receives.  The clock runs from
 * the first message received to the last: an operation is one more message.
 */
#define _GNU_SOURCE
#include "lib/probe.h"
#include "lib/scenario.h"

#include <errno.h>
#include <unistd.h>

static size_t bytes;
static void *buffer;
static int orders[2]; /* a pipe: how many to send */

static void send_on_order(void)
{
	uint64_t count;
	close(orders[1]);
	while (read(orders[0], &count, sizeof count) == (ssize_t)sizeof count)
		while (count-- > 0)
			if (peer_send(buffer, bytes, 1) != 0)
				return;
}

static int start(const struct setup *setup)
{
	bytes = (size_t)setup->bytes;
	buffer = new_buffer(setup);
	if (!buffer || pipe(orders) != 0)
		return -ENOMEM;
	int error = start_partner(setup, ASKER, send_on_order);
	return error ? error : open_side(setup, ANSWERER);
}

static int64_t batch(uint64_t operations)
{
	uint64_t count = operations + 1;
	int64_t began = 0;
	if (write(orders[1], &count, sizeof count) != (ssize_t)sizeof count)
		return -EPIPE;
	for (uint64_t i = 0; i < count; i++) {
		ssize_t got = peer_receive(buffer, bytes, 0);
		if (got < 0)
			return got;
		if (i == 0)
			began = now_ns();
	}
	return now_ns() - began;
}

const struct scenario flood = { "flood", start, batch };
