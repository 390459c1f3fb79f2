/* SPDX-License-Identifier: MIT */
#include "snapshot.h"
#include "actor.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

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
	if (!entry->text || entry->slow || snapshot_make(entry, id, &snapshot) != 0)
		return 0;
	free(snapshot.bytes);
	return snapshot.size;
}

static void open_now(fuse_req_t request, const struct entry *entry, pk_id id, struct fuse_file_info *info)
{
	struct snapshot *snapshot = calloc(1, sizeof *snapshot);
	int error = snapshot ? snapshot_make(entry, id, snapshot) : -ENOMEM;
	if (error) {
		free(snapshot);
		fuse_reply_err(request, channel_error(error));
		return;
	}
	info->fh = (uintptr_t)snapshot;
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

void snapshot_close(struct snapshot *snapshot)
{
	free(snapshot->bytes);
	free(snapshot);
}

/* ---- the clerk */

struct errand {
	struct link link;
	fuse_req_t request;
	const struct entry *entry;
	pk_id id;
	struct pk_actor client;
	struct fuse_file_info info;
};

static struct link errands;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;

static struct errand *next_errand(void)
{
	struct errand *errand;
	pthread_mutex_lock(&lock);
	while ((errand = link_first(&errands)) == NULL)
		pthread_cond_wait(&more, &lock);
	link_remove(&errand->link);
	pthread_mutex_unlock(&lock);
	return errand;
}

static void *run_errands(void *unused)
{
	(void)unused;
	for (;;) {
		struct errand *errand = next_errand();
		pk_act_for(server.kernel, &errand->client);
		open_now(errand->request, errand->entry, errand->id, &errand->info);
		free(errand);
	}
	return NULL;
}

int snapshot_start(void)
{
	pthread_t clerk;
	link_init(&errands);
	int error = pthread_create(&clerk, NULL, run_errands, NULL);
	if (!error)
		pthread_detach(clerk);
	return -error;
}

void snapshot_open(fuse_req_t request, const struct entry *entry, pk_id id, struct fuse_file_info *info)
{
	if (!entry->slow) {
		open_now(request, entry, id, info);
		return;
	}
	struct errand *errand = calloc(1, sizeof *errand);
	if (!errand) {
		fuse_reply_err(request, ENOMEM);
		return;
	}
	*errand = (struct errand){
		.request = request, .entry = entry, .id = id, .client = *pk_acts_for(), .info = *info
	};
	pthread_mutex_lock(&lock);
	link_append(&errands, &errand->link);
	pthread_cond_signal(&more);
	pthread_mutex_unlock(&lock);
}
