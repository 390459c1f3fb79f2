/* SPDX-License-Identifier: MIT */
/* The calls of <portico/message.h>: messages of several parts, and request and answer. */
#include "deliver.h"
#include "part.h"
#include "public.h"

#include <portico/message.h>
#include <string.h>

_Static_assert((int)PORTICO_PART_MEMORY == (int)PK_PART_MEMORY, "kinds of parts are the same");
_Static_assert((int)PORTICO_MAKE_SEND_ONCE == (int)PK_MAKE_SEND_ONCE, "dispositions are the same");
_Static_assert(PORTICO_PARTS_MOST + 1 == PK_PARTS_MOST, "as many parts, and the reply");

/* ---- putting parts in */

struct sending {
	struct portico *k;
	uint32_t message;
	struct pk_part *list; /* in the message */
	uint32_t count;	      /* of those that are in */
	unsigned char *data;  /* where the next part's goes */
	pk_id destination;
};

static int put_right(struct sending *s, pk_id name, enum pk_disposition how, enum pk_part_kind kind)
{
	struct pk_part *part = &s->list[s->count];
	part->kind = kind;
	int error = pk_right_put(s->k, name, how, s->message, s->destination, &part->record);
	s->count += !error;
	return error;
}

/* Memory from anywhere: a copy of it in the instance is sent. */
static int copy_memory(struct portico *k, const void *data, size_t bytes, pk_id *memory)
{
	uint64_t room;
	int error = pk_memory_allocate(k, bytes, memory);
	if (!error)
		memcpy(pk_memory_at(k, *memory, &room), data, bytes);
	return error;
}

static int put_memory(struct sending *s, const struct portico_part *part)
{
	bool copies = part->how == PORTICO_COPY;
	pk_id memory = part->memory.id;
	size_t bytes = copies ? part->bytes : part->memory.bytes;
	uint64_t room = 0;
	struct pk_part *entry = &s->list[s->count];
	int error = copies ? copy_memory(s->k, part->data, bytes, &memory) : 0;
	if (error)
		return error;
	if (!pk_memory_at(s->k, memory, &room) || bytes > room)
		return -EINVAL;
	*entry = (struct pk_part){ .kind = PK_PART_MEMORY, .bytes = bytes };
	error = pk_memory_put(s->k, memory, s->message, &entry->record);
	s->count += !error;
	return error;
}

static int put_part(struct sending *s, const struct portico_part *part)
{
	switch (part->kind) {
	case PORTICO_PART_DATA:
		if (part->bytes != 0) /* else data may be NULL */
			memcpy(s->data, part->data, part->bytes);
		s->data += part->bytes;
		s->list[s->count++] = (struct pk_part){ PK_PART_DATA, 0, part->bytes };
		return 0;
	case PORTICO_PART_RIGHT:
		return put_right(s, part->right.id, (enum pk_disposition)part->how, PK_PART_RIGHT);
	case PORTICO_PART_MEMORY:
		return put_memory(s, part);
	}
	return -EINVAL;
}

/* Do its rights want the lock?  A reply's, which is made to be used once, doesn't. */
static bool wants_lock(const struct portico_message *message)
{
	for (unsigned i = 0; i < message->count; i++)
		if (message->parts[i].kind == PORTICO_PART_RIGHT)
			return true;
	return false;
}

static int put_all(struct sending *s, const struct portico_message *message)
{
	int error = 0;
	if (message->reply.id != 0)
		error = put_right(s, message->reply.id, PK_MAKE_SEND_ONCE, PK_PART_REPLY);
	for (unsigned i = 0; i < message->count && !error; i++)
		error = put_part(s, &message->parts[i]);
	return error;
}

