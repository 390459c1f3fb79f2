/* SPDX-License-Identifier: MIT */
/*
 * Named pipes as files, by POSIX: an open waits for the other end, a read of
 * an empty pipe without writers is end-of-file, a write without readers is
 * EPIPE and SIGPIPE, and writes of PIPE_BUF bytes are never mixed with others.
 *
 * The bytes are in core's ring.  Who waits stands in the channel's lines and is
 * served in order, from one place (serve), after anything changed.  What a read
 * has room for beyond the ring's bytes it gets from the write that comes next,
 * past the ring; so much of what is written at once is copied twice only, by the
 * kernel, into this process and out of it.
 *
 * What was read from the ring, or of a write, isn't put back where the kernel refuses
 * the reply (F4): a request that has come here, whoever made it, waits for its answer,
 * killed or not; it is refused only where the mount is gone, and with it all files of
 * the pipe, whose bytes end with the last.
 */
#define _GNU_SOURCE
#include "channel.h"
#include "dispatch.h"
#include "pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static char buffer[PK_LARGEST]; /* between the ring and the kernel */

/* ---- the ring */

/* Bytes in it, at a glance; what reads and writes do is decided when they are done. */
static uint64_t queued_bytes(const struct channel *channel)
{
	return pk_pipe_queued(server.kernel, channel->id);
}

/* Bytes ever read. */
static uint64_t taken_bytes(const struct channel *channel)
{
	const struct pk_pipe *pipe = pk_slot(server.kernel, PK_PIPES, pk_id_slot(channel->id));
	return pipe ? pk_load(&pipe->taken) : 0;
}

/*
 * Tell those who read and write it without us who has it open: before that is
 * answered.  -EBUSY: it is open through another mount, whose daemon knows
 * nothing of ours.
 */
static int say_parties(const struct channel *channel)
{
	return pk_pipe_keep(server.kernel, channel->id, channel->readers, channel->writers);
}

/* And that they aren't to go before those who wait here. */
static void say_line(struct channel *channel)
{
	pk_pipe_keep_line(server.kernel, channel->id,
			  (link_first(&channel->reads) ? PK_PIPE_READ : 0u) |
				  (link_first(&channel->writes) ? PK_PIPE_WRITE : 0u));
}

/* This side's own changes needn't be told to it: its watch is withdrawn before them. */
static int64_t ring_read(struct channel *channel, size_t size_bytes)
{
	channel_unwatch(channel);
	return pk_pipe_read(server.kernel, channel->id, buffer,
			    size_bytes < sizeof buffer ? size_bytes : sizeof buffer);
}

static int64_t ring_write(struct channel *channel, const char *data, size_t size_bytes)
{
	channel_unwatch(channel);
	return pk_pipe_write(server.kernel, channel->id, data, size_bytes);
}

/* ---- serving those who wait */

/*
 * Nobody will read it.  The kernel sends no SIGPIPE for a file system's EPIPE,
 * so it is sent from here, to the thread that waits for this very answer.
 */
static void reply_broken(fuse_req_t request, size_t done_bytes)
{
	pid_t writer = fuse_req_ctx(request)->pid; /* 0: not to be seen from here */
	if (writer > 0)
		syscall(SYS_tkill, writer, SIGPIPE);
	if (done_bytes > 0)
		fuse_reply_write(request, done_bytes);
	else
		fuse_reply_err(request, EPIPE);
}

/* A write: one that waits, or that just came. */
struct source {
	const char *data;
	size_t size_bytes, done_bytes;
	fuse_req_t request; /* NULL: it is answered */
};

/* How much of it a read with so much room may get: one of PIPE_BUF bytes stays whole. */
static size_t passable(const struct source *from, size_t room_bytes)
{
	size_t left = from->size_bytes - from->done_bytes;
	if (left <= room_bytes)
		return left;
	return from->size_bytes > PK_PIPE_ATOMIC ? room_bytes : 0;
}

