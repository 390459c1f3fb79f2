/* SPDX-License-Identifier: MIT */
/*
 * What the dispatch thread sleeps on: the read of its next request, and nothing
 * else; so a request costs two system calls, as few as FUSE has.
 *
 * Whoever has something else for that thread rouses it: sets O_NONBLOCK, so that
 * the next read doesn't sleep, then sends it a signal, which ends the one that
 * does.  The thread lets reads sleep again before it looks what there is; so
 * nothing that was there before the rousing is missed (I1).  A signal's handler
 * in the thread itself needs the first half only.
 *
 *  I1  What is to be seen is stored, then O_NONBLOCK set, then the signal sent;
 *      the thread clears O_NONBLOCK, then looks.
 */
#ifndef PORTICO_FUSE_DISPATCH_H
#define PORTICO_FUSE_DISPATCH_H

/* Before any thread is started. */
void dispatch_catch_signals(void);

/* Start the thread that listens for core's completions.  0, or -1 after complaining. */
int dispatch_start_bell(void);

/* Serve until the mount is gone or a signal ends it; look is called every PK_TICK_NS or so. */
void dispatch(void (*look)(void));

/*
 * The memory of the request that is being served, with all that it brought, is
 * the caller's from now on, to be given back.  NULL: there is none for the next.
 */
void *dispatch_keep_request(void);
void dispatch_give_back(void *memory);

#endif
