/* SPDX-License-Identifier: MIT */
#include "node.h"
#include "snapshot.h"

#include <errno.h>
#include <stdlib.h>

#define BUCKETS 1024
static struct node *fresh_nodes[BUCKETS];

static struct node **bucket_of(pk_id id)
{
	return &fresh_nodes[pk_id_slot(id) % BUCKETS];
}

struct node *node_of(fuse_ino_t ino)
{
	return ino >= KEY_FIRST ? key_find(&server.nodes, ino) : NULL;
}

static struct node *fresh_node(enum place place, pk_id id)
{
	struct node *node = *bucket_of(id);
	while (node && (node->place != place || node->id != id))
		node = node->next;
	return node;
}

static struct node *node_make(enum place place, pk_id id, bool as_fifo)
{
	struct node *node = calloc(1, sizeof *node);
	if (!node)
		return NULL;
	*node = (struct node){ .place = place, .id = id, .as_fifo = as_fifo, .fresh = !as_fifo };
	node->ino = key_make(&server.nodes, node);
	if (!node->ino) {
		free(node);
		return NULL;
	}
	if (node->fresh) {
		node->next = *bucket_of(id);
		*bucket_of(id) = node;
	}
	return node;
}

void node_use(struct node *node)
{
	struct node **link = bucket_of(node->id);
	if (!node->fresh)
		return;
	while (*link != node)
		link = &(*link)->next;
	*link = node->next;
	node->fresh = false;
}

void node_forget(struct node *node, uint64_t lookups)
{
	node->lookups -= lookups < node->lookups ? lookups : node->lookups;
	if (node->lookups > 0)
		return;
	node_use(node);
	key_drop(&server.nodes, node->ino);
	free(node);
}

ino_t node_number(enum place place, pk_id id)
{
	return id ? (ino_t)place << 56 | id : (ino_t)place;
}

/* A channel's file. */
static void file_attr(const struct node *node, const struct facts *facts, struct stat *attr)
{
	uint64_t size = facts->queued_bytes;
	if (!node->fresh && !node->as_fifo && size < NODE_HINT)
		size = NODE_HINT;
	attr->st_mode = node->as_fifo ? S_IFIFO : S_IFREG;
	attr->st_size = (off_t)size;
	attr->st_blocks = (blkcnt_t)(size + 511) / 512;
}

/* A directory or text. */
static void view_attr(const struct node *node, struct stat *attr)
{
	const struct entry *entry = &tree[node->place];
	attr->st_mode = entry->mode & S_IFMT;
	attr->st_nlink = S_ISDIR(entry->mode) ? 2 : 1;
	attr->st_size = (off_t)snapshot_size(entry, node->id);
}

/* Who may read a thing may look at it. */
static mode_t mode_of(enum place place, const struct facts *facts)
{
	const struct entry *entry = &tree[place];
	mode_t mode = facts->permission.mode;
	if (S_ISLNK(entry->mode) || entry->controls) /* whatever may be done with the thing */
		return entry->mode & 0777;
	if (entry->service)
		return entry->mode & mode & 0777;
	if (S_ISDIR(entry->mode) && !entry->holds)
		mode |= (mode & 0444) >> 2 | 0100; /* its owner may command it, whatever its mode */
	if (entry->holds && (mode & 0022))
		mode |= S_ISVTX; /* who may put names there may take away his own only */
	return entry->mode & mode & 07777;
}

int node_permission(const struct node *node, struct pk_permission *permission)
{
	struct facts facts;
	int error = tree_thing(node->place)->inspect(node->id, &facts);
	if (error)
		return error;
	uint32_t uid = facts.permission.uid, gid = facts.permission.gid;
	*permission = (struct pk_permission){
		.uid = uid, .cuid = uid, .gid = gid, .cgid = gid, .mode = mode_of(node->place, &facts)
	};
	return 0;
}

int node_attr(const struct node *node, struct stat *attr)
{
	struct facts facts;
	int error = tree_thing(node->place)->inspect(node->id, &facts);
	if (error)
		return channel_error(error);
	*attr = (struct stat){
		.st_ino = node_number(node->place, node->id),
		.st_nlink = facts.names,
		.st_uid = facts.permission.uid,
		.st_gid = facts.permission.gid,
		.st_blksize = (blksize_t)facts.block_bytes,
		.st_atime = facts.read_time ? facts.read_time : facts.change_time,
		.st_mtime = facts.write_time ? facts.write_time : facts.change_time,
		.st_ctime = facts.change_time,
	};
	if (tree[node->place].service)
		file_attr(node, &facts, attr);
	else
		view_attr(node, attr);
	attr->st_mode |= mode_of(node->place, &facts);
	return 0;
}

struct spot spot_of(fuse_ino_t ino)
{
	struct node *node = node_of(ino);
	if (node)
		return (struct spot){ node->place, node->id, node };
	return (struct spot){ ino < PLACES ? (enum place)ino : PLACE_NONE, 0, NULL };
}

enum place spot_place_of(const struct spot *parent, const struct found *found)
{
	const struct entry *entry = &tree[parent->place];
	return found->directory ? entry->directory : found->link ? entry->link : entry->object;
}

void node_reply(fuse_req_t request, enum place place, pk_id id, bool as_fifo)
{
	struct fuse_entry_param reply = { 0 };
	struct node *node = as_fifo ? NULL : fresh_node(place, id);
	if (!node)
		node = node_make(place, id, as_fifo);
	if (!node) {
		fuse_reply_err(request, ENOMEM);
		return;
	}
	int error = node_attr(node, &reply.attr);
	node->lookups++;
	reply.ino = node->ino;
	if (tree[place].service)
		reply.attr.st_size = NODE_LARGE;
	if (error)
		fuse_reply_err(request, error == EIDRM ? ENOENT : error);
	else
		error = fuse_reply_entry(request, &reply);
	if (error)
		node_forget(node, 1); /* the kernel doesn't have it */
}
