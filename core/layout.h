/* SPDX-License-Identifier: MIT */
/*
 * What lies in the region: every struct that processes share.
 *
 * The region is one sparse file, mapped whole by everybody, each at another
 * address.  It is a header and a row of tables.  Each table owns a window of
 * the file large enough for the most slots it may ever have; only its
 * committed prefix exists in memory, and grows with fallocate().  So a slot's
 * address is a multiplication, nothing moves, and nothing is ever remapped.
 *
 * References between slots are slot numbers (0 is none: slot 0 of a table is
 * never used) or ids, which are a slot number and the generation it had; so
 * an id that outlived its object is recognised as stale.
 *
 * Every slot begins with a pk_head.  Its word alone says what the slot is and
 * whose: that word is the truth, and each change of it is one atomic store.
 * Lists, counters and free lists are caches that repair rebuilds from the
 * words.  Comments below say who may write each group of fields; 'truth' and
 * 'cache' say which kind it is.
 */
#ifndef PK_LAYOUT_H
#define PK_LAYOUT_H

#include "atomics.h"

#include <stddef.h>
#include <stdint.h>

#define PK_MAGIC UINT64_C(0x006f636974726f70) /* "portico" */
#define PK_ABI 4u

/* What different tasks write lies on different cache lines. */
#define PK_LINE 64

/* An object's identity: slot (24 bits) and generation (32 bits). */
typedef uint64_t pk_id;

#define PK_SLOT_BITS 24
#define PK_ID_BITS 56
#define PK_SLOT_MASK ((UINT64_C(1) << PK_SLOT_BITS) - 1)

static inline uint32_t pk_id_slot(pk_id id)
{
	return (uint32_t)(id & PK_SLOT_MASK);
}
static inline uint32_t pk_id_generation(pk_id id)
{
	return (uint32_t)(id >> PK_SLOT_BITS);
}
static inline pk_id pk_id_make(uint32_t slot, uint32_t generation)
{
	return ((pk_id)generation << PK_SLOT_BITS) | slot;
}

/* What a slot is: the low byte of its word.  The rest is the id named here. */
enum pk_kind {
	PK_FREE = 0, /* nobody's; zeroed memory is free slots */
	PK_CLAIMED,  /* task's: being made, or filled (a message) */
	PK_LIVE,     /* an object in service */
	PK_DYING,    /* an object whose destruction is decided and may be unfinished */
	PK_QUEUED,   /* message: in the queue of port */
	PK_GRANTED,  /* message: given to wait */
	PK_HELD,     /* message: taken by task, not yet consumed; right, run: task's to use */
	PK_BODY,     /* buffer: the storage of an object (tag says of which table); right, run: a message's */
};

static inline uint64_t pk_word(enum pk_kind kind, pk_id id)
{
	return (uint64_t)kind | (id << 8);
}
/* The same, and false where the id has bits that none has: those of a right's name, say. */
static inline bool pk_word_is(uint64_t word, enum pk_kind kind, pk_id id)
{
	return (word >> 8 | word << PK_ID_BITS) == id + ((uint64_t)kind << PK_ID_BITS);
}
static inline enum pk_kind pk_word_kind(uint64_t word)
{
	return (enum pk_kind)(word & 0xff);
}
static inline pk_id pk_word_id(uint64_t word)
{
	return word >> 8;
}

struct pk_head {
	_Atomic uint64_t word;	     /* truth */
	_Atomic uint32_t generation; /* truth: raised each time the slot is freed */
	uint32_t next;		     /* cache: the free list, or the queue a message is in */
};

/*
 * A lock; lock.h is the essay.  Low half: the thread that holds it, or 0: it
 * is free.  High half (the futex): the task of whoever holds or last held it,
 * slot and generation, and PK_LOCK_WAITERS.
 */
typedef _Atomic uint64_t pk_lock_word;

