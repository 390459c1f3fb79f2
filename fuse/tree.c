/* SPDX-License-Identifier: MIT */
/*
 * The file tree: one table of what always is there, and below its directories
 * of objects whatever core has.
 *
 * A FIFO inode would never reach this server: mkfifo is answered with one, as
 * it must be, and the next look-up finds a regular file.
 */
#include "channel.h"
#include "name.h"
#include "node.h"
#include "table.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <portico/portico.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FOR_EVER 3600.0

void (*tree_ready)(void);
static int64_t mounted_seconds;

/* ---- the table */

struct entry {
	const char *name;
	fuse_ino_t parent; /* 0: the root */
	mode_t mode;
	const struct service *service; /* of a directory of objects */
	int (*text)(char *text, size_t size);
};

static int version(char *text, size_t size)
{
	return snprintf(text, size, "%s\n", PORTICO_VERSION);
}

static int instance(char *text, size_t size)
{
	return snprintf(text, size, "%s\n", server.kernel->directory);
}

static int pid(char *text, size_t size)
{
	return snprintf(text, size, "%d\n", (int)getpid());
}

/* The index is the inode number. */
static const struct entry tree[] = {
	[FUSE_ROOT_ID] = { "", 0, S_IFDIR | 0555, NULL, NULL },
	[2] = { "mbox", FUSE_ROOT_ID, S_IFDIR | 0755, &mailbox_service, NULL },
	[3] = { "fifo", FUSE_ROOT_ID, S_IFDIR | 0755, &fifo_service, NULL },
	[4] = { "kernel", FUSE_ROOT_ID, S_IFDIR | 0555, NULL, NULL },
	[5] = { "version", 4, S_IFREG | 0444, NULL, version },
	[6] = { "instance", 4, S_IFREG | 0444, NULL, instance },
	[7] = { "pid", 4, S_IFREG | 0444, NULL, pid },
};
#define TREE_END (sizeof tree / sizeof tree[0])

static const struct entry *entry_of(fuse_ino_t ino)
{
	return ino >= FUSE_ROOT_ID && ino < TREE_END ? &tree[ino] : NULL;
}

/* The objects' directory that this is, or NULL. */
static const struct service *service_of(fuse_ino_t ino)
{
	const struct entry *entry = entry_of(ino);
	return entry ? entry->service : NULL;
}

static void entry_attr(fuse_ino_t ino, struct stat *attr)
{
	const struct entry *entry = &tree[ino];
	char text[PK_PATH_MAX + 1];
	*attr = (struct stat){
		.st_ino = ino,
		.st_mode = entry->mode,
		.st_nlink = S_ISDIR(entry->mode) ? 2 : 1,
		.st_uid = geteuid(),
		.st_gid = getegid(),
		.st_size = entry->text ? entry->text(text, sizeof text) : 0,
		.st_blksize = 4096,
		.st_atime = mounted_seconds,
		.st_mtime = mounted_seconds,
		.st_ctime = mounted_seconds,
	};
	if (entry->service && server.options.allow_other)
		attr->st_mode |= S_ISVTX | 0777; /* everybody makes his own, as in /tmp */
}

/* ---- looking */

static void forget(fuse_req_t request, fuse_ino_t ino, uint64_t lookups)
{
	struct node *node = node_of(ino);
	if (node)
		node_forget(node, lookups);
	fuse_reply_none(request);
}

static void look_up_entry(fuse_req_t request, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param reply = { .attr_timeout = FOR_EVER, .entry_timeout = FOR_EVER };
	for (fuse_ino_t ino = FUSE_ROOT_ID; ino < TREE_END && !reply.ino; ino++)
		if (tree[ino].parent == parent && strcmp(tree[ino].name, name) == 0)
			reply.ino = ino;
	if (!reply.ino) {
		fuse_reply_err(request, ENOENT);
		return;
	}
	entry_attr(reply.ino, &reply.attr);
	fuse_reply_entry(request, &reply);
}

static void lookup(fuse_req_t request, fuse_ino_t parent, const char *name)
{
	const struct service *service = service_of(parent);
	pk_id id;
	if (!service) {
		look_up_entry(request, parent, name);
		return;
	}
	int error = pk_name_look_up(server.kernel, service->space, name, (uint32_t)strlen(name), &id);
	if (error)
		fuse_reply_err(request, -error);
	else
		node_reply(request, service, id, false);
}

static void getattr(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *file)
{
	const struct node *node = node_of(ino);
	struct stat attr;
	int error = 0;
	(void)file;
	if (node)
		error = node_attr(node, &attr);
	else if (entry_of(ino))
		entry_attr(ino, &attr);
	else
		error = ESTALE;
	if (error) {
		fuse_reply_err(request, error);
		return;
	}
	if (node) /* attributes newer than this answer: it goes to stat(), and the inode stays large */
		fuse_lowlevel_notify_inval_inode(server.session, ino, -1, 0);
	fuse_reply_attr(request, &attr, node ? 0 : FOR_EVER);
}

