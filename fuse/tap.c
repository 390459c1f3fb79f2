/* SPDX-License-Identifier: MIT */
/*
 * Taps as files: each open has a tap of its own (core's tap.h), and its channel is
 * of that tap's port.  A read waits for the next message that passes and gives one
 * line; the rest of a line that a short read left comes with the next.  When what
 * is tapped is no more, and all was read, that is the end.
 */
#include "tap.h"
#include "channel.h"
#include "flat.h"
#include "tap_facts.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

static int tap_port(pk_id source, pk_id *port)
{
	pk_id listener;
	return pk_tap_open(server.kernel, source, PK_TAP_SLOTS, TAP_SHOWN, port, &listener);
}

static void end_tap(pk_id port)
{
	pk_tap_close(server.kernel, port);
}

static void open_tap(struct file *file, fuse_req_t request, int flags)
{
	(void)flags;
	file_count(file);
	file_opened(file, request);
}

/* ---- reading */

static void drop_line(struct file *file)
{
	free(file->line);
	file->line = NULL;
	file->line_bytes = file->line_done = 0;
}

static int say_line(struct file *file, uint32_t copy)
{
	struct tap_sight sight;
	struct flat flat;
	if (!tap_sight_of(server.kernel, copy, &sight))
		return -EIO;
	FILE *text = open_memstream(&file->line, &file->line_bytes);
	if (!text)
		return -ENOMEM;
	struct sink *sink = flat_sink(&flat, text);
	say_open(sink, "message", '[');
	say_open(sink, NULL, '{');
	tap_facts(&sight, sink);
	say_close(sink, '}');
	say_close(sink, ']');
	file->line_done = 0;
	if (fclose(text) == 0)
		return 0;
	drop_line(file);
	return -ENOMEM;
}

/* As much of the line as is wanted.  False: the kernel refused it. */
static bool give_line(struct file *file, fuse_req_t request, size_t size_bytes)
{
	size_t left = file->line_bytes - file->line_done, part = left < size_bytes ? left : size_bytes;
	if (fuse_reply_buf(request, file->line + file->line_done, part) != 0)
		return false;
	file->line_done += part;
	if (file->line_done == file->line_bytes)
		drop_line(file);
	return true;
}

/* F4: what nobody was given goes back. */
static void deliver(struct file *file, fuse_req_t request, uint32_t copy, size_t size_bytes)
{
	int error = say_line(file, copy);
	bool given = !error && give_line(file, request, size_bytes);
	if (error)
		fuse_reply_err(request, -error);
	else if (!given)
		drop_line(file);
	if (given || error == -EIO)
		pk_message_release(server.kernel, copy);
	else
		pk_port_give_back(server.kernel, copy);
}

/* Other reads of the same file wait while there is a rest: that comes first. */
static void serve_fellows(struct file *file)
{
	struct link *reads = &file->channel->reads;
	for (struct call *call = link_first(reads), *next; call && file->line; call = next) {
		next = link_after(reads, call);
		if (!call_withdraw(call))
			continue; /* what core gave it goes back in settled() */
		give_line(file, call->request, call->size_bytes);
		call_end(call);
	}
}

/* -EIDRM is the end. */
static void refuse(fuse_req_t request, int error)
{
	if (error == -EIDRM || error == -EINVAL)
		fuse_reply_buf(request, NULL, 0);
	else
		fuse_reply_err(request, -error);
}

static void wait_for_message(struct file *file, fuse_req_t request, size_t size_bytes)
{
	uint32_t copy;
	struct call *call = call_begin(file, request, CALL_READ, size_bytes);
	if (!call)
		return;
	struct pk_post post = call_post(call);
	int result =
		pk_port_receive(server.kernel, file->channel->id, &PK_WANT_ANY, &post, &copy, &call->wait);
	if (result == PK_POSTED)
		return;
	call_end(call);
	if (result == 0)
		deliver(file, request, copy, size_bytes);
	else
		refuse(request, result);
}

static void read_line(struct file *file, fuse_req_t request, size_t size_bytes, bool nonblock)
{
	uint32_t copy;
	if (file->line) {
		give_line(file, request, size_bytes);
		return;
	}
	int result = pk_port_receive(server.kernel, file->channel->id, &PK_WANT_ANY, NULL, &copy, NULL);
	if (result == 0)
		deliver(file, request, copy, size_bytes);
	else if (result == -EAGAIN && !nonblock)
		wait_for_message(file, request, size_bytes);
	else
		refuse(request, result);
	serve_fellows(file);
}

static void refuse_write(struct file *file, fuse_req_t request, const char *data, size_t size_bytes,
			 bool nonblock)
{
	(void)file, (void)data, (void)size_bytes, (void)nonblock;
	fuse_reply_err(request, EBADF);
}

/* ---- events */

static void settled(struct call *call)
{
	uint32_t copy;
	struct file *file = call->file;
	int error = pk_port_collect(server.kernel, pk_wait_id(server.kernel, call->wait), &copy);
	if (error) {
		pk_wait_end(server.kernel, call->wait);
		refuse(call->request, error);
	} else if (file->line) { /* another read of the same file left a rest meanwhile */
		pk_port_give_back(server.kernel, copy);
		give_line(file, call->request, call->size_bytes);
	} else {
		deliver(file, call->request, copy, call->size_bytes);
	}
	call_end(call);
	serve_fellows(file);
}

static void interrupted(struct call *call)
{
	if (call_withdraw(call))
		call_fail(call, EINTR);
}

static void closed(struct file *file)
{
	drop_line(file);
	end_tap(file->channel->id);
}

static unsigned ready(struct file *file, uint64_t *arrivals)
{
	struct pk_port_readiness port = { .arrivals = 0 };
	int error = pk_port_ready(server.kernel, file->channel->id, &port);
	*arrivals = port.arrivals;
	return error ? POLLIN | POLLRDNORM | POLLHUP : file->line || port.offers ? POLLIN | POLLRDNORM : 0;
}

const struct service tap_service = {
	.channel_of = tap_port,
	.channel_unused = end_tap,
	.seekable = true,
	.watch = pk_port_watch,
	.open = open_tap,
	.read = read_line,
	.write = refuse_write,
	.poll = ready,
	.closed = closed,
	.interrupted = interrupted,
	.settled = settled,
	.changed = channel_notify,
};
