/* SPDX-License-Identifier: MIT */
/* A part of layout.h: what lies in the region of System V's semaphores and segments, and of who uses what. */
#ifndef PK_LAYOUT_SYSV_H
#define PK_LAYOUT_SYSV_H

#ifndef PK_LAYOUT_H
#error "include layout.h"
#endif

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
	_Atomic uint64_t taker, reserver; /* reserve.h; these and inside outlive the set */
	_Atomic uint32_t inside;
	/* all below: under the lock */
	_Atomic uint32_t steps;	     /* truth: an intent of so many steps is committed */
	int64_t operation_time;	     /* seconds, CLOCK_REALTIME */
	struct pk_wait_list waiters; /* cache */
	/* this line is mostly only looked at */
	struct pk_permission permission;
	uint32_t count;	      /* semaphores */
	uint32_t body;	      /* message slot of the body */
	uint32_t adjusts;     /* cache: first adjustment, linked by next_adjust */
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

_Static_assert(sizeof(struct pk_step) == 16, "layout");
_Static_assert(sizeof(struct pk_set) == 192, "layout");
_Static_assert(sizeof(struct pk_adjust) == 64, "layout");
_Static_assert(sizeof(struct pk_segment) == 192, "layout");
_Static_assert(sizeof(struct pk_attach) == 64, "layout");
_Static_assert(sizeof(struct pk_use) == 64, "layout");

#endif