static void setattr(fuse_req_t request, fuse_ino_t ino, struct stat *wanted, int which,
		    struct fuse_file_info *file)
{
	const struct node *node = node_of(ino);
	struct stat attr;
	struct facts facts;
	int error = node ? node->service->inspect(node->id, &facts) : -EPERM;
	(void)file;
	if (!error && (which & (FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID))) {
		if (which & FUSE_SET_ATTR_MODE)
			facts.permission.mode = wanted->st_mode & 0777;
		if (which & FUSE_SET_ATTR_UID)
			facts.permission.uid = wanted->st_uid;
		if (which & FUSE_SET_ATTR_GID)
			facts.permission.gid = wanted->st_gid;
		error = node->service->adjust(server.kernel, node->id, &facts.permission);
	}
	error = error ? channel_error(error) : node_attr(node, &attr);
	if (error) {
		fuse_reply_err(request, error);
		return;
	}
	attr.st_size = NODE_LARGE;
	fuse_reply_attr(request, &attr, 0);
}

/* ---- making and removing */

static void make_node(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode, dev_t device)
{
	const struct service *service = service_of(parent);
	const struct fuse_ctx *maker = fuse_req_ctx(request);
	struct pk_permission permission = { .uid = maker->uid, .gid = maker->gid, .mode = mode & 0777 };
	bool as_fifo = S_ISFIFO(mode);
	pk_id id;
	(void)device;
	if (!service || !(S_ISREG(mode) || (as_fifo && service == &fifo_service))) {
		fuse_reply_err(request, EPERM);
		return;
	}
	int error = service->create(name, mode, &id);
	if (!error && (maker->uid != geteuid() || maker->gid != getegid()))
		error = service->adjust(server.kernel, id, &permission);
	if (error)
		fuse_reply_err(request, -error);
	else
		node_reply(request, service, id, as_fifo);
}

static void unlink_node(fuse_req_t request, fuse_ino_t parent, const char *name)
{
	const struct service *service = service_of(parent);
	pk_id id;
	int error =
		service ? pk_name_look_up(server.kernel, service->space, name, (uint32_t)strlen(name), &id)
			: -EPERM;
	if (!error)
		error = service->remove(id, channel_find(service, id));
	fuse_reply_err(request, error == -EIDRM || error == -EINVAL ? ENOENT : -error);
}

static void refuse_directory(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode)
{
	(void)parent, (void)name, (void)mode;
	fuse_reply_err(request, EPERM);
}

static void refuse_removal(fuse_req_t request, fuse_ino_t parent, const char *name)
{
	(void)parent, (void)name;
	fuse_reply_err(request, EPERM);
}

static void refuse_symlink(fuse_req_t request, const char *target, fuse_ino_t parent, const char *name)
{
	(void)target, (void)parent, (void)name;
	fuse_reply_err(request, EPERM);
}

static void refuse_rename(fuse_req_t request, fuse_ino_t parent, const char *name, fuse_ino_t to,
			  const char *new_name, unsigned flags)
{
	(void)parent, (void)name, (void)to, (void)new_name, (void)flags;
	fuse_reply_err(request, EPERM);
}

static void refuse_link(fuse_req_t request, fuse_ino_t ino, fuse_ino_t parent, const char *name)
{
	(void)ino, (void)parent, (void)name;
	fuse_reply_err(request, EPERM);
}

/* ---- directories */

/* A directory's listing, as far as it fits; `offset` of an entry is where the next begins. */
struct listing {
	fuse_req_t request;
	char *buffer;
	size_t size, used;
};

static bool list(struct listing *listing, const char *name, ino_t number, mode_t mode, off_t next)
{
	struct stat attr = { .st_ino = number, .st_mode = mode };
	size_t needed = fuse_add_direntry(listing->request, listing->buffer + listing->used,
					  listing->size - listing->used, name, &attr, next);
	if (needed > listing->size - listing->used)
		return false;
	listing->used += needed;
	return true;
}

static void list_entries(struct listing *listing, fuse_ino_t parent, off_t offset)
{
	for (fuse_ino_t ino = (fuse_ino_t)offset; ino < TREE_END; ino++)
		if (ino > FUSE_ROOT_ID && tree[ino].parent == parent &&
		    !list(listing, tree[ino].name, ino, tree[ino].mode, (off_t)ino + 1))
			return;
}

static void list_objects(struct listing *listing, const struct service *service, off_t offset)
{
	struct portico *k = server.kernel;
	uint32_t committed = pk_committed(k, service->table);
	char name[PK_NAME_MAX + 1];
	for (uint32_t slot = (uint32_t)offset; slot < committed; slot++) {
		struct pk_head *head = pk_slot(k, service->table, slot);
		if (!head || pk_word_kind(pk_load(&head->word)) != PK_LIVE)
			continue;
		pk_id id = pk_slot_id(head, slot);
		pk_name_text(k, service->name_of(head), id, name);
		if (name[0] && !strchr(name, '/') &&
		    !list(listing, name, node_number(service, id), S_IFREG, (off_t)slot + 3))
			return;
	}
}

