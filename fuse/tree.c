/* SPDX-License-Identifier: MIT */
#include "tree.h"
#include "views.h"

#include <string.h>

#define DIRECTORY (S_IFDIR | 0555)
#define TEXT (S_IFREG | 0444)

/* The parts of each view, and the directory of the things that have them. */
#define VIEW(title, its_things, thing_place, key_place)                                                      \
	{                                                                                                    \
		.name = title, .parent = PLACE_VIEW, .mode = DIRECTORY, .holds = &(its_things),              \
		.object = thing_place, .link = key_place,                                                    \
	}
#define VIEW_FILE(title, of, what)                                                                           \
	{                                                                                                    \
		.name = title, .parent = of, .mode = TEXT, .text = what,                                     \
	}
#define SLOW_FILE(title, of, mode_bits, what)                                                                \
	{                                                                                                    \
		.name = title, .parent = of, .mode = S_IFREG | (mode_bits), .text = what, .slow = true,      \
	}
/* What takes commands. */
#define CTL_FILE(of, which)                                                                                  \
	{                                                                                                    \
		.name = "ctl", .parent = of, .mode = S_IFREG | 0600, .controls = &(which),                   \
	}
#define TAP_FILE(of)                                                                                         \
	{                                                                                                    \
		.name = "tap", .parent = of, .mode = TEXT, .service = &tap_service, .unlisted = true,        \
	}
/* Of System V: a directory, where who may removes what he may; its files; the links to them. */
#define SYSV(title, its_things, thing_place, key_place)                                                      \
	{                                                                                                    \
		.name = title, .parent = PLACE_ROOT, .mode = S_IFDIR | 0755, .holds = &(its_things),         \
		.object = thing_place, .link = key_place,                                                    \
	}
#define SYSV_FILE(of, looker, what)                                                                          \
	{                                                                                                    \
		.parent = of, .mode = S_IFREG | 0777, .inspect = looker, .text = what,                       \
	}
