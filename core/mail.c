/* SPDX-License-Identifier: MIT */
/* The calls of <portico/mail.h>. */
#include "deliver.h"

#include <portico/mail.h>

#define PUBLIC __attribute__((visibility("default")))

/* Claim a message, and mark it as it is to be sent. */
static int make(struct portico *k, const void *data, size_t bytes, const struct portico_sending *how,
		uint32_t *message)
{
	int error = how->priority > 255 ? -EINVAL : pk_enter(k);
	if (!error)
		error = pk_message_make_from(k, data, bytes, how->type, message);
	if (error || how->priority == 0)
		return error;
	struct pk_message *m = pk_message_at(k, *message);
	m->priority = (uint8_t)how->priority;
	m->more |= PK_MORE_PRIORITY;
	return 0;
}

PUBLIC int portico_send_with(portico *instance, portico_port port, const void *data, size_t bytes,
			     const struct portico_sending *how, int64_t deadline)
{
	uint32_t message = 0;
	int result = make(instance, data, bytes, how, &message);
	if (result)
		return result;
	result = pk_port_send(instance, port.id, message, NULL, NULL);
	if (result == -EAGAIN && deadline != PORTICO_NOW)
		result = pk_port_send_until(instance, port.id, message, deadline);
	if (result && result != -EIO) /* then a wait that couldn't be withdrawn may still name it */
		pk_message_release(instance, message);
	return result;
}

PUBLIC int portico_post_send_with(portico *instance, portico_port port, const void *data, size_t bytes,
				  const struct portico_sending *how, int64_t deadline,
				  portico_port completions, uint64_t cookie, portico_wait *wait)
{
	struct pk_post post = {
		.tell = PK_TELL_PORT,
		.port = completions.id,
		.cookie = cookie,
		.until_ns = deadline,
		.id = &wait->id,
	};
	uint32_t message = 0, slot = 0;
	int error = make(instance, data, bytes, how, &message);
	if (error)
		return error;
	error = pk_port_post_send(instance, port.id, message, &post, &slot);
	if (error)
		pk_message_release(instance, message);
	return error;
}
