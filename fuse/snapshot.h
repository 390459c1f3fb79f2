/* SPDX-License-Identifier: MIT */
/*
 * Snapshots: the text of a file as it was when it was opened, so that who reads
 * it piece by piece sees one moment.
 *
 * Texts that take long are made by a clerk of their own, so that no other
 * request waits for them.  It touches nothing of the dispatch thread's.
 */
#ifndef PORTICO_FUSE_SNAPSHOT_H
#define PORTICO_FUSE_SNAPSHOT_H

#include "tree.h"

struct snapshot {
	char *bytes;
	size_t size;
};

/* The text as it is now, to be freed.  0 or a negative errno. */
int snapshot_make(const struct entry *entry, pk_id id, struct snapshot *snapshot);

/* Answer an open; what it opened, fi->fh, is a snapshot. */
void snapshot_open(fuse_req_t request, const struct entry *entry, pk_id id, struct fuse_file_info *info);
void snapshot_read(fuse_req_t request, const struct snapshot *snapshot, size_t size, off_t offset);
void snapshot_close(struct snapshot *snapshot);
void snapshot_drop(struct snapshot *snapshot); /* its text */

/* How long the text would be now; 0 where that isn't known at once. */
size_t snapshot_size(const struct entry *entry, pk_id id);

/* Start the clerk.  0 or a negative errno. */
int snapshot_start(void);

#endif
