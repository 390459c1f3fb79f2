/* SPDX-License-Identifier: MIT */
#include "clerk.h"
#include "actor.h"

#include <errno.h>

void subject_init(struct subject *subject)
{
	subject->unfinished = NULL;
	link_init(&subject->waiting);
}

/* ---- the queue, under the lock */

/* What is new goes first, but for what is of a subject that isn't finished with. */
static struct errand *take_first(struct clerk *clerk)
{
	struct errand *errand;
	while ((errand = link_first(&clerk->errands)) != NULL) {
		link_remove(&errand->link);
		if (!errand->subject || !errand->subject->unfinished)
			return errand;
		link_append(&errand->subject->waiting, &errand->link);
	}
	errand = link_first(&clerk->unfinished);
	if (errand)
		link_remove(&errand->link);
	return errand;
}

static void put_off(struct clerk *clerk, struct errand *errand)
{
	errand->subject->unfinished = errand;
	link_append(&clerk->unfinished, &errand->link);
}

static void finish(struct clerk *clerk, struct errand *errand)
{
	struct subject *subject = errand->subject;
	if (!subject || subject->unfinished != errand)
		return;
	subject->unfinished = NULL;
	link_put_first(&clerk->errands, &subject->waiting);
}

/* ---- the thread */

static struct errand *next_errand(struct clerk *clerk)
{
	struct errand *errand;
	pthread_mutex_lock(&clerk->lock);
	while ((errand = take_first(clerk)) == NULL)
		pthread_cond_wait(&clerk->more, &clerk->lock);
	if (errand->state == ERRAND_QUEUED)
		errand->state = ERRAND_BEGUN;
	pthread_mutex_unlock(&clerk->lock);
	return errand;
}

static void *work(void *context)
{
	struct clerk *clerk = context;
	for (;;) {
		struct errand *errand = next_errand(clerk);
		pk_act_for(server.kernel, &errand->client);
		bool over = errand->run(errand);
		pthread_mutex_lock(&clerk->lock);
		if (over)
			finish(clerk, errand);
		else
			put_off(clerk, errand);
		pthread_mutex_unlock(&clerk->lock);
		if (over)
			errand->drop(errand);
	}
	return NULL;
}

int clerk_start(struct clerk *clerk)
{
	pthread_t thread;
	link_init(&clerk->errands);
	link_init(&clerk->unfinished);
	int error = pthread_create(&thread, NULL, work, clerk);
	if (!error)
		pthread_detach(thread);
	return -error;
}

/* ---- interruptions: CL1, CL2 */

/* libfuse calls this in the dispatch thread, with a lock of the request's. */
static void interrupted(fuse_req_t request, void *context)
{
	struct errand *errand = context;
	struct clerk *clerk = errand->clerk;
	pthread_mutex_lock(&clerk->lock);
	enum errand_state was = errand->state;
	bool answers = was < ERRAND_BEGUN || (was == ERRAND_BEGUN && errand->manner == ERRAND_FUTILE);
	errand->interrupted = true;
	if (was == ERRAND_QUEUED)
		link_remove(&errand->link);
	if (answers)
		errand->state = ERRAND_ANSWERED;
	pthread_mutex_unlock(&clerk->lock);
	if (was == ERRAND_QUEUED)
		errand->drop(errand);
	if (answers)
		fuse_reply_err(request, EINTR);
}

bool errand_interrupted(struct errand *errand)
{
	pthread_mutex_lock(&errand->clerk->lock);
	bool interrupted = errand->interrupted;
	pthread_mutex_unlock(&errand->clerk->lock);
	return interrupted;
}

bool errand_answer(struct errand *errand)
{
	pthread_mutex_lock(&errand->clerk->lock);
	bool answers = errand->state != ERRAND_ANSWERED;
	errand->state = ERRAND_ANSWERED;
	pthread_mutex_unlock(&errand->clerk->lock);
	if (answers)
		fuse_req_interrupt_func(errand->request, NULL, NULL);
	return answers;
}

/* ---- giving */

/* It may have been interrupted by now: then it is answered before it is queued. */
void clerk_give(struct clerk *clerk, struct errand *errand)
{
	errand->clerk = clerk;
	errand->client = *pk_acts_for();
	errand->state = ERRAND_NEW;
	errand->interrupted = false;
	if (errand->manner != ERRAND_CERTAIN)
		fuse_req_interrupt_func(errand->request, interrupted, errand);
	pthread_mutex_lock(&clerk->lock);
	bool wanted = errand->state == ERRAND_NEW;
	if (wanted) {
		errand->state = ERRAND_QUEUED;
		link_append(&clerk->errands, &errand->link);
		pthread_cond_signal(&clerk->more);
	}
	pthread_mutex_unlock(&clerk->lock);
	if (!wanted)
		errand->drop(errand);
}
