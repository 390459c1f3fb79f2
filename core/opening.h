/* SPDX-License-Identifier: MIT */
/*
 * Openings: who has a mailbox or a named pipe open as a file of a mount, and who
 * waits there.
 *
 * A program that opens mbox/NAME is no task of the instance, and the mount that
 * sends and receives for it knows alone that it might.  So for each such open file
 * description, and for each call of one that waits, the mount keeps a record, which
 * it claims, writes and releases; others read it to say who could end a wait, and
 * who it is that a mount waits for.  No transfer looks there.
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

/* What a call of a file waits for; 0: none does, the file is open. */
enum pk_file_wait { PK_FILE_OPENED = 1, PK_FILE_READ, PK_FILE_WRITTEN, PK_FILE_LOCKED };

struct pk_opened {
	pk_id object;
	unsigned table;	  /* of the object: PK_PORTS or PK_PIPES */
	uint32_t pid;	  /* the thread that opened it, or calls; 0: of another pid namespace */
	uint32_t uid;	  /* its */
	unsigned ends;	  /* PK_OPEN_TO_… */
	unsigned waits;	  /* enum pk_file_wait */
	int64_t since_ns; /* CLOCK_MONOTONIC */
	pk_id mount;	  /* read only: the task that keeps the record */
};

/* Keep a record of that; to be ended.  0: none is to be had. */
uint32_t pk_opening_begin(struct portico *k, const struct pk_opened *opened);
void pk_opening_end(struct portico *k, uint32_t opening); /* or 0 */

/* A record as this task may tell of it.  False: there is none in that slot, or its mount is no more. */
bool pk_opening_read(struct portico *k, uint32_t slot, struct pk_opened *opened);

/* receive, send, open, read, write, lock: what a call waits to do. */
const char *pk_opening_word(const struct pk_opened *call);

#endif
