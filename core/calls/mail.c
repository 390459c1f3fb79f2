/* SPDX-License-Identifier: MIT */
/* The calls of <portico/mail.h>. */
#include "deliver.h"
#include "peek.h"
#include "public.h"
#include "receipt.h"
#include "remote.h"
#include "share.h"

#include <portico/mail.h>

_Static_assert((int)PORTICO_SHARE_ONE_RECEIVER == (int)PK_SHARED_BY_SENDERS, "rules are the same");

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

/* Of a message that is still this task's. */
static void discard(struct portico *k, uint32_t message)
{
	pk_right_unsign(k, message);
	pk_message_release(k, message);
}

/* Make the message, and find where it goes; signed with the right by which it does. */
static int prepare(struct portico *k, pk_id name, const void *data, size_t bytes,
		   const struct portico_sending *how, pk_id *port, uint32_t *message)
{
	uint32_t right;
	int error = pk_right_resolve(k, name, PK_TO_SEND, port, &right);
	if (!error)
		error = make(k, data, bytes, how, message);
	if (error || right == 0)
		return error;
	error = pk_right_sign(k, name, *message);
	if (error)
		discard(k, *message);
	return error;
}

/* What a file can carry. */
static bool is_bare(const struct portico_sending *how)
{
	return how->type == 0 && how->priority == 0 && !how->wants_receipt;
}

PUBLIC int portico_send_with(portico *instance, portico_port port, const void *data, size_t bytes,
			     const struct portico_sending *how, int64_t deadline)
{
	uint32_t message = 0;
	pk_id id;
	int result = pk_check_call(data, bytes, deadline);
	if (!result)
		result = prepare(instance, port.id, data, bytes, how, &id, &message);
	if (result == -EOPNOTSUPP && pk_is_remote(instance) && is_bare(how))
		return pk_remote_send(instance, port.id, data, bytes, deadline);
	if (result)
		return result;
	result = how->wants_receipt
			 ? send_for_receipt(instance, id, &message, how->receipt, deadline)
			 : pk_right_error(pk_is_right(port.id), send(instance, id, message, deadline));
	if (result && message != 0 && result != -EIO) /* then a wait that couldn't be withdrawn may name it */
		discard(instance, message);
	return result;
}

PUBLIC int portico_post_send_with(portico *instance, portico_port port, const void *data, size_t bytes,
				  const struct portico_sending *how, int64_t deadline,
				  portico_port completions, uint64_t cookie, portico_wait *wait)
{
	struct pk_post post = pk_post_of(deadline, completions, cookie, wait);
	uint32_t message = 0, slot = 0;
	pk_id id;
	int error = pk_check_call(data, bytes, deadline);
	if (!error)
		error = prepare(instance, port.id, data, bytes, how, &id, &message);
	if (error)
		return error;
	error = pk_port_post_send(instance, id, message, &post, &slot);
	if (error)
		discard(instance, message);
	return error;
}

/* ---- looking */

PUBLIC ssize_t portico_peek(portico *instance, portico_port port, void *buffer, size_t size_bytes,
			    const struct portico_filter *filter, uint32_t index,
			    struct portico_envelope *envelope)
{
	struct pk_want want;
	struct pk_message seen;
	pk_id id;
	int error = pk_check_call(buffer, size_bytes, PORTICO_NOW);
	if (!error)
		error = pk_want_of(filter, size_bytes, &want);
	if (!error)
		error = pk_name_to_port(instance, port.id, PK_TO_RECEIVE, &id);
	if (!error)
		error = pk_port_peek(instance, id, &want, index, buffer, want.room, &seen);
	if (error)
		return error;
	if (envelope)
		pk_envelope_fill(instance, envelope, &seen);
	return seen.length;
}

PUBLIC ssize_t portico_probe(portico *instance, portico_port port, const struct portico_filter *filter,
			     struct portico_envelope *envelope)
{
	struct pk_want want;
	struct pk_message seen;
	pk_id id;
	int error = pk_want_of(filter, 0, &want);
	if (!error)
		error = pk_name_to_port(instance, port.id, PK_TO_RECEIVE, &id);
	if (!error)
		error = pk_port_peek(instance, id, &want, 0, NULL, 0, &seen);
	if (error && error != -E2BIG)
		return error;
	if (envelope)
		pk_envelope_fill(instance, envelope, &seen);
	return seen.length;
}

/* ---- sharing */

PUBLIC int portico_mailbox_share(portico *instance, portico_port port, enum portico_share rule)
{
	pk_id id;
	int error = pk_name_to_port(instance, port.id, PK_TO_RECEIVE, &id);
	return error ? error : pk_share_set(instance, id, (enum pk_rule)rule);
}

PUBLIC int portico_mailbox_claim(portico *instance, portico_port port)
{
	pk_id id;
	int error = pk_name_to_port(instance, port.id, PK_TO_RECEIVE, &id);
	return error ? error : pk_share_claim(instance, id);
}

PUBLIC int portico_mailbox_yield(portico *instance, portico_port port)
{
	pk_id id;
	int error = pk_name_to_port(instance, port.id, PK_TO_RECEIVE, &id);
	return error ? error : pk_share_yield(instance, id);
}
