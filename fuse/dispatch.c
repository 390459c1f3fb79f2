/* SPDX-License-Identifier: MIT */
#include "dispatch.h"
#include "actor.h"
#include "channel.h"
#include "port.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUGE_PAGE (2 << 20) /* bytes; more than any request has */
#define ROUSE SIGUSR1	    /* says nothing: it ends a read */

static const int ends[] = { SIGTERM, SIGINT, SIGHUP };
enum { ENDS = sizeof ends / sizeof *ends };

static pthread_t dispatcher;
static int requests, may_sleep; /* the descriptor; its flags while reads of it may sleep */
static atomic_bool roused, ending;
static sem_t heard; /* the dispatch thread has seen to core's completions */

/* ---- rousing */

static void let_sleep(void)
{
	fcntl(requests, F_SETFL, may_sleep);
	atomic_store(&roused, false);
}

static void keep_awake(void)
{
	atomic_store(&roused, true);
	fcntl(requests, F_SETFL, may_sleep | O_NONBLOCK);
}

static void on_end(int number)
{
	int error = errno;
	(void)number;
	atomic_store(&ending, true);
	keep_awake();
	errno = error;
}

static void on_rouse(int number)
{
	(void)number;
}

static void choose_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, ROUSE);
	for (int i = 0; i < ENDS; i++)
		sigaddset(set, ends[i]);
}

/* Every thread blocks them; the dispatch thread takes them once it serves. */
void dispatch_catch_signals(void)
{
	sigset_t set;
	signal(SIGPIPE, SIG_IGN);
	choose_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	sigaction(ROUSE, &(struct sigaction){ .sa_handler = on_rouse }, NULL);
	for (int i = 0; i < ENDS; i++)
		sigaction(ends[i], &(struct sigaction){ .sa_handler = on_end }, NULL);
}

/* ---- the bell */

/* Rings at least every PK_TICK_NS. */
static void *listen_for_core(void *unused)
{
	(void)unused;
	if (pk_enter(server.kernel) != 0)
		return NULL;
	for (;;) {
		while (sem_wait(&heard) != 0)
			continue;
		int result = pk_port_await(server.kernel, server.completions, pk_monotonic_ns() + PK_TICK_NS);
		if (result != 0 && result != -ETIMEDOUT && result != -EINTR)
			usleep(PK_TICK_NS / 1000); /* the region is damaged: look now and then */
		keep_awake();
		pthread_kill(dispatcher, ROUSE);
	}
	return NULL;
}

int dispatch_start_bell(void)
{
	pthread_t thread;
	int error =
		sem_init(&heard, 0, 0) != 0 ? errno : pthread_create(&thread, NULL, listen_for_core, NULL);
	if (error) {
		errno = error;
		complain("can't start: %m");
		return -1;
	}
	pthread_detach(thread);
	return 0;
}

/* ---- requests' memory */

static struct fuse_buf incoming; /* where there is no memory, libfuse claims some */
static void *spare;		 /* or NULL */

/*
 * A huge page, where there are such: for each page that the kernel copies it
 * looks up where that is, which takes longer than the copying.
 */
static void *claim_memory(void)
{
	void *memory = aligned_alloc(HUGE_PAGE, HUGE_PAGE);
	if (memory)
		madvise(memory, HUGE_PAGE, MADV_HUGEPAGE);
	return memory;
}

/* None is given up before there is some for the next request: without, there would be no more requests. */
void *dispatch_keep_request(void)
{
	void *memory = incoming.mem, *next = spare ? spare : claim_memory();
	if (!next)
		return NULL;
	spare = NULL;
	incoming.mem = next;
	return memory;
}

void dispatch_give_back(void *memory)
{
	free(spare);
	spare = memory;
}

/* ---- dispatching */

static void begin(void)
{
	sigset_t set;
	dispatcher = pthread_self();
	requests = fuse_session_fd(server.session);
	may_sleep = fcntl(requests, F_GETFL) & ~O_NONBLOCK;
	choose_signals(&set);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	pk_act_for(server.kernel, &server_itself);
	sem_post(&heard);
}

static void answer_bell(void (*look)(void))
{
	let_sleep();
	channel_completions();
	sem_post(&heard);
	look();
}

/* Nothing is spliced (init() of requests.c): a request lies in memory. */
static void serve(void)
{
	const struct fuse_in_header *head = incoming.mem;
	struct pk_actor client = { .uid = head->uid, .gid = head->gid, .thread = head->pid };
	pk_act_for(server.kernel, &client);
	fuse_session_process_buf(server.session, &incoming);
	pk_act_for(server.kernel, &server_itself);
}

void dispatch(void (*look)(void))
{
	begin();
	incoming.mem = claim_memory();
	while (!fuse_session_exited(server.session) && !atomic_load(&ending)) {
		int size_bytes = fuse_session_receive_buf(server.session, &incoming);
		if (size_bytes > 0) {
			serve();
			channel_completions();
		}
		if (size_bytes <= 0 || atomic_load_explicit(&roused, memory_order_relaxed))
			answer_bell(look);
	}
}
