/* SPDX-License-Identifier: MIT */
/* An instance of this worker's own, with a mailbox each way. */
#define _GNU_SOURCE
#include "place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const names[QUEUES] = { "requests", "answers" };
static char directory[256];

int place_prepare(const struct portico_limits *limits)
{
	const char *kernel = getenv("PORTICO_KERNEL");
	portico *instance;
	if (!kernel)
		return -ENOENT;
	snprintf(directory, sizeof directory, "%s-%d", kernel, getpid());
	int error = portico_open(directory, PORTICO_CREATE, &instance);
	for (int i = 0; i < QUEUES && !error; i++) {
		portico_port port;
		error = portico_mailbox_create(instance, names[i], limits, 0600, &port);
	}
	if (!error)
		portico_close(instance); /* each process opens its own */
	return error;
}

int place_open(enum side side, portico **instance, portico_port *sends, portico_port *receives)
{
	int error = portico_open(directory, 0, instance);
	if (!error)
		error = portico_mailbox_open(*instance, names[sends_to(side)], sends);
	return error ? error : portico_mailbox_open(*instance, names[receives_from(side)], receives);
}

const char *place_directory(void)
{
	return directory;
}

void place_remove(void)
{
	static const char *const parts[] = { "region", "shm", "mnt", "" };
	if (!directory[0])
		return;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		char path[300];
		snprintf(path, sizeof path, "%s/%s", directory, parts[i]);
		remove(path);
	}
}
