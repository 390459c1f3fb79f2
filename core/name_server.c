/* SPDX-License-Identifier: MIT */
#include "name_server.h"
#include "name_service.h"
#include "party.h"
#include "port.h"
#include "task.h"

#include <errno.h>
#include <string.h>

/* ---- whose server it is */

static pk_id bequest_of(const struct pk_task *task)
{
	pk_id bequest = pk_load(&task->bequest);
	return bequest != 0 ? bequest : pk_load(&task->name_server);
}

static bool is_process(struct portico *k, const struct pk_task *task, uint32_t pid)
{
	struct pk_process process = { .pid = task->pid,
				      .pid_namespace = task->pid_namespace,
				      .start_time = task->start_time };
	return task->pid == pid && task->pid_namespace == k->mine->process.pid_namespace &&
	       pk_process_alive(&process);
}

/* The record of that process, the newest of several; or NULL. */
static const struct pk_task *record_of(struct portico *k, uint32_t pid)
{
	const struct pk_task *newest = NULL;
	uint32_t committed = pk_committed(k, PK_TASKS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_task *task = pk_task_of(k, slot);
		if (task && is_process(k, task, pid) && (!newest || task->since_ns > newest->since_ns))
			newest = task;
	}
	return newest;
}

#define GENERATIONS 1024 /* nobody has as many ancestors */

static pk_id of_ancestors(struct portico *k)
{
	uint32_t pid = k->mine->process.pid;
	const struct pk_task *task = record_of(k, pid);
	if (task)
		return pk_load(&task->name_server); /* this process has opened the instance twice */
	for (int i = 0; i < GENERATIONS && (pid = pk_process_parent(pid)) != 0; i++)
		if ((task = record_of(k, pid)) != NULL)
			return bequest_of(task);
	return 0;
}

static pk_id inherited(struct portico *k, bool forked, uint32_t former)
{
	const struct pk_task *task = pk_task_of(k, former);
	if (forked && k->bequeaths)
		return pk_load(&k->bequest) != 0 ? pk_load(&k->bequest) : pk_load(&k->name_server);
	if (task)
		return bequest_of(task);
	return pk_load(&pk_header(k)->name_servers) != 0 ? of_ancestors(k) : 0;
}

void pk_name_server_inherit(struct portico *k, bool forked, uint32_t former)
{
	pk_id server = inherited(k, forked, former);
	pk_store(&k->name_server, server);
	pk_store(&k->bequest, 0);
	k->bequeaths = true;
}

/* ---- setting one */

int pk_name_server_create(struct portico *k, pk_id *port)
{
	static const struct pk_port_limits limits = {
		.slots = PK_DEFAULT_SLOTS,
		.bytes = sizeof(struct portico_name_request),
		.capacity = PK_DEFAULT_CAPACITY,
	};
	return pk_port_create(k, PK_INBOX, &limits, 0666, PK_NAME_MAILBOX, NULL, 0, port);
}

/* A port for requests, or another inbox. */
static int check_server(struct portico *k, pk_id server)
{
	int error = pk_enter(k);
	const struct pk_port *port = error ? NULL : pk_object(k, PK_PORTS, server, &error);
	if (!port)
		return error;
	return port->use == PK_INBOX ? 0 : -EPERM;
}

int pk_name_server_set(struct portico *k, pk_id server)
{
	int error = server != 0 ? check_server(k, server) : pk_enter(k);
	if (error)
		return error;
	struct pk_task *self = pk_task_of(k, pk_id_slot(pk_self(k)));
	if (!self)
		return -EIO;
	pk_store(&pk_header(k)->name_servers, 1);
	pk_store(&k->bequest, server);
	pk_store(&self->bequest, server);
	return 0;
}

/* ---- asking it */

static pk_id owner_of(struct portico *k, pk_id id)
{
	int error;
	const struct pk_port *port = pk_object(k, PK_PORTS, id, &error);
	return port && port->use == PK_INBOX ? port->owner : 0;
}

static int send(struct portico *k, pk_id to, const void *data, size_t bytes, int64_t until_ns)
{
	uint32_t message;
	int error = pk_message_make_from(k, data, bytes, PORTICO_NAME_MESSAGE, &message);
	if (error)
		return error;
	error = pk_port_send(k, to, message, NULL, NULL);
	if (error == -EAGAIN && until_ns != PORTICO_NOW)
		error = pk_port_send_until(k, to, message, until_ns);
	if (error && error != -EIO) /* then a wait that couldn't be withdrawn may still name it */
		pk_message_release(k, message);
	return error;
}

