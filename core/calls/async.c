/* SPDX-License-Identifier: MIT */
/* The asynchronous calls of <portico/portico.h>: waits that are told of by completions. */
#include "completion.h"
#include "deliver.h"
#include "public.h"

#include <portico/mail.h>

#include <string.h>

_Static_assert(sizeof(struct portico_completion) == sizeof(struct pk_completion), "a completion's message");
_Static_assert(PORTICO_COMPLETION == PK_COMPLETION_TYPE, "a completion's type");
_Static_assert(sizeof(portico_port) == sizeof(pk_id), "a list of ports is one of ids");

PUBLIC int portico_completions_create(portico *instance, portico_port *completions)
{
	int error = pk_enter(instance);
	return error ? error : pk_completions_create(instance, &completions->id);
}

/* ---- posting */

PUBLIC int portico_post_send(portico *instance, portico_port port, const void *data, size_t bytes,
			     int64_t type, int64_t deadline, portico_port completions, uint64_t cookie,
			     portico_wait *wait)
{
	const struct portico_sending how = { .type = type };
	return portico_post_send_with(instance, port, data, bytes, &how, deadline, completions, cookie, wait);
}

PUBLIC int portico_post_receive(portico *instance, const portico_port *ports, unsigned count,
				size_t size_bytes, const struct portico_filter *filter, int64_t deadline,
				portico_port completions, uint64_t cookie, portico_wait *wait)
{
	struct pk_post post = pk_post_of(deadline, completions, cookie, wait);
	struct pk_want want;
	pk_id room[PK_GROUP_MOST];
	const pk_id *ids = &ports->id;
	uint32_t slot = 0;
	int error = pk_check_call(NULL, 0, deadline);
	if (!error)
		error = count == 0 || count > PK_GROUP_MOST ? -EINVAL : pk_want_of(filter, size_bytes, &want);
	if (!error)
		error = pk_names_to_ports(instance, &ids, count, room);
	return error ? error : pk_port_post_receive_any(instance, ids, count, &want, &post, &slot);
}

/* ---- completing */

static void look_round(struct portico *k)
{
	if (pk_thread.owes_completions)
		pk_wait_tell_owed(k);
	pk_wait_expire(k);
}

PUBLIC int portico_complete(portico *instance, portico_port completions,
			    struct portico_completion *completion, int64_t deadline)
{
	uint32_t message = 0, length;
	int error = pk_check_call(NULL, 0, deadline);
	if (!error)
		error = pk_enter(instance);
	if (!error)
		error = pk_completions_mine(instance, completions.id);
	if (error)
		return error;
	look_round(instance);
	error = deadline == PORTICO_NOW
			? pk_port_receive(instance, completions.id, &PK_WANT_ANY, NULL, &message, NULL)
			: pk_port_receive_until(instance, completions.id, &PK_WANT_ANY, deadline, &message);
	if (error)
		return error;
	const void *data = pk_message_data(instance, message, &length);
	if (pk_message_at(instance, message)->type != PORTICO_COMPLETION) {
		pk_port_give_back(instance, message); /* of the notify port, a notification */
		return -EBADMSG;
	}
	bool whole = data && length == sizeof *completion;
	if (whole)
		memcpy(completion, data, sizeof *completion);
	pk_message_release(instance, message);
	return whole ? 0 : -EIO;
}

/* Settled, but whoever did it has still to queue the completion; where its port is gone nobody will. */
static bool is_on_its_way(struct portico *k, uint32_t slot)
{
	const struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
	return pk_wait_untold(k, slot) && pk_completions_mine(k, wait->tell_port) == 0;
}

/* Who received a message that was sent. */
static struct portico_envelope receipt_of(const struct pk_wait *wait)
{
	const struct pk_receiver *receiver = &wait->receiver;
	return (struct portico_envelope){
		.sender = { receiver->tag },
		.pid = (pid_t)receiver->pid,
		.uid = receiver->uid,
		.gid = receiver->gid,
		.port = { pk_wait_object(wait) },
	};
}

static ssize_t collect_message(struct portico *k, pk_id id, void *buffer, size_t size_bytes,
			       struct portico_envelope *envelope)
{
	const struct pk_wait *wait = pk_slot(k, PK_WAITS, pk_id_slot(id));
	uint32_t message = pk_outcome_value(pk_load(&wait->outcome)), length;
	if (pk_message_data(k, message, &length) && length > size_bytes)
		return -E2BIG;
	int error = pk_port_collect(k, id, &message);
	return error ? error : pk_deliver(k, message, buffer, size_bytes, envelope);
}

/* End a wait that brings no message; a send's that failed is still ours. */
static int end(struct portico *k, pk_id id, int result)
{
	uint32_t slot = pk_id_slot(id);
	const struct pk_wait *wait = pk_slot(k, PK_WAITS, slot);
	uint32_t message = wait->purpose == PK_FOR_SEND && result != 0 ? wait->message : 0;
	if (!pk_wait_take(k, id))
		return -EINVAL; /* another thread was faster */
	pk_wait_discard(k, slot);
	if (message != 0) {
		pk_right_unsign(k, message);
		pk_message_release(k, message);
	}
	return result;
}

/* How a wait stands, and its slot; 0: there is no such wait, or why it couldn't be looked for. */
static int status_of(struct portico *k, pk_id id, uint32_t *slot)
{
	int error = pk_enter(k);
	*slot = error ? 0 : pk_wait_find(k, id);
	if (*slot == 0)
		return error ? error : -EINVAL;
	look_round(k);
	int result = pk_wait_status(k, *slot);
	return result == PK_POSTED || is_on_its_way(k, *slot) ? -EINPROGRESS : result;
}

PUBLIC int portico_wait_status(portico *instance, portico_wait wait)
{
	uint32_t slot;
	return status_of(instance, wait.id, &slot);
}

PUBLIC ssize_t portico_collect(portico *instance, portico_wait wait, void *buffer, size_t size_bytes,
			       struct portico_envelope *envelope)
{
	uint32_t slot = 0;
	int result = pk_check_call(buffer, size_bytes, PORTICO_NOW);
	if (!result)
		result = status_of(instance, wait.id, &slot);
	if (slot == 0 || result == -EINPROGRESS)
		return result;
	const struct pk_wait *posted = pk_slot(instance, PK_WAITS, slot);
	if (result == 0 && envelope && posted->purpose == PK_FOR_RECEIPT)
		*envelope = receipt_of(posted);
	return result == 0 && posted->purpose == PK_FOR_RECEIVE
		       ? collect_message(instance, wait.id, buffer, size_bytes, envelope)
		       : end(instance, wait.id, result);
}

PUBLIC int portico_cancel(portico *instance, portico_wait wait)
{
	int error = pk_enter(instance);
	uint32_t slot = error ? 0 : pk_wait_find(instance, wait.id);
	if (slot == 0)
		return error ? error : -EINVAL;
	if (!pk_wait_cancel(instance, wait.id))
		return pk_wait_find(instance, wait.id) == slot ? -EALREADY : -EINVAL;
	return end(instance, wait.id, -ECANCELED) == -ECANCELED ? 0 : -EINVAL;
}
