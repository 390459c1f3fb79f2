/* SPDX-License-Identifier: MIT */
#include "peek.h"
#include "guard.h"
#include "stamp.h"
#include "transfer.h"

#include <string.h>

/* What was looked at, and how much of it was copied. */
struct look {
	uint32_t message, generation;
	uint32_t copied;
};

/* What is looked for. */
struct sought {
	const struct pk_want *want;
	uint32_t index; /* of those wanted */
	bool queued;	/* and not with a sender that waits */
};

static bool wants(const struct pk_want *want, const struct pk_message *m)
{
	return pk_wants(want->select, want->type, want->from, m);
}

/* A message that is queued, or whose sender waits, and where it was sent: there, or to a member of that set.
 */
struct seen {
	uint32_t message;
	pk_id port;
};

static struct seen queued(struct portico *k, const struct pk_port *port, pk_id id, uint32_t message)
{
	const struct pk_message *m = pk_message_at(k, message);
	return (struct seen){ message, m && port->use == PK_PORT_SET ? m->port : id };
}

/* The one that is received after `index` others: of those queued, then of those whose senders wait. */
static struct seen find_at(struct portico *k, const struct pk_port *port, pk_id id,
			   const struct sought *sought)
{
	const struct pk_want *want = sought->want;
	uint32_t message = port->first, slot = sought->queued ? 0 : port->senders.first;
	uint32_t index = sought->index;
	for (uint32_t left = pk_message_most(k, port->count); left > 0; left--) {
		const struct pk_message *m = pk_message_at(k, message);
		if (!m || (wants(want, m) && index-- == 0))
			return queued(k, port, id, message);
		message = m->head.next;
	}
	for (uint32_t most = pk_committed(k, PK_WAITS); most > 0 && slot != 0; most--) {
		const struct pk_wait *wait = pk_wait_at(k, slot);
		const struct pk_message *m = wait ? pk_message_at(k, wait->message) : NULL;
		if (!m)
			break;
		if (wants(want, m) && index-- == 0)
			return (struct seen){ wait->message, pk_wait_object(wait) };
		slot = port->use == PK_PORT_SET ? wait->next_beside : wait->next;
	}
	return (struct seen){ 0 };
}

static struct seen find_first(struct portico *k, struct pk_port *port, pk_id id, const struct pk_want *want)
{
	struct pk_found found;
	if (pk_queue_find(k, port, id, want, &found))
		return queued(k, port, id, found.message);
	const struct pk_wait *wait = pk_wait_at(k, pk_find_sender(k, port, want));
	return wait ? (struct seen){ wait->message, pk_wait_object(wait) } : (struct seen){ 0 };
}

/* Its record as that of a message queued there. */
static void note(const struct pk_message *m, pk_id port, struct pk_message *seen)
{
	memcpy((void *)seen, (const void *)m, sizeof *seen);
	seen->port = port;
	seen->number = PK_LEAST_URGENT;
	if (m->more & PK_MORE_PRIORITY)
		seen->number -= (uint64_t)m->priority << PK_SEQUENCE_BITS;
}

static int copy_piece(struct portico *k, uint32_t message, struct pk_message *m, unsigned char *buffer,
		      uint32_t room, struct look *look)
{
	uint32_t length, generation = pk_load_relaxed(&m->head.generation);
	const unsigned char *data = pk_message_data_at(k, message, m, &length);
	if (!data)
		return -EIO; /* scribbled */
	if (length > room)
		return -E2BIG;
	if (look->message != message || look->generation != generation || look->copied > length)
		*look = (struct look){ .message = message, .generation = generation };
	uint32_t piece = length - look->copied < PK_PEEK_PIECE ? length - look->copied : PK_PEEK_PIECE;
	if (piece != 0)
		pk_copy(buffer + look->copied, data + look->copied, piece);
	look->copied += piece;
	return look->copied < length ? PK_POSTED : 0;
}

/* PK_POSTED: there is more of it. */
static int look_once(struct portico *k, pk_id id, const struct sought *sought, void *buffer, uint32_t room,
		     struct look *look, struct pk_message *seen)
{
	struct pk_port *port, *guard;
	int result = pk_port_lock(k, id, &port, &guard);
	if (result)
		return result;
	result = pk_is_member(port) ? -EBUSY : pk_may_receive(k, port);
	if (!result) {
		struct seen found = sought->index == 0 && !sought->queued
					    ? find_first(k, port, id, sought->want)
					    : find_at(k, port, id, sought);
		struct pk_message *m = pk_message_at(k, found.message);
		if (m)
			note(m, found.port, seen);
		result = m ? copy_piece(k, found.message, m, buffer, room, look) : -EAGAIN;
	}
	pk_port_unlock(k, guard);
	return result;
}