/* All of it has a reader.  The writer goes on while that is copied out. */
static void answer_write(struct source *from)
{
	fuse_reply_write(from->request, from->size_bytes);
	from->request = NULL;
}

/* With what is in the ring, and then what is being written.  Bytes, or a negative errno: it isn't answered.
 */
static int64_t answer_read(struct channel *channel, fuse_req_t request, size_t size_bytes,
			   struct source *from)
{
	size_t most = size_bytes < sizeof buffer ? size_bytes : sizeof buffer;
	uint64_t before = taken_bytes(channel);
	int64_t result = ring_read(channel, most);
	if (result < 0 && result != -EAGAIN)
		return result;
	size_t bytes = result > 0 ? (size_t)result : 0;
	bool next =
		queued_bytes(channel) == 0 && taken_bytes(channel) == before + bytes; /* nobody's between */
	size_t passed = next ? passable(from, most - bytes) : 0;
	if (bytes + passed == 0 && size_bytes > 0)
		return -EAGAIN;
	const struct iovec parts[] = {
		{ .iov_base = buffer, .iov_len = bytes },
		{ .iov_base = (char *)(uintptr_t)from->data + from->done_bytes, .iov_len = passed },
	};
	if (passed > 0)
		pk_pipe_passed(server.kernel, channel->id);
	from->done_bytes += passed;
	if (passed > 0 && from->done_bytes == from->size_bytes)
		answer_write(from);
	fuse_reply_iov(request, parts, 2);
	return (int64_t)(bytes + passed);
}

/* Answer the first read that waits, if it can be.  False: it can't. */
static bool serve_read(struct channel *channel, struct source *from)
{
	struct call *call = link_first(&channel->reads);
	if (!call ||
	    (channel->writers > 0 && queued_bytes(channel) == 0 && passable(from, call->size_bytes) == 0))
		return false;
	int64_t bytes = answer_read(channel, call->request, call->size_bytes, from);
	if (bytes == -EAGAIN && channel->writers > 0)
		return false;
	if (bytes == -EAGAIN)
		fuse_reply_buf(call->request, NULL, 0);
	else if (bytes < 0)
		fuse_reply_err(call->request, channel_error(bytes));
	call_end(call);
	return true;
}

/* The first write that waits, or nothing. */
static struct source next_write(const struct channel *channel)
{
	const struct call *call = link_first(&channel->writes);
	return call ? (struct source){ call->data, call->size_bytes, call->done_bytes, call->request }
		    : (struct source){ 0 };
}

static void note_passed(struct channel *channel, const struct source *from)
{
	struct call *call = link_first(&channel->writes);
	if (!call)
		return;
	call->done_bytes = from->done_bytes;
	if (!from->request)
		call_end(call);
}

static bool serve_reads(struct channel *channel)
{
	struct source from = next_write(channel);
	bool progress = false;
	while (serve_read(channel, &from))
		progress = true;
	note_passed(channel, &from);
	return progress;
}

/* Let the first write that waits go on, and answer it when it is done.  False: it can't go on. */
static bool serve_write(struct channel *channel)
{
	struct call *call = link_first(&channel->writes);
	size_t left = call ? call->size_bytes - call->done_bytes : 0;
	if (!call)
		return false;
	if (left > 0 && channel->readers == 0) {
		reply_broken(call->request, call->done_bytes);
		call_end(call);
		return true;
	}
	if (left > 0 && !pk_pipe_has_room(server.kernel, channel->id, left))
		return false;
	int64_t bytes = left > 0 ? ring_write(channel, call->data + call->done_bytes, left) : 0;
	if (bytes < 0 && bytes != -EAGAIN) {
		call_fail(call, channel_error(bytes));
		return true;
	}
	call->done_bytes += bytes > 0 ? (size_t)bytes : 0;
	if (call->done_bytes < call->size_bytes)
		return bytes > 0;
	fuse_reply_write(call->request, call->size_bytes);
	call_end(call);
	return true;
}

static bool anybody_waits(const struct channel *channel)
{
	return link_first(&channel->reads) || link_first(&channel->writes) || link_first(&channel->opens);
}