#define KEY(of, looker, what)                                                                                \
	{                                                                                                    \
		.parent = of, .mode = S_IFLNK | 0777, .inspect = looker, .text = what,                       \
	}

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

	/* ---- System V's objects */
	[PLACE_MSG] = SYSV("msg", queues, PLACE_QUEUE, PLACE_MSG_KEY),
	[PLACE_QUEUE] = SYSV_FILE(PLACE_MSG, queue_inspect, port_status_text),
	[PLACE_MSG_KEY] = KEY(PLACE_MSG, queue_inspect, sysv_link_text),
	[PLACE_SEM] = SYSV("sem", sets, PLACE_SET, PLACE_SEM_KEY),
	[PLACE_SET] = SYSV_FILE(PLACE_SEM, set_inspect, set_status_text),
	[PLACE_SEM_KEY] = KEY(PLACE_SEM, set_inspect, sysv_link_text),
	[PLACE_SHM] = SYSV("shm", segments, PLACE_SEGMENT, PLACE_SHM_KEY),
	[PLACE_SEGMENT] = SYSV_FILE(PLACE_SHM, segment_inspect, segment_status_text),
	[PLACE_SHM_KEY] = KEY(PLACE_SHM, segment_inspect, sysv_link_text),

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
	[PLACE_VIEW_MAILBOX_STATUS] = VIEW_FILE("status", PLACE_VIEW_MAILBOX, port_status_text),
	[PLACE_VIEW_MAILBOX_PEEK] = VIEW_FILE("peek", PLACE_VIEW_MAILBOX, port_peek_text),
	[PLACE_VIEW_MAILBOX_HOLDERS] = VIEW_FILE("holders", PLACE_VIEW_MAILBOX, port_holders_text),
	[PLACE_VIEW_MAILBOX_WAITERS] = VIEW_FILE("waiters", PLACE_VIEW_MAILBOX, port_waiters_text),
	[PLACE_VIEW_MAILBOX_CTL] = CTL_FILE(PLACE_VIEW_MAILBOX, port_controls),
	[PLACE_VIEW_MAILBOX_TAP] = TAP_FILE(PLACE_VIEW_MAILBOX),

	[PLACE_VIEW_FIFO] = VIEW("fifo", named_pipes, PLACE_VIEW_PIPE, PLACE_NONE),
	[PLACE_VIEW_PIPE] = { .parent = PLACE_VIEW_FIFO, .mode = DIRECTORY, .inspect = named_pipe_inspect },
	[PLACE_VIEW_PIPE_STATUS] = VIEW_FILE("status", PLACE_VIEW_PIPE, pipe_status_text),
	[PLACE_VIEW_PIPE_HOLDERS] = VIEW_FILE("holders", PLACE_VIEW_PIPE, pipe_holders_text),
	[PLACE_VIEW_PIPE_WAITERS] = VIEW_FILE("waiters", PLACE_VIEW_PIPE, pipe_waiters_text),

	[PLACE_VIEW_MSG] = VIEW("msg", queues, PLACE_VIEW_QUEUE, PLACE_VIEW_MSG_KEY),
	[PLACE_VIEW_MSG_KEY] = KEY(PLACE_VIEW_MSG, queue_inspect, sysv_link_text),
	[PLACE_VIEW_QUEUE] = { .parent = PLACE_VIEW_MSG, .mode = DIRECTORY, .inspect = queue_inspect },
	[PLACE_VIEW_QUEUE_STATUS] = VIEW_FILE("status", PLACE_VIEW_QUEUE, port_status_text),
	[PLACE_VIEW_QUEUE_PEEK] = VIEW_FILE("peek", PLACE_VIEW_QUEUE, port_peek_text),
	[PLACE_VIEW_QUEUE_HOLDERS] = VIEW_FILE("holders", PLACE_VIEW_QUEUE, port_holders_text),
	[PLACE_VIEW_QUEUE_WAITERS] = VIEW_FILE("waiters", PLACE_VIEW_QUEUE, port_waiters_text),
	[PLACE_VIEW_QUEUE_CTL] = CTL_FILE(PLACE_VIEW_QUEUE, port_controls),
	[PLACE_VIEW_QUEUE_TAP] = TAP_FILE(PLACE_VIEW_QUEUE),

	[PLACE_VIEW_SEM] = VIEW("sem", sets, PLACE_VIEW_SET, PLACE_VIEW_SEM_KEY),
	[PLACE_VIEW_SEM_KEY] = KEY(PLACE_VIEW_SEM, set_inspect, sysv_link_text),
	[PLACE_VIEW_SET] = { .parent = PLACE_VIEW_SEM, .mode = DIRECTORY, .inspect = set_inspect },
	[PLACE_VIEW_SET_STATUS] = VIEW_FILE("status", PLACE_VIEW_SET, set_status_text),
	[PLACE_VIEW_SET_HOLDERS] = VIEW_FILE("holders", PLACE_VIEW_SET, set_holders_text),
	[PLACE_VIEW_SET_WAITERS] = VIEW_FILE("waiters", PLACE_VIEW_SET, set_waiters_text),

	[PLACE_VIEW_SHM] = VIEW("shm", segments, PLACE_VIEW_SEGMENT, PLACE_VIEW_SHM_KEY),
	[PLACE_VIEW_SHM_KEY] = KEY(PLACE_VIEW_SHM, segment_inspect, sysv_link_text),
	[PLACE_VIEW_SEGMENT] = { .parent = PLACE_VIEW_SHM, .mode = DIRECTORY, .inspect = segment_inspect },
	[PLACE_VIEW_SEGMENT_STATUS] = VIEW_FILE("status", PLACE_VIEW_SEGMENT, segment_status_text),
	[PLACE_VIEW_SEGMENT_HOLDERS] = VIEW_FILE("holders", PLACE_VIEW_SEGMENT, segment_holders_text),

	/* ---- tasks: whom one works with is its user's to know, as in the kernel's /proc */
	[PLACE_TASK] = { .name = "task",
			 .parent = PLACE_ROOT,
			 .mode = DIRECTORY,
			 .holds = &tasks,
			 .object = PLACE_ONE_TASK },
	[PLACE_ONE_TASK] = { .parent = PLACE_TASK, .mode = DIRECTORY, .inspect = task_inspect },
	[PLACE_TASK_STATUS] = VIEW_FILE("status", PLACE_ONE_TASK, task_status_text),
	[PLACE_TASK_PORTS] = SLOW_FILE("ports", PLACE_ONE_TASK, 0400, task_ports_text),
	[PLACE_TASK_RIGHTS] = SLOW_FILE("rights", PLACE_ONE_TASK, 0400, task_rights_text),
	[PLACE_TASK_WAITS] = SLOW_FILE("waits", PLACE_ONE_TASK, 0400, task_waits_text),
	[PLACE_TASK_WHY] = SLOW_FILE("why", PLACE_ONE_TASK, 0400, task_why_text),
	[PLACE_TASK_CTL] = CTL_FILE(PLACE_ONE_TASK, task_controls),

	/* ---- the instance */
	[PLACE_KERNEL] = { .name = "kernel", .parent = PLACE_ROOT, .mode = DIRECTORY },
	[PLACE_VERSION] = VIEW_FILE("version", PLACE_KERNEL, version_text),
	[PLACE_INSTANCE] = VIEW_FILE("instance", PLACE_KERNEL, instance_text),
	[PLACE_PID] = VIEW_FILE("pid", PLACE_KERNEL, pid_text),
	[PLACE_LIMITS] = { .name = "limits",
			   .parent = PLACE_KERNEL,
			   .mode = S_IFREG | 0644,
			   .text = limits_text,
			   .controls = &limit_controls },
	[PLACE_STATS] = SLOW_FILE("stats", PLACE_KERNEL, 0444, stats_text),
	[PLACE_DEADLOCKS] = SLOW_FILE("deadlocks", PLACE_KERNEL, 0400, deadlocks_text),
	[PLACE_SUPERVISOR] = VIEW_FILE("supervisor", PLACE_KERNEL, supervisor_text),
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
