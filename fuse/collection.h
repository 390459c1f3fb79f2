/* SPDX-License-Identifier: MIT */
/*
 * Collections: the things of one kind that the instance has, as directories
 * show them.  Each function returns 0 or a negative errno; one that is NULL is
 * EPERM.  `in` is the directory in the collection, or 0 for its top.
 */
#ifndef PORTICO_FUSE_COLLECTION_H
#define PORTICO_FUSE_COLLECTION_H

#include "server.h"

#include "directory.h"

#include <sys/stat.h>

struct channel;

struct found {
	pk_id id;
	bool directory; /* in the collection; else a thing */
	bool link;	/* a symbolic link to it, by another name of its */
};

/* What stat() shows of a thing. */
struct facts {
	struct pk_permission permission;
	uint64_t queued_bytes;
	uint32_t block_bytes; /* a good size for reads and writes */
	uint32_t names;	      /* how many it has */
	int64_t read_time, write_time, change_time;
};

struct collection {
	int (*find)(pk_id in, const char *name, struct found *found);

	/* The next after *cursor, which begins with 0.  False in *any: there are no more. */
	int (*next)(pk_id in, uint64_t *cursor, char name[PK_NAME_MAX + 1], struct found *found, bool *any);

	/* Make, change and remove a thing; channel: NULL where nobody has it open. */
	int (*make)(const struct pk_client *client, pk_id in, const char *name, mode_t mode, pk_id *id);
	int (*adjust)(struct portico *k, pk_id id, const struct pk_permission *permission);
	int (*remove)(pk_id id, struct channel *channel);

	/* Remove a thing that nobody opens, if whom this thread acts for may. */
	int (*end)(pk_id id);

	/* flags: PK_RENAME_… */
	int (*rename)(const struct pk_client *client, pk_id in, const char *name, pk_id to,
		      const char *new_name, unsigned flags);

	/* Where a thing may have several names, and names lie in directories. */
	int (*unlink)(const struct pk_client *client, pk_id in, const char *name);
	int (*link)(const struct pk_client *client, pk_id id, pk_id in, const char *name);
	int (*make_directory)(const struct pk_client *client, pk_id in, const char *name, mode_t mode);
	int (*remove_directory)(const struct pk_client *client, pk_id in, const char *name);
	int (*adjust_directory)(const struct pk_client *client, pk_id id,
				const struct pk_permission *permission);
};

extern const struct collection mailboxes, named_pipes, tasks, queues, sets, segments;

/* Of directories of mailboxes. */
int mailbox_directory_inspect(pk_id id, struct facts *facts);

int mailbox_inspect(pk_id id, struct facts *facts);
int named_pipe_inspect(pk_id id, struct facts *facts);
/* A preloaded program asks which one it has open, to use it without us: pipe.h. */
void named_pipe_ioctl(fuse_req_t request, pk_id id, unsigned command, size_t room);
int task_inspect(pk_id id, struct facts *facts);
int queue_inspect(pk_id id, struct facts *facts);
int set_inspect(pk_id id, struct facts *facts);
int segment_inspect(pk_id id, struct facts *facts);

#endif
