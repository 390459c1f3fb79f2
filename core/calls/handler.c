/* SPDX-License-Identifier: MIT */
/* Functions that are run on the messages of a port: <portico/handler.h>.  service.h is the essay. */
#include "public.h"
#include "service.h"

#include <errno.h>

#define ROOM_AT_FIRST 65536

/* ---- cells; all under the mutex */

static portico_handler id_of(const struct pk_service *service, const struct pk_handler *handler)
{
	return (portico_handler){ pk_id_make((uint32_t)(handler - service->handlers), handler->generation) };
}

static struct pk_handler *find(struct pk_service *service, uint64_t id)
{
	uint32_t cell = pk_id_slot(id);
	struct pk_handler *handler = &service->handlers[cell <= PK_HANDLERS_MOST ? cell : 0];
	return handler->state != PK_HANDLER_NONE && handler->generation == pk_id_generation(id) ? handler
												: NULL;
}

static struct pk_handler *vacant(struct pk_service *service)
{
	for (uint32_t cell = 1; cell <= PK_HANDLERS_MOST; cell++)
		if (service->handlers[cell].state == PK_HANDLER_NONE) {
			if (cell > service->handlers_used)
				service->handlers_used = cell;
			return &service->handlers[cell];
		}
	return NULL;
}

static void vacate(struct pk_service *service, struct pk_handler *handler)
{
	handler->state = PK_HANDLER_NONE;
	handler->generation++;
	pthread_cond_broadcast(&service->ended);
}

/* ---- its receive */

static int post(struct pk_service *service, struct pk_handler *handler)
{
	portico_port completions = { service->completions };
	int error = portico_post_receive(service->k, &handler->port, 1, SIZE_MAX, NULL, PORTICO_FOREVER,
					 completions, id_of(service, handler).id, &handler->wait);
	if (!error)
		handler->state = PK_HANDLER_WAITING;
	return error;
}

/* F3.  False: it has just been settled, and is still to be told of. */
static bool withdraw(struct pk_service *service, portico_wait wait)
{
	struct portico *k = service->k;
	uint32_t message = 0, slot;
	if (portico_cancel(k, wait) != -EALREADY)
		return true;
	slot = pk_wait_find(k, wait.id);
	if (slot != 0 && pk_wait_untold(k, slot) && pk_completions_mine(k, service->completions) == 0)
		return false;
	if (slot != 0 && pk_wait_status(k, slot) != 0)
		portico_collect(k, wait, NULL, 0, NULL);
	else if (slot != 0 && pk_port_collect(k, wait.id, &message) == 0)
		pk_port_give_back(k, message);
	return true;
}

/* Into the service's buffer, which grows as it must. */
static ssize_t collect(struct pk_service *service, portico_wait wait, struct portico_envelope *envelope)
{
	struct portico *k = service->k;
	for (;;) {
		ssize_t bytes = service->room
					? portico_collect(k, wait, service->buffer, service->room, envelope)
					: -E2BIG;
		if (bytes != -E2BIG)
			return bytes;
		size_t room = service->room ? service->room * 2 : ROOM_AT_FIRST;
		void *buffer = NULL;
		int error = room > 2 * (size_t)PK_MESSAGE_MOST ? -EIO : pk_map(&buffer, room, -1, 0);
		if (error) {
			withdraw(service, wait);
			return error;
		}
		if (service->buffer)
			pk_unmap(service->buffer, service->room);
		service->buffer = buffer;
		service->room = room;
	}
}

/* ---- running */

/* False: it forked, and this is the child, which has no handlers, and no service either. */
static bool call(struct pk_service *service, const struct pk_handler *handler, ssize_t bytes,
		 const struct portico_envelope *envelope)
{
	struct portico *k = service->k;
	handler->function(k, handler->context, bytes < 0 ? NULL : service->buffer, bytes,
			  bytes < 0 ? NULL : envelope);
	return pk_service(k) == service;
}

/* Its cell is kept while it runs, but others may mark it. */
static bool run(struct pk_service *service, struct pk_handler *handler)
{
	const struct pk_handler mine = *handler;
	struct portico_envelope envelope;
	handler->state = PK_HANDLER_RUNNING;
	pk_service_unlock(service);
	ssize_t bytes = collect(service, mine.wait, &envelope);
	bool is_parent = call(service, &mine, bytes, &envelope);
	if (!is_parent)
		return false;
	pk_service_lock(service);
	bool is_over = handler->state == PK_HANDLER_ENDING || bytes < 0 || service->is_closing;
	int error = is_over ? 0 : post(service, handler);
	if (error) {
		pk_service_unlock(service);
		is_parent = call(service, &mine, error, NULL);
		if (!is_parent)
			return false;
		pk_service_lock(service);
	}
	if (is_over || error)
		vacate(service, handler);
	pk_service_unlock(service);
	return true;
}

bool pk_handler_run(struct pk_service *service, const struct portico_completion *completion)
{
	pk_service_lock(service);
	struct pk_handler *handler = find(service, completion->cookie);
	if (handler && handler->state == PK_HANDLER_WAITING)
		return run(service, handler);
	if (handler && handler->state == PK_HANDLER_ENDING && withdraw(service, handler->wait))
		vacate(service, handler);
	pk_service_unlock(service);
	return true;
}

void pk_handlers_end(struct pk_service *service)
{
	for (uint32_t cell = 1; cell <= service->handlers_used; cell++)
		if (service->handlers[cell].state != PK_HANDLER_NONE)
			withdraw(service, service->handlers[cell].wait);
}

/* ---- the calls */

PUBLIC int portico_handle(portico *instance, portico_port port, portico_handler_function *function,
			  void *context, portico_handler *id)
{
	struct pk_service *service;
	int error = pk_service_start(instance, &service);
	if (error)
		return error;
	pk_service_lock(service);
	struct pk_handler *handler = vacant(service);
	if (handler) {
		*handler = (struct pk_handler){
			.function = function,
			.context = context,
			.port = port,
			.generation = handler->generation,
		};
		*id = id_of(service, handler); /* before the function may run */
	}
	error = handler ? post(service, handler) : -ENOBUFS;
	pk_service_unlock(service);
	return error;
}

PUBLIC int portico_unhandle(portico *instance, portico_handler id)
{
	int error = pk_enter(instance);
	struct pk_service *service = error ? NULL : pk_service(instance);
	if (!service)
		return error ? error : -EINVAL;
	pk_service_lock(service);
	struct pk_handler *handler = find(service, id.id);
	if (!handler || handler->state == PK_HANDLER_ENDING) {
		error = -EINVAL;
	} else if (handler->state == PK_HANDLER_RUNNING) {
		handler->state = PK_HANDLER_ENDING;
		while (!pk_service_is_self(service) && find(service, id.id))
			pk_service_await_end(service);
	} else if (withdraw(service, handler->wait)) {
		vacate(service, handler);
	} else {
		handler->state = PK_HANDLER_ENDING;
	}
	pk_service_unlock(service);
	return error;
}
