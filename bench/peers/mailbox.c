/* SPDX-License-Identifier: MIT */
/* Portico's mailboxes, in an instance of this worker's own. */
#define _GNU_SOURCE
#include "idle.h"
#include "lib/peer.h"

#include <portico/portico.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const names[QUEUES] = { "requests", "answers" };
static char directory[256];
static struct setup wanted;
static portico *instance;
static portico_port sends, receives;

int peer_prepare(const struct setup *setup)
{
	const char *kernel = getenv("PORTICO_KERNEL");
	if (!kernel)
		return -ENOENT;
	snprintf(directory, sizeof directory, "%s-%d", kernel, getpid());
	wanted = *setup;
	int error = portico_open(directory, PORTICO_CREATE, &instance);
	struct portico_limits limits = {
		.slots = (uint32_t)(setup->depth + setup->backlog),
		.bytes = (uint32_t)setup->bytes,
		.capacity = UINT64_MAX,
	};
	for (int i = 0; i < QUEUES && !error; i++) {
		portico_port port;
		error = portico_mailbox_create(instance, names[i], &limits, 0600, &port);
	}
	if (!error)
		portico_close(instance); /* each process opens its own */
	return error;
}

int peer_open(enum side side)
{
	int error = portico_open(directory, 0, &instance);
	if (!error)
		error = portico_mailbox_open(instance, names[sends_to(side)], &sends);
	if (!error)
		error = portico_mailbox_open(instance, names[receives_from(side)], &receives);
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
	static const char *const parts[] = { "region", "shm", "mnt", "" };
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		char path[300];
		snprintf(path, sizeof path, "%s/%s", directory, parts[i]);
		remove(path);
	}
}