/* What was sent by moving it is the sender's again; the rest goes with the message. */
static void take_back(struct sending *s, const struct portico_message *message)
{
	uint32_t replies = message->reply.id != 0;
	for (uint32_t i = replies; i < s->count; i++) {
		const struct portico_part *part = &message->parts[i - replies];
		if (part->how != PORTICO_MOVE)
			continue;
		if (part->kind == PORTICO_PART_RIGHT)
			pk_right_take(s->k, s->list[i].record, s->message);
		else if (part->kind == PORTICO_PART_MEMORY)
			pk_memory_take(s->k, s->list[i].record, s->message);
	}
}

/* ---- sending */

static int measure(const struct portico_message *message, uint32_t *count, uint64_t *bytes)
{
	*count = message->count + (message->reply.id != 0);
	*bytes = *count * sizeof(struct pk_part);
	if (message->count > PORTICO_PARTS_MOST)
		return -EINVAL;
	for (unsigned i = 0; i < message->count; i++) {
		const struct portico_part *part = &message->parts[i];
		bool copies = part->kind == PORTICO_PART_MEMORY && part->how == PORTICO_COPY;
		if ((copies || part->kind == PORTICO_PART_DATA) && part->bytes != 0 && !part->data)
			return -EFAULT;
		if (part->kind != PORTICO_PART_DATA)
			continue;
		if (part->bytes > PK_MESSAGE_MOST)
			return -EMSGSIZE;
		*bytes += part->bytes;
	}
	return 0;
}

static int compose(struct sending *s, const struct portico_message *message)
{
	uint32_t count, length;
	uint64_t bytes;
	int error = measure(message, &count, &bytes);
	if (!error)
		error = pk_message_claim(s->k, bytes, &s->message);
	if (error)
		return error;
	struct pk_message *m = pk_message_at(s->k, s->message);
	s->list = pk_message_data(s->k, s->message, &length);
	if (!s->list)
		return -EIO;
	memset(s->list, 0, count * sizeof *s->list); /* no record until it is put in */
	s->data = (unsigned char *)(s->list + count);
	m->type = message->type;
	m->parts = count;
	m->more |= PK_MORE_PARTS;
	return 0;
}

static int put_parts(struct sending *s, const struct portico_message *message)
{
	bool locks = wants_lock(message);
	int error = locks ? pk_rights_lock(s->k) : 0;
	if (error)
		return error;
	error = put_all(s, message);
	if (error)
		take_back(s, message);
	if (locks)
		pk_rights_unlock(s->k);
	return error;
}

static void give_up(struct sending *s, const struct portico_message *message)
{
	bool locks = wants_lock(message) && pk_rights_lock(s->k) == 0;
	if (locks || !wants_lock(message))
		take_back(s, message);
	if (locks)
		pk_rights_unlock(s->k);
}

static int send_by(struct portico *k, pk_id to, const struct portico_message *message, int64_t deadline)
{
	struct sending s = { .k = k };
	uint32_t right;
	int error = pk_right_resolve(k, to, PK_TO_SEND, &s.destination, &right);
	if (!error)
		error = compose(&s, message);
	if (error)
		return error;
	error = put_parts(&s, message);
	if (!error) {
		error = pk_send_message(k, to, s.message, deadline);
		if (error && error != -EIO)
			give_up(&s, message);
	}
	if (error && error != -EIO) {
		pk_message_release(k, s.message);
		pk_parts_bury(k);
	}
	return error;
}

PUBLIC int portico_message_send(portico *instance, portico_port to, const struct portico_message *message,
				int64_t deadline)
{
	int error = pk_check_call(message->parts, message->count, deadline);
	if (!error)
		error = pk_enter(instance);
	return error ? error : send_by(instance, to.id, message, deadline);
}

/* ---- receiving */

/* Is there room for its parts?  0, -E2BIG, or -EIO: scribbled. */
static int check_room(const struct pk_part *list, uint32_t count, uint32_t data_bytes,
		      const struct portico_message *into)
{
	uint64_t sum = 0;
	uint32_t shown = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t bytes = list[i].kind == PK_PART_DATA ? list[i].bytes : 0;
		if (bytes > data_bytes - sum)
			return -EIO;
		shown += list[i].kind != PK_PART_REPLY;
		sum += bytes;
	}
	if (sum != data_bytes)
		return -EIO;
	return shown > into->count || data_bytes > into->size_bytes ? -E2BIG : 0;
}

