/* SPDX-License-Identifier: MIT */
/*
 * To send is to start a program that uses no IPC, to receive is to wait for its
 * end.  What is preloaded into this one is into that, too.
 */
#define _GNU_SOURCE
#include "lib/peer.h"

#include <errno.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t child;

int peer_prepare(const struct setup *setup)
{
	(void)setup;
	return access("/bin/true", X_OK) != 0 ? -ENOPKG : 0;
}

int peer_open(enum side side)
{
	(void)side;
	return 0;
}

int peer_send(const void *data, size_t bytes, long type)
{
	char name[] = "true", *const arguments[] = { name, NULL };
	(void)data, (void)bytes, (void)type;
	return -posix_spawn(&child, "/bin/true", NULL, NULL, arguments, environ);
}

ssize_t peer_receive(void *buffer, size_t room, long type)
{
	int status;
	(void)buffer, (void)room, (void)type;
	return waitpid(child, &status, 0) != child || status != 0 ? -ECHILD : 0;
}

void peer_remove(void)
{
}