/* The pipe was destroyed under those who wait, or can't be watched for them. */
static void fail_all(struct channel *channel, int error)
{
	struct call *call;
	pk_id id = channel->id;
	while ((call = link_first(&channel->reads)) || (call = link_first(&channel->writes)))
		call_fail(call, error);
	/* with its last file the channel ends */
	while ((channel = channel_find(&fifo_service, id)) && (call = link_first(&channel->opens))) {
		struct file *file = call->file;
		call_fail(call, error);
		file_close(file);
	}
}

/* Something changed: serve whom that helps.  A look after the watch is posted misses no change by others. */
static void serve(struct channel *channel)
{
	bool progress;
	say_line(channel);
	do {
		progress = serve_reads(channel);
		progress |= serve_write(channel);
		if (!progress && !channel->watch && anybody_waits(channel)) {
			int error = channel_watch(channel);
			if (error) {
				fail_all(channel, channel_error(error)); /* may end the channel */
				return;
			}
			progress = true;
		}
	} while (progress);
	say_line(channel);
	channel_notify(channel);
}

/* ---- requests */

static void open_waiting(struct channel *channel)
{
	struct call *call;
	while ((call = link_first(&channel->opens)) != NULL) {
		struct file *file = call->file;
		fuse_req_t request = call->request;
		call_end(call);
		file_opened(file, request);
	}
}

static void open_fifo(struct file *file, fuse_req_t request, int flags)
{
	struct channel *channel = file->channel;
	bool nonblock = flags & O_NONBLOCK;
	int error = flags & O_DIRECT					? EINVAL
		    : say_parties(channel) == -EBUSY			? EBUSY
		    : nonblock && !file->reads && channel->readers == 0 ? ENXIO
									: 0;
	if (error) {
		file_discard(file);
		fuse_reply_err(request, error);
		return;
	}
	file_count(file);
	if (say_parties(channel) == -EBUSY) { /* another mount was faster */
		file_uncount(file);
		file_discard(file);
		fuse_reply_err(request, EBUSY);
		return;
	}
	channel_notify(channel);
	file->writers_before = channel->writers > 0 ? UINT64_MAX : channel->writers_ever;
	if (channel->readers > 0 && channel->writers > 0) {
		open_waiting(channel);
		file_opened(file, request);
		return;
	}
	if (nonblock)
		file_opened(file, request);
	else if (call_begin(file, request, CALL_OPEN, 0))
		serve(channel);
}

static void read_fifo(struct file *file, fuse_req_t request, size_t size_bytes, bool nonblock)
{
	struct channel *channel = file->channel;
	struct source from = next_write(channel);
	bool first = !link_first(&channel->reads);
	int64_t bytes = first ? answer_read(channel, request, size_bytes, &from) : -EAGAIN;
	note_passed(channel, &from);
	if (bytes < 0 && bytes != -EAGAIN)
		fuse_reply_err(request, channel_error(bytes));
	else if (bytes < 0 && channel->writers == 0)
		fuse_reply_buf(request, NULL, 0);
	else if (bytes < 0 && nonblock)
		file_refuse(file, request, POLLIN | POLLRDNORM);
	else if (bytes < 0)
		call_begin(file, request, CALL_READ, size_bytes);
	serve(channel);
}

/* Have the rest of it at hand while it waits for room: in its request's own memory, if it is much. */
static bool keep_data(struct call *call, const struct source *from)
{
	size_t left = from->size_bytes - from->done_bytes;
	call->done_bytes = from->done_bytes;
	call->lent = left > PK_PIPE_BYTES;
	call->memory = call->lent ? dispatch_keep_request() : malloc(from->size_bytes);
	if (call->memory && !call->lent)
		memcpy((char *)call->memory + from->done_bytes, from->data + from->done_bytes, left);
	call->data = call->lent ? from->data : call->memory;
	return call->memory != NULL;
}

