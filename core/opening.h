/* SPDX-License-Identifier: MIT */
/*
 * Openings: who has a mailbox open as a file of a mount.
 *
 * A program that opens mbox/NAME is no task of the instance, and the mount that
 * sends and receives for it knows alone that it might.  So for each such open file
 * description the mount keeps a record, which it claims, writes and releases; others
 * read it to say who could end a wait.  No transfer looks there.
 *
 *  OP1  They are hints: one that can't be had, as where the file system is full, is
 *       left out.
 *  OP2  A record goes with its mount: whoever reaps that releases it.
 */
#ifndef PK_OPENING_H
#define PK_OPENING_H

#include "table.h"

#define PK_OPEN_TO_RECEIVE 1u
#define PK_OPEN_TO_SEND 2u

/* That process has the port open for these; to be ended.  0: no record is to be had. */
uint32_t pk_opening_begin(struct portico *k, pk_id port, uint32_t pid, unsigned ends);
void pk_opening_end(struct portico *k, uint32_t opening); /* or 0 */

/* A record as this task may tell of it. */
struct pk_opened {
	pk_id port;
	uint32_t pid; /* 0: it is of another pid namespace */
	unsigned ends;
};

/* False: there is none in that slot, or its mount is no more. */
bool pk_opening_read(struct portico *k, uint32_t slot, struct pk_opened *opened);

#endif
