/* SPDX-License-Identifier: MIT */
/*
 * Requests of the kernel, by what tree.h says of each place.
 *
 * A FIFO inode would never reach this server: mkfifo is answered with one, as
 * it must be, and the next look-up finds a regular file.
 */
#include "actor.h"
#include "directory.h"
#include "attributes.h"
#include "flock.h"
#include "listing.h"
#include "naming.h"
#include "node.h"
#include "permission.h"
#include "snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FOR_EVER 3600.0

void (*requests_ready)(void);
static int64_t mounted_seconds;

/* ---- looking */

static void forget(fuse_req_t request, fuse_ino_t ino, uint64_t lookups)
{
	struct node *node = node_of(ino);
	if (node)
		node_forget(node, lookups);
	fuse_reply_none(request);
}

/* A place that is there once. */
static void place_attr(enum place place, struct stat *attr)
{
	const struct entry *entry = &tree[place];
	*attr = (struct stat){
		.st_ino = place,
		.st_mode = entry->mode,
		.st_nlink = S_ISDIR(entry->mode) ? 2 : 1,
		.st_uid = server.kernel->file.uid, /* whoever mounts it */
		.st_gid = getegid(),
		.st_size = (off_t)snapshot_size(entry, 0),
		.st_blksize = 4096,
		.st_atime = mounted_seconds,
		.st_mtime = mounted_seconds,
		.st_ctime = mounted_seconds,
	};
	struct pk_permission root;
	pk_directory_root(server.kernel, &root);
	if (entry->holds && entry->holds->make && (entry->mode & 0200)) {
		attr->st_mode = S_IFDIR | root.mode;
		attr->st_uid = root.uid;
	} else if (entry->holds && entry->holds->end && (entry->mode & 0200) && (root.mode & 0002)) {
		attr->st_mode |= 0777; /* who may remove what is judged here: its creator may, too */
	}
}

/* Its attributes are valid for so long: a text has its size now. */
static double valid_seconds(enum place place)
{
	return S_ISDIR(tree[place].mode) ? FOR_EVER : 0;
}

static void reply_place(fuse_req_t request, enum place place)
{
	struct fuse_entry_param reply = { .ino = place,
					  .attr_timeout = valid_seconds(place),
					  .entry_timeout = FOR_EVER };
	place_attr(place, &reply.attr);
	fuse_reply_entry(request, &reply);
}

static void lookup(fuse_req_t request, fuse_ino_t ino, const char *name)
{
	struct spot parent = spot_of(ino);
	const struct collection *collection = spot_collection(&parent);
	enum place place = tree_find(parent.place, name);
	struct found found = { 0 };
	int error = collection ? collection->find(parent.id, name, &found) : -ENOENT;
	if (place != PLACE_NONE && parent.id == 0)
		reply_place(request, place);
	else if (place != PLACE_NONE)
		node_reply(request, place, parent.id, false);
	else if (error)
		fuse_reply_err(request, -error);
	else
		node_reply(request, spot_place_of(&parent, &found), found.id, false);
}

static bool is_channel(const struct spot *spot)
{
	return tree[spot->place].service != NULL;
}

static void getattr(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *file)
{
	struct spot spot = spot_of(ino);
	struct stat attr;
	int error = spot.place == PLACE_NONE ? ESTALE : spot.node ? node_attr(spot.node, &attr) : 0;
	(void)file;
	if (error) {
		fuse_reply_err(request, error);
		return;
	}
	if (!spot.node)
		place_attr(spot.place, &attr);
	if (is_channel(&spot)) /* attributes newer than this answer: it goes to stat(), and the inode stays
				  large */
		fuse_lowlevel_notify_inval_inode(server.session, ino, -1, 0);
	fuse_reply_attr(request, &attr, spot.node ? 0 : valid_seconds(spot.place));
}

static int change_permission(const struct spot *spot, const struct stat *wanted, int which)
{
	const struct collection *collection = tree[tree[spot->place].parent].holds;
	bool directory = collection && collection->adjust_directory &&
			 tree[spot->place].holds == collection && (tree[spot->place].mode & 0200);
	struct facts facts;
	struct pk_client asker;
	if (!directory && (!collection || !collection->adjust || !is_channel(spot)))
		return -EPERM;
	int error = tree[spot->place].inspect(spot->id, &facts);
	if (error)
		return error;
	if (which & FUSE_SET_ATTR_MODE)
		facts.permission.mode = wanted->st_mode & 0777;
	if (which & FUSE_SET_ATTR_UID)
		facts.permission.uid = wanted->st_uid;
	if (which & FUSE_SET_ATTR_GID)
		facts.permission.gid = wanted->st_gid;
	return directory ? collection->adjust_directory(asker_of(&asker), spot->id, &facts.permission)
			 : collection->adjust(server.kernel, spot->id, &facts.permission);
}