static void take_memory(struct portico *k, const struct pk_part *part, uint32_t message,
			struct portico_part *into)
{
	uint64_t room = 0;
	into->memory.id = pk_memory_take(k, part->record, message);
	into->memory.address = pk_memory_at(k, into->memory.id, &room);
	into->memory.bytes = part->bytes < room ? part->bytes : room;
}

/* Take out what the message carries; its data is copied already. */
static unsigned take_parts(struct portico *k, uint32_t message, const struct pk_part *list, uint32_t count,
			   struct portico_message *into)
{
	unsigned char *data = into->buffer;
	unsigned shown = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct portico_part *part = &into->parts[shown];
		if (list[i].kind == PK_PART_REPLY) {
			into->reply.id = pk_right_take(k, list[i].record, message);
			continue;
		}
		*part = (struct portico_part){ .kind = (enum portico_part_kind)list[i].kind };
		if (list[i].kind == PK_PART_DATA) {
			part->data = data;
			part->bytes = list[i].bytes;
			data += part->bytes;
		} else if (list[i].kind == PK_PART_RIGHT) {
			part->right.id = pk_right_take(k, list[i].record, message);
		} else {
			take_memory(k, &list[i], message, part);
		}
		shown++;
	}
	return shown;
}

static bool carries_counted_rights(struct portico *k, const struct pk_part *list, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (list[i].kind == PK_PART_RIGHT && pk_right_wants_lock(k, list[i].record))
			return true;
	return false;
}

/* A held message of parts, read, consumed, and taken apart. */
static int unpack(struct portico *k, uint32_t message, struct pk_message *m, struct portico_message *into)
{
	uint32_t count, length;
	const struct pk_part *in_region = pk_parts_of(k, message, &count);
	const unsigned char *data = pk_message_data(k, message, &length);
	struct pk_part list[PK_PARTS_MOST]; /* read once */
	if (!in_region || !data)
		return -EIO;
	size_t bytes = count * sizeof *list;
	memcpy(list, in_region, bytes);
	int error = check_room(list, count, (uint32_t)(length - bytes), into);
	bool locks = !error && carries_counted_rights(k, list, count);
	if (locks)
		error = pk_rights_lock(k);
	if (error)
		return error;
	pk_copy(into->buffer, data + bytes, length - bytes);
	pk_envelope_fill(k, &into->envelope, m);
	if (m->more & PK_MORE_VIA)
		pk_right_used(k, message, m); /* R6: before it is consumed */
	m->more &= ~PK_MORE_VIA;
	pk_store(&m->head.word, pk_word(PK_CLAIMED, pk_self(k)));
	PK_POINT("letter: consumed, its parts not taken");
	into->count = take_parts(k, message, list, count, into);
	PK_POINT("letter: its parts taken, not freed");
	m->more &= ~PK_MORE_PARTS;
	if (locks)
		pk_rights_unlock(k);
	return 0;
}

/* A plain one: one part of data. */
static int unpack_plain(struct portico *k, uint32_t message, struct pk_message *m,
			struct portico_message *into)
{
	uint32_t length;
	const void *data = pk_message_data(k, message, &length);
	if (!data)
		return -EIO;
	if (into->count < (length != 0) || length > into->size_bytes)
		return -E2BIG;
	pk_copy(into->buffer, data, length);
	pk_envelope_fill(k, &into->envelope, m);
	into->count = length != 0;
	if (length != 0)
		into->parts[0] = (struct portico_part){
			.kind = PORTICO_PART_DATA,
			.data = into->buffer,
			.bytes = length,
		};
	return 0;
}

/* Told, in place of an answer, that the right to answer was lost. */
static bool is_lost(const struct pk_message *m)
{
	return m->type == PORTICO_NOTIFICATION && m->sender == 0;
}

