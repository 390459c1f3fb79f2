/* SPDX-License-Identifier: MIT */
/*
 * Nodes: what the kernel has an inode for, each a place of the tree and the
 * thing there that it is of.  Where there is one thing only, the daemon itself,
 * the place's number is the inode's, and there is no node.
 *
 * A file that is open as a channel gets a new inode, under a key of its own,
 * with the first look-up after it was opened, and no name stays valid.  For the
 * kernel holds an inode's lock while a write to it waits, and takes it to remove
 * or change the file; with an inode for each open nobody waits for anybody
 * else's write.  So that writes through one description don't wait for each
 * other either (the kernel wants that lock whole where a write goes beyond the
 * end of the file), inodes are said to be NODE_LARGE, and only stat() is told
 * the truth.
 *
 * An open object says by stat() that it has at least NODE_HINT bytes: what will come
 * can't be known, and programs that see a regular file size buffers by this.
 */
#ifndef PORTICO_FUSE_NODE_H
#define PORTICO_FUSE_NODE_H

#include "tree.h"

#include <sys/stat.h>

#define NODE_HINT PK_LARGEST
#define NODE_LARGE                                                                                           \
	((INT64_C(1) << 32) + NODE_HINT) /* more than any one write; FIONREAD sees the low half              \
					  */

struct node {
	struct node *next; /* in its bucket, while fresh */
	enum place place;
	pk_id id;
	fuse_ino_t ino;
	uint64_t lookups; /* that the kernel will forget */
	bool as_fifo;
	bool fresh; /* found by other look-ups: not opened as a channel yet */
};

struct node *node_of(fuse_ino_t ino); /* or NULL */

/* Where a request is. */
struct spot {
	enum place place; /* PLACE_NONE: nowhere any more */
	pk_id id;
	struct node *node; /* or NULL */
};

struct spot spot_of(fuse_ino_t ino);

static inline const struct collection *spot_collection(const struct spot *spot)
{
	return tree[spot->place].holds;
}

/* At which place a thing or directory is that was found there. */
enum place spot_place_of(const struct spot *parent, const struct found *found);

/* Answer a look-up with an inode for that; as_fifo: a FIFO's, for mknod. */
void node_reply(fuse_req_t request, enum place place, pk_id id, bool as_fifo);
void node_forget(struct node *node, uint64_t lookups);

/* It is opened: from now on it is its opener's. */
void node_use(struct node *node);

/* Whose it is, and its mode, as stat() shows them: 0 or a negative errno. */
int node_permission(const struct node *node, struct pk_permission *permission);

/* What stat() shows: 0 or an errno. */
int node_attr(const struct node *node, struct stat *attr);

/* Its st_ino: the same through every inode of the thing. */
ino_t node_number(enum place place, pk_id id);

#endif