#define PK_LOCK_WAITERS (UINT64_C(1) << 47)
#define PK_LOCK_THREAD UINT64_C(0x7fffffff)
#define PK_LOCK_RESERVED                                                                                     \
	UINT64_C(0x80000000) /* reserve.h: its owner holds it while it says that it is inside */

/* A list of waits, first in first out; cache (truth: each wait's number). */
struct pk_wait_list {
	uint32_t first, last;
};

/* Who may do what with an object, as in struct ipc_perm. */
struct pk_permission {
	int32_t key;
	uint32_t uid, gid;   /* owner */
	uint32_t cuid, cgid; /* creator */
	uint32_t mode;	     /* nine permission bits */
};

/* Who made an object, and when it ends by itself: lifetime.h.  Written before it is published, but for ended.
 */
struct pk_origin {
	_Atomic uint32_t maker;	   /* truth: pk_task_tag() of the task that made it; 0: it has ended */
	_Atomic uint32_t ended;	   /* cache: when that was seen, in seconds, CLOCK_REALTIME; 0: not yet */
	uint32_t pid;		   /* of the maker */
	_Atomic uint32_t lifetime; /* PK_LIFETIME_…, or the seconds that it may be idle */
	char command[16];
};

/* ---- tasks -------------------------------------------------------------- */

/* A process that has used this instance.  task.c tells its life and death. */
struct pk_task {
	_Alignas(PK_LINE) struct pk_head head; /* LIVE while registered, DYING while it is reaped */
	pk_lock_word lock;		       /* held by whoever reaps it */
	/* written once, before LIVE */
	uint32_t pid; /* in its own pid namespace */
	uint32_t uid, gid;
	uint32_t flags;		/* PK_TASK_… */
	uint64_t start_time;	/* clock ticks after boot: tells a reused pid */
	uint64_t pid_namespace; /* inode number */
	uint64_t image;		/* a number of its own for each exec, 0 unknown */
	int64_t since_ns;	/* CLOCK_REALTIME */
	char command[16];
	/* counters, by its own threads */
	_Atomic uint32_t spins, sleeps; /* waits that were settled while it spun, or for which it slept */
	_Atomic uint32_t locking;	/* threads of it that sleep for a lock */
	_Atomic uint32_t suspended; /* truth: how often it is suspended, and PK_SUSPEND_UNSURE: control.h */
	_Atomic uint32_t forking;   /* threads of it whose child may not have counted what it has attached */
	/* ports of its own, 0 until it asks for them */
	_Atomic pk_id inbox;  /* where others send to the task itself */
	_Atomic pk_id notify; /* where it is told of what happened to its rights */
	/* where its names are looked up, and those of who comes to be from it; 0: in the instance */
	_Atomic pk_id name_server, bequest;
};

/* A task's id in 32 bits, as messages name their sender: 15 bits of slot, 17 of generation. */
static inline uint32_t pk_task_tag(pk_id task)
{
	return pk_id_generation(task) << 15 | (pk_id_slot(task) & 0x7fff);
}

#define PK_TASK_SUPERVISOR 1u /* a `portico run` or a mount: not a program */
#define PK_TASK_MOUNT 2u      /* with that: a mount */
#define PK_TASK_UNMARKED                                                                                     \
	4u /* it couldn't take its mark: a fork's child of that slot's last task holds it                    \
	    */
#define PK_TASK_ABANDONED                                                                                    \
	8u /* its image is gone and was seen to; its process lives, and has its adjustments */

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
			int64_t type;  /* receive: with select; semaphores: the part, if it is one */
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

/* ---- ports -------------------------------------------------------------- */

enum pk_port_use {
	PK_MAILBOX = 1,
	PK_QUEUE,	/* a System V message queue */
	PK_COMPLETIONS, /* one task's, where only the core sends; ends with it */
	PK_GUARDED,	/* used by rights: right.h */
	PK_PORT_SET,	/* one task's, of whose members it receives; ends with it */
	PK_INBOX,	/* one task's, where anybody sends to it; ends with it: inbox.h */
};

