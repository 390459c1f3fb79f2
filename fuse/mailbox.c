/* SPDX-License-Identifier: MIT */
/*
 * Mailboxes as files: each write sends one message, each read takes one.
 *
 * What a reader left of its message stays with the open file (held), in core's
 * words HELD by this task, and is cut as it is read: whatever ends the file,
 * close or kill -9 of anybody, the rest goes back to the front of the queue.
 *
 * A file that has had a message reads end-of-file once the mailbox is empty
 * and nobody has it open for writing.  One that never had any waits.
 *
 * The kernel hands over 256 pages with one request, and so cuts a longer write
 * or read in pieces.  Of a buffer that doesn't begin with a page that is up to a
 * page less than 1 MiB: MOST.  So a write of more is refused, whatever piece of
 * it comes, and a read is never given more: being short, it isn't continued.
 */
#define _GNU_SOURCE /* O_DIRECT */
#include "channel.h"
#include "port.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

#define MOST (PK_LARGEST - 4096) /* bytes */

/* ---- reading */

/*
 * Give the first `part` bytes of a message to a read, and count them as read
 * before the kernel has them: were the daemon killed in between, they would be
 * gone; the other way round they would be read twice, and the call takes
 * much longer than the moment before it.  False: nobody takes them (F4).
 */
static bool hand_over(fuse_req_t request, uint32_t message, const char *data, uint32_t part, bool whole)
{
	struct pk_message *m = pk_message_at(server.kernel, message);
	bool consumed = whole && pk_message_consume(server.kernel, message);
	if (!whole) {
		m->start += part;
		m->length -= part;
	}
	if (fuse_reply_buf(request, data, part) == 0)
		return true;
	if (consumed)
		pk_message_unconsume(server.kernel, message);
	if (!whole) {
		m->start -= part;
		m->length += part;
	}
	return false;
}

/*
 * Answer a read from this message, held by this task: all of it, or as much as
 * is wanted, and the rest stays with the file.
 */
static void deliver(struct file *file, fuse_req_t request, uint32_t message, size_t size_bytes)
{
	struct pk_message *m = pk_message_at(server.kernel, message);
	uint32_t length;
	const char *data = pk_message_data(server.kernel, message, &length);
	if (!data) {
		fuse_reply_err(request, EIO);
		pk_message_release(server.kernel, message);
		return;
	}
	if (m->more & PK_MORE_PARTS) { /* a file has no rights and memory to give: it stays */
		pk_port_give_back(server.kernel, message);
		fuse_reply_err(request, EBADMSG);
		return;
	}
	uint32_t client = (uint32_t)fuse_req_ctx(request)->pid; /* as long as it isn't answered */
	uint32_t most = size_bytes < MOST ? (uint32_t)size_bytes : MOST;
	uint32_t part = most < length ? most : length;
	if (!hand_over(request, message, data, part, part == length)) {
		pk_port_give_back(server.kernel, message);
		return;
	}
	pk_port_received_for(server.kernel, file->channel->id, client);
	file->had = true;
	if (part == length)
		pk_message_release(server.kernel, message);
	else
		file->held = message;
}

static void deliver_held(struct file *file, fuse_req_t request, size_t size_bytes)
{
	uint32_t message = file->held;
	file->held = 0;
	deliver(file, request, message, size_bytes);
}

/* Another read of the same file waits while there is a rest: that comes first. */
static void serve_fellows(struct file *file)
{
	struct link *reads = &file->channel->reads;
	for (struct call *call = link_first(reads), *next; call && file->held && file->reading; call = next) {
		next = link_after(reads, call);
		if (call->file != file || !call_withdraw(call))
			continue; /* what core gave it goes back in settled_read() */
		deliver_held(file, call->request, call->size_bytes);
		call_end(call);
	}
}

static bool is_paused(const struct channel *channel)
{
	struct pk_port_status status;
	return pk_port_inspect(server.kernel, channel->id, &status) == 0 && status.paused;
}

/* Of a mailbox that is paused nobody can say that it is empty: its readers wait, and look again then. */
static bool at_end(const struct file *file)
{
	if (!file->had || file->whole || file->channel->writers != 0)
		return false;
	if (!is_paused(file->channel))
		return true;
	channel_watch(file->channel);
	return false;
}

/* One that is opened with O_DIRECT has messages whole: what doesn't fit stays, for E2BIG. */
static struct pk_want want_of(const struct file *file, size_t size_bytes)
{
	struct pk_want any = PK_WANT_ANY;
	if (file->whole)
		any.room = size_bytes < MOST ? (uint32_t)size_bytes : MOST;
	return any;
}

static void wait_for_message(struct file *file, fuse_req_t request, size_t size_bytes)
{
	struct pk_want any = want_of(file, size_bytes);
	uint32_t message;
	struct call *call = call_begin(file, request, CALL_READ, size_bytes);
	if (!call)
		return;
	struct pk_post post = call_post(call);
	int result = pk_port_receive(server.kernel, file->channel->id, &any, &post, &message, &call->wait);
	if (result == PK_POSTED)
		return;
	call_end(call);
	if (result == 0)
		deliver(file, request, message, size_bytes);
	else
		fuse_reply_err(request, channel_error(result));
}

