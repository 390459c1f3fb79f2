/* SPDX-License-Identifier: MIT */
/*
 * Files that take commands, one a line.
 *
 * What is written is gathered until a newline, over several writes of one open
 * file, or until it is closed.  Each line is done in turn; the first that fails ends
 * the write that ended the line, with its errno, and what followed is dropped.
 * Reading tells the commands, and in a last line why the last one failed, if it did.
 *
 * A thread of its own does all of this, for a command may take long; so of one
 * such file everything happens in the order of the requests.  A command that has to
 * wait does so in turns, between which others' are done.
 *
 * Who writes may be interrupted.  Then lines that haven't begun aren't done, and one
 * that waits for its next turn is undone; what was done before them is told as a
 * short write, or where there was nothing with EINTR.
 */
#ifndef PORTICO_FUSE_CTL_H
#define PORTICO_FUSE_CTL_H

#include "server.h"

struct entry;
struct ctl_file;

/* One line, and on whose behalf. */
struct order {
	pk_id id;	   /* of the thing that the file is of */
	uint32_t pid;	   /* of who wrote it; core knows for whom this thread acts */
	char *rest;	   /* what follows the command and a space, NUL-terminated */
	size_t rest_bytes; /* its length */
	char why[200];	   /* why it failed, where the errno doesn't say it all */
	/* of a command that wants another turn: -EINPROGRESS */
	int (*go_on)(struct order *order); /* that; it is undone if none comes */
	int64_t until_ns;
};

struct command {
	const char *name, *operands, *help;
	int (*run)(struct order *order); /* 0 or a negative errno; -EINPROGRESS, and order->go_on is set */
};

struct controls {
	/* May it be commanded by whom this thread acts for?  0 or a negative errno. */
	int (*permit)(pk_id id);
	const struct command *commands; /* the last has no name */
	/* or, where there are no commands, what a line means: order->rest is all of it */
	int (*line)(struct order *order);
};

/* ctl_port.c, ctl_task.c, ctl_limits.c */
extern const struct controls port_controls, task_controls, limit_controls;

/* Note why it fails; returns `error`. */
int order_refuse(struct order *order, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The next word of its rest, NUL-terminated; NULL: there is none. */
char *order_word(struct order *order);

/* A whole number, all of that text.  False: it is none, or above `most`. */
bool order_number(const char *text, uint64_t most, uint64_t *number);

/* ---- requests: each replies, later */

int ctl_start(void); /* 0 or a negative errno */
void ctl_open(fuse_req_t request, const struct entry *entry, pk_id id, struct fuse_file_info *info);
void ctl_read(fuse_req_t request, struct ctl_file *file, size_t size, off_t offset);
void ctl_write(fuse_req_t request, struct ctl_file *file, const char *data, size_t size);
void ctl_flush(fuse_req_t request, struct ctl_file *file);
void ctl_release(fuse_req_t request, struct ctl_file *file);

#endif
