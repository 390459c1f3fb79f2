/* SPDX-License-Identifier: MIT */
/*
 * The service: one thread of the library's own in a process, for what shall
 * happen there when a message arrives and nobody asks.
 *
 * It is made when first wanted, and belongs to one handle.  The registration
 * names it, and that is wiped by fork(): so a child has none, and no lock that
 * a thread of its parent held is ever looked at there.
 *
 * It sleeps on a group of waits: for completions of the receives that were
 * posted for handlers (calls/handler.c), for a ring of its doorbell, a mailbox that
 * nobody else knows, and for a change at each port that raises a signal
 * (signal.c).
 *
 *  F1  Its mutex guards handlers and signals.  It is held neither while a
 *      function runs nor while the thread sleeps.
 *  F2  A handler has one receive posted, but for while its function runs; so
 *      its messages are handled in order, and the others stay in the port.
 *  F3  A message that was granted to a handler that goes is given back.
 *  F4  After each look at a port that raises signals, either none is queued
 *      there, or it was raised since the first of them came; and a watch is
 *      posted before the look, so what comes later is looked at, too.
 *
 * The one part of core that uses threads of the libc.  It isn't in what is
 * preloaded, nor in what is linked with it.
 */
#ifndef PK_SERVICE_H
#define PK_SERVICE_H

#include "completion.h"
#include "port.h"

#include <portico/handler.h>
#include <pthread.h>

#define PK_HANDLERS_MOST 1000
#define PK_SIGNALS_MOST 1000

enum pk_handler_state {
	PK_HANDLER_NONE = 0,
	PK_HANDLER_WAITING, /* its receive is posted */
	PK_HANDLER_RUNNING, /* its function is */
	PK_HANDLER_ENDING,  /* it was taken back: once its function returns, or its completion comes, it is
			       none */
};

struct pk_handler {
	portico_handler_function *function;
	void *context;
	portico_port port;
	portico_wait wait;
	uint32_t generation;
	enum pk_handler_state state;
};

struct pk_signal {
	pk_id port; /* 0: none */
	pk_id name; /* by which this task knows it */
	int number;
	int code;	      /* SI_… */
	bool was_empty;	      /* when last looked at */
	bool is_owed;	      /* it couldn't be raised: too many are pending */
	uint32_t returned;    /* as the port's */
	uint64_t next;	      /* the number above all that were there */
	uint64_t next_ticket; /* and the number above all that waited */
};

struct pk_service {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t ended; /* a handler has */
	struct portico *k;
	pk_id completions, doorbell;
	/* the thread's alone */
	void *buffer; /* for messages */
	size_t room;
	/* under the mutex; cells 0 aren't used */
	bool is_closing;
	uint32_t handlers_used, signals_used; /* none beyond */
	struct pk_handler handlers[PK_HANDLERS_MOST + 1];
	struct pk_signal signals[PK_SIGNALS_MOST + 1];
};

/* This process's service, or NULL. */
static inline struct pk_service *pk_service(struct portico *k)
{
	return pk_load(&k->mine->service);
}

/* The same, made where there is none.  -EAGAIN, -ENOMEM, -ENOBUFS, -ENOSPC. */
int pk_service_start(struct portico *k, struct pk_service **service);

void pk_service_lock(struct pk_service *service);
void pk_service_unlock(struct pk_service *service);

/* Have it look at what has changed. */
void pk_service_ring(struct pk_service *service);

/* Under the mutex: wait until a handler has ended. */
void pk_service_await_end(struct pk_service *service);

/* Is this its thread? */
bool pk_service_is_self(const struct pk_service *service);

/* By its thread: run the function that the completion is for.  False: a fork's child came back from it. */
bool pk_handler_run(struct pk_service *service, const struct portico_completion *completion);

/* No thread is left: give back what was granted. */
void pk_handlers_end(struct pk_service *service);

/* Under the mutex: post a watch on each port that raises signals, in the group; look at it; raise. */
int pk_signals_watch(struct pk_service *service, const struct pk_post *post);

/* Under the mutex: are some owed? */
bool pk_signals_owed(const struct pk_service *service);

#endif