/* Offsets: 0 is ".", 1 is ".."; from 2 on an entry's inode, or two more than an object's slot. */
static void readdir(fuse_req_t request, fuse_ino_t ino, size_t size, off_t offset,
		    struct fuse_file_info *file)
{
	struct listing listing = { .request = request, .buffer = malloc(size), .size = size };
	const struct entry *entry = entry_of(ino);
	(void)file;
	if (!listing.buffer || !entry) {
		free(listing.buffer);
		fuse_reply_err(request, entry ? ENOMEM : ESTALE);
		return;
	}
	bool room = offset > 0 || list(&listing, ".", ino, S_IFDIR, 1);
	if (room && offset <= 1)
		room = list(&listing, "..", entry->parent ? entry->parent : ino, S_IFDIR, 2);
	if (room && entry->service)
		list_objects(&listing, entry->service, offset > 2 ? offset - 2 : 1);
	else if (room)
		list_entries(&listing, ino, offset);
	fuse_reply_buf(request, listing.buffer, listing.used);
	free(listing.buffer);
}

/* ---- open files */

static struct file *file_of(const struct fuse_file_info *info)
{
	return (struct file *)(uintptr_t)info->fh;
}

static void open_node(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *info)
{
	struct node *node = node_of(ino);
	if (node) {
		node_use(node);
		file_open(node->service, node->id, request, info->flags);
	} else if (entry_of(ino)) {
		info->direct_io = 1;
		info->fh = 0;
		fuse_reply_open(request, info);
	} else {
		fuse_reply_err(request, ESTALE);
	}
}

static void release(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *info)
{
	(void)ino;
	if (file_of(info))
		file_close(file_of(info));
	fuse_reply_err(request, 0);
}

static void read_text(fuse_req_t request, const struct entry *entry, size_t size, off_t offset)
{
	char text[PK_PATH_MAX + 1];
	int made = entry && entry->text ? entry->text(text, sizeof text) : 0;
	size_t length = made < 0 ? 0 : (size_t)made < sizeof text ? (size_t)made : sizeof text - 1;
	size_t from = (size_t)offset < length ? (size_t)offset : length;
	fuse_reply_buf(request, text + from, length - from < size ? length - from : size);
}

static void read_node(fuse_req_t request, fuse_ino_t ino, size_t size, off_t offset,
		      struct fuse_file_info *info)
{
	struct file *file = file_of(info);
	if (file)
		file->channel->service->read(file, request, size, info->flags & O_NONBLOCK);
	else
		read_text(request, entry_of(ino), size, offset);
}

static void write_node(fuse_req_t request, fuse_ino_t ino, const char *data, size_t size, off_t offset,
		       struct fuse_file_info *info)
{
	struct file *file = file_of(info);
	(void)ino, (void)offset;
	if (file)
		file->channel->service->write(file, request, data, size, info->flags & O_NONBLOCK);
	else
		fuse_reply_err(request, EBADF);
}

static void poll_node(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *info,
		      struct fuse_pollhandle *handle)
{
	struct file *file = file_of(info);
	(void)ino;
	if (file) {
		file_poll(file, request, handle);
		return;
	}
	if (handle)
		fuse_pollhandle_destroy(handle);
	fuse_reply_poll(request, POLLIN | POLLRDNORM);
}

static void statfs(fuse_req_t request, fuse_ino_t ino)
{
	struct statvfs facts = { .f_bsize = 4096, .f_frsize = 4096, .f_namemax = PK_NAME_MAX };
	(void)ino;
	fuse_reply_statfs(request, &facts);
}

/* ---- beginning */

static void init(void *context, struct fuse_conn_info *connection)
{
	(void)context;
	mounted_seconds = time(NULL);
	/* requests are read whole; truncation comes as a request of its own, that says nothing of the size */
	connection->want &=
		~(unsigned)(FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE |
			    FUSE_CAP_ATOMIC_O_TRUNC | FUSE_CAP_READDIRPLUS | FUSE_CAP_READDIRPLUS_AUTO);
	connection->max_write = PK_LARGEST;
	connection->max_background = 1024;
	if (tree_ready)
		tree_ready();
}

/*
 * No create: the kernel then makes the file and opens it by two requests.  For
 * it holds the directory's lock while it creates, and the open of a FIFO waits.
 */
const struct fuse_lowlevel_ops tree_operations = {
	.init = init,
	.lookup = lookup,
	.forget = forget,
	.getattr = getattr,
	.setattr = setattr,
	.mknod = make_node,
	.unlink = unlink_node,
	.mkdir = refuse_directory,
	.rmdir = refuse_removal,
	.symlink = refuse_symlink,
	.rename = refuse_rename,
	.link = refuse_link,
	.readdir = readdir,
	.open = open_node,
	.release = release,
	.read = read_node,
	.write = write_node,
	.poll = poll_node,
	.statfs = statfs,
};