static void wait_for_room(struct file *file, const struct source *from)
{
	struct call *call = call_begin(file, from->request, CALL_WRITE, from->size_bytes);
	if (call && !keep_data(call, from))
		call_fail(call, ENOMEM);
}

/* error: what the ring said of the rest, where it said no. */
static void end_write(struct file *file, const struct source *from, int64_t error, bool nonblock)
{
	if (from->done_bytes == from->size_bytes || (nonblock && from->done_bytes > 0))
		fuse_reply_write(from->request, from->done_bytes);
	else if (error < 0 && error != -EAGAIN)
		fuse_reply_err(from->request, channel_error(error));
	else if (nonblock)
		fuse_reply_err(from->request, EAGAIN);
	else
		wait_for_room(file, from);
}

static void write_fifo(struct file *file, fuse_req_t request, const char *data, size_t size_bytes,
		       bool nonblock)
{
	struct channel *channel = file->channel;
	struct source from = { .data = data, .size_bytes = size_bytes, .request = request };
	bool first = !link_first(&channel->writes);
	int64_t bytes = 0;
	if (channel->readers == 0) {
		reply_broken(request, 0);
		return;
	}
	while (first && serve_read(channel, &from))
		continue;
	if (from.done_bytes < size_bytes)
		bytes = first ? ring_write(channel, data + from.done_bytes, size_bytes - from.done_bytes)
			      : -EAGAIN;
	from.done_bytes += bytes > 0 ? (size_t)bytes : 0;
	if (from.done_bytes < size_bytes)
		file_stinted(file, POLLOUT | POLLWRNORM);
	if (from.request)
		end_write(file, &from, bytes, nonblock);
	serve(channel);
}

/* ---- events */

static void interrupted(struct call *call)
{
	struct file *file = call->file;
	struct channel *channel = file->channel;
	if (call->kind == CALL_OPEN) {
		call_fail(call, EINTR);
		file_close(file);
		return;
	}
	if (call->done_bytes > 0) {
		fuse_reply_write(call->request, call->done_bytes);
		call_end(call);
	} else {
		call_fail(call, EINTR);
	}
	serve(channel);
}

/* Removed through another mount. */
static bool is_nameless(pk_id id)
{
	struct pk_pipe_status status;
	return pk_pipe_inspect(server.kernel, id, &status) == 0 && status.name[0] == '\0';
}

static void closed(struct file *file)
{
	struct channel *channel = file->channel;
	say_parties(channel);
	serve(channel);
	if (channel->readers + channel->writers > 0)
		return;
	if (channel->unnamed || is_nameless(channel->id))
		pk_pipe_destroy(server.kernel, channel->id);
	else
		pk_pipe_empty(server.kernel, channel->id);
}

static unsigned ready(struct file *file, uint64_t *arrivals)
{
	struct channel *channel = file->channel;
	const struct pk_pipe *pipe = pk_slot(server.kernel, PK_PIPES, pk_id_slot(channel->id));
	*arrivals = pipe ? pk_load(&pipe->written) : 0;
	uint64_t bytes = queued_bytes(channel);
	bool lives = pipe && pk_word_is(pk_load(&pipe->head.word), PK_LIVE, channel->id);
	unsigned events = lives ? 0 : POLLERR;
	if (file->reads && bytes > 0)
		events |= POLLIN | POLLRDNORM;
	if (file->reads && channel->writers == 0 && file->writers_before != channel->writers_ever)
		events |= POLLHUP;
	if (file->writes && pk_pipe_has_room(server.kernel, channel->id, PK_PIPE_ATOMIC))
		events |= POLLOUT | POLLWRNORM;
	if (file->writes && channel->readers == 0)
		events |= POLLERR;
	return events;
}

const struct service fifo_service = {
	.watch = pk_pipe_watch,
	.open = open_fifo,
	.read = read_fifo,
	.write = write_fifo,
	.poll = ready,
	.closed = closed,
	.interrupted = interrupted,
	.settled = NULL, /* no call of a FIFO waits in core */
	.changed = serve,
};
