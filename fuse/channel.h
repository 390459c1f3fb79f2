/* SPDX-License-Identifier: MIT */
/*
 * Channels, files and calls: what is open, and who waits.
 *
 * A channel is a mailbox or a FIFO while somebody has it open; a file is one
 * open file description of it; a call is a request that waits for its answer.
 * How many read and write a channel is said by OPEN and RELEASE alone.
 *
 * What sets mailboxes and FIFOs apart stands in a struct service.
 */
#ifndef PORTICO_FUSE_CHANNEL_H
#define PORTICO_FUSE_CHANNEL_H

#include "link.h"
#include "server.h"

#include "wait.h"

#include <sys/stat.h>

struct service;

struct channel {
	struct channel *next; /* in its bucket */
	const struct service *service;
	pk_id id;
	uint64_t key;
	uint32_t readers, writers;
	uint64_t writers_ever;
	uint32_t watch; /* core's wait for the next change, or 0 */
	uint32_t polls; /* files with a poll handle */
	bool unnamed;	/* removed while open: ends with its last file */
	struct link files;
	struct link opens, reads, writes, locks; /* the calls that wait, in order */
};

struct file {
	struct link link; /* in channel->files */
	struct channel *channel;
	uint32_t pid, uid, gid; /* of who opened it */
	bool reads, writes;
	uint32_t opening; /* core's record of it, while it is counted, or 0 */
	int lock;	  /* flock.h: LOCK_SH, LOCK_EX or 0 */
	/* poll.c */
	struct fuse_pollhandle *poll; /* to be told by, or NULL */
	unsigned polled_for;	      /* the events that are wanted */
	unsigned told;		      /* those that were there when it was polled, and have been since */
	uint64_t arrivals;	      /* as they were when it was polled */
	/* mailbox.c */
	bool had;	  /* this reader has had a message */
	bool whole;	  /* mailbox: it has them whole, and knows no end */
	uint32_t held;	  /* the message of which it has read a part */
	uint32_t reading; /* calls of it that wait */
	/* tap.c */
	char *line; /* what is still to be read of one, or NULL */
	size_t line_bytes, line_done;
	/* fifo.c */
	uint64_t writers_before; /* channel->writers_ever when it was opened without a writer */
};

enum call_kind { CALL_OPEN, CALL_READ, CALL_WRITE, CALL_LOCK };

struct call {
	struct link link; /* in a line of its channel */
	fuse_req_t request;
	struct file *file;
	uint64_t key;
	enum call_kind kind;
	int64_t since_ns; /* CLOCK_MONOTONIC */
	uint32_t opening; /* core's record that it waits, or 0 */
	uint32_t wait;	  /* core's wait for it, or 0 */
	uint32_t message; /* being sent */
	size_t size_bytes, done_bytes;
	/* fifo.c: what is to be written */
	const char *data;
	void *memory; /* where that lies, to be freed, */
	bool lent;    /* or given back to dispatch.h */
	int lock;     /* wanted */
};

struct service {
	/* What a file of that thing is open on, if it isn't the thing itself.  0 or a negative errno */
	int (*channel_of)(pk_id thing, pk_id *id);
	void (*channel_unused)(pk_id id); /* and undo that: no file came to be */
	bool seekable; /* by nothing: so head(1) can go back where it has read what it wanted */
	int (*watch)(struct portico *k, pk_id id, const struct pk_post *post, uint32_t *wait);

	/* requests: each replies, or begins a call.  open counts the file in. */
	void (*open)(struct file *file, fuse_req_t request, int flags);
	void (*read)(struct file *file, fuse_req_t request, size_t size_bytes, bool nonblock);
	void (*write)(struct file *file, fuse_req_t request, const char *data, size_t size_bytes,
		      bool nonblock);
	/* POLLIN, … as it is now; *arrivals changes whenever more comes to be read */
	unsigned (*poll)(struct file *file, uint64_t *arrivals);

	/* events */
	void (*closed)(struct file *file);	/* counted out already */
	void (*interrupted)(struct call *call); /* answer it, unless core's answer is on its way */
	void (*settled)(struct call *call);	/* its wait is */
	void (*changed)(struct channel *channel);
};

extern const struct service mailbox_service, fifo_service, tap_service;

/* ---- files */

void file_open(const struct service *service, pk_id id, fuse_req_t request, int flags);
void file_count(struct file *file); /* among the readers and writers */
void file_uncount(struct file *file);
void file_opened(struct file *file, fuse_req_t request); /* reply, with success */
void file_discard(struct file *file);			 /* one that was never counted */
void file_close(struct file *file);

/* ---- polling */

void file_poll(struct file *file, fuse_req_t request, unsigned wanted, struct fuse_pollhandle *handle);
void file_refuse(struct file *file, fuse_req_t request, unsigned events); /* EAGAIN, until these */
void file_stinted(struct file *file, unsigned events); /* it got less than it wanted, until these */
void channel_notify(struct channel *channel); /* it may have changed: whoever polls it hears of news */
void poll_drop(struct file *file);

/* ---- calls */

/*
 * Begin one and put it in its line.  NULL: it is answered already (interrupted,
 * or ENOMEM), and if it was to open the file, that is closed.
 */
struct call *call_begin(struct file *file, fuse_req_t request, enum call_kind kind, size_t size_bytes);
void call_end(struct call *call); /* it is answered */
void call_fail(struct call *call, int error);

/* How core is to tell of a call's wait. */
struct pk_post call_post(const struct call *call);

/* The call whose wait this completion is to tell of; NULL: that is a channel's watch. */
const struct call *call_told_by(uint32_t completion);

/* Withdraw its wait.  False: core settled it first (F3). */
bool call_withdraw(struct call *call);

/* ---- channels */

struct channel *channel_find(const struct service *service, pk_id id); /* or NULL */
int channel_watch(struct channel *channel);			       /* 0 or a negative errno */
void channel_unwatch(struct channel *channel);

/* Serve what core has completed. */
void channel_completions(void);

/* The server ends: give back what files hold. */
void channel_shutdown(void);

/* An error of core for an object that once was: what a program should see. */
int channel_error(int64_t result);

#endif
