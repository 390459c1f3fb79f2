/* SPDX-License-Identifier: MIT */
/* A part of layout.h: what lies in the region of messages, and of the waits of those who want something. */
#ifndef PK_LAYOUT_MESSAGE_H
#define PK_LAYOUT_MESSAGE_H

#ifndef PK_LAYOUT_H
#error "include layout.h"
#endif

/* ---- messages ----------------------------------------------------------- */

/* Where a message stands in a lane of its port's index; index.h. */
struct pk_place {
	uint32_t lane, next, previous;
};

/*
 * A message, and the buffer that holds it: `length` bytes of data from `start`
 * follow the header, or lie in a run of pages.  port and number stay when a
 * message is granted or held, so that one whose taker died goes back to its
 * place.
 */
struct pk_message {
	_Alignas(PK_LINE) struct pk_head head; /* truth: CLAIMED, QUEUED, GRANTED, HELD or BODY */
	pk_id port;			       /* where it was sent */
	uint64_t number;		       /* its place among the port's messages; PK_LEAST_URGENT */
	int64_t type;
	uint32_t start, length; /* bytes */
	/* as struct pk_identity */
	uint32_t sender;	/* pk_task_tag() */
	uint32_t pid, uid, gid; /* of the sender */
	/* this line is written for what few messages need, and else only looked at */
	uint32_t run;	  /* slot of the run of pages that holds its data, or 0 */
	uint32_t tells;	  /* a completion: the wait it is to tell of; 0 once released */
	uint32_t more;	  /* PK_MORE_…: which of these it has */
	uint32_t parts;	  /* how many parts its data begins with a list of */
	uint32_t via;	  /* slot of the right by which it was sent */
	uint32_t receipt; /* slot of the wait that is told who received it */
	uint32_t missed;  /* messages that were lost before it, for want of room */
	uint8_t priority; /* 0 to 255; what it was sent with */
	/* cache, while its port has an index; under the port's lock */
	uint32_t previous; /* in the queue */
	struct pk_place by_type, by_sender;
};

#define PK_MORE_PARTS 1u
#define PK_MORE_VIA 2u
#define PK_MORE_RECEIPT 4u
#define PK_MORE_MISSED 8u
#define PK_MORE_PRIORITY 16u

/*
 * A message's number: how little urgent it is in the top byte, 255 less its
 * priority, and below it how many were sent to its port before.  So the order of
 * the numbers is that of the queue, and a port's next number is that of a
 * message like most, of priority 0.
 */
#define PK_SEQUENCE_BITS 56
#define PK_LEAST_URGENT (UINT64_C(255) << PK_SEQUENCE_BITS)

static inline uint8_t pk_number_priority(uint64_t number)
{
	return (uint8_t)(255 - (number >> PK_SEQUENCE_BITS));
}
/* The number after it, of a port where it was the last that was sent. */
static inline uint64_t pk_number_after(uint64_t number)
{
	return (number + 1) | PK_LEAST_URGENT;
}

/* ---- waits -------------------------------------------------------------- */

/* Who consumed a message; as struct pk_identity. */
struct pk_receiver {
	uint32_t tag, pid, uid, gid;
};

/*
 * Something wanted that could not be had at once.  Its outcome is settled
 * once, by one compare-and-swap away from PK_WAITING; wait.h is the essay.
 */
struct pk_wait {
	_Alignas(PK_LINE) struct pk_head head; /* truth: CLAIMED by the task that waits */
	_Atomic uint64_t outcome;	       /* truth: enum pk_outcome, flags, and a message or an errno */
	/* written by the owner before it posts the wait */
	_Atomic pk_id object;	  /* what it waits on, 0 none: written last, cleared first */
	uint64_t number;	  /* truth: its place in the object's line */
	int64_t since_ns;	  /* CLOCK_MONOTONIC */
	_Atomic int64_t until_ns; /* the same, INT64_MAX is for ever */
	pk_id tell_port;	  /* with PK_TELL_PORT: where its completion goes */
	union {
		struct {
			int64_t type;  /* receive: with select; semaphores: the part, if it is one; a pipe's
					  change: for which end, if for one */
			uint32_t from; /* receive: with select, a pk_task_tag() */
			uint32_t room; /* receive: bytes the receiver can take, UINT32_MAX any; semaphores:
					  parts */
		};
		struct pk_receiver receiver; /* receipt: written by whoever grants it */
	};
	union {
		uint32_t message; /* send: the message; semaphores: the parts, if they are several */
		uint32_t thread;  /* receive: the thread that waits */
	};
	_Atomic uint8_t table;	 /* enum pk_table_id of object */
	uint8_t purpose;	 /* enum pk_purpose */
	uint8_t select;		 /* enum pk_select_how; semaphores: PK_CHANGES */
	_Atomic uint8_t tell;	 /* enum pk_tell_how */
	_Atomic uint32_t leader; /* the wait whose outcome is this one's: itself, but in a group */
	uint32_t next_member;	 /* of a group: the next, the leader first */
	uint32_t completion;	 /* with PK_TELL_PORT: the message that will tell, claimed by the owner */
	/* under the object's lock */
	uint32_t next, previous; /* cache: the object's list */
	uint32_t beside;	 /* cache: it stands in the line of the object's set, too */
	uint32_t next_beside, previous_beside;
};

enum pk_purpose {
	PK_FOR_RECEIVE = 1,
	PK_FOR_SEND,
	PK_FOR_CHANGE,
	PK_FOR_SEMAPHORES,
	PK_FOR_RECEIPT, /* a send whose message is queued, or somebody's who hasn't consumed it */
};
#define PK_PURPOSES 5
enum pk_tell_how { PK_TELL_THREAD = 0, PK_TELL_PORT, PK_TELL_NOBODY };
enum pk_select_how {
	PK_ANY = 0,
	PK_TYPE,	 /* type equals */
	PK_TYPE_AT_MOST, /* the lowest type, if not above */
	PK_TYPE_EXCEPT,	 /* type differs */
	PK_FROM,	 /* sent by task `from` */
};
#define PK_CHANGES 1 /* of a semaphore operation: it doesn't only wait for zero */

_Static_assert(sizeof(struct pk_message) == 128, "layout");
_Static_assert(sizeof(struct pk_wait) == 128, "layout");

#endif
