/* SPDX-License-Identifier: MIT */
/* Who has an object open, and who waits for it. */
#include "channel.h"
#include "sink.h"
#include "views.h"
#include "waiters.h"

#include "task.h"

#include <errno.h>
#include <stdlib.h>

/* ---- files */

static void say_file(const struct file *file, struct sink *sink)
{
	say_open(sink, NULL, '{');
	say_count(sink, NULL, "pid", file->pid);
	say_count(sink, NULL, "uid", file->uid);
	say_count(sink, NULL, "gid", file->gid);
	say_truth(sink, NULL, "reads", file->reads);
	say_truth(sink, NULL, "writes", file->writes);
	say_close(sink, '}');
}

void say_files(const struct service *service, pk_id id, struct sink *sink)
{
	struct channel *channel = channel_find(service, id);
	struct file *file = channel ? link_first(&channel->files) : NULL;
	uint32_t count = 0;
	say_open(sink, "file", '[');
	for (; file; file = link_after(&channel->files, file))
		if (count++ < VIEW_MOST)
			say_file(file, sink);
	say_close(sink, ']');
	if (count > VIEW_MOST)
		say_count(sink, NULL, "more", count - VIEW_MOST);
}

/* ---- waits that core knows */

static void say_client(const struct call *call, struct sink *sink)
{
	const struct fuse_ctx *client = fuse_req_ctx(call->request);
	say_count(sink, NULL, "pid", (uint64_t)client->pid);
	say_count(sink, NULL, "uid", client->uid);
	say_text(sink, NULL, "by", "file");
}

/* A task's own wait; or one of this mount's, for a client. */
static void say_who(const struct waiter *waiter, struct sink *sink)
{
	bool ours = waiter->task == pk_self(server.kernel) && waiter->tell == PK_TELL_PORT;
	const struct call *call = ours ? call_told_by(waiter->completion) : NULL;
	const struct pk_task *task = pk_task_of_id(server.kernel, waiter->task);
	if (call) {
		say_client(call, sink);
		return;
	}
	say_count(sink, NULL, "pid", task ? task->pid : 0);
	say_count(sink, NULL, "uid", task ? task->uid : 0);
	say_text(sink, NULL, "by", ours ? "mount" : "task");
}

int say_waiters(unsigned table, pk_id id, struct sink *sink)
{
	uint32_t more = 0;
	struct waiter *waiters = calloc(VIEW_MOST, sizeof *waiters);
	int count = waiters ? waiters_take(server.kernel, table, id, waiters, VIEW_MOST, &more) : -ENOMEM;
	say_open(sink, "waiter", '[');
	for (int i = 0; i < count; i++) {
		say_open(sink, NULL, '{');
		say_who(&waiters[i], sink);
		waiter_facts(server.kernel, &waiters[i], sink);
		say_close(sink, '}');
	}
	say_close(sink, ']');
	if (more)
		say_count(sink, NULL, "more", more);
	free(waiters);
	return count < 0 ? count : 0;
}

/* ---- calls that wait here, and have no wait of core's */

static uint32_t say_line(struct link *line, const char *what, uint32_t count, struct sink *sink)
{
	int64_t ahead_ns = pk_realtime_ns() - pk_monotonic_ns();
	struct call *call = link_first(line);
	for (; call; call = link_after(line, call)) {
		if (call->wait != 0 || count++ >= VIEW_MOST)
			continue;
		say_open(sink, NULL, '{');
		say_client(call, sink);
		say_text(sink, NULL, "for", what);
		say_number(sink, NULL, "since_ns", call->since_ns + ahead_ns);
		say_close(sink, '}');
	}
	return count;
}

void say_calls(const struct service *service, pk_id id, struct sink *sink)
{
	struct channel *channel = channel_find(service, id);
	uint32_t count = 0;
	if (!channel)
		return;
	say_open(sink, "waiter", '[');
	count = say_line(&channel->opens, "open", count, sink);
	count = say_line(&channel->reads, "read", count, sink);
	count = say_line(&channel->writes, "write", count, sink);
	count = say_line(&channel->locks, "lock", count, sink);
	say_close(sink, ']');
	if (count > VIEW_MOST)
		say_count(sink, NULL, "more", count - VIEW_MOST);
}
