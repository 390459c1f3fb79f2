/* SPDX-License-Identifier: MIT */
/* Mailboxes as files, through the mount; or the files of the bare server, which do nothing. */
#define _GNU_SOURCE
#include "mount.h"
#include "readers.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const char *const names[QUEUES] = { "requests", "answers" };
static const char *directory;
static int sends, receives;

int peer_prepare(const struct setup *setup)
{
	directory = setup->bare ? "" : "mbox/";
	int error = mount_prepare(setup);
	return error ? error : start_readers(setup->waits);
}

int peer_open(enum side side)
{
	sends = open(mount_path(directory, names[sends_to(side)]), O_WRONLY | O_CLOEXEC);
	receives = sends < 0 ? -1
			     : open(mount_path(directory, names[receives_from(side)]), O_RDONLY | O_CLOEXEC);
	return receives < 0 ? -errno : 0;
}

int peer_send(const void *data, size_t bytes, long type)
{
	(void)type;
	ssize_t wrote = write(sends, data, bytes);
	return wrote == (ssize_t)bytes ? 0 : wrote < 0 ? -errno : -EIO;
}

ssize_t peer_receive(void *buffer, size_t room, long type)
{
	(void)type;
	ssize_t got = read(receives, buffer, room);
	return got < 0 ? -errno : got;
}

void peer_remove(void)
{
	end_readers();
	mount_remove();
}
