/* SPDX-License-Identifier: MIT */
/*
 * The graph of waits: who waits for what, and who could end it.
 *
 * It is a copy, taken without stopping anybody: the waits are read as they
 * stand, and what there is to know of their objects under each one's lock, one
 * after the other.
 *
 * To each wait belong its *enders*: the tasks any one of which could end it.
 * Of some waits they are known for certain: to a port that is used by rights
 * send those who hold one, and receives its owner; nobody else's message is
 * taken by a receive from one sender; a wait for completions is ended with any
 * of the waits that are told of there.  A mailbox may be used by any task that
 * its mode lets in, and a semaphore be raised by any: there those count who
 * have used it (party.h), or hold the semaphore by SEM_UNDO, and what follows
 * of them is likely, not certain.  What has come through a mount is no task's:
 * it is open to whoever uses that, and told is who has the mailbox open there
 * (opening.h; caller.h for whose calls the mount waits).  Where nobody is known, and to change
 * watchers and named pipes, the wait is *open*: anybody might end it.
 *
 * A task can be *stuck* only if as many of its threads wait, each without a
 * deadline, as its process has.  A thread that sleeps elsewhere (in a read, in
 * pthread_join) counts as one that may go on; so does every thread of a process
 * of another pid namespace, whose threads can't be counted.  Supervisors and
 * mounts act for others and are never stuck.
 *
 * Any one ender suffices.  So all that might be stuck are taken to be, and
 * then, until nothing changes, whoever waits for something that is open, or
 * that somebody could end who isn't stuck, isn't stuck either.  Those who are
 * left wait for each other, and for nobody else: they are deadlocked, or wait
 * for those who are.  This is done twice, first with all that isn't certain
 * taken as open.
 *
 *  K1  Whoever is stuck was seen twice, PK_GRAPH_PAUSE_NS apart, in the very same
 *      waits, and stuck each time; so what a passing moment looked like isn't
 *      told.
 *  K2  Enders may be too many, never too few, as far as they are certain: where
 *      something can't be read, or there is no room to write it down, the
 *      wait is open.
 *  K3  Nothing in the region is changed but what the dead left, which is reaped
 *      first; and no two objects are locked at once.
 *
 * Not in it: waits for locks, which end by themselves; waits in the kernel; and
 * that anybody may end a wait by destroying its object, or by a signal.
 */
#ifndef PK_GRAPH_H
#define PK_GRAPH_H

#include "kernel.h"

#define PK_GRAPH_PAUSE_NS 5000000

/* By what they could end it. */
enum pk_ender_how {
	PK_ENDER_ANYBODY, /* nobody is known */
	PK_ENDER_RIGHT,	  /* they hold a right to send there */
	PK_ENDER_OWNER,	  /* it alone may receive there */
	PK_ENDER_FROM,	  /* only its messages are wanted */
	PK_ENDER_WAITS,	  /* the task's own waits that are told of there */
	PK_ENDER_SENT,	  /* they have sent there */
	PK_ENDER_TOOK,	  /* they have received there */
	PK_ENDER_MADE,	  /* it made the mailbox, and nobody has received there */
	PK_ENDER_HOLDS,	  /* they hold the semaphore by SEM_UNDO */
	PK_ENDER_CHANGED, /* it changed the semaphore last */
};

enum pk_stuck { PK_NOT_STUCK, PK_LIKELY_STUCK, PK_STUCK };

/* One of the enders of something. */
struct pk_ender {
	uint32_t task;
	int32_t units; /* of the semaphore, that it holds */
	int64_t since; /* and since when: seconds, CLOCK_REALTIME; 0: it holds none */
	uint32_t next;
};

/* Processes that have a mailbox open as a file. */
#define PK_OPENERS 3 /* that are told */
struct pk_openers {
	uint32_t count;		  /* PK_OPENERS + 1: that, or more */
	uint32_t pid[PK_OPENERS]; /* 0: of another pid namespace */
};

