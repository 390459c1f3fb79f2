/* SPDX-License-Identifier: MIT */
#include "channel.h"
#include "dispatch.h"
#include "flock.h"

#include "opening.h"
#include "port.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 1024
#define CHANNEL_COOKIE (UINT64_C(1) << 31) /* in a cookie: the key is a channel's */

static struct channel *buckets[BUCKETS];

static struct channel **bucket_of(pk_id id)
{
	return &buckets[pk_id_slot(id) % BUCKETS];
}

int channel_error(int64_t result)
{
	return result == -EINVAL ? EIDRM : (int)-result;
}

/* ---- channels */

struct channel *channel_find(const struct service *service, pk_id id)
{
	struct channel *channel = *bucket_of(id);
	while (channel && (channel->service != service || channel->id != id))
		channel = channel->next;
	return channel;
}

static struct channel *channel_make(const struct service *service, pk_id id)
{
	struct channel *channel = calloc(1, sizeof *channel);
	if (!channel)
		return NULL;
	channel->key = key_make(&server.channels, channel);
	if (!channel->key) {
		free(channel);
		return NULL;
	}
	channel->service = service;
	channel->id = id;
	link_init(&channel->files);
	link_init(&channel->opens);
	link_init(&channel->reads);
	link_init(&channel->writes);
	link_init(&channel->locks);
	channel->next = *bucket_of(id);
	*bucket_of(id) = channel;
	return channel;
}

static void channel_free_if_idle(struct channel *channel)
{
	struct channel **link = bucket_of(channel->id);
	if (link_first(&channel->files))
		return;
	channel_unwatch(channel);
	while (*link != channel)
		link = &(*link)->next;
	*link = channel->next;
	key_drop(&server.channels, channel->key);
	free(channel);
}

static struct pk_post post_as(uint64_t cookie)
{
	return (struct pk_post){
		.tell = PK_TELL_PORT,
		.port = server.completions,
		.cookie = cookie,
		.until_ns = PK_FOREVER,
	};
}

int channel_watch(struct channel *channel)
{
	struct pk_post post = post_as(channel->key | CHANNEL_COOKIE);
	if (channel->watch)
		return 0;
	int error = channel->service->watch(server.kernel, channel->id, &post, &channel->watch);
	if (error)
		channel->watch = 0;
	return error;
}

void channel_unwatch(struct channel *channel)
{
	if (channel->watch && pk_wait_withdraw(server.kernel, channel->watch, ECANCELED) == -ECANCELED)
		pk_wait_discard(server.kernel, channel->watch);
	channel->watch = 0;
}

/* ---- files */

void file_open(const struct service *service, pk_id id, fuse_req_t request, int flags)
{
	int error = service->channel_of ? service->channel_of(id, &id) : 0;
	if (error) {
		fuse_reply_err(request, channel_error(error));
		return;
	}
	struct channel *channel = channel_find(service, id);
	struct file *file = calloc(1, sizeof *file);
	if (file && !channel)
		channel = channel_make(service, id);
	if (!file || !channel) {
		free(file);
		if (service->channel_unused)
			service->channel_unused(id);
		fuse_reply_err(request, ENOMEM);
		return;
	}
	const struct fuse_ctx *opener = fuse_req_ctx(request);
	file->channel = channel;
	file->pid = (uint32_t)opener->pid;
	file->uid = opener->uid;
	file->gid = opener->gid;
	file->reads = (flags & O_ACCMODE) != O_WRONLY;
	file->writes = (flags & O_ACCMODE) != O_RDONLY;
	link_append(&channel->files, &file->link);
	service->open(file, request, flags);
}

/* For others to see: opening.h. */
static uint32_t opening_of(const struct file *file, uint32_t pid, uint32_t uid, unsigned waits)
{
	const struct channel *channel = file->channel;
	struct pk_opened opened = {
		.object = channel->id,
		.table = channel->service == &fifo_service ? PK_PIPES : PK_PORTS,
		.pid = pid,
		.uid = uid,
		.ends = (file->reads ? PK_OPEN_TO_RECEIVE : 0) | (file->writes ? PK_OPEN_TO_SEND : 0),
		.waits = waits,
		.since_ns = pk_monotonic_ns(),
	};
	return pk_opening_begin(server.kernel, &opened);
}

void file_count(struct file *file)
{
	file->channel->readers += file->reads;
	file->channel->writers += file->writes;
	file->channel->writers_ever += file->writes;
	file->opening = opening_of(file, file->pid, file->uid, 0);
}

void file_uncount(struct file *file)
{
	file->channel->readers -= file->reads;
	file->channel->writers -= file->writes;
	pk_opening_end(server.kernel, file->opening);
	file->opening = 0;
}

/*
 * libfuse 3.14 can't set STREAM, without which a blocked read would block
 * writes on the same description: so the reply is made here.
 */
void file_opened(struct file *file, fuse_req_t request)
{
	struct fuse_open_out reply = {
		.fh = (uintptr_t)file,
		.open_flags = FOPEN_DIRECT_IO | FOPEN_NONSEEKABLE | FOPEN_STREAM | FOPEN_NOFLUSH |
			      FOPEN_PARALLEL_DIRECT_WRITES,
	};
	if (file->channel->service->seekable)
		reply.open_flags &= ~(uint32_t)(FOPEN_NONSEEKABLE | FOPEN_STREAM);
	if (fuse_reply_buf(request, (const char *)&reply, sizeof reply) != 0)
		file_close(file); /* no RELEASE will come */
}

void file_discard(struct file *file)
{
	struct channel *channel = file->channel;
	link_remove(&file->link);
	free(file);
	channel_free_if_idle(channel);
}

