/* SPDX-License-Identifier: MIT */
/* The library's own thread in a process.  service.h is the essay. */
#include "service.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#define NAP_NS 10000000 /* before what there was no room for is tried again */

/* ---- what it does */

static int64_t nap_until(void)
{
	return pk_monotonic_ns() + NAP_NS;
}

/* All it waits for, as a group that its completions lead. */
static int post(struct pk_service *service, uint32_t *leader)
{
	struct portico *k = service->k;
	pk_service_lock(service);
	struct pk_post how = {
		.tell = PK_TELL_THREAD,
		.until_ns = pk_signals_owed(service) ? nap_until() : PK_FOREVER,
	};
	int error = pk_port_post_receive(k, service->completions, &PK_WANT_ANY, &how, leader);
	if (!error) {
		uint32_t member;
		how.leader = *leader;
		error = pk_port_post_receive(k, service->doorbell, &PK_WANT_ANY, &how, &member);
		if (!error)
			error = pk_signals_watch(service, &how);
		if (error && !pk_wait_call_off(k, *leader, -error))
			error = 0; /* one of them was faster */
	}
	pk_service_unlock(service);
	if (error && *leader)
		pk_wait_end(k, *leader);
	return error;
}

/* What came up: a completion, in *message; or nothing that has one. */
static int await(struct pk_service *service, uint32_t *message)
{
	struct portico *k = service->k;
	uint32_t leader = 0;
	int error = post(service, &leader);
	if (error)
		return error;
	error = pk_wait_sleep(k, leader);
	if (!error && pk_outcome_value(pk_load(&pk_wait_at(k, leader)->outcome)) != 0)
		return pk_port_collect(k, pk_wait_id(k, leader), message);
	pk_wait_end(k, leader); /* a change at a port, its end, or a time: the next post sees which */
	return error == -ETIMEDOUT || error == -EINTR || error == -EIDRM ? 0 : error;
}

static bool serve(struct pk_service *service, uint32_t message)
{
	struct portico *k = service->k;
	struct portico_completion completion = { 0 };
	uint32_t length;
	const void *data = pk_message_data(k, message, &length);
	if (data && length == sizeof completion)
		memcpy(&completion, data, sizeof completion);
	pk_message_release(k, message);
	return pk_handler_run(service, &completion);
}

/* Until its port for completions is gone.  Without memory for its waits it looks round now and then. */
static void *run(void *context)
{
	static const _Atomic uint32_t never;
	struct pk_service *service = context;
	bool is_parent = true;
	while (is_parent) {
		uint32_t message = 0;
		int error = await(service, &message);
		if (error == -EIDRM || error == -EINVAL)
			break;
		if (error)
			pk_sleep(&never, 0, nap_until());
		else if (message)
			is_parent = serve(service, message);
	}
	return NULL;
}

/* ---- how it begins and ends */

static int start_thread(struct pk_service *service)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&service->thread, NULL, run, service);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -error;
}

static void dispose(struct pk_service *service)
{
	struct portico *k = service->k;
	if (service->doorbell)
		pk_port_destroy(k, service->doorbell);
	if (service->buffer)
		pk_unmap(service->buffer, service->room);
	pthread_cond_destroy(&service->ended);
	pthread_mutex_destroy(&service->mutex);
	pk_unmap(service, sizeof *service);
}

static void stop(struct pk_service *service)
{
	pk_service_lock(service);
	service->is_closing = true;
	pk_service_unlock(service);
	pk_port_destroy(service->k, service->completions);
	pthread_join(service->thread, NULL);
	pk_handlers_end(service);
	dispose(service);
}

static void stop_at_close(struct portico *k)
{
	struct pk_service *service = pk_service(k); /* NULL in a child */
	if (service && pk_enter(k) == 0)
		stop(service);
}

/* A mailbox that isn't found by anybody, and holds one ring. */
static int make_doorbell(struct portico *k, pk_id *doorbell)
{
	static const struct pk_port_limits one = { .slots = 1 };
	return pk_port_create(k, PK_MAILBOX, &one, 0600, PK_NAME_MAILBOX, NULL, 0, doorbell);
}

static int make(struct portico *k, struct pk_service **made)
{
	void *memory = NULL;
	int error = pk_map(&memory, sizeof(struct pk_service), -1, 0);
	if (error)
		return error;
	struct pk_service *service = memory;
	service->k = k;
	pthread_mutex_init(&service->mutex, NULL);
	pthread_cond_init(&service->ended, NULL);
	error = make_doorbell(k, &service->doorbell);
	if (!error)
		error = pk_completions_create(k, &service->completions);
	if (!error) {
		error = start_thread(service);
		if (error)
			pk_port_destroy(k, service->completions);
	}
	if (error)
		dispose(service);
	*made = service;
	return error;
}

int pk_service_start(struct portico *k, struct pk_service **service)
{
	struct pk_service *made, *found = NULL;
	int error = pk_enter(k);
	*service = error ? NULL : pk_service(k);
	if (error || *service)
		return error;
	error = make(k, &made);
	if (error)
		return error;
	pk_store(&k->at_close, stop_at_close);
	*service = made;
	if (!pk_swap_if(&k->mine->service, &found, made)) {
		stop(made); /* another thread was faster */
		*service = found;
	}
	return 0;
}

/* ---- for its parts */

void pk_service_lock(struct pk_service *service)
{
	pthread_mutex_lock(&service->mutex);
}

void pk_service_unlock(struct pk_service *service)
{
	pthread_mutex_unlock(&service->mutex);
}

void pk_service_ring(struct pk_service *service)
{
	/* where that would wait it rings already */
	portico_send(service->k, (portico_port){ service->doorbell }, NULL, 0, 0, PORTICO_NOW);
}

void pk_service_await_end(struct pk_service *service)
{
	pthread_cond_wait(&service->ended, &service->mutex);
}

bool pk_service_is_self(const struct pk_service *service)
{
	return pthread_equal(service->thread, pthread_self());
}