static void readlink_node(fuse_req_t request, fuse_ino_t ino)
{
	struct spot spot = spot_of(ino);
	const struct entry *entry = &tree[spot.place];
	struct snapshot target;
	int error = S_ISLNK(entry->mode) ? snapshot_make(entry, spot.id, &target) : -EINVAL;
	if (error) {
		fuse_reply_err(request, -error);
		return;
	}
	fuse_reply_readlink(request, target.bytes);
	free(target.bytes);
}

/* To open with O_TRUNC, which means nothing, is to ask for size 0, without the file. */
static bool truncates_fifo(const struct spot *spot, const struct stat *wanted, int which,
			   const struct fuse_file_info *file)
{
	return tree[spot->place].service == &fifo_service && (which & FUSE_SET_ATTR_SIZE) &&
	       (file || wanted->st_size != 0);
}

/* What open() with O_TRUNC asks for: of what takes commands, nothing. */
#define TRUNCATION (FUSE_SET_ATTR_SIZE | FUSE_SET_ATTR_MTIME_NOW | FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_CTIME)

static void setattr(fuse_req_t request, fuse_ino_t ino, struct stat *wanted, int which,
		    struct fuse_file_info *file)
{
	struct spot spot = spot_of(ino);
	struct stat attr;
	int error = spot.node ? 0 : -EPERM;
	if (truncates_fifo(&spot, wanted, which, file)) {
		fuse_reply_err(request, EINVAL);
		return;
	}
	if (!spot.node && tree[spot.place].controls && !(which & ~TRUNCATION)) {
		place_attr(spot.place, &attr);
		fuse_reply_attr(request, &attr, 0);
		return;
	}
	if ((which & FUSE_SET_ATTR_SIZE) && !is_channel(&spot) && !tree[spot.place].controls)
		error = -EACCES; /* as to open it for writing, whoever asks */
	if (!error && (which & (FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID)))
		error = change_permission(&spot, wanted, which);
	error = error ? channel_error(error) : node_attr(spot.node, &attr);
	if (error) {
		fuse_reply_err(request, error);
		return;
	}
	if (is_channel(&spot))
		attr.st_size = NODE_LARGE;
	fuse_reply_attr(request, &attr, 0);
}

/* ---- open files */

/* Of a channel.  What is open was judged when it was opened, whoever has it now. */
static struct file *file_of(const struct fuse_file_info *info)
{
	pk_act_for(server.kernel, &server_itself);
	return (struct file *)(uintptr_t)info->fh;
}

static struct snapshot *snapshot_of(const struct fuse_file_info *info)
{
	return (struct snapshot *)(uintptr_t)info->fh;
}

/*
 * The kernel has judged by what it was told last; core judges by what is so now.
 * Places that are there once, and whose modes never change, it knows well.
 */
static int may_open(const struct spot *spot, int flags)
{
	int access = flags & O_ACCMODE;
	uint32_t bits = (access != O_WRONLY ? 0444 : 0) | (access != O_RDONLY ? 0222 : 0);
	struct pk_permission permission;
	if ((bits & 0222) && !(tree[spot->place].mode & 0222))
		return -EACCES; /* not root, either, whom the kernel lets */
	int error = spot->node ? node_permission(spot->node, &permission) : 0;
	return error || !spot->node ? error : pk_permission_check(server.kernel, &permission, bits);
}

static struct ctl_file *ctl_of(const struct fuse_file_info *info)
{
	return (struct ctl_file *)(uintptr_t)info->fh;
}

static void open_node(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *info)
{
	struct spot spot = spot_of(ino);
	const struct entry *entry = &tree[spot.place];
	int error = may_open(&spot, info->flags);
	if (error) {
		fuse_reply_err(request, channel_error(error));
	} else if (entry->service) {
		node_use(spot.node);
		file_open(entry->service, spot.id, request, info->flags);
	} else if (entry->controls) {
		ctl_open(request, entry, spot.id, info);
	} else if (entry->text && (info->flags & O_ACCMODE) == O_RDONLY) {
		snapshot_open(request, entry, spot.id, info);
	} else {
		fuse_reply_err(request, entry->text ? EACCES : ESTALE);
	}
}

static void release(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *info)
{
	struct spot spot = spot_of(ino);
	if (tree[spot.place].controls) {
		ctl_release(request, ctl_of(info));
		return;
	}
	if (is_channel(&spot))
		file_close(file_of(info));
	else
		snapshot_close(snapshot_of(info));
	fuse_reply_err(request, 0);
}

/* Of other files nobody is told that a descriptor was closed: they say so when they are opened. */
static void flush(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *info)
{
	struct spot spot = spot_of(ino);
	if (tree[spot.place].controls)
		ctl_flush(request, ctl_of(info));
	else
		fuse_reply_err(request, 0);
}

/*
 * The kernel hands over a longer read in pieces of up to 256 pages, and counts
 * `offset` from the read's beginning.  A pipe is not waited for twice by one read.
 */
