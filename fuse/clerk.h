/* SPDX-License-Identifier: MIT */
/*
 * Clerks: threads that do, one after the other, what may take longer than the
 * dispatch thread has time for.  What an errand touches is its clerk's alone.
 *
 * An errand may be done in several turns, so that one which has to wait for
 * something keeps nobody else waiting: between its turns whatever is new goes first.
 * Errands of one subject are done in the order in which they were given, and none is
 * begun while another isn't finished.
 *
 * Whoever made the request may be interrupted.  An errand that hasn't begun is taken
 * out then, and answered with EINTR; of one that has, its manner says what happens.
 *
 *  CL1  An errand's state is changed under its clerk's lock, and who makes it
 *       ANSWERED replies: the clerk, or the dispatch thread that was told of the
 *       interruption.
 *  CL2  Before the clerk replies it has taken back how the dispatch thread is told,
 *       which waits until that is through with the errand; so then it may be freed.
 */
#ifndef PORTICO_FUSE_CLERK_H
#define PORTICO_FUSE_CLERK_H

#include "kernel.h"
#include "link.h"
#include "server.h"

#include <pthread.h>

struct clerk {
	struct link errands;	/* that haven't begun */
	struct link unfinished; /* that wait for another turn */
	pthread_mutex_t lock;
	pthread_cond_t more;
};

#define CLERK                                                                                                \
	{                                                                                                    \
		.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER                          \
	}

/* What errands are of, where their order matters.  All of it is the clerk's. */
struct subject {
	struct errand *unfinished; /* or NULL */
	struct link waiting;	   /* for that one */
};

void subject_init(struct subject *subject);

enum errand_manner {
	ERRAND_CERTAIN, /* nothing interrupts it */
	ERRAND_HEEDING, /* once begun it looks itself whether it is interrupted, and answers */
	ERRAND_FUTILE,	/* interrupted, it is answered at once, and what it brings isn't wanted any more */
};

enum errand_state { ERRAND_NEW, ERRAND_QUEUED, ERRAND_BEGUN, ERRAND_ANSWERED };

/* The first member of what is to be done; the giver fills in what comes before the clerk's. */
struct errand {
	struct link link;
	fuse_req_t request;
	enum errand_manner manner;
	struct subject *subject; /* or NULL: of none; then it has one turn */
	/* A turn: reply, if errand_answer() says so.  False: it wants another. */
	bool (*run)(struct errand *errand);
	void (*drop)(struct errand *errand); /* it is over: free it */
	/* the clerk's */
	struct clerk *clerk;
	struct pk_actor client; /* on whose behalf: whoever the giver acts for */
	enum errand_state state;
	bool interrupted;
};

int clerk_start(struct clerk *clerk); /* 0 or a negative errno */
void clerk_give(struct clerk *clerk, struct errand *errand);

/* In a turn: is it to stop, with EINTR? */
bool errand_interrupted(struct errand *errand);

/* In its last turn: is it to be answered now?  False: it has been. */
bool errand_answer(struct errand *errand);

#endif