/* Who has used a port, as pk_task_tag(); under its lock.  What they are for is in party.h. */
struct pk_parties {
	_Alignas(PK_LINE) uint32_t maker;
	uint32_t receivers[15];
	uint32_t senders[16];
};

struct pk_port {
	/* each transfer writes this line, and this line only */
	_Alignas(PK_LINE) struct pk_head head; /* LIVE or DYING */
	pk_lock_word lock;
	/* all below: under the lock */
	uint64_t next_number;		     /* cache: above every message's number, of priority 0 */
	uint64_t queued_bytes;		     /* cache */
	_Atomic uint32_t count;		     /* cache: messages queued */
	uint32_t first, last;		     /* cache: the queue, linked by head.next */
	uint32_t last_sender, last_receiver; /* pids */
	uint32_t index;			     /* cache: the buffer of its index, or 0; index.h */
	/* and reads this one */
	struct pk_permission permission;
	uint32_t slots;					  /* most messages queued; 0 is rendezvous */
	uint32_t bytes;					  /* most bytes in a message; may be 0 */
	uint64_t capacity;				  /* most bytes queued in all */
	struct pk_wait_list receivers, senders, watchers; /* cache */
	uint64_t next_ticket;				  /* cache: above every wait's number */
	pk_id owner; /* the one task that may receive, or 0; none while its receive right is in a message */
	_Atomic uint32_t rung; /* next_number as it was, for those who spin: told after the lock is left */
	uint32_t use;	       /* enum pk_port_use */
	uint32_t name;	       /* cache: its entry in the names table */
	uint32_t special;      /* PK_SPECIAL_…: what sends and receives have to mind */
	int64_t send_time, receive_time, change_time; /* seconds, CLOCK_REALTIME */
	/* what few ports have */
	_Atomic pk_id set;	   /* truth: the port set that it is in, or 0 */
	_Atomic uint32_t receiver; /* cache: slot of its receive right; under the rights' lock, as are */
	uint32_t rights;	   /* cache: the first record of what is held to it, linked by next_of_port */
	uint32_t sends;		   /* cache: references to send */
	uint32_t listeners;	   /* cache: the first that is sent a copy of each message */
	uint32_t rule;		   /* how tasks share it */
	uint32_t urgent;	   /* cache: the message that was put before others last */
	uint32_t returned;	   /* messages that came back to their places, ever */
	pk_id users[2];		   /* those who do, where the rule counts them */
	struct pk_wait_list receipts; /* cache */
	uint32_t bell;		      /* cache: what its bell says, enum pk_bell_state */
	_Atomic uint32_t pooled;      /* places of the pool that it has; pool.h */
	/* written when somebody uses it who hadn't: on no way that is gone often */
	struct pk_parties parties;
	struct pk_origin origin;
};

#define PK_SPECIAL_SET 1u	 /* it is in a port set, whose lock guards it */
#define PK_SPECIAL_BELL 2u	 /* a descriptor tells whether it has messages */
#define PK_SPECIAL_POOLED 4u	 /* its messages count in the instance's pool */
#define PK_SPECIAL_RULE 8u	 /* a rule says who may use it */
#define PK_SPECIAL_LISTENERS 16u /* sends are copied to listeners */
#define PK_SPECIAL_MEMBERS 32u	 /* it is a port set */

/* ---- rights ------------------------------------------------------------- */

/*
 * What a task may do with a port, or a message carries; or what a task asked
 * to be told.  right.h is the essay.  All under the rights' lock.
 */
