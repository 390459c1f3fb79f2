/* SPDX-License-Identifier: MIT */
#include "clerk.h"
#include "actor.h"
#include "server.h"

static struct errand *next_errand(struct clerk *clerk)
{
	struct errand *errand;
	pthread_mutex_lock(&clerk->lock);
	while ((errand = link_first(&clerk->errands)) == NULL)
		pthread_cond_wait(&clerk->more, &clerk->lock);
	link_remove(&errand->link);
	pthread_mutex_unlock(&clerk->lock);
	return errand;
}

static void *work(void *clerk)
{
	for (;;) {
		struct errand *errand = next_errand(clerk);
		pk_act_for(server.kernel, &errand->client);
		errand->run(errand);
	}
	return NULL;
}

int clerk_start(struct clerk *clerk)
{
	pthread_t thread;
	link_init(&clerk->errands);
	int error = pthread_create(&thread, NULL, work, clerk);
	if (!error)
		pthread_detach(thread);
	return -error;
}

void clerk_give(struct clerk *clerk, struct errand *errand)
{
	errand->client = *pk_acts_for();
	pthread_mutex_lock(&clerk->lock);
	link_append(&clerk->errands, &errand->link);
	pthread_cond_signal(&clerk->more);
	pthread_mutex_unlock(&clerk->lock);
}
