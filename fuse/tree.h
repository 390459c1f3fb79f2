/* SPDX-License-Identifier: MIT */
/*
 * The tree: which files there are, with which modes, and what serves each.
 *
 * All of it is one static table, of *places*.  A place has a name; or none, and
 * then it stands for each of the things that its parent's collection shows: the
 * mailboxes, say, or the tasks.  Such a place is one thing's, and so is all below
 * it: what a file at view/mbox/NAME/status says depends on the place and on the
 * id of the mailbox.
 */
#ifndef PORTICO_FUSE_TREE_H
#define PORTICO_FUSE_TREE_H

#include "channel.h"
#include "collection.h"
#include "ctl.h"

#include <stdio.h>

enum place {
	PLACE_NONE,
	PLACE_ROOT = FUSE_ROOT_ID,
	PLACE_MBOX,
	PLACE_MBOX_DIRECTORY,
	PLACE_MAILBOX,
	PLACE_FIFO,
	PLACE_NAMED_PIPE,
	PLACE_MSG,
	PLACE_MSG_KEY,
	PLACE_QUEUE,
	PLACE_SEM,
	PLACE_SEM_KEY,
	PLACE_SET,
	PLACE_SHM,
	PLACE_SHM_KEY,
	PLACE_SEGMENT,
	PLACE_VIEW,
	PLACE_VIEW_MBOX,
	PLACE_VIEW_MBOX_DIRECTORY,
	PLACE_VIEW_MAILBOX,
	PLACE_VIEW_MAILBOX_STATUS,
	PLACE_VIEW_MAILBOX_PEEK,
	PLACE_VIEW_MAILBOX_HOLDERS,
	PLACE_VIEW_MAILBOX_WAITERS,
	PLACE_VIEW_MAILBOX_CTL,
	PLACE_VIEW_MAILBOX_TAP,
	PLACE_VIEW_FIFO,
	PLACE_VIEW_PIPE,
	PLACE_VIEW_PIPE_STATUS,
	PLACE_VIEW_PIPE_HOLDERS,
	PLACE_VIEW_PIPE_WAITERS,
	PLACE_VIEW_MSG,
	PLACE_VIEW_MSG_KEY,
	PLACE_VIEW_QUEUE,
	PLACE_VIEW_QUEUE_STATUS,
	PLACE_VIEW_QUEUE_PEEK,
	PLACE_VIEW_QUEUE_HOLDERS,
	PLACE_VIEW_QUEUE_WAITERS,
	PLACE_VIEW_QUEUE_CTL,
	PLACE_VIEW_QUEUE_TAP,
	PLACE_VIEW_SEM,
	PLACE_VIEW_SEM_KEY,
	PLACE_VIEW_SET,
	PLACE_VIEW_SET_STATUS,
	PLACE_VIEW_SET_HOLDERS,
	PLACE_VIEW_SET_WAITERS,
	PLACE_VIEW_SHM,
	PLACE_VIEW_SHM_KEY,
	PLACE_VIEW_SEGMENT,
	PLACE_VIEW_SEGMENT_STATUS,
	PLACE_VIEW_SEGMENT_HOLDERS,
	PLACE_TASK,
	PLACE_ONE_TASK,
	PLACE_TASK_STATUS,
	PLACE_TASK_PORTS,
	PLACE_TASK_RIGHTS,
	PLACE_TASK_WAITS,
	PLACE_TASK_WHY,
	PLACE_TASK_CTL,
	PLACE_KERNEL,
	PLACE_VERSION,
	PLACE_INSTANCE,
	PLACE_PID,
	PLACE_SUPERVISOR,
	PLACE_LIMITS,
	PLACE_STATS,
	PLACE_DEADLOCKS,
	PLACES
};

struct entry {
	const char *name; /* NULL: each of what the parent's collection shows */
	enum place parent;
	mode_t mode; /* type and permission; below a thing's own place, no more than the thing's own mode */

	/* a directory: what it shows, and at which places */
	const struct collection *holds;
	enum place object, directory, link;

	/* a place of one thing: whose it is, and what stat() shows of it */
	int (*inspect)(pk_id id, struct facts *facts);

	/* a file: either one that is open, read and written as service.h has it */
	const struct service *service;
	/* or a text, which is made anew for each open; a link's is where it leads.  0 or a negative errno */
	int (*text)(FILE *text, pk_id id);
	/* or one that takes commands; with a text too, that is what it says */
	const struct controls *controls;
	bool unlisted; /* it can be named only: to read it waits, which nobody shall who walks the tree */
	bool slow;     /* it takes milliseconds: the clerk makes it, and stat() shows no size */
};

extern const struct entry tree[PLACES];

/* The place of that name in a directory, or PLACE_NONE. */
enum place tree_find(enum place parent, const char *name);

/* The nearest place at or above this one that says whose it is; NULL: it is nobody's but the daemon's. */
const struct entry *tree_thing(enum place place);

#endif
