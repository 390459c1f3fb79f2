/* SPDX-License-Identifier: MIT */
/*
 * One process's view of one instance, and the way into it.
 */
#ifndef PK_KERNEL_H
#define PK_KERNEL_H

#include "layout.h"
#include "platform.h"

#define PK_PATH_MAX 256

struct pk_magazine;
struct pk_mappings;
struct pk_remote;
struct pk_service;
struct portico;

#define PK_REPLY_PORTS 8
#define PK_QUEUES_KNOWN 8

/* What a message says of its sender. */
struct pk_identity {
	_Alignas(16) uint32_t tag; /* pk_task_tag() */
	uint32_t pid, uid, gid;
};

/* Zeroed in the child by fork(): that is how a child knows that it is a new task. */
struct pk_registration {
	_Atomic uint64_t task; /* id, or 0: not registered */
	uint64_t owner_half;   /* the high half of every lock this task takes */
	struct pk_process process;
	struct pk_identity identity; /* effective ids as when last looked at */
	uint32_t quick_uid; /* whose are permitted at a glance: that of the identity, or PK_NOBODY: AF1 */
	_Atomic(struct pk_service *) service; /* service.h; none in a child */
	_Atomic uint32_t registering;	      /* a lock among threads: its holder; free again in a child */
	_Atomic uint32_t mapping;	      /* a lock among threads, for `mappings` below */
	uint32_t opened; /* this process opened the region, or mapped it anew: it isn't its parent's */
	_Atomic pk_id queues[PK_QUEUES_KNOWN]; /* cache of posix/msg.c: those used last, and noted as used */
};

struct portico {
	unsigned char *base; /* where the region is mapped */
	struct pk_registration *mine;
	struct pk_magazine *magazines; /* [PK_MAGAZINES], zeroed by fork(), too; NULL before the first use */
	int region;		       /* its descriptor, for fallocate() and the mark of life */
	int parents_region; /* a fork's child: with its parent's mark, until it has its own; 0 none */
	int cpus;
	struct pk_file file;	 /* what the descriptor must still be, or a program closed it */
	bool acts_for_others;	 /* actor.h */
	bool serves_others;	 /* whoever may reach it: directory.h */
	bool shares_description; /* with a parent: marks of life can't be asked for */
	uint32_t task_flags;	 /* PK_TASK_… to register with */
	_Atomic pk_id reply_ports[PK_REPLY_PORTS];   /* kept for the next portico_call() */
	_Atomic int64_t next_expiry_ns;		     /* when the first of its waits for completions expires */
	void (*_Atomic at_close)(struct portico *k); /* ends the service, or NULL */
	_Atomic uint64_t committed[PK_TABLES];	     /* the words last believed: table.h */
	/* name_server.h: where its names are looked up, and those of who comes to be from it */
	_Atomic pk_id name_server, bequest;
	bool bequeaths; /* the second is known: what a fork's child finds here is its parent's */
	struct pk_mappings *mappings; /* what it has attached, or NULL; a fork's child finds its parent's */
	_Atomic uint32_t pieces;      /* how many pieces of segments that says are mapped */
	uint64_t serial; /* which of this process's handles it is: addresses and ids are used again */
	struct pk_remote *remote; /* remote.h: it is used through a mount; or NULL */
	char directory[PK_PATH_MAX];
};

/* For whom a server's thread acts: actor.h. */
struct pk_actor {
	uint32_t uid, gid; /* effective, for files */
	uint32_t thread;   /* in this process's pid namespace; 0: it can't be told */
};
#define PK_NOBODY UINT32_MAX /* no uid is that */

/* A wait that a thread sleeps on, or jumped away from: interrupt.h. */
#define PK_NAPS 8
struct pk_nap {
	pk_id wait;
	uintptr_t frame; /* of the function that sleeps */
	bool interrupted;
};

/* This thread's lock word, valid while the task it was made for is ours. */
struct pk_thread {
	uint64_t serial; /* of which handle: another may come to lie at the same address */
	_Atomic pk_id task;
	uint64_t owner;
	struct pk_magazine *magazine; /* or NULL */
	_Atomic uintptr_t inside;     /* interrupt.h: where on the stack the call that it is in began, or 0 */
	_Atomic bool deferred;	      /* and handlers wait for the end of that */
	bool owes_completions;	      /* wait.c */
	bool missed;		      /* a lock couldn't be had: reap.c */
	bool burying;		      /* part.c */
	_Atomic uint32_t aside;	      /* part.c: the last message with parts that was put aside */
	bool acting;		      /* for the actor below */
	struct pk_actor actor;
	uint64_t last;	 /* transfer.h: what it did last */
	uint32_t streak; /* and how often in a row */
	/* interrupt.h */
	uint32_t naps_count;
	struct pk_nap naps[PK_NAPS];
	uint64_t deferred_mask;
	uintptr_t alternate_low, alternate_size;
};
extern _Thread_local struct pk_thread pk_thread;

int pk_enter_slowly(struct portico *k);

static inline bool pk_entered(struct portico *k)
{
	pk_id task = pk_load_relaxed(&pk_thread.task);
	return pk_thread.serial == k->serial && task != 0 && task == pk_load_relaxed(&k->mine->task);
}

/*
 * Every call into core begins here: registers the process if it is new (or a
 * fork's child) and gives the thread its lock word.  0 or a negative errno.
 */
static inline int pk_enter(struct portico *k)
{
	return __builtin_expect(pk_entered(k), 1) ? 0 : pk_enter_slowly(k);
}

static inline struct pk_header *pk_header(struct portico *k)
{
	return (struct pk_header *)k->base;
}

static inline pk_id pk_self(struct portico *k)
{
	return pk_load_relaxed(&k->mine->task);
}

/*
 * A place where a test may kill the process: just before or after a commit
 * point.  Nothing in an ordinary build.
 */
#ifdef PORTICO_CRASH_POINTS
void pk_crash_point(const char *where);
#define PK_POINT(where) pk_crash_point(where)
#else
#define PK_POINT(where) ((void)0)
#endif

#endif
