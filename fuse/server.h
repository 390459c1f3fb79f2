/* SPDX-License-Identifier: MIT */
/*
 * portico-fuse: the instance as files.
 *
 * One thread dispatches (dispatch.h): it reads requests from the kernel in
 * order, and takes the completions of core's waits; all state here is its
 * alone.  A second thread, the bell, does nothing but sleep until core has
 * completions and rouse the first; two clerks (clerk.h) make texts that take
 * long, and carry out commands.  No request ever blocks the dispatch thread: one that can't be answered
 * is kept as a call (channel.h) and answered when its time comes.
 *
 *  F1  Each request gets exactly one reply.
 *  F2  A call can be interrupted from the moment it is begun, and its wait is
 *      posted after that; an interrupted call has been withdrawn from core, or
 *      core was faster and the call is answered with what it got.
 *  F3  A wait that core settles is ended only when its completion comes here.
 *  F4  What a call holds of core's is given on, given back or released before
 *      the call ends; a reply that the kernel refuses delivers nothing.
 */
#ifndef PORTICO_FUSE_SERVER_H
#define PORTICO_FUSE_SERVER_H

#define FUSE_USE_VERSION 35

#include "keys.h"

#include "kernel.h"

#include <fuse_lowlevel.h>

struct options {
	const char *directory; /* of the instance, or NULL for the default */
	const char *mountpoint;
	bool foreground;
	bool allow_other;
	bool with_runs; /* end with the last `portico run` */
};

struct server {
	struct portico *kernel;
	pk_id completions; /* the port where core tells of this daemon's waits */
	struct fuse_session *session;
	struct options options;
	struct keys nodes, channels, calls;
};

extern struct server server;

/*
 * For whom core is to take what the dispatch thread does: while it handles a request the client, as the
 * request's head tells; else, and for open files, root, who may do all.
 */
extern const struct pk_actor server_itself;

/* Say on standard error what went wrong. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* In the background nothing of the terminal is kept open, nor of where it was started. */
void background_settle(void);

/* ---- session.c: mount, serve until told to end, unmount.  0, or 1 after complaining. */

int session_run(const char *mountpoint, void (*ready)(void));

/* ---- requests.c */

extern const struct fuse_lowlevel_ops request_operations;

/* Told by the kernel that the mount works. */
extern void (*requests_ready)(void);

#endif
