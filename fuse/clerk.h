/* SPDX-License-Identifier: MIT */
/*
 * Clerks: threads that do, one after the other, what may take longer than the
 * dispatch thread has time for.  What an errand touches is its clerk's alone.
 */
#ifndef PORTICO_FUSE_CLERK_H
#define PORTICO_FUSE_CLERK_H

#include "kernel.h"
#include "link.h"

#include <pthread.h>

struct clerk {
	struct link errands;
	pthread_mutex_t lock;
	pthread_cond_t more;
};

#define CLERK                                                                                                \
	{                                                                                                    \
		.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER                          \
	}

/* The first member of what is to be done; run() frees it. */
struct errand {
	struct link link;
	void (*run)(struct errand *errand);
	struct pk_actor client; /* on whose behalf: whoever the giver acts for */
};

int clerk_start(struct clerk *clerk); /* 0 or a negative errno */
void clerk_give(struct clerk *clerk, struct errand *errand);

#endif
