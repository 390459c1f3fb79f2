/* SPDX-License-Identifier: MIT */
/*
 * Who polls a channel.
 *
 * The kernel polls a file, and may leave a handle: it is to be told, once, when
 * something is new, and then polls again.  What is new is what a waiter edge by
 * edge is to hear of: an event that wasn't there when the file was last polled,
 * or has been gone since; or more to be read.  Neither what others read nor who
 * opens the file is any.
 *
 *  PO1  While a file has a handle its channel is watched, or the watch has been
 *       settled and its completion is on its way.  The watch is posted first,
 *       then the channel is looked at.
 *  PO2  Who was refused (EAGAIN), or got less than it wanted, is told of the
 *       next chance, whatever it has been told.
 */
#include "channel.h"

#include <errno.h>
#include <poll.h>

#define TO_READ (POLLIN | POLLRDNORM)
#define ALWAYS (POLLERR | POLLHUP) /* wanted by everybody */

static bool has_news(const struct file *file, unsigned events, uint64_t arrivals)
{
	events &= file->polled_for | ALWAYS;
	return (events & ~file->told) != 0 || ((events & TO_READ) != 0 && arrivals != file->arrivals);
}

void poll_drop(struct file *file)
{
	if (!file->poll)
		return;
	fuse_pollhandle_destroy(file->poll);
	file->poll = NULL;
	file->polled_for = 0;
	file->channel->polls--;
}

void channel_notify(struct channel *channel)
{
	if (channel->polls == 0)
		return;
	int error = channel_watch(channel); /* PO1 */
	struct file *file = link_first(&channel->files);
	for (; file; file = link_after(&channel->files, file)) {
		uint64_t arrivals;
		if (!file->poll)
			continue;
		unsigned events = channel->service->poll(file, &arrivals);
		file->told &= events;
		if (error || has_news(file, events, arrivals)) {
			fuse_lowlevel_notify_poll(file->poll);
			poll_drop(file);
		}
	}
}

static int leave_handle(struct file *file, unsigned wanted, struct fuse_pollhandle *handle)
{
	struct channel *channel = file->channel;
	unsigned others = file->polled_for; /* others wait for news of this description, too */
	poll_drop(file);
	file->poll = handle;
	file->polled_for = others | (wanted ? wanted : ~0u); /* 0 from a kernel that doesn't say */
	channel->polls++;
	return channel_watch(channel); /* PO1 */
}

void file_poll(struct file *file, fuse_req_t request, unsigned wanted, struct fuse_pollhandle *handle)
{
	int error = handle ? leave_handle(file, wanted, handle) : 0;
	uint64_t arrivals;
	unsigned events = file->channel->service->poll(file, &arrivals) | (error ? POLLERR : 0);
	if (handle) {
		file->told = events;
		file->arrivals = arrivals;
	}
	fuse_reply_poll(request, events);
}

void file_stinted(struct file *file, unsigned events)
{
	file->told &= ~events; /* PO2 */
}

void file_refuse(struct file *file, fuse_req_t request, unsigned events)
{
	file_stinted(file, events);
	fuse_reply_err(request, EAGAIN);
}
