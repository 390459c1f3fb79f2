/* SPDX-License-Identifier: MIT */
/*
 * A way to pass messages, as the scenarios see it.  Each file of peers/ is one:
 * it defines these functions, and is linked with all scenarios and serve.c to
 * a worker program of its own, peer-NAME.
 *
 * There are two queues, of requests and of answers.  A process has one side:
 * the asker sends requests and receives answers, the answerer the reverse, and
 * whoever is alone in the loop sends requests and receives them itself.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the worker was told: words KEY=NUMBER, and the scenario's name. */
struct setup {
	const char *scenario;
	long bytes, depth;     /* of a message; messages that a queue should hold */
	long cpu, partner;     /* where this process and its partner run; -1 anywhere */
	long pause_ns, nap;    /* between round trips, and whether it sleeps meanwhile */
	long backlog;	       /* messages of other types */
	long select;	       /* the type to receive behind those: 1, or -1 for any up to it */
	long mailboxes, waits; /* that lie idle */
	long in_place;	       /* System V: messages are neither brought to their buffer nor taken from it */
	long undo, at_once;    /* semaphores: with SEM_UNDO; how many in one operation */
	long mounted, bare;    /* files: of the mount, or of a server that does nothing */
	long quick;	       /* to see that it works */
};

enum side { ASKER, ANSWERER, LOOP };
enum { REQUESTS, ANSWERS, QUEUES };

static inline int sends_to(enum side side)
{
	return side == ANSWERER ? ANSWERS : REQUESTS;
}
static inline int receives_from(enum side side)
{
	return side == ASKER ? ANSWERS : REQUESTS;
}

/* Each returns 0 or a length, or a negative errno. */

int peer_prepare(const struct setup *setup); /* in the worker, before it forks */
int peer_open(enum side side);		     /* in each process */
int peer_send(const void *data, size_t bytes, long type);
ssize_t peer_receive(void *buffer, size_t room, long type); /* type 0: any */
void peer_remove(void);					    /* in the worker, at the end */

#ifdef __cplusplus
}
#endif

#endif