struct pk_right {
	_Alignas(PK_LINE) struct pk_head head; /* truth: HELD by its task, BODY of its message, DYING */
	pk_id port;			       /* or, of a task's kernel port, the task */
	_Atomic uint32_t references;	       /* truth: how often a send right is held */
	uint32_t kind;			       /* enum pk_right_kind */
	uint32_t next_of_port;		       /* cache */
	uint32_t notice;  /* the buffer of the notification that it may have to send; the record's BODY */
	pk_id tell;	  /* a request: the port where it goes */
	uint64_t cookie;  /* and what it says */
	uint32_t about;	  /* a request about a name: its slot */
	uint32_t pending; /* send right: slot of the wait of its one message over the limit */
};

enum pk_right_kind {
	PK_RIGHT_RECEIVE = 1,
	PK_RIGHT_SEND,
	PK_RIGHT_SEND_ONCE,
	PK_RIGHT_TASK, /* a task's kernel port */
	/* requests for notifications */
	PK_ASK_DEAD_NAME,
	PK_ASK_NO_SENDERS,
	PK_ASK_DESTROYED,
	PK_ASK_TASK_ENDED,
};

/* ---- listeners ---------------------------------------------------------- */

/* One port that gets a copy of what is sent to another. */
struct pk_listener {
	_Alignas(PK_LINE) struct pk_head head; /* truth: LIVE */
	pk_id source, port;		       /* from where, to where */
	pk_id owner;			       /* the task that asked for it */
	_Atomic uint64_t heard, missed;	       /* copies it got, and those there was no room for, ever */
	uint32_t missed_lately;		       /* since the last that it got */
	uint32_t next;			       /* cache: the source's list */
};

/* ---- the index of a port ------------------------------------------------ */

/* The messages of one type, or of one sender, in their order.  index.h is the essay. */
struct pk_lane {
	_Alignas(PK_LINE) struct pk_head head; /* truth: BODY of its port */
	int64_t value;			       /* the type, or the sender */
	uint32_t by;			       /* enum pk_lane_by */
	uint32_t first, last;		       /* linked by by_type or by_sender */
	uint32_t chain;			       /* the next of its bucket */
	uint32_t sibling;		       /* the port's next lane */
	uint32_t in_heap;
};

/* ---- runs of pages ------------------------------------------------------ */

/* Pages side by side that hold what no buffer is large enough for.  run.h is the essay. */
struct pk_run {
	_Alignas(PK_LINE) struct pk_head head; /* truth: CLAIMED by a task, or BODY of a message */
	_Atomic uint32_t first;		       /* page */
	_Atomic uint32_t pages;		       /* truth: 0 while it has none */
};

/* ---- names -------------------------------------------------------------- */

enum pk_space {
	PK_NAME_MAILBOX = 1,
	PK_NAME_FIFO,
	PK_NAME_MSG, /* the three System V name spaces: the text is the key */
	PK_NAME_SEM,
	PK_NAME_SHM,
	PK_NAME_NUMBER,	   /* a small number; these have a table of their own: number.h */
	PK_NAME_DIRECTORY, /* of names of mailboxes: it names no object */
};

#define PK_NAME_MAX 200

/* A name and what it names.  Guarded by the names lock. */
struct pk_name {
	_Alignas(PK_LINE) struct pk_head head; /* truth: LIVE */
	pk_id object;			       /* truth: of the table its space implies */
	_Atomic pk_id owner;		       /* truth: the task with which it goes, or 0: it stays */
	uint32_t hash;			       /* cache */
	uint32_t chain;			       /* cache: next in its bucket */
	uint32_t uid, gid;		       /* whose it is */
	uint16_t mode;	/* nine permission bits: who may look it up; of a directory, as in a file system */
	uint8_t space;	/* enum pk_space */
	uint8_t length; /* bytes of text */
	char text[PK_NAME_MAX + 1]; /* NUL after length bytes */
};

/* ---- semaphores --------------------------------------------------------- */

/* One step of an operation: absolute values, so that doing it twice is doing it once. */
struct pk_step {
	uint64_t word;	/* the semaphore's new one */
	uint32_t undo;	/* slot of the adjustment to store, or 0 */
	int16_t adjust; /* its new value */
	uint16_t semaphore;
};