void file_close(struct file *file)
{
	struct channel *channel = file->channel;
	poll_drop(file);
	flock_release(file);
	file_uncount(file);
	channel->service->closed(file);
	file_discard(file);
}

/* ---- calls */

static void interrupted(fuse_req_t request, void *key)
{
	struct call *call = key_find(&server.calls, (uintptr_t)key);
	(void)request;
	if (call && call->kind == CALL_LOCK)
		call_fail(call, EINTR);
	else if (call)
		call->file->channel->service->interrupted(call);
}

static struct link *line_of(struct channel *channel, enum call_kind kind)
{
	switch (kind) {
	case CALL_OPEN:
		return &channel->opens;
	case CALL_READ:
		return &channel->reads;
	case CALL_WRITE:
		return &channel->writes;
	default:
		return &channel->locks;
	}
}

static void note_call(struct call *call)
{
	static const unsigned waits[] = { [CALL_OPEN] = PK_FILE_OPENED,
					  [CALL_READ] = PK_FILE_READ,
					  [CALL_WRITE] = PK_FILE_WRITTEN,
					  [CALL_LOCK] = PK_FILE_LOCKED };
	const struct fuse_ctx *caller = fuse_req_ctx(call->request);
	call->opening = opening_of(call->file, (uint32_t)caller->pid, caller->uid, waits[call->kind]);
}

struct call *call_begin(struct file *file, fuse_req_t request, enum call_kind kind, size_t size_bytes)
{
	struct call *call = calloc(1, sizeof *call);
	uint64_t key = call ? key_make(&server.calls, call) : 0;
	if (!key) {
		free(call);
		fuse_reply_err(request, ENOMEM);
		if (kind == CALL_OPEN)
			file_close(file);
		return NULL;
	}
	call->request = request;
	call->file = file;
	call->key = key;
	call->kind = kind;
	call->since_ns = pk_monotonic_ns();
	call->size_bytes = size_bytes;
	link_append(line_of(file->channel, kind), &call->link);
	file->reading += kind == CALL_READ;
	note_call(call);
	fuse_req_interrupt_func(request, interrupted, (void *)(uintptr_t)key); /* F2: may call it at once */
	return key_find(&server.calls, key);
}

void call_end(struct call *call)
{
	call->file->reading -= call->kind == CALL_READ;
	link_remove(&call->link);
	pk_opening_end(server.kernel, call->opening);
	key_drop(&server.calls, call->key);
	if (call->lent)
		dispatch_give_back(call->memory);
	else
		free(call->memory);
	free(call);
}

void call_fail(struct call *call, int error)
{
	fuse_reply_err(call->request, error);
	call_end(call);
}

struct pk_post call_post(const struct call *call)
{
	return post_as(call->key);
}

const struct call *call_told_by(uint32_t message)
{
	struct pk_completion completion = { 0 };
	uint32_t length;
	const void *data = pk_message_data(server.kernel, message, &length);
	if (data && length == sizeof completion)
		memcpy(&completion, data, sizeof completion);
	return completion.cookie & CHANNEL_COOKIE ? NULL : key_find(&server.calls, completion.cookie);
}

bool call_withdraw(struct call *call)
{
	if (call->wait) {
		if (pk_wait_withdraw(server.kernel, call->wait, ECANCELED) != -ECANCELED)
			return false;
		pk_wait_discard(server.kernel, call->wait);
		call->wait = 0;
	}
	return true;
}

/* ---- completions */

/* Of a call or channel that is no more. */
static void discard_wait(uint32_t slot, const struct pk_wait *wait)
{
	uint32_t message;
	if (wait->purpose != PK_FOR_RECEIVE ||
	    pk_port_collect(server.kernel, pk_wait_id(server.kernel, slot), &message) != 0)
		pk_wait_end(server.kernel, slot);
	else
		pk_port_give_back(server.kernel, message);
}

static void channel_told(struct channel *channel, uint32_t slot)
{
	pk_wait_end(server.kernel, slot);
	if (!channel)
		return;
	if (channel->watch == slot)
		channel->watch = 0;
	channel->service->changed(channel);
}

/* The next that came, or false. */
static bool next_completion(struct pk_completion *completion)
{
	uint32_t message, length;
	if (pk_port_receive(server.kernel, server.completions, &PK_WANT_ANY, NULL, &message, NULL) != 0)
		return false;
	const void *data = pk_message_data(server.kernel, message, &length);
	*completion = (struct pk_completion){ 0 };
	if (data && length == sizeof *completion)
		memcpy(completion, data, sizeof *completion);
	pk_message_release(server.kernel, message);
	return true;
}

void channel_completions(void)
{
	struct pk_completion completion;
	while (next_completion(&completion)) {
		uint32_t slot = pk_wait_find(server.kernel, completion.wait);
		uint64_t cookie = completion.cookie;
		struct call *call;
		if (slot == 0)
			continue; /* scribbled */
		if (cookie & CHANNEL_COOKIE)
			channel_told(key_find(&server.channels, cookie & ~CHANNEL_COOKIE), slot);
		else if ((call = key_find(&server.calls, cookie)) != NULL && call->wait == slot)
			call->file->channel->service->settled(call);
		else
			discard_wait(slot, pk_slot(server.kernel, PK_WAITS, slot));
	}
}

void channel_shutdown(void)
{
	channel_completions();
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct channel *channel = buckets[i]; channel; channel = channel->next) {
			struct file *file = link_first(&channel->files);
			for (; file; file = link_after(&channel->files, file))
				if (file->held)
					pk_port_give_back(server.kernel, file->held);
		}
}
