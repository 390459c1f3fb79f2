/* SPDX-License-Identifier: MIT */
/* Portico's mailboxes. */
#define _GNU_SOURCE
#include "idle.h"
#include "place.h"

static struct setup wanted;
static portico *instance;
static portico_port sends, receives;

int peer_prepare(const struct setup *setup)
{
	struct portico_limits limits = {
		.slots = (uint32_t)(setup->depth + setup->backlog),
		.bytes = (uint32_t)setup->bytes,
		.capacity = UINT64_MAX,
	};
	wanted = *setup;
	return place_prepare(&limits);
}

int peer_open(enum side side)
{
	int error = place_open(side, &instance, &sends, &receives);
	return error ? error : make_idle(instance, wanted.mailboxes, wanted.waits);
}

int peer_send(const void *data, size_t bytes, long type)
{
	return portico_send(instance, sends, data, bytes, type, PORTICO_FOREVER);
}

ssize_t peer_receive(void *buffer, size_t room, long type)
{
	const struct portico_filter filter = { .select = PORTICO_TYPE, .type = type };
	return portico_receive(instance, receives, buffer, room, type ? &filter : NULL, NULL,
			       PORTICO_FOREVER);
}

void peer_remove(void)
{
	place_remove();
}