static int receive_from(struct portico *k, pk_id port, const struct pk_want *want,
			struct portico_message *into, bool answers, int64_t deadline)
{
	uint32_t message = 0;
	int error = pk_port_receive(k, port, want, NULL, &message, NULL);
	if (error == -EAGAIN && deadline != PORTICO_NOW)
		error = pk_port_receive_until(k, port, want, deadline, &message);
	if (error)
		return error;
	struct pk_message *m = pk_message_at(k, message);
	into->reply.id = 0;
	if (answers && is_lost(m)) {
		pk_message_release(k, message);
		return -ECONNRESET;
	}
	error = m->more & PK_MORE_PARTS ? unpack(k, message, m, into) : unpack_plain(k, message, m, into);
	if (error == -E2BIG || error == -EDEADLK) {
		pk_port_give_back(k, message);
		return error;
	}
	into->type = m->type;
	pk_message_release(k, message);
	pk_parts_bury(k);
	return error ? error : (int)into->count;
}

static int check_answer(const struct portico_message *into, int64_t deadline)
{
	int error = pk_check_call(into->parts, into->count, deadline);
	return error ? error : pk_check_call(into->buffer, into->size_bytes, deadline);
}

PUBLIC int portico_message_receive(portico *instance, portico_port from, const struct portico_filter *filter,
				   struct portico_message *message, int64_t deadline)
{
	struct pk_want want;
	pk_id port;
	int error = check_answer(message, deadline);
	if (!error)
		error = pk_want_of(filter, SIZE_MAX, &want);
	if (!error)
		error = pk_name_to_port(instance, from.id, PK_TO_RECEIVE, &port);
	return error ? error : receive_from(instance, port, &want, message, false, deadline);
}

/* ---- request and answer */

/* A port for one answer: one kept from before, if it is still this task's, or a new one. */
static int borrow_reply_port(struct portico *k, pk_id *name)
{
	static const struct pk_port_limits limits = { .slots = 2,
						      .bytes = PK_MESSAGE_MOST,
						      .capacity = UINT64_MAX };
	uint32_t slot;
	for (unsigned i = 0; i < PK_REPLY_PORTS; i++) {
		*name = pk_exchange(&k->reply_ports[i], 0);
		if (*name != 0 && pk_right_of(k, *name, &slot))
			return 0;
	}
	return pk_right_create_port(k, &limits, name);
}

static void return_reply_port(struct portico *k, pk_id name)
{
	for (unsigned i = 0; i < PK_REPLY_PORTS; i++) {
		pk_id none = 0;
		if (pk_swap_if(&k->reply_ports[i], &none, name))
			return;
	}
	pk_right_drop(k, name);
}

static int call(struct portico *k, pk_id to, pk_id reply, const struct portico_message *request,
		struct portico_message *answer, int64_t deadline)
{
	struct portico_message asking = *request;
	uint32_t slot;
	pk_id port;
	asking.reply.id = reply;
	int error = send_by(k, to, &asking, deadline);
	if (!error)
		error = pk_right_resolve(k, reply, PK_TO_RECEIVE, &port, &slot);
	if (error)
		return error;
	return receive_from(k, port, &PK_WANT_ANY, answer, true, deadline);
}

PUBLIC int portico_call(portico *instance, portico_port to, const struct portico_message *request,
			struct portico_message *answer, int64_t deadline)
{
	pk_id reply;
	int error = pk_check_call(request->parts, request->count, deadline);
	if (!error)
		error = check_answer(answer, deadline);
	if (!error)
		error = pk_enter(instance);
	if (!error)
		error = borrow_reply_port(instance, &reply);
	if (error)
		return error;
	error = call(instance, to.id, reply, request, answer, deadline);
	/* an answer may still come there, unless it has */
	if (error >= 0 || error == -ECONNRESET)
		return_reply_port(instance, reply);
	else
		pk_right_drop(instance, reply);
	return error;
}