/* Those of waits for the same of the same object. */
struct pk_enders {
	pk_id object;
	uint32_t from; /* receive: only that task's messages, a pk_task_tag() */
	uint16_t semaphore;
	int16_t change;
	int32_t key; /* of the set */
	uint8_t table, purpose, how;
	bool open;		   /* anybody might */
	bool paused;		   /* the port hands out nothing until it is resumed */
	bool mailbox;		   /* which may be open as a file: */
	struct pk_openers openers; /* so that they could end it */
	bool can;		   /* knot.c: one of them isn't stuck */
	uint32_t looked_at;	   /* in that round */
	uint32_t first;		   /* ender */
	uint32_t last;		   /* the task that did so last, or 0 */
	uint32_t chain;		   /* of their bucket */
};

struct pk_graph_wait {
	pk_id id;
	pk_id object, tell_port;
	int64_t since_ns, until_ns, type;
	uint32_t task, from, leader;
	uint32_t next;	      /* of its task */
	uint32_t next_member; /* of its group */
	uint32_t enders;
	uint8_t table, purpose, select, tell;
};

struct pk_graph_task {
	pk_id id; /* 0: none is in this slot */
	uint32_t pid, flags, suspended;
	uint64_t pid_namespace;
	char command[16];
	uint32_t waits;		   /* first */
	uint32_t asleep;	   /* its threads that wait here */
	uint32_t threads;	   /* how many its process has; 0: it isn't known */
	bool stopped;		   /* by a signal */
	uint8_t stuck;		   /* enum pk_stuck */
	bool told;		   /* in a cycle that was told, or in none */
	uint32_t seen, before, by; /* while a cycle is looked for */
};

/* A step of a cycle: a task, and the wait that the next task could end. */
struct pk_knot_step {
	uint32_t task, wait;
};

/* Tasks and waits by their slots, the others in the order they were met; number 0 is none. */
struct pk_graph {
	void *memory;
	uint64_t bytes;
	uint32_t task_count, wait_count, enders_count, ender_count;
	uint32_t enders_most, ender_most, buckets;
	struct pk_graph_task *tasks;
	struct pk_graph_wait *waits;
	struct pk_enders *enders;
	struct pk_ender *ender;
	uint32_t *bucket;	    /* enders by what they are of */
	uint32_t *queue;	    /* [task_count]: knot.c */
	struct pk_knot_step *steps; /* [task_count]: of the cycle that was found last */
	int64_t now_ns;
};

/* What stands now.  -ENOMEM.  To be dropped. */
int pk_graph_take(struct portico *k, struct pk_graph *graph);
void pk_graph_drop(struct pk_graph *graph);

/* The same, and who of them is stuck: K1. */
int pk_graph_take_twice(struct portico *k, struct pk_graph *graph);

/* ---- ender.c */

/* Find those of every wait. */
void pk_enders_find(struct portico *k, struct pk_graph *graph);

/* One more, if it isn't among them. */
void pk_openers_add(struct pk_openers *openers, uint32_t pid);

/* Could nobody else, for certain? */
static inline bool pk_enders_certain(const struct pk_enders *enders)
{
	return enders->how >= PK_ENDER_RIGHT && enders->how <= PK_ENDER_WAITS;
}

/* It is guessed who, from who made or changed it last; and that is the task that waits. */
static inline bool pk_enders_are_a_guess(const struct pk_graph *graph, const struct pk_graph_wait *wait)
{
	const struct pk_enders *enders = &graph->enders[wait->enders];
	return (enders->how == PK_ENDER_MADE || enders->how == PK_ENDER_CHANGED) &&
	       graph->ender[enders->first].task == wait->task;
}

/* ---- knot.c */

/* Who is stuck?  Tasks whose waits aren't all in `before`, if that is given, aren't. */
void pk_knot_find(struct pk_graph *graph, const struct pk_graph *before);

/*
 * The next cycle of those who are stuck that has a task which no cycle before
 * had: its tasks in order, each waiting for the next, the last for the first.
 * How many; they are in graph->steps.  0: there is none.
 */
uint32_t pk_knot_cycle(struct pk_graph *graph);

/* The shortest cycle with that task, told or not. */
uint32_t pk_knot_cycle_of(struct pk_graph *graph, uint32_t task);

/* The cycle in graph->steps: for certain? */
bool pk_knot_certain(const struct pk_graph *graph, uint32_t count);

#endif
