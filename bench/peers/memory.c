/* SPDX-License-Identifier: MIT */
/* Portico's memory, moved there and back: what it holds is written once, and never copied. */
#define _GNU_SOURCE
#include "lib/peer.h"
#include "place.h"

#include <portico/message.h>

static portico *instance;
static portico_port sends, receives;
static struct portico_part part = { .kind = PORTICO_PART_MEMORY };

int peer_prepare(const struct setup *setup)
{
	static const struct portico_limits limits = { .slots = 4, .bytes = 64, .capacity = 1024 };
	(void)setup;
	return place_prepare(&limits);
}

int peer_open(enum side side)
{
	return place_open(side, &instance, &sends, &receives);
}

static int allocate(const void *data, size_t bytes)
{
	int error = portico_memory_allocate(instance, bytes, &part.memory);
	for (size_t i = 0; !error && i < bytes; i++)
		((char *)part.memory.address)[i] = ((const char *)data)[i];
	return error;
}

int peer_send(const void *data, size_t bytes, long type)
{
	struct portico_message message = { .type = type, .parts = &part, .count = 1 };
	int error = part.memory.id == 0 ? allocate(data, bytes) : 0;
	return error ? error : portico_message_send(instance, sends, &message, PORTICO_FOREVER);
}

ssize_t peer_receive(void *buffer, size_t room, long type)
{
	struct portico_message message = { .parts = &part, .count = 1 };
	(void)type;
	int parts = portico_message_receive(instance, receives, NULL, &message, PORTICO_FOREVER);
	if (parts < 0)
		return parts;
	*(char *)buffer = *(char *)part.memory.address;
	return part.memory.bytes == room ? (ssize_t)room : -1;
}

void peer_remove(void)
{
	place_remove();
}
