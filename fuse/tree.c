/* SPDX-License-Identifier: MIT */
#include "tree.h"
#include "views.h"

#include <string.h>

#define DIRECTORY (S_IFDIR | 0555)
#define TEXT (S_IFREG | 0444)

const struct entry tree[PLACES] = {
	[PLACE_ROOT] = { .name = "", .mode = DIRECTORY },

	/* ---- to send and receive by */
	[PLACE_MBOX] = { .name = "mbox",
			 .parent = PLACE_ROOT,
			 .mode = S_IFDIR | 0755,
			 .holds = &mailboxes,
			 .object = PLACE_MAILBOX,
			 .directory = PLACE_MBOX_DIRECTORY },
	[PLACE_MBOX_DIRECTORY] = { .parent = PLACE_MBOX,
				   .mode = S_IFDIR | S_ISVTX | 0777,
				   .holds = &mailboxes,
				   .object = PLACE_MAILBOX,
				   .directory = PLACE_MBOX_DIRECTORY,
				   .inspect = mailbox_directory_inspect },
	[PLACE_MAILBOX] = { .parent = PLACE_MBOX,
			    .mode = S_IFREG | 0777,
			    .inspect = mailbox_inspect,
			    .service = &mailbox_service },
	[PLACE_FIFO] = { .name = "fifo",
			 .parent = PLACE_ROOT,
			 .mode = S_IFDIR | 0755,
			 .holds = &named_pipes,
			 .object = PLACE_NAMED_PIPE },
	[PLACE_NAMED_PIPE] = { .parent = PLACE_FIFO,
			       .mode = S_IFREG | 0777,
			       .inspect = named_pipe_inspect,
			       .service = &fifo_service },

	/* ---- to look inside by */
	[PLACE_VIEW] = { .name = "view", .parent = PLACE_ROOT, .mode = DIRECTORY },
	[PLACE_VIEW_MBOX] = { .name = "mbox",
			      .parent = PLACE_VIEW,
			      .mode = DIRECTORY,
			      .holds = &mailboxes,
			      .object = PLACE_VIEW_MAILBOX,
			      .directory = PLACE_VIEW_MBOX_DIRECTORY },
	[PLACE_VIEW_MBOX_DIRECTORY] = { .parent = PLACE_VIEW_MBOX,
					.mode = DIRECTORY,
					.holds = &mailboxes,
					.object = PLACE_VIEW_MAILBOX,
					.directory = PLACE_VIEW_MBOX_DIRECTORY,
					.inspect = mailbox_directory_inspect },
	[PLACE_VIEW_MAILBOX] = { .parent = PLACE_VIEW_MBOX, .mode = DIRECTORY, .inspect = mailbox_inspect },
	[PLACE_VIEW_MAILBOX_STATUS] = { .name = "status",
					.parent = PLACE_VIEW_MAILBOX,
					.mode = TEXT,
					.text = port_status_text },

	/* ---- tasks */
	[PLACE_TASK] = { .name = "task",
			 .parent = PLACE_ROOT,
			 .mode = DIRECTORY,
			 .holds = &tasks,
			 .object = PLACE_ONE_TASK },
	[PLACE_ONE_TASK] = { .parent = PLACE_TASK, .mode = DIRECTORY, .inspect = task_inspect },
	[PLACE_TASK_WHY] = { .name = "why",
			     .parent = PLACE_ONE_TASK,
			     .mode = TEXT,
			     .text = task_why_text,
			     .slow = true },

	/* ---- the instance */
	[PLACE_KERNEL] = { .name = "kernel", .parent = PLACE_ROOT, .mode = DIRECTORY },
	[PLACE_VERSION] = { .name = "version", .parent = PLACE_KERNEL, .mode = TEXT, .text = version_text },
	[PLACE_INSTANCE] = { .name = "instance",
			     .parent = PLACE_KERNEL,
			     .mode = TEXT,
			     .text = instance_text },
	[PLACE_PID] = { .name = "pid", .parent = PLACE_KERNEL, .mode = TEXT, .text = pid_text },
	[PLACE_SUPERVISOR] = { .name = "supervisor",
			       .parent = PLACE_KERNEL,
			       .mode = TEXT,
			       .text = supervisor_text },
};

enum place tree_find(enum place parent, const char *name)
{
	for (enum place place = PLACE_ROOT; place < PLACES; place++)
		if (tree[place].parent == parent && tree[place].name && strcmp(tree[place].name, name) == 0)
			return place;
	return PLACE_NONE;
}

const struct entry *tree_thing(enum place place)
{
	while (place != PLACE_NONE && !tree[place].inspect)
		place = tree[place].parent;
	return place == PLACE_NONE ? NULL : &tree[place];
}