/* V3: 0, or -EAGAIN: not from there. */
static int take_reply(struct portico *k, uint32_t message, pk_id owner, struct portico_name_reply *reply)
{
	uint32_t length;
	const struct pk_message *m = pk_message_at(k, message);
	const void *data = pk_message_data(k, message, &length);
	bool is_reply = m && data && length == sizeof *reply && m->type == PORTICO_NAME_MESSAGE &&
			m->sender == pk_task_tag(owner);
	if (is_reply)
		memcpy(reply, data, sizeof *reply);
	pk_message_release(k, message);
	return is_reply ? 0 : -EAGAIN;
}

/* V2: as long as the server's port is there. */
static int await_reply(struct portico *k, pk_id server, pk_id owner, pk_id port,
		       struct portico_name_reply *reply)
{
	const struct pk_want any = PK_WANT_ANY;
	int error = -EAGAIN;
	while (error == -EAGAIN) {
		uint32_t message = 0;
		error = pk_port_receive_until(k, port, &any, pk_monotonic_ns() + PK_TICK_NS, &message);
		if (error == 0) {
			error = take_reply(k, message, owner, reply);
		} else if (error == -ETIMEDOUT) {
			pk_task_sweep(k, false);
			error = owner_of(k, server) == owner ? -EAGAIN : -ECONNREFUSED;
		}
	}
	return error;
}

int pk_name_server_ask(struct portico *k, pk_id server, struct portico_name_request *request,
		       struct portico_name_reply *reply)
{
	static const struct pk_port_limits limits = { .slots = 16,
						      .bytes = sizeof *reply,
						      .capacity = 16 * sizeof *reply };
	pk_id port, owner = owner_of(k, server);
	if (owner == 0)
		return -ECONNREFUSED;
	int error = pk_port_create(k, PK_INBOX, &limits, 0666, PK_NAME_MAILBOX, NULL, 0, &port);
	if (error)
		return error;
	request->reply = port;
	error = send(k, server, request, sizeof *request, PORTICO_FOREVER);
	if (!error)
		error = await_reply(k, server, owner, port, reply);
	else if (error == -EIDRM || error == -EINVAL)
		error = -ECONNREFUSED;
	pk_port_destroy(k, port);
	return error;
}

/* ---- serving */

/* By this task's own service, on the client's behalf. */
static void do_it(struct portico *k, const struct pk_client *client, struct portico_name_request *request,
		  struct portico_name_reply *reply)
{
	pk_id server = pk_name_server_of(k);
	int error = 0;
	if (server == 0)
		pk_name_perform(k, client, request, reply);
	else
		error = pk_name_server_ask(k, server, request, reply);
	if (error)
		*reply = (struct portico_name_reply){ .error = error };
}

static int answer(struct portico *k, struct portico_name_request *request,
		  const struct portico_envelope *envelope, portico_name_rule *rule, void *context)
{
	struct pk_client client = { .task = pk_task_by_tag(k, envelope->sender.id),
				    .uid = envelope->uid,
				    .gid = envelope->gid };
	struct portico_name_reply reply = { 0 };
	pk_id to = request->reply;
	if (client.task == 0)
		return 0; /* it has died meanwhile */
	if (owner_of(k, to) != client.task)
		return -EBADMSG;
	reply.error = rule ? rule(request, envelope, context) : 0;
	request->name[PORTICO_NAME_BYTES - 1] = request->to[PORTICO_NAME_BYTES - 1] = '\0';
	if (reply.error == 0)
		do_it(k, &client, request, &reply);
	send(k, to, &reply, sizeof reply,
	     PORTICO_NOW); /* one that doesn't wait for it any more has gone on */
	return 0;
}

int pk_name_serve(struct portico *k, pk_id port, portico_name_rule *rule, void *context, int64_t deadline)
{
	struct portico_name_request request;
	struct portico_envelope envelope;
	int error = check_server(k, port); /* else a message would be lost */
	if (error)
		return error;
	ssize_t got = portico_receive(k, (portico_port){ port }, &request, sizeof request, NULL, &envelope,
				      deadline);
	if (got < 0)
		return (int)got;
	if (got != sizeof request || envelope.type != PORTICO_NAME_MESSAGE)
		return -EBADMSG;
	request.name[PORTICO_NAME_BYTES - 1] = request.to[PORTICO_NAME_BYTES - 1] = '\0';
	return answer(k, &request, &envelope, rule, context);
}
