/* SPDX-License-Identifier: MIT */
#include "flock.h"

#include <errno.h>
#include <sys/file.h>

static bool conflicts(const struct file *file, int kind)
{
	const struct link *files = &file->channel->files;
	for (const struct file *other = link_first(files); other; other = link_after(files, other))
		if (other != file && (other->lock == LOCK_EX || (other->lock == LOCK_SH && kind == LOCK_EX)))
			return true;
	return false;
}

static void serve(struct channel *channel)
{
	for (struct call *call = link_first(&channel->locks), *next; call; call = next) {
		next = link_after(&channel->locks, call);
		if (conflicts(call->file, call->lock))
			continue;
		call->file->lock = call->lock;
		fuse_reply_err(call->request, 0);
		call_end(call);
	}
}

void flock_release(struct file *file)
{
	if (file->lock == 0)
		return;
	file->lock = 0;
	serve(file->channel);
}

void flock_request(struct file *file, fuse_req_t request, int operation)
{
	int kind = operation & ~LOCK_NB;
	if (kind != file->lock)
		flock_release(file);
	if (kind == LOCK_UN || !conflicts(file, kind)) {
		file->lock = kind == LOCK_UN ? 0 : kind;
		fuse_reply_err(request, 0);
	} else if (operation & LOCK_NB) {
		fuse_reply_err(request, EWOULDBLOCK);
	} else {
		struct call *call = call_begin(file, request, CALL_LOCK, 0);
		if (call)
			call->lock = kind;
	}
}
