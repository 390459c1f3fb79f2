/* SPDX-License-Identifier: MIT */
/*
 * The ledger of torture.c: memory that its processes share outside the region.
 * Each writes down what it is about to do and then that it is done, so after
 * its death what was in between is either done or not, and all else is exact.
 */
#ifndef TORTURE_LEDGER_H
#define TORTURE_LEDGER_H

#include "kernel.h"
#include "torture.h"

#define TASKS 8
#define LETTERS 16384 /* a task may send in an epoch */
#define SOLE 2	      /* mailboxes 0 and 1 are received from by task 0 and 1 only */
#define KEPT 4	      /* mailboxes 0 to 3 last */
#define BOXES 6	      /* the others come and go */
#define ENDED 4096    /* ends of mailboxes in an epoch */

/* Set 0: permits, taken and given back with undo.  Set 1: coins, moved from one to the other without. */
#define PERMITS 3
#define COINS 4
#define PURSE 5 /* coins in each, at first */

#define PIPES 2	     /* task 0 reads the first, task 1 the second */
#define LONGEST 5000 /* bytes in a message */
#define NOBODY UINT32_MAX
#define RECORDS 16384 /* a task may write in an epoch */
#define READ_MOST 64  /* records */

enum { NOTHING = 0, INTENDED, DONE, REFUSED };

/* What a message holds, with as much padding as the dice say. */
struct letter {
	uint32_t task, number;
};

struct entry {
	pk_id port;		/* where it was sent */
	_Atomic uint64_t place; /* its number there, once somebody saw it */
	_Atomic uint8_t sent;	/* NOTHING, INTENDED, DONE, REFUSED */
	_Atomic uint8_t received;
};

/* What is written to pipes. */
struct record {
	uint32_t task, number;
	uint64_t filling[7];
};

struct life {
	_Atomic uint32_t incarnation;
	_Atomic uint32_t doomed; /* the last incarnation that was killed: set before */
	_Atomic uint32_t doing;	 /* index into operations[] */
	_Atomic uint32_t tag;	 /* as messages name it */
	struct dice dice;	 /* of this incarnation; it lasts through exec */
	uint32_t letters;	 /* numbers used */
	struct letter copied;	 /* what the public calls received; of task NOBODY: nothing */
	unsigned char rest[LONGEST - sizeof(struct letter)];
	_Atomic uint64_t in_hand; /* letter being consumed: task << 32 | number, plus 1; or 0 */
	_Atomic uint8_t permits[PERMITS];
	uint32_t records[PIPES]; /* numbers used */
	_Atomic bool reading;
	struct record hand[READ_MOST];
};

struct ledger {
	_Atomic bool stop;
	_Atomic uint64_t operations, execs, forks;
	_Atomic bool broken;
	char verdict[256];
	uint64_t seed, epoch;
	uint64_t lie; /* throw so many letters away, to see that it is noticed */
	_Atomic uint64_t lies;
	pk_id boxes[KEPT], sets[2], pipes[PIPES];
	pk_id purse;				   /* where rights are passed on */
	_Atomic uint32_t once_intended, once_done; /* messages by send-once rights */
	struct life lives[TASKS];
	struct entry letters[TASKS][LETTERS];
	/* of mailboxes 0 and 1: the last number from each task */
	_Atomic uint32_t last[SOLE][TASKS];
	_Atomic uint32_t ends;
	_Atomic uint64_t ended[ENDED]; /* ids of mailboxes that somebody began to destroy */
	_Atomic uint64_t permit_owner; /* of permit 0: task << 32 | incarnation, plus 1; or 0 */
	_Atomic uint8_t records[PIPES][TASKS][RECORDS];
	_Atomic uint32_t last_record[PIPES][TASKS];
	_Atomic uint32_t may_be_lost[PIPES]; /* records that a dead reader may have taken */
};

/* ---- torture_rights.c */

/* One operation of a task's. */
void handle_rights(struct dice *dice);

/* The master's: before an epoch, and when all are gone. */
void mint_rights(void);
void audit_rights(void);

extern struct ledger *ledger;
extern struct portico *k;

/* A promise was broken: say which, and end everything. */
_Noreturn void broken(const char *format, ...) __attribute__((format(printf, 1, 2)));

extern const uint32_t permits_at_first[PERMITS];

/* ---- torture_work.c */

/* Operations until ledger->stop, or its death. */
void work(uint32_t me, int ledger_file);
const char *operation_name(uint32_t operation);

/* ---- torture_audit.c: everything that should hold when all are gone */

void prepare_epoch(void);
void audit_epoch(void);
/* The letter that one who was killed had in hand: consumed, or back at its place. */
void note_in_hand(uint64_t in_hand);
void note_copied(uint32_t task);

/* Somebody received that letter. */
void check_letter(const struct letter *letter, pk_id port, uint64_t place);
/* Records came out of a pipe. */
void check_records(uint32_t pipe, const struct record *records, uint64_t count);

#endif