static bool goes_on(off_t offset)
{
	return offset > PK_LARGEST - 4096;
}

static void read_node(fuse_req_t request, fuse_ino_t ino, size_t size, off_t offset,
		      struct fuse_file_info *info)
{
	struct spot spot = spot_of(ino);
	if (is_channel(&spot) && info->lock_owner == 0)
		fuse_reply_err(request, EINVAL); /* not read(): the page cache, for mmap() or splice() */
	else if (is_channel(&spot) && goes_on(offset))
		fuse_reply_buf(request, NULL, 0); /* it ends here */
	else if (is_channel(&spot))
		file_of(info)->channel->service->read(file_of(info), request, size, info->flags & O_NONBLOCK);
	else if (tree[spot.place].controls)
		ctl_read(request, ctl_of(info), size, offset);
	else
		snapshot_read(request, snapshot_of(info), size, offset);
}

static void write_node(fuse_req_t request, fuse_ino_t ino, const char *data, size_t size, off_t offset,
		       struct fuse_file_info *info)
{
	struct spot spot = spot_of(ino);
	(void)offset;
	if (is_channel(&spot))
		file_of(info)->channel->service->write(file_of(info), request, data, size,
						       info->flags & O_NONBLOCK);
	else if (tree[spot.place].controls)
		ctl_write(request, ctl_of(info), data, size);
	else
		fuse_reply_err(request, EBADF);
}

/* As pipes say it. */
static void sync_node(fuse_req_t request, fuse_ino_t ino, int data_only, struct fuse_file_info *info)
{
	struct spot spot = spot_of(ino);
	(void)data_only, (void)info;
	fuse_reply_err(request, is_channel(&spot) ? EINVAL : 0);
}

static void allocate(fuse_req_t request, fuse_ino_t ino, int mode, off_t from, off_t size,
		     struct fuse_file_info *info)
{
	struct spot spot = spot_of(ino);
	(void)mode, (void)from, (void)size, (void)info;
	fuse_reply_err(request, is_channel(&spot) ? ESPIPE : EOPNOTSUPP);
}

static void poll_node(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *info,
		      struct fuse_pollhandle *handle)
{
	struct spot spot = spot_of(ino);
	if (is_channel(&spot)) {
		file_poll(file_of(info), request, info->poll_events, handle);
		return;
	}
	if (handle)
		fuse_pollhandle_destroy(handle);
	fuse_reply_poll(request, POLLIN | POLLRDNORM);
}

static void flock_node(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *info, int operation)
{
	struct spot spot = spot_of(ino);
	if (is_channel(&spot))
		flock_request(file_of(info), request, operation);
	else
		fuse_reply_err(request, ENOLCK);
}

/* Of parts of a file, which a channel hasn't. */
static void refuse_lock(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *info, struct flock *lock,
			int sleep)
{
	(void)ino, (void)info, (void)sleep;
	fuse_reply_err(request, lock->l_type == F_UNLCK ? 0 : ENOLCK);
}

static void refuse_lock_test(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *info,
			     struct flock *lock)
{
	(void)ino, (void)info, (void)lock;
	fuse_reply_err(request, ENOLCK);
}

static void ioctl_node(fuse_req_t request, fuse_ino_t ino, unsigned command, void *argument,
		       struct fuse_file_info *info, unsigned flags, const void *in, size_t in_size,
		       size_t out_size)
{
	struct spot spot = spot_of(ino);
	(void)argument, (void)info, (void)flags, (void)in, (void)in_size;
	if (spot.place == PLACE_NAMED_PIPE)
		named_pipe_ioctl(request, spot.id, command, out_size);
	else
		fuse_reply_err(request, ENOTTY);
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
	if (requests_ready)
		requests_ready();
}

/*
 * No create: the kernel then makes the file and opens it by two requests.  For
 * it holds the directory's lock while it creates, and the open of a FIFO waits.
 */
const struct fuse_lowlevel_ops request_operations = {
	.init = init,
	.lookup = lookup,
	.forget = forget,
	.getattr = getattr,
	.setattr = setattr,
	.readlink = readlink_node,
	.mknod = naming_mknod,
	.mkdir = naming_mkdir,
	.symlink = naming_symlink,
	.link = naming_link,
	.unlink = naming_unlink,
	.rmdir = naming_rmdir,
	.rename = naming_rename,
	.readdir = listing_read,
	.open = open_node,
	.release = release,
	.flush = flush,
	.read = read_node,
	.write = write_node,
	.fsync = sync_node,
	.fallocate = allocate,
	.poll = poll_node,
	.flock = flock_node,
	.setlk = refuse_lock,
	.getlk = refuse_lock_test,
	.getxattr = attributes_get,
	.listxattr = attributes_list,
	.setxattr = attributes_set,
	.removexattr = attributes_remove,
	.statfs = attributes_statfs,
	.ioctl = ioctl_node,
};
