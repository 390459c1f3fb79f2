/* SPDX-License-Identifier: MIT */
/*
 * Runs of pages: memory for what no buffer is large enough for.
 *
 * The pages lie at the end of the region's file, PK_RUN_PAGES of them.  The
 * record of a run says which are its own; a bitmap, in the first of the pages,
 * of which are taken is a cache of the records.  Pages are committed when a run
 * takes them and given back to the file system when it leaves them.
 *
 *  U1  A page is taken if, and only if, it lies in a run whose record isn't
 *      free and says so by `pages`, which is stored last and cleared first.
 *  U2  A run is CLAIMED by a task, or the BODY of the one message that names
 *      it; a message whose run doesn't name it has none.
 */
#ifndef PK_RUN_H
#define PK_RUN_H

#include "table.h"

/* Claim a run of at least that many bytes.  -ENOBUFS: no gap is long enough; -ENOSPC. */
int pk_run_claim(struct portico *k, uint64_t bytes, uint32_t *run);

/* Its pages, and with them its record, back. */
void pk_run_release(struct portico *k, uint32_t run);

/* Its memory, and how much that is; NULL: scribbled. */
void *pk_run_data(struct portico *k, uint32_t run, uint64_t *bytes);

/*
 * In a build for tests (PORTICO_FENCED): no access from this process, or access
 * again, so that whoever touches memory that it has sent is caught.
 */
void pk_run_fence(struct portico *k, uint32_t run, bool closed);

/* The bitmap says what the records say?  Takes the lock.  For tests and `portico doctor`. */
bool pk_run_valid(struct portico *k);

/* Inherit the lock of a dead task. */
void pk_run_inherit(struct portico *k, pk_id dead);

#endif
