/* SPDX-License-Identifier: MIT */
/* A part of layout.h: what lies in the region of ports: rights to them, listeners, indexes. */
#ifndef PK_LAYOUT_PORT_H
#define PK_LAYOUT_PORT_H

#ifndef PK_LAYOUT_H
#error "include layout.h"
#endif

/* ---- ports -------------------------------------------------------------- */

enum pk_port_use {
	PK_MAILBOX = 1,
	PK_QUEUE,	/* a System V message queue */
	PK_COMPLETIONS, /* one task's, where only the core sends; ends with it */
	PK_GUARDED,	/* used by rights: right.h */
	PK_PORT_SET,	/* one task's, of whose members it receives; ends with it */
	PK_INBOX,	/* one task's, where anybody sends to it; ends with it: inbox.h */
	PK_TAP,		/* one task's, where the core puts copies; ends with it: tap.h */
};

/* Who has used a port, as pk_task_tag(); under its lock.  What they are for is in party.h. */
struct pk_parties {
	_Alignas(PK_LINE) uint32_t maker;
	uint32_t receivers[15];
	uint32_t senders[16];
};

/* The messages from that number on were sent then: stamp.h. */
struct pk_stamp {
	uint64_t first;	   /* number, without its priority */
	uint32_t from, to; /* seconds, CLOCK_REALTIME */
};
#define PK_STAMPS 8u

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
	_Atomic uint32_t names;	   /* cache: how many it has; under the names' lock */
	pk_id users[2];		   /* those who do, where the rule counts them */
	struct pk_wait_list receipts; /* cache */
	uint32_t bell;		      /* cache: what its bell says, enum pk_bell_state */
	_Atomic uint32_t pooled;      /* places of the pool that it has; pool.h */
	/* written when somebody uses it who hadn't: on no way that is gone often */
	struct pk_parties parties;
	struct pk_origin origin;
	/* hints, written in the first send of a second */
	struct pk_stamp stamps[PK_STAMPS];
	uint32_t stamp_count;
	uint32_t taps; /* cache: the first that is given a copy of each message, which goes its way */
};

#define PK_SPECIAL_SET 1u	 /* it is in a port set, whose lock guards it */
#define PK_SPECIAL_BELL 2u	 /* a descriptor tells whether it has messages */
#define PK_SPECIAL_POOLED 4u	 /* its messages count in the instance's pool */
#define PK_SPECIAL_RULE 8u	 /* a rule says who may use it */
#define PK_SPECIAL_LISTENERS 16u /* sends are copied to listeners */
#define PK_SPECIAL_MEMBERS 32u	 /* it is a port set */
#define PK_SPECIAL_PAUSED 64u	 /* truth: nothing is handed out of it; pause.h */
#define PK_SPECIAL_TAPS 128u	 /* taps are given copies */
#define PK_SPECIAL_OVER 256u	 /* truth: a tap's port, whose source is no more; tap.h */

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
	bool tap;			       /* messages go their way besides: tap.h */
	uint32_t uid;			       /* whose it is: at one source nobody has too many taps */
};

/* ---- open files --------------------------------------------------------- */

/* That somebody has a port or a pipe open as a file of a mount, or waits there: opening.h.  All of it its
 * mount's. */
struct pk_opening {
	_Alignas(PK_LINE) struct pk_head head; /* truth: CLAIMED by the mount's task */
	_Atomic pk_id object;		       /* hint: which; 0: none (yet, or any more) */
	_Atomic int64_t since_ns;	       /* hint: CLOCK_MONOTONIC */
	_Atomic uint32_t pid, uid;	       /* hint: whose it is; pid 0: the mount can't see it */
	_Atomic uint8_t table;		       /* hint: of the object */
	_Atomic uint8_t ends;		       /* hint: PK_OPEN_TO_… of the file */
	_Atomic uint8_t waits;		       /* hint: enum pk_file_wait */
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

_Static_assert(sizeof(struct pk_port) == 576, "layout");
_Static_assert(sizeof(struct pk_right) == 64, "layout");
_Static_assert(sizeof(struct pk_listener) == 128, "layout");
_Static_assert(sizeof(struct pk_lane) == 64, "layout");
_Static_assert(sizeof(struct pk_opening) == 64, "layout");

#endif
