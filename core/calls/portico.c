/* SPDX-License-Identifier: MIT */
/* The calls of <portico/portico.h>. */
#include "deliver.h"
#include "directory.h"
#include "name_server.h"
#include "pause.h"
#include "public.h"
#include "region.h"
#include "remote.h"

#include <errno.h>
#include <portico/names.h>
#include <string.h>

_Static_assert((int)PORTICO_FROM == (int)PK_FROM, "selectors are the same");

PUBLIC const struct portico_limits portico_default_limits = {
	.slots = PK_DEFAULT_SLOTS,
	.bytes = PK_DEFAULT_BYTES,
	.capacity = PK_DEFAULT_CAPACITY,
};

/* ---- the instance */

static _Thread_local struct pk_reason open_reason;

PUBLIC int portico_open(const char *directory, unsigned flags, portico **instance)
{
	return pk_kernel_open_or_mount(directory, flags & PORTICO_CREATE, instance, &open_reason);
}

PUBLIC const char *portico_open_error(void)
{
	return open_reason.text;
}

PUBLIC void portico_close(portico *instance)
{
	if (instance)
		pk_kernel_close(instance);
}

PUBLIC const char *portico_directory(const portico *instance)
{
	return instance->directory;
}

/* ---- mailboxes */

/* Whose names are looked up elsewhere has them registered there, too. */
static int create_by_server(struct portico *k, const char *name, const struct pk_port_limits *limits,
			    mode_t mode, portico_port *port)
{
	int error = pk_port_create(k, PK_MAILBOX, limits, mode, PK_NAME_MAILBOX, NULL, 0, &port->id);
	if (error)
		return error;
	error = portico_name_register(k, name, *port, 0444, PORTICO_PERSISTENT);
	if (error)
		pk_port_destroy(k, port->id);
	return error;
}

/* A file is made with these. */
static bool is_default(const struct portico_limits *limits)
{
	const struct portico_limits *usual = &portico_default_limits;
	return !limits || (limits->slots == usual->slots && limits->bytes == usual->bytes &&
			   limits->capacity == usual->capacity);
}

PUBLIC int portico_mailbox_create(portico *instance, const char *name, const struct portico_limits *limits,
				  mode_t mode, portico_port *port)
{
	uint32_t length = 0;
	if (pk_is_remote(instance))
		return pk_remote_create(instance, name, is_default(limits), mode, &port->id);
	int error = name ? pk_path_check(name, &length) : 0;
	if (!error)
		error = pk_enter(instance);
	if (error)
		return error;
	if (!limits)
		limits = &portico_default_limits;
	struct pk_port_limits wanted = { limits->slots, limits->bytes, limits->capacity };
	if (name && pk_name_server_of(instance) != 0)
		return create_by_server(instance, name, &wanted, mode, port);
	return pk_port_create(instance, PK_MAILBOX, &wanted, mode, PK_NAME_MAILBOX, name, length, &port->id);
}

PUBLIC int portico_mailbox_open(portico *instance, const char *name, portico_port *port)
{
	return pk_is_remote(instance) ? pk_remote_find(instance, name, &port->id)
				      : portico_name_look_up(instance, name, port);
}

PUBLIC int portico_mailbox_destroy(portico *instance, portico_port port)
{
	pk_id id;
	if (pk_is_remote(instance))
		return pk_remote_destroy(instance, port.id);
	int error = pk_name_to_port(instance, port.id, PK_TO_RECEIVE, &id);
	if (error)
		return error;
	return pk_is_right(port.id) ? pk_right_drop(instance, port.id) : pk_port_destroy(instance, id);
}

PUBLIC int portico_mailbox_status(portico *instance, portico_port port, struct portico_status *status)
{
	struct pk_port_status found;
	pk_id id;
	int error = pk_is_remote(instance) ? pk_remote_inspect(instance, port.id, &found)
					   : pk_name_to_port(instance, port.id, PK_TO_LOOK, &id);
	if (!error && !pk_is_remote(instance))
		error = pk_port_inspect(instance, id, &found);
	if (error)
		return error;
	*status = (struct portico_status){
		.limits = { found.limits.slots, found.limits.bytes, found.limits.capacity },
		.queued_bytes = found.queued_bytes,
		.queued = found.count,
		.receivers = found.receivers,
		.senders = found.senders,
		.uid = found.permission.uid,
		.gid = found.permission.gid,
		.mode = found.permission.mode,
		.last_sender = (pid_t)found.last_sender,
		.last_receiver = (pid_t)found.last_receiver,
		.send_time = found.send_time,
		.receive_time = found.receive_time,
		.change_time = found.change_time,
		.paused = found.paused,
	};
	return 0;
}

