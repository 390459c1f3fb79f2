/* SPDX-License-Identifier: MIT */
/*
 * flock(2) on channels.  The kernel would keep such locks by inode, and here
 * each open has one of its own (node.h); so it asks.
 *
 * As its own are, they are an open file description's, shared or exclusive; one
 * that is changed is given up first; it goes with the last close; and who waits
 * may be overtaken by who need not.
 */
#ifndef PORTICO_FUSE_FLOCK_H
#define PORTICO_FUSE_FLOCK_H

#include "channel.h"

/* Answer a request: LOCK_SH, LOCK_EX or LOCK_UN, with LOCK_NB or not. */
void flock_request(struct file *file, fuse_req_t request, int operation);

/* It closes, or gives its lock up: whoever can have it then, does. */
void flock_release(struct file *file);

#endif
