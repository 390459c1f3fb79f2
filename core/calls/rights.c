/* SPDX-License-Identifier: MIT */
/* The calls of <portico/rights.h>. */
#include "deliver.h"
#include "part.h"
#include "public.h"
#include "right_inside.h"

#include <portico/rights.h>
#include <string.h>

_Static_assert((int)PORTICO_TASK == (int)PK_RIGHT_TASK, "kinds of rights are the same");
_Static_assert((int)PORTICO_MESSAGE_ACCEPTED == (int)PK_MESSAGE_ACCEPTED, "events are the same");
_Static_assert(PORTICO_NOTIFICATION == PK_NOTIFICATION_TYPE, "a notification's type");
_Static_assert(sizeof(struct portico_notification) == sizeof(struct pk_notification),
	       "a notification's message");

PUBLIC int portico_port_create(portico *instance, const struct portico_limits *limits, portico_port *receive)
{
	if (!limits)
		limits = &portico_default_limits;
	struct pk_port_limits wanted = { limits->slots, limits->bytes, limits->capacity };
	return pk_right_create_port(instance, &wanted, &receive->id);
}

PUBLIC int portico_right_make(portico *instance, portico_port receive, enum portico_right_kind kind,
			      portico_port *right)
{
	return pk_right_make(instance, receive.id, (enum pk_right_kind)kind, &right->id);
}

PUBLIC int portico_right_keep(portico *instance, portico_port right, uint32_t references)
{
	return references == 0 ? -EINVAL : pk_right_keep(instance, right.id, references);
}

PUBLIC int portico_right_drop(portico *instance, portico_port right)
{
	return pk_right_drop(instance, right.id);
}

PUBLIC int portico_right_inspect(portico *instance, portico_port right, struct portico_right_status *status)
{
	struct pk_right_status found;
	int error = pk_right_inspect(instance, right.id, &found);
	if (!error)
		*status = (struct portico_right_status){
			.kind = (enum portico_right_kind)found.kind,
			.references = found.references,
			.is_dead = found.dead,
			.senders = found.senders,
		};
	return error;
}

PUBLIC int portico_right_list(portico *instance, portico_port *rights, unsigned most)
{
	int error = pk_enter(instance);
	return error ? error : (int)pk_right_list(instance, rights ? &rights->id : NULL, most);
}

/* ---- send just one */

/* Does the one that it has waiting still wait? */
static bool is_pending(struct portico *k, const struct pk_right *right)
{
	const struct pk_wait *wait = pk_slot(k, PK_WAITS, right->pending);
	return wait && pk_load(&wait->head.word) == pk_word(PK_CLAIMED, pk_self(k)) &&
	       pk_wait_object(wait) == right->port && wait->purpose == PK_FOR_SEND &&
	       pk_wait_status(k, right->pending) == PK_POSTED;
}

/* Under the rights' lock, or two threads would both find none waiting. */
static int post_if_none(struct portico *k, pk_id name, uint32_t message, const struct pk_post *post)
{
	uint32_t slot = 0;
	struct pk_right *right = pk_right_of(k, name, &slot);
	if (!right)
		return -EINVAL; /* another thread dropped it meanwhile */
	int error = is_pending(k, right) ? -EBUSY : pk_port_post_send(k, right->port, message, post, &slot);
	if (!error)
		right->pending = slot;
	return error;
}

static int post_one(struct portico *k, pk_id name, uint32_t message, uint64_t cookie)
{
	pk_id wait = 0;
	struct pk_post post = { .tell = PK_TELL_PORT, .cookie = cookie, .until_ns = PK_FOREVER, .id = &wait };
	int error = pk_notify_port(k, &post.port);
	if (!error)
		error = pk_rights_lock(k);
	if (error)
		return error;
	error = post_if_none(k, name, message, &post);
	pk_rights_unlock(k);
	return error ? error : 1;
}