/* A System V semaphore set.  Its body is a buffer: pk_semaphore[count], pk_step[count], and a byte each for
 * bells. */
struct pk_set {
	_Alignas(PK_LINE) struct pk_head head; /* LIVE or DYING */
	pk_lock_word lock;
	_Atomic uint32_t inside, takers; /* reserve.h */
	/* all below: under the lock */
	int64_t operation_time;	     /* seconds, CLOCK_REALTIME */
	struct pk_wait_list waiters; /* cache */
	uint32_t count;		     /* semaphores */
	uint32_t body;		     /* message slot of the body */
	_Atomic uint32_t steps;	     /* truth: an intent of so many steps is committed */
	uint32_t adjusts;	     /* cache: first adjustment, linked by next_adjust */
	/* this line is mostly only looked at */
	struct pk_permission permission;
	uint32_t intent_wait; /* the wait that the intent settles, or 0 */
	uint32_t special;     /* PK_SPECIAL_BELL: a descriptor tells of one of its semaphores */
	uint64_t next_ticket; /* cache */
	int64_t change_time;  /* seconds, CLOCK_REALTIME */
	uint32_t name;	      /* cache */
	struct pk_origin origin;
};

/* truth: value in the low half, sempid in the high half */
typedef _Atomic uint64_t pk_semaphore;

/* What one task's end does to one semaphore (semadj).  Under the set's lock. */
struct pk_adjust {
	_Alignas(PK_LINE) struct pk_head head; /* truth: CLAIMED by its task */
	pk_id set;
	uint32_t semaphore;
	_Atomic int32_t value; /* truth: added to the semaphore when the task ends */
	_Atomic int64_t since; /* about when it last wasn't 0: seconds, CLOCK_REALTIME */
	uint32_t next_adjust;  /* cache: the set's list */
};

/* ---- shared memory segments --------------------------------------------- */

/* A System V segment: a file in shm/ of the instance. */
struct pk_segment {
	_Alignas(PK_LINE) struct pk_head head; /* LIVE or DYING (waits for its last detach) */
	pk_lock_word lock;
	struct pk_permission permission;
	uint32_t creator_pid, last_pid;
	uint64_t size;				       /* bytes */
	int64_t attach_time, detach_time, change_time; /* seconds, CLOCK_REALTIME */
	uint32_t attached;			       /* cache: count of its pk_attach */
	uint32_t name;				       /* cache */
	uint32_t removed;			       /* IPC_RMID was asked: gone with the last detach */
	uint32_t pinned;			       /* SHM_LOCK was asked, and SHM_UNLOCK not since */
	uint32_t kept; /* some process may keep a page of it mapped that is no attachment: mapping.h */
	struct pk_origin origin;
};

/* One mapping of one segment in one task. */
struct pk_attach {
	_Alignas(PK_LINE) struct pk_head head; /* truth: CLAIMED by its task */
	pk_id segment;			       /* truth: which it counts for, or 0 */
	_Atomic uint64_t from;		       /* where its first byte lies in its task */
};

/* ---- uses of System V objects ------------------------------------------- */

/* That a task has used an object which ends with its last user; lifetime.h. */
struct pk_use {
	_Alignas(PK_LINE) struct pk_head head; /* truth: CLAIMED by its task */
	_Atomic pk_id object;		       /* truth: of that table, or 0 */
	uint32_t table;
};

/* ---- pipes -------------------------------------------------------------- */

/* The bytes of a pipe: a ring in a buffer.  pipe.h is the essay. */
struct pk_pipe {
	_Alignas(PK_LINE) struct pk_head head; /* LIVE or DYING */
	pk_lock_word lock;
	struct pk_permission permission;
	uint32_t body;				    /* message slot of the ring */
	uint32_t size;				    /* bytes of the ring, a power of two */
	_Atomic uint64_t written, taken;	    /* truth: bytes ever; the ring holds the difference */
	struct pk_wait_list watchers;		    /* cache */
	uint64_t next_ticket;			    /* cache */
	int64_t write_time, read_time, change_time; /* seconds, CLOCK_REALTIME */
	uint32_t name;				    /* cache */
};