PUBLIC int portico_mailbox_limit(portico *instance, portico_port port, const struct portico_limits *limits)
{
	struct pk_port_limits wanted = { limits->slots, limits->bytes, limits->capacity };
	pk_id id;
	int error = pk_name_to_port(instance, port.id, PK_TO_RECEIVE, &id);
	return error ? error : pk_port_adjust(instance, id, &wanted, NULL);
}

PUBLIC int portico_mailbox_pause(portico *instance, portico_port port)
{
	pk_id id;
	int error = pk_name_to_port(instance, port.id, PK_TO_RECEIVE, &id);
	return error ? error : pk_port_pause(instance, id);
}

PUBLIC int portico_mailbox_resume(portico *instance, portico_port port)
{
	pk_id id;
	int error = pk_name_to_port(instance, port.id, PK_TO_RECEIVE, &id);
	return error ? error : pk_port_resume(instance, id);
}

/* ---- messages */

static int send_by_right(struct portico *k, pk_id name, uint32_t message, int64_t deadline)
{
	int error = pk_send_message(k, name, message, deadline);
	if (error && error != -EIO)
		pk_message_release(k, message);
	return error;
}

PUBLIC int portico_send(portico *instance, portico_port port, const void *data, size_t bytes, int64_t type,
			int64_t deadline)
{
	uint32_t message = 0;
	int result = pk_check_call(data, bytes, deadline);
	if (!result)
		result = pk_enter(instance);
	if (!result)
		result = pk_message_make_from(instance, data, bytes, type, &message);
	if (result == -EOPNOTSUPP && pk_is_remote(instance))
		return type ? -EOPNOTSUPP : pk_remote_send(instance, port.id, data, bytes, deadline);
	if (result)
		return result;
	if (pk_is_right(port.id))
		return send_by_right(instance, port.id, message, deadline);
	result = pk_port_send(instance, port.id, message, NULL, NULL);
	if (result == -EAGAIN && deadline != PORTICO_NOW)
		result = pk_port_send_until(instance, port.id, message, deadline);
	if (result && result != -EIO) /* then a wait that couldn't be withdrawn may still name it */
		pk_message_release(instance, message);
	return result;
}

/* `error`: why it can't be had otherwise. */
static ssize_t receive_by_file(struct portico *k, portico_port port, void *buffer, size_t size_bytes,
			       const struct portico_filter *filter, struct portico_envelope *envelope,
			       int64_t deadline, int error)
{
	if (error != -EOPNOTSUPP || (filter && filter->select != PORTICO_ANY))
		return error;
	if (envelope)
		*envelope = (struct portico_envelope){ .uid = (uid_t)-1, .gid = (gid_t)-1, .port = port };
	return pk_remote_receive(k, port.id, buffer, size_bytes, deadline);
}

PUBLIC ssize_t portico_receive(portico *instance, portico_port port, void *buffer, size_t size_bytes,
			       const struct portico_filter *filter, struct portico_envelope *envelope,
			       int64_t deadline)
{
	struct pk_want want;
	pk_id id;
	uint32_t message = 0;
	int error = pk_check_call(buffer, size_bytes, deadline);
	if (!error)
		error = pk_want_of(filter, size_bytes, &want);
	if (!error)
		error = pk_name_to_port(instance, port.id, PK_TO_RECEIVE, &id);
	if (error)
		return error;
	error = pk_port_receive(instance, id, &want, NULL, &message, NULL);
	if (error == -EAGAIN && deadline != PORTICO_NOW)
		error = pk_port_receive_until(instance, id, &want, deadline, &message);
	return !error			? pk_deliver(instance, message, buffer, size_bytes, envelope)
	       : pk_is_remote(instance) ? receive_by_file(instance, port, buffer, size_bytes, filter,
							  envelope, deadline, error)
					: error;
}

PUBLIC ssize_t portico_receive_any(portico *instance, const portico_port *ports, unsigned count, void *buffer,
				   size_t size_bytes, const struct portico_filter *filter,
				   struct portico_envelope *envelope, int64_t deadline)
{
	struct pk_want want;
	pk_id room[PK_GROUP_MOST];
	const pk_id *ids = &ports->id;
	uint32_t message = 0;
	int error = pk_check_call(buffer, size_bytes, deadline);
	if (!error)
		error = count == 0 || count > PK_GROUP_MOST ? -EINVAL : pk_want_of(filter, size_bytes, &want);
	if (!error)
		error = pk_names_to_ports(instance, &ids, count, room);
	if (!error)
		error = pk_port_receive_any_until(instance, ids, count, &want, deadline, &message);
	return error ? error : pk_deliver(instance, message, buffer, size_bytes, envelope);
}

PUBLIC int64_t portico_deadline(int64_t after_ns)
{
	int64_t now = pk_monotonic_ns();
	return after_ns > INT64_MAX - now ? PORTICO_FOREVER : now + after_ns;
}
