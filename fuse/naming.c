/* SPDX-License-Identifier: MIT */
#include "naming.h"
#include "node.h"
#include "rename.h"

#include <errno.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- who asks */

/*
 * The real kernel has judged by what it was shown; core judges again, for whom it acts, by what is true now.
 */
const struct pk_client *asker_of(struct pk_client *asker)
{
	*asker = pk_client_self(server.kernel);
	return asker;
}

/* What the kernel is told: something that went meanwhile isn't there. */
static void reply_error(fuse_req_t request, int error)
{
	fuse_reply_err(request, error == -EIDRM || error == -EINVAL ? ENOENT : -error);
}

/* ---- making */

void naming_mknod(fuse_req_t request, fuse_ino_t ino, const char *name, mode_t mode, dev_t device)
{
	struct spot parent = spot_of(ino);
	const struct collection *collection = spot_collection(&parent);
	enum place place = tree[parent.place].object;
	bool as_fifo = S_ISFIFO(mode);
	struct pk_client asker;
	pk_id id;
	(void)device;
	if (!collection || !collection->make || !tree[place].service ||
	    !(S_ISREG(mode) || (as_fifo && place == PLACE_NAMED_PIPE))) {
		fuse_reply_err(request, EPERM);
		return;
	}
	int error = collection->make(asker_of(&asker), parent.id, name, mode & 0777, &id);
	if (error)
		fuse_reply_err(request, -error);
	else
		node_reply(request, place, id, as_fifo);
}

static void reply_found(fuse_req_t request, const struct spot *parent, const char *name)
{
	struct found found = { 0 };
	int error = spot_collection(parent)->find(parent->id, name, &found);
	if (error)
		reply_error(request, error); /* somebody has removed it meanwhile */
	else
		node_reply(request, spot_place_of(parent, &found), found.id, false);
}

/* The same collection may be shown elsewhere, only to be looked at. */
static bool is_for_use(const struct spot *parent)
{
	return tree[tree[parent->place].object].service != NULL;
}

void naming_mkdir(fuse_req_t request, fuse_ino_t ino, const char *name, mode_t mode)
{
	struct spot parent = spot_of(ino);
	const struct collection *collection = spot_collection(&parent);
	struct pk_client asker;
	int error = collection && collection->make_directory && is_for_use(&parent)
			    ? collection->make_directory(asker_of(&asker), parent.id, name, mode & 0777)
			    : -EPERM;
	if (error)
		fuse_reply_err(request, -error);
	else
		reply_found(request, &parent, name);
}

void naming_symlink(fuse_req_t request, const char *target, fuse_ino_t ino, const char *name)
{
	(void)target, (void)ino, (void)name;
	fuse_reply_err(request, EPERM);
}

void naming_link(fuse_req_t request, fuse_ino_t ino, fuse_ino_t to, const char *name)
{
	struct spot spot = spot_of(ino), parent = spot_of(to);
	const struct collection *collection = spot_collection(&parent);
	struct pk_client asker;
	int error = -EPERM;
	if (collection && collection->link && is_for_use(&parent) && tree[parent.place].object == spot.place)
		error = collection->link(asker_of(&asker), spot.id, parent.id, name);
	if (error)
		reply_error(request, error);
	else
		reply_found(request, &parent, name);
}

/* ---- taking away */

/* Of a thing that nobody opens. */
static int end_thing(const struct spot *parent, const char *name)
{
	const struct collection *collection = spot_collection(parent);
	struct found found = { 0 };
	int error = tree[parent->place].mode & 0200 ? collection->find(parent->id, name, &found) : -EPERM;
	return error ? error : collection->end(found.id);
}

void naming_unlink(fuse_req_t request, fuse_ino_t ino, const char *name)
{
	struct spot parent = spot_of(ino);
	const struct collection *collection = spot_collection(&parent);
	struct pk_client asker;
	struct found found = { 0 };
	if (collection && collection->end) {
		reply_error(request, end_thing(&parent, name));
		return;
	}
	int error = collection && collection->remove ? collection->find(parent.id, name, &found) : -EPERM;
	const struct service *service = error ? NULL : tree[spot_place_of(&parent, &found)].service;
	if (!error && !service)
		error = -EPERM;
	else if (!error && collection->unlink)
		error = collection->unlink(asker_of(&asker), parent.id, name);
	else if (!error)
		error = collection->remove(found.id, channel_find(service, found.id));
	reply_error(request, error);
}

void naming_rmdir(fuse_req_t request, fuse_ino_t ino, const char *name)
{
	struct spot parent = spot_of(ino);
	const struct collection *collection = spot_collection(&parent);
	struct pk_client asker;
	reply_error(request, collection && collection->remove_directory && is_for_use(&parent)
				     ? collection->remove_directory(asker_of(&asker), parent.id, name)
				     : -EPERM);
}

/* ---- moving */

static int rename_from(const struct spot *from, const char *name, const struct spot *to, const char *new_name,
		       unsigned flags)
{
	const struct collection *collection = spot_collection(from);
	struct pk_client asker;
	/* not EXDEV, where mv(1) would copy: messages, for as long as there come any */
	if (!collection || !collection->rename || spot_collection(to) != collection || !is_for_use(from) ||
	    !is_for_use(to))
		return EPERM;
	if (flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE))
		return EINVAL;
	return -collection->rename(asker_of(&asker), from->id, name, to->id, new_name,
				   ((flags & RENAME_NOREPLACE) ? PK_RENAME_NEW : 0) |
					   ((flags & RENAME_EXCHANGE) ? PK_RENAME_EXCHANGE : 0));
}

void naming_rename(fuse_req_t request, fuse_ino_t from, const char *name, fuse_ino_t to, const char *new_name,
		   unsigned flags)
{
	struct spot spot = spot_of(from), new_spot = spot_of(to);
	fuse_reply_err(request, rename_from(&spot, name, &new_spot, new_name, flags));
}