/* ---- tables and the header ---------------------------------------------- */

enum pk_table_id {
	PK_TASKS = 0,
	PK_PORTS,
	PK_WAITS,
	PK_NAMES,
	PK_SETS,
	PK_ADJUSTS,
	PK_SEGMENTS,
	PK_ATTACHES,
	PK_PIPES,
	PK_LANES,
	PK_RUNS,
	PK_RIGHTS,
	PK_LISTENERS,
	PK_USES,
	PK_BUFFERS, /* the first of PK_CLASSES tables, one a size of buffer */
};

/* Buffers hold 64 bytes, 128, … 1 MiB.  A message slot is class << 28 | slot. */
#define PK_CLASSES 15u
#define PK_CLASS_SHIFT 28
#define PK_SMALLEST 64u
#define PK_LARGEST (PK_SMALLEST << (PK_CLASSES - 1)) /* 1 MiB */
#define PK_TABLES (PK_BUFFERS + PK_CLASSES)
#define PK_PAGE 4096u

#define PK_WINDOW (UINT64_C(1) << 30) /* bytes of file for each table, and for the header */
#define PK_RUN_PAGES (1u << 22)	      /* pages for runs: 16 GiB, after the tables' windows */
#define PK_RUN_OFFSET (PK_WINDOW * (PK_TABLES + 1))
#define PK_REGION_BYTES (PK_RUN_OFFSET + (uint64_t)PK_RUN_PAGES * PK_PAGE)

/* The state of a table.  Under its lock, but for committed. */
struct pk_table {
	_Alignas(PK_LINE) pk_lock_word lock;
	_Atomic uint64_t committed; /* truth: slots that exist; only ever raised; pk_committed_word() */
	_Atomic uint32_t used;	    /* cache */
	uint32_t free;		    /* cache: first of the free list */
	uint32_t fresh;		    /* cache: from here to committed, never used yet */
	uint32_t last;		    /* cache: the last of the free list, of a table that rotates; table.h */
};

/*
 * The one number whose wrong value would be paid in memory: touching a slot
 * that doesn't exist makes it exist.  So the other half of its word proves it.
 */
static inline uint64_t pk_committed_word(unsigned table, uint32_t slots)
{
	return (uint64_t)((~slots * 2654435761u) ^ table) << 32 | slots;
}

#define PK_BUCKETS 65536u
#define PK_NUMBERS 2000u /* mailboxes known by a small number */
#define PK_SEATS 64
#define PK_SYSV_LIMITS 10
#define PK_SYSV_FAMILIES 3

/* Something that went wrong, and was seen to.  log.h says what each kind means. */
struct pk_log_entry {
	_Atomic int64_t time_ns; /* CLOCK_REALTIME; 0 while it is being written */
	pk_id object;
	uint32_t pid, uid; /* of whom it happened to, or who found it */
	int32_t error;	   /* positive errno, or 0 */
	uint32_t times;	   /* the same in a row */
	uint16_t kind;	   /* enum pk_log_kind */
	uint16_t table;	   /* of the object; PK_TABLES: of none */
};

#define PK_LOG_ENTRIES 256