static int look_at(struct portico *k, pk_id id, const struct sought *sought, void *buffer, uint32_t room,
		   struct pk_message *seen)
{
	struct look look = { 0 };
	int result;
	do
		result = look_once(k, id, sought, buffer, room, &look, seen);
	while (result == PK_POSTED);
	return result;
}

int pk_port_peek(struct portico *k, pk_id id, const struct pk_want *want, uint32_t index, void *buffer,
		 uint32_t room, struct pk_message *seen)
{
	const struct sought sought = { want, index, false };
	if (index != 0 && want->select == PK_TYPE_AT_MOST)
		return -EINVAL; /* those of the lowest type come first, and then it is another type */
	return look_at(k, id, &sought, buffer, room, seen);
}

int pk_port_peek_queued(struct portico *k, pk_id id, uint32_t position, void *buffer, uint32_t room,
			struct pk_message *seen)
{
	const struct sought sought = { &PK_WANT_ANY, position, true };
	return look_at(k, id, &sought, buffer, room, seen);
}

/* ---- a glance at many */

struct gaze {
	uint32_t index; /* messages to pass by */
	struct pk_glance *glances;
	uint32_t count, most;
};

/* Of its data, which the list of its parts comes before. */
static void copy_beginning(struct portico *k, uint32_t message, struct pk_message *m,
			   struct pk_glance *glance)
{
	uint32_t length = 0, count;
	const unsigned char *data = pk_message_data_at(k, message, m, &length);
	uint32_t from = pk_parts_of(k, message, &count) ? count * (uint32_t)sizeof(struct pk_part) : 0;
	glance->shown = data && from < length ? length - from : 0;
	if (glance->shown > PK_GLANCE_BYTES)
		glance->shown = PK_GLANCE_BYTES;
	if (glance->shown > 0)
		memcpy(glance->bytes, data + from, glance->shown);
}

/* sender: the wait of whoever sends it, or 0. */
static void glance_at(struct portico *k, uint32_t message, pk_id port, uint32_t sender, struct gaze *gaze)
{
	struct pk_message *m = pk_message_at(k, message);
	if (!m || gaze->index > 0) {
		gaze->index -= m != NULL;
		return;
	}
	struct pk_glance *glance = &gaze->glances[gaze->count++];
	uint32_t receipt = m->more & PK_MORE_RECEIPT ? m->receipt : 0;
	const struct pk_wait *wait = pk_wait_at(k, sender ? sender : receipt);
	note(m, port, &glance->message);
	pk_parts_add_up(k, message, &glance->cargo);
	glance->is_queued = sender == 0;
	glance->sent_from = glance->sent_to = 0;
	glance->posted_ns = wait ? wait->since_ns : 0;
	copy_beginning(k, message, m, glance);
}

/* Of a member's set the messages are only in part its own. */
static void glance_at_queued(struct portico *k, const struct pk_port *queue, pk_id member, struct gaze *gaze)
{
	uint32_t message = queue->first;
	for (uint32_t left = pk_message_most(k, queue->count); left > 0 && gaze->count < gaze->most; left--) {
		const struct pk_message *m = pk_message_at(k, message);
		if (!m)
			break;
		if (member == 0 || m->port == member) {
			glance_at(k, message, m->port, 0, gaze);
			if (gaze->count > 0 && queue->use != PK_PORT_SET)
				pk_stamp_find(queue, m->number, &gaze->glances[gaze->count - 1].sent_from,
					      &gaze->glances[gaze->count - 1].sent_to);
		}
		message = m->head.next;
	}
}

static void glance_at_senders(struct portico *k, const struct pk_port *port, struct gaze *gaze)
{
	uint32_t slot = port->senders.first;
	for (uint32_t most = pk_committed(k, PK_WAITS); most > 0 && gaze->count < gaze->most; most--) {
		const struct pk_wait *wait = pk_wait_at(k, slot);
		if (!wait)
			break;
		glance_at(k, wait->message, pk_wait_object(wait), slot, gaze);
		slot = port->use == PK_PORT_SET ? wait->next_beside : wait->next;
	}
}

int pk_port_glance(struct portico *k, pk_id id, uint32_t index, struct pk_glance *glances, uint32_t most)
{
	struct gaze gaze = { index, glances, 0, most < PK_GLANCE_MOST ? most : PK_GLANCE_MOST };
	struct pk_port *port, *guard;
	int error = pk_port_lock(k, id, &port, &guard);
	if (error)
		return error;
	error = pk_permission_check(k, &port->permission, 0444);
	if (!error) {
		glance_at_queued(k, pk_port_queue(k, port), pk_is_member(port) ? id : 0, &gaze);
		glance_at_senders(k, port, &gaze);
	}
	pk_port_unlock(k, guard);
	return error ? error : (int)gaze.count;
}
