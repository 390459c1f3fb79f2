/* SPDX-License-Identifier: MIT */
/* Signals that are raised when messages come: <portico/handler.h>.  service.h is the essay: F4. */
#include "completion.h"
#include "guard.h"
#include "public.h"
#include "queue.h"
#include "right.h"
#include "service.h"

#include <errno.h>
#include <signal.h>

#define SIGNAL_MOST 64

/* ---- looking */

/* What it would receive first, were it in no set; of a member, by way of the set's queue. */
static const struct pk_message *first_of(struct portico *k, const struct pk_port *port,
					 const struct pk_port *queue, pk_id id)
{
	const struct pk_message *m = pk_message_at(k, queue->first);
	if (queue == port || pk_load_relaxed(&port->count) == 0)
		return queue == port ? m : NULL;
	for (uint32_t left = pk_message_most(k, queue->count); m && m->port != id && left > 0; left--)
		m = pk_message_at(k, m->head.next);
	return m;
}

/*
 * Is there something, and did the first of it come since the last look?  A
 * message that came back stands where it was; the port counts those.  Of a port
 * without slots what there is to receive are the senders that wait.
 */
static bool has_new(struct portico *k, struct pk_port *port, struct pk_signal *signal)
{
	const struct pk_port *queue = pk_port_queue(k, port);
	const struct pk_message *first = first_of(k, port, queue, signal->port);
	const struct pk_wait *sender = first ? NULL : pk_wait_at(k, port->senders.first);
	bool is_new = signal->was_empty || signal->returned != queue->returned ||
		      (first && (first->number | PK_LEAST_URGENT) >= signal->next) ||
		      (sender && sender->number >= signal->next_ticket);
	signal->was_empty = !first && !sender;
	signal->returned = queue->returned;
	signal->next = queue->next_number;
	signal->next_ticket = queue->next_ticket;
	return !signal->was_empty && is_new;
}

/* 0, or why what comes to the port isn't this task's to know. */
static int look(struct portico *k, struct pk_signal *signal)
{
	struct pk_port *port, *guard;
	int error = pk_port_lock(k, signal->port, &port, &guard);
	if (error)
		return error;
	error = pk_may_receive(k, port);
	if (!error)
		signal->is_owed |= has_new(k, port, signal);
	pk_port_unlock(k, guard);
	return error;
}

static void raise_owed(struct pk_signal *signal)
{
	signal->is_owed = pk_process_raise(signal->number, signal->code, signal->name) != 0;
}

int pk_signals_watch(struct pk_service *service, const struct pk_post *post)
{
	struct portico *k = service->k;
	int error = 0;
	for (uint32_t cell = 1; cell <= service->signals_used && !error; cell++) {
		struct pk_signal *signal = &service->signals[cell];
		uint32_t member;
		if (signal->port == 0)
			continue;
		error = pk_port_watch(k, signal->port, post, &member);
		if (!error)
			error = look(k, signal);
		bool is_gone = error == -EIDRM || error == -EINVAL || error == -EPERM || error == -EACCES;
		if (is_gone)
			error = 0;
		if (is_gone || signal->is_owed)
			raise_owed(signal);
		if (is_gone && !signal->is_owed)
			signal->port = 0;
	}
	return error;
}

bool pk_signals_owed(const struct pk_service *service)
{
	for (uint32_t cell = 1; cell <= service->signals_used; cell++)
		if (service->signals[cell].port != 0 && service->signals[cell].is_owed)
			return true;
	return false;
}

/* ---- the calls */

static struct pk_signal *find(struct pk_service *service, pk_id port)
{
	for (uint32_t cell = 1; cell <= service->signals_used; cell++)
		if (service->signals[cell].port == port)
			return &service->signals[cell];
	return NULL;
}

static struct pk_signal *vacant(struct pk_service *service)
{
	struct pk_signal *signal = find(service, 0);
	if (!signal && service->signals_used < PK_SIGNALS_MOST)
		signal = &service->signals[++service->signals_used];
	return signal;
}

/* May it have what comes there?  An id that was looked at is one. */
static int may_receive(struct portico *k, pk_id id)
{
	struct pk_port *port, *guard;
	int error = pk_port_lock(k, id, &port, &guard);
	if (error)
		return error;
	error = pk_may_receive(k, port);
	pk_port_unlock(k, guard);
	return error;
}

static int begin(struct portico *k, pk_id port, pk_id name, int number, int code)
{
	struct pk_service *service;
	int error = may_receive(k, port);
	if (!error)
		error = pk_service_start(k, &service);
	if (error)
		return error;
	pk_service_lock(service);
	struct pk_signal *signal = find(service, port);
	if (!signal)
		signal = vacant(service);
	if (signal)
		*signal = (struct pk_signal){
			.port = port, .name = name, .number = number, .code = code, .was_empty = true
		};
	pk_service_unlock(service);
	if (!signal)
		return -ENOBUFS;
	pk_service_ring(service);
	return 0;
}

static int end(struct portico *k, pk_id port)
{
	int error = pk_enter(k);
	struct pk_service *service = error ? NULL : pk_service(k);
	if (!service)
		return error;
	pk_service_lock(service);
	struct pk_signal *signal = find(service, port);
	if (signal)
		signal->port = 0;
	pk_service_unlock(service);
	return 0;
}

static int set(struct portico *k, pk_id name, int number, int code)
{
	pk_id port;
	if (number < 0 || number > SIGNAL_MOST || number == SIGKILL || number == SIGSTOP || name == 0)
		return -EINVAL;
	int error = pk_enter(k);
	if (!error)
		error = pk_name_to_port(k, name, PK_TO_RECEIVE, &port);
	if (error)
		return error;
	return number ? begin(k, port, name, number, code) : end(k, port);
}

PUBLIC int portico_port_signal(portico *instance, portico_port port, int signo)
{
	return set(instance, port.id, signo, SI_MESGQ);
}

PUBLIC int portico_completions_signal(portico *instance, portico_port completions, int signo)
{
	int error = pk_enter(instance);
	if (!error)
		error = pk_completions_mine(instance, completions.id);
	return error ? error : set(instance, completions.id, signo, SI_ASYNCIO);
}
