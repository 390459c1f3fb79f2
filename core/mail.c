/* SPDX-License-Identifier: MIT */
/* The calls of <portico/mail.h>. */
#include "deliver.h"
#include "receipt.h"

#include <portico/mail.h>

#define PUBLIC __attribute__((visibility("default")))

/* Claim a message, and mark it as it is to be sent. */
static int make(struct portico *k, const void *data, size_t bytes, const struct portico_sending *how,
		uint32_t *message)
{
	int error = how->priority > 255 ? -EINVAL : pk_enter(k);
	if (!error)
		error = pk_message_make_from(k, data, bytes, how->type, message);
	if (error)
		return error;
	struct pk_message *m = pk_message_at(k, *message);
	if (how->priority != 0) {
		m->priority = (uint8_t)how->priority;
		m->more |= PK_MORE_PRIORITY;
	}
	if (how->wants_receipt)
		pk_receipt_want(m);
	return 0;
}

static int send_for_receipt(struct portico *k, pk_id port, uint32_t *message, struct portico_receipt *receipt,
			    int64_t deadline)
{
	struct pk_receiver receiver;
	int error = deadline == PORTICO_NOW ? -EINVAL
					    : pk_port_send_for_receipt(k, port, message, deadline, &receiver);
	if (!error && receipt)
		*receipt = (struct portico_receipt){
			.receiver = { receiver.tag },
			.pid = (pid_t)receiver.pid,
			.uid = receiver.uid,
			.gid = receiver.gid,
		};
	return error;
}

static int send(struct portico *k, pk_id port, uint32_t message, int64_t deadline)
{
	int error = pk_port_send(k, port, message, NULL, NULL);
	return error == -EAGAIN && deadline != PORTICO_NOW ? pk_port_send_until(k, port, message, deadline)
							   : error;
}

/* By its id or a right; the message is signed by that. */
static int find_port(struct portico *k, pk_id name, uint32_t message, pk_id *port)
{
	uint32_t right;
	int error = pk_right_resolve(k, name, PK_TO_SEND, port, &right);
	return !error && right != 0 ? pk_right_sign(k, right, message) : error;
}

static void take_back(struct portico *k, uint32_t message)
{
	pk_right_unsign(k, message);
	pk_message_release(k, message);
}

PUBLIC int portico_send_with(portico *instance, portico_port port, const void *data, size_t bytes,
			     const struct portico_sending *how, int64_t deadline)
{
	uint32_t message = 0;
	pk_id id;
	int result = make(instance, data, bytes, how, &message);
	if (result)
		return result;
	result = find_port(instance, port.id, message, &id);
	if (!result)
		result = how->wants_receipt ? send_for_receipt(instance, id, &message, how->receipt, deadline)
					    : send(instance, id, message, deadline);
	if (result && result != -EIO) /* then a wait that couldn't be withdrawn may still name it */
		take_back(instance, message);
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
	pk_id id;
	int error = make(instance, data, bytes, how, &message);
	if (error)
		return error;
	error = find_port(instance, port.id, message, &id);
	if (!error)
		error = pk_port_post_send(instance, id, message, &post, &slot);
	if (error)
		take_back(instance, message);
	return error;
}