struct pk_header {
	/* written once, before the region is published */
	uint64_t magic;
	uint32_t abi;
	uint32_t uid;	    /* whose instance it is */
	uint64_t layout;    /* a hash of every size and offset here */
	int64_t created_ns; /* CLOCK_REALTIME */
	/* by whoever does it */
	_Alignas(PK_LINE) _Atomic int64_t swept_ns; /* CLOCK_MONOTONIC: when the dead were last looked for */
	_Atomic uint64_t repairs, reaped;	    /* counters */
	_Atomic uint32_t bells_owed;		    /* cache: some bell has still to be rung; bell.h */
	_Alignas(PK_LINE) _Atomic int64_t spinning_until_ns[PK_SEATS]; /* by CPU, CLOCK_MONOTONIC; spin.h */
	/* log.c */
	_Alignas(PK_LINE) _Atomic uint64_t logged; /* entries ever */
	struct pk_log_entry log[PK_LOG_ENTRIES];
	/* run.c */
	_Alignas(PK_LINE) pk_lock_word runs_lock;
	uint32_t runs_mapped; /* cache: the bitmap says which pages are taken */
	uint32_t runs_hint;   /* cache: no page below it is free */
	/* control.c */
	_Alignas(PK_LINE) pk_lock_word control_lock;
	/* right.c */
	_Alignas(PK_LINE) pk_lock_word rights_lock;
	/* limit.c: what the instance allows; 0: as much as its tables hold */
	_Alignas(PK_LINE) _Atomic uint32_t most_ports, most_ports_per_owner, most_rights_per_task,
		most_pooled;
	/* sysv.h */
	_Atomic uint64_t sysv_limits[PK_SYSV_LIMITS]; /* by enum pk_sysv_limit */
	_Atomic int64_t
		sysv_next_id[PK_SYSV_FAMILIES]; /* of queues, sets, segments: the next one's id; -1 any */
	_Atomic uint32_t tunables_written;	/* a bit for each file that may have been: tunable.h */
	/* lifetime.h */
	_Atomic uint32_t sysv_lifetime; /* of objects made from now on */
	_Atomic uint32_t mortals;	/* whether it ever was another than to persist */
	/* pool.c */
	_Alignas(PK_LINE) _Atomic uint64_t pooled; /* cache: places taken, and how often that changed */
	/* name.c */
	_Alignas(PK_LINE) pk_lock_word names_lock;
	_Atomic uint32_t name_servers; /* whether there ever was one: else nobody looks for its parent's */
	struct pk_table tables[PK_TABLES];
	uint32_t buckets[PK_BUCKETS]; /* cache: names by hash */
	/* number.c: under the names lock */
	_Atomic pk_id numbered[PK_NUMBERS]; /* truth: the port of that number, if it is LIVE */
	_Atomic uint32_t next_number;	    /* cache: where to look for a free one */
};

_Static_assert(sizeof(struct pk_head) == 16, "layout");
_Static_assert(sizeof(struct pk_task) == 192, "layout");
_Static_assert(sizeof(struct pk_message) == 128, "layout");
_Static_assert(sizeof(struct pk_wait) == 128, "layout");
_Static_assert(sizeof(struct pk_port) == 448, "layout");
_Static_assert(sizeof(struct pk_right) == 64, "layout");
_Static_assert(sizeof(struct pk_listener) == 64, "layout");
_Static_assert(sizeof(struct pk_lane) == 64, "layout");
_Static_assert(sizeof(struct pk_run) == 64, "layout");
_Static_assert(sizeof(struct pk_log_entry) == 40, "layout");
_Static_assert(sizeof(struct pk_name) == 256, "layout");
_Static_assert(sizeof(struct pk_step) == 16, "layout");
_Static_assert(sizeof(struct pk_set) == 192, "layout");
_Static_assert(sizeof(struct pk_adjust) == 64, "layout");
_Static_assert(sizeof(struct pk_segment) == 192, "layout");
_Static_assert(sizeof(struct pk_attach) == 64, "layout");
_Static_assert(sizeof(struct pk_use) == 64, "layout");
_Static_assert(sizeof(struct pk_pipe) == 128, "layout");
_Static_assert(sizeof(struct pk_table) == 64, "layout");
_Static_assert(offsetof(struct pk_header, tables) % PK_LINE == 0, "layout");

#endif
