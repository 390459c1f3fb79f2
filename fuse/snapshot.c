/* SPDX-License-Identifier: MIT */
#include "snapshot.h"
#include "clerk.h"

#include <errno.h>
#include <stdlib.h>

#define HELD_MOST                                                                                            \
	(UINT64_C(64) << 20) /* bytes of all texts that are open: clients must not fill the memory */

static _Atomic uint64_t held_bytes;

int snapshot_make(const struct entry *entry, pk_id id, struct snapshot *snapshot)
{
	*snapshot = (struct snapshot){ 0 };
	FILE *text = open_memstream(&snapshot->bytes, &snapshot->size);
	int error = text ? entry->text(text, id) : -ENOMEM;
	if (text && fclose(text) != 0 && !error)
		error = -ENOMEM;
	if (error)
		free(snapshot->bytes);
	return error;
}

size_t snapshot_size(const struct entry *entry, pk_id id)
{
	struct snapshot snapshot;
	if (!entry->text || entry->slow || entry->controls || snapshot_make(entry, id, &snapshot) != 0)
		return 0;
	free(snapshot.bytes);
	return snapshot.size;
}

/* One that counts among the texts that are open. */
static int hold(const struct entry *entry, pk_id id, struct snapshot **held)
{
	struct snapshot *snapshot = calloc(1, sizeof *snapshot);
	int error =
		snapshot && pk_load(&held_bytes) < HELD_MOST ? snapshot_make(entry, id, snapshot) : -ENOMEM;
	if (error) {
		free(snapshot);
		return error;
	}
	pk_add(&held_bytes, snapshot->size);
	*held = snapshot;
	return 0;
}

static void reply(fuse_req_t request, struct fuse_file_info *info, struct snapshot *snapshot)
{
	info->fh = (uintptr_t)snapshot;
	info->noflush = 1;
	info->direct_io = 1; /* else the kernel reads no further than the size that it was told */
	if (fuse_reply_open(request, info) != 0)
		snapshot_close(snapshot); /* no RELEASE will come */
}

void snapshot_read(fuse_req_t request, const struct snapshot *snapshot, size_t size, off_t offset)
{
	size_t from = (size_t)offset < snapshot->size ? (size_t)offset : snapshot->size;
	size_t left = snapshot->size - from;
	fuse_reply_buf(request, snapshot->bytes + from, left < size ? left : size);
}

void snapshot_drop(struct snapshot *snapshot)
{
	free(snapshot->bytes);
	*snapshot = (struct snapshot){ 0 };
}

void snapshot_close(struct snapshot *snapshot)
{
	pk_add(&held_bytes, -(uint64_t)snapshot->size);
	snapshot_drop(snapshot);
	free(snapshot);
}

static void open_now(fuse_req_t request, const struct entry *entry, pk_id id, struct fuse_file_info *info)
{
	struct snapshot *snapshot;
	int error = hold(entry, id, &snapshot);
	if (error)
		fuse_reply_err(request, channel_error(error));
	else
		reply(request, info, snapshot);
}

/* ---- the clerk */

static struct clerk clerk = CLERK;

struct opening {
	struct errand errand;
	const struct entry *entry;
	pk_id id;
	struct fuse_file_info info;
};

static bool run_opening(struct errand *errand)
{
	struct opening *opening = (struct opening *)errand;
	struct snapshot *snapshot = NULL;
	int error = hold(opening->entry, opening->id, &snapshot);
	bool answers = errand_answer(errand);
	if (answers && error)
		fuse_reply_err(errand->request, channel_error(error));
	else if (answers)
		reply(errand->request, &opening->info, snapshot);
	else if (!error)
		snapshot_close(snapshot);
	return true;
}

static void drop_opening(struct errand *errand)
{
	free(errand);
}

int snapshot_start(void)
{
	return clerk_start(&clerk);
}

void snapshot_open(fuse_req_t request, const struct entry *entry, pk_id id, struct fuse_file_info *info)
{
	if (!entry->slow) {
		open_now(request, entry, id, info);
		return;
	}
	struct opening *opening = calloc(1, sizeof *opening);
	if (!opening) {
		fuse_reply_err(request, ENOMEM);
		return;
	}
	*opening = (struct opening){
		.errand = { .request = request,
			    .manner = ERRAND_FUTILE,
			    .run = run_opening,
			    .drop = drop_opening },
		.entry = entry,
		.id = id,
		.info = *info,
	};
	clerk_give(&clerk, &opening->errand);
}