static void read_message(struct file *file, fuse_req_t request, size_t size_bytes, bool nonblock)
{
	struct pk_want any = want_of(file, size_bytes);
	uint32_t message;
	if (file->held) {
		deliver_held(file, request, size_bytes);
		return;
	}
	int result = pk_port_receive(server.kernel, file->channel->id, &any, NULL, &message, NULL);
	if (result == 0)
		deliver(file, request, message, size_bytes);
	else if (result != -EAGAIN)
		fuse_reply_err(request, channel_error(result));
	else if (at_end(file))
		fuse_reply_buf(request, NULL, 0);
	else if (nonblock)
		file_refuse(file, request, POLLIN | POLLRDNORM);
	else
		wait_for_message(file, request, size_bytes);
	serve_fellows(file);
}

/* ---- writing */

static void sign(uint32_t message, const struct fuse_ctx *sender)
{
	struct pk_message *m = pk_message_at(server.kernel, message);
	m->pid = (uint32_t)sender->pid;
	m->uid = sender->uid;
	m->gid = sender->gid;
}

static void wait_for_room(struct file *file, fuse_req_t request, uint32_t message, size_t size_bytes)
{
	struct call *call = call_begin(file, request, CALL_WRITE, size_bytes);
	if (!call) {
		pk_message_release(server.kernel, message);
		return;
	}
	call->message = message;
	struct pk_post post = call_post(call);
	int result = pk_port_send(server.kernel, file->channel->id, message, &post, &call->wait);
	if (result == PK_POSTED)
		return;
	call_end(call);
	if (result == 0) {
		fuse_reply_write(request, size_bytes);
	} else {
		pk_message_release(server.kernel, message);
		fuse_reply_err(request, channel_error(result));
	}
}

static void write_message(struct file *file, fuse_req_t request, const char *data, size_t size_bytes,
			  bool nonblock)
{
	uint32_t message;
	int result = size_bytes > MOST ? -EMSGSIZE
				       : pk_message_make_from(server.kernel, data, size_bytes, 0, &message);
	if (result) {
		fuse_reply_err(request, (int)-result);
		return;
	}
	sign(message, fuse_req_ctx(request));
	result = pk_port_send(server.kernel, file->channel->id, message, NULL, NULL);
	if (result == 0) {
		fuse_reply_write(request, size_bytes);
	} else if (result == -EAGAIN && !nonblock) {
		wait_for_room(file, request, message, size_bytes);
	} else {
		pk_message_release(server.kernel, message);
		file_stinted(file, POLLOUT | POLLWRNORM);
		fuse_reply_err(request, channel_error(result));
	}
}

/* ---- events */

static void open_mailbox(struct file *file, fuse_req_t request, int flags)
{
	file->whole = flags & O_DIRECT;
	file_count(file);
	file_opened(file, request);
}

static void settled_read(struct call *call)
{
	struct file *file = call->file;
	uint32_t message;
	int error = pk_port_collect(server.kernel, pk_wait_id(server.kernel, call->wait), &message);
	if (error) {
		pk_wait_end(server.kernel, call->wait);
		call_fail(call, channel_error(error));
	} else if (file->held) { /* a fellow left a rest meanwhile */
		pk_port_give_back(server.kernel, message);
		deliver_held(file, call->request, call->size_bytes);
		call_end(call);
	} else {
		deliver(file, call->request, message, call->size_bytes);
		call_end(call);
	}
	serve_fellows(file);
}

static void settled_write(struct call *call)
{
	int error = pk_wait_status(server.kernel, call->wait);
	pk_wait_end(server.kernel, call->wait);
	if (error) {
		pk_message_release(server.kernel, call->message);
		call_fail(call, channel_error(error));
		return;
	}
	fuse_reply_write(call->request, call->size_bytes);
	call_end(call);
}

static void settled(struct call *call)
{
	if (call->kind == CALL_READ)
		settled_read(call);
	else
		settled_write(call);
}

static void interrupted(struct call *call)
{
	if (!call_withdraw(call))
		return; /* core's answer is on its way */
	if (call->message)
		pk_message_release(server.kernel, call->message);
	call_fail(call, EINTR);
}

/* The last writer is gone: readers that have had a message are at the end. */
static void end_readers(struct channel *channel)
{
	for (struct call *call = link_first(&channel->reads), *next; call; call = next) {
		next = link_after(&channel->reads, call);
		if (!at_end(call->file) || !call_withdraw(call))
			continue;
		fuse_reply_buf(call->request, NULL, 0);
		call_end(call);
	}
}

static void closed(struct file *file)
{
	struct channel *channel = file->channel;
	if (file->held)
		pk_port_give_back(server.kernel, file->held);
	file->held = 0;
	if (file->writes && channel->writers == 0) {
		end_readers(channel);
		channel_notify(channel);
	}
}

static void changed(struct channel *channel)
{
	if (channel->writers == 0)
		end_readers(channel); /* it may have been paused */
	channel_notify(channel);
}

static unsigned ready(struct file *file, uint64_t *arrivals)
{
	struct pk_port_readiness port = { .arrivals = 0 };
	unsigned events = 0;
	int error = pk_port_ready(server.kernel, file->channel->id, &port);
	*arrivals = port.arrivals;
	if (error)
		return file->held ? POLLIN | POLLRDNORM | POLLERR : POLLERR | POLLHUP;
	if (file->reads && (file->held || port.offers))
		events |= POLLIN | POLLRDNORM;
	else if (file->reads && at_end(file))
		events |= POLLIN | POLLRDNORM | POLLHUP;
	if (file->writes && port.accepts)
		events |= POLLOUT | POLLWRNORM;
	return events;
}

const struct service mailbox_service = {
	.watch = pk_port_watch,
	.open = open_mailbox,
	.read = read_message,
	.write = write_message,
	.poll = ready,
	.closed = closed,
	.interrupted = interrupted,
	.settled = settled,
	.changed = changed,
};