PUBLIC int portico_send_one(portico *instance, portico_port port, const void *data, size_t bytes,
			    int64_t type, uint64_t cookie)
{
	uint32_t slot = 0, message = 0;
	pk_id id;
	int error = pk_check_call(data, bytes, PORTICO_NOW);
	if (!error)
		error = pk_is_right(port.id) ? pk_right_resolve(instance, port.id, PK_TO_SEND, &id, &slot)
					     : -EBADF;
	if (!error && pk_right_at(instance, slot)->kind != PK_RIGHT_SEND)
		error = -EBADF;
	if (!error)
		error = pk_message_make_from(instance, data, bytes, type, &message);
	if (error)
		return error;
	error = pk_right_sign(instance, port.id, message);
	if (!error)
		error = pk_port_send(instance, id, message, NULL, NULL);
	if (error == -EAGAIN)
		error = post_one(instance, port.id, message, cookie);
	if (error < 0 && error != -EIO)
		pk_message_release(instance, message);
	return pk_right_error(slot, error);
}

/* ---- notifications */

PUBLIC int portico_notify_port(portico *instance, portico_port *notify)
{
	return pk_notify_port(instance, &notify->id);
}

PUBLIC int portico_notify(portico *instance, portico_port right, enum portico_event event, portico_port to,
			  uint64_t cookie)
{
	return pk_notify(instance, right.id, (enum pk_event)event, to.id, cookie);
}

/* A completion: of a message over the limit, which is collected with it. */
static int accepted(struct portico *k, const void *data, struct portico_notification *notification)
{
	struct portico_completion completion;
	memcpy(&completion, data, sizeof completion);
	*notification = (struct portico_notification){ .event = PORTICO_MESSAGE_ACCEPTED,
						       .cookie = completion.cookie };
	notification->error = (int32_t)portico_collect(k, completion.wait, NULL, 0, NULL);
	return 0;
}

static int read_notification(struct portico *k, uint32_t message, struct portico_notification *notification)
{
	uint32_t length, count;
	const struct pk_message *m = pk_message_at(k, message);
	const unsigned char *data = pk_message_data(k, message, &length);
	const struct pk_part *parts = pk_parts_of(k, message, &count);
	size_t list = count * sizeof *parts;
	if (m && data && m->type == PORTICO_COMPLETION && length == sizeof(struct portico_completion))
		return accepted(k, data, notification);
	if (!m || !data || m->type != PORTICO_NOTIFICATION || m->sender != 0 ||
	    length != list + sizeof *notification)
		return -EBADMSG;
	memcpy(notification, data + list, sizeof *notification);
	return 0;
}

/* Consumed from here on: if this task dies, so does what it brought. */
static int take_right(struct portico *k, uint32_t message, struct portico_notification *notification)
{
	uint32_t count;
	const struct pk_part *parts = pk_parts_of(k, message, &count);
	int error = parts && count == 2 ? pk_rights_lock(k) : 0;
	if (!parts || error)
		return error;
	pk_store(&pk_message_at(k, message)->head.word, pk_word(PK_CLAIMED, pk_self(k)));
	notification->receive.id = pk_right_take(k, parts[0].record, message);
	pk_rights_unlock(k);
	return 0;
}

PUBLIC int portico_notified(portico *instance, portico_port from, struct portico_notification *notification,
			    int64_t deadline)
{
	uint32_t message = 0;
	pk_id port;
	int error = pk_check_call(notification, sizeof *notification, deadline);
	if (!error)
		error = pk_enter(instance);
	if (!error)
		error = pk_name_to_port(instance, from.id, PK_TO_RECEIVE, &port);
	if (!error)
		error = pk_port_receive(instance, port, &PK_WANT_ANY, NULL, &message, NULL);
	if (error == -EAGAIN && deadline != PORTICO_NOW)
		error = pk_port_receive_until(instance, port, &PK_WANT_ANY, deadline, &message);
	if (error)
		return error;
	error = read_notification(instance, message, notification);
	if (!error)
		error = take_right(instance, message, notification);
	if (error)
		pk_port_give_back(instance, message);
	else
		pk_message_release(instance, message);
	pk_parts_bury(instance);
	return error;
}
