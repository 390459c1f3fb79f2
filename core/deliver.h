/* SPDX-License-Identifier: MIT */
/*
 * Between the public calls and core: what a caller wants, and how it is handed
 * a message.
 */
#ifndef PK_DELIVER_H
#define PK_DELIVER_H

#include "copy.h"
#include "port.h"
#include "right.h"

#include <errno.h>
#include <portico/portico.h>

static inline int pk_want_of(const struct portico_filter *filter, size_t size_bytes, struct pk_want *want)
{
	*want = (struct pk_want){ .room = size_bytes < UINT32_MAX ? (uint32_t)size_bytes : UINT32_MAX };
	if (!filter)
		return 0;
	want->select = (enum pk_select_how)filter->select;
	want->type = filter->type;
	want->from = filter->from.id;
	return (unsigned)filter->select > PORTICO_FROM ? -EINVAL : 0;
}

/* What every call may be given wrong. */
static inline int pk_check_call(const void *data, size_t bytes, int64_t deadline)
{
	if (__builtin_expect((deadline < 0) | ((data == NULL) & (bytes != 0)), 0))
		return deadline < 0 ? -EINVAL : -EFAULT;
	return 0;
}

/* What few messages have, before it is delivered.  -EBADMSG: its parts want portico_message_receive(); it
 * stays. */
int pk_deliver_more(struct portico *k, uint32_t message, const struct pk_message *m);

static inline void pk_envelope_fill(struct portico *k, struct portico_envelope *envelope,
				    const struct pk_message *m)
{
	*envelope = (struct portico_envelope){
		.type = m->type,
		.sender = { m->sender },
		.pid = (pid_t)m->pid,
		.uid = m->uid,
		.gid = m->gid,
		.port = { m->more == 0 ? m->port : pk_port_name(k, m->port) },
		.priority = pk_number_priority(m->number),
		.missed = m->more & PK_MORE_MISSED ? m->missed : 0,
	};
}

/* Send a message of this task's by the name of a port.  On failure it is still this task's, and unsigned. */
int pk_send_message(struct portico *k, pk_id name, uint32_t message, int64_t deadline);

/* Copy a held message out, and release it. */
static inline ssize_t pk_deliver(struct portico *k, uint32_t message, void *buffer, size_t size_bytes,
				 struct portico_envelope *envelope)
{
	uint32_t length;
	struct pk_message *m = pk_message_at(k, message);
	if (!m)
		return -EIO;
	int error = __builtin_expect(m->more != 0, 0) ? pk_deliver_more(k, message, m) : 0;
	if (error)
		return error;
	const void *data = pk_message_data_at(k, message, m, &length);
	if (!data || length > size_bytes) { /* scribbled since it was chosen */
		pk_message_release_at(k, message, m);
		return -EIO;
	}
	pk_copy(buffer, data, length);
	if (envelope)
		pk_envelope_fill(k, envelope, m);
	pk_message_release_at(k, message, m);
	return length;
}

/* How to post for a completion. */
static inline struct pk_post pk_post_of(int64_t deadline, portico_port completions, uint64_t cookie,
					portico_wait *wait)
{
	return (struct pk_post){
		.tell = PK_TELL_PORT,
		.port = completions.id,
		.cookie = cookie,
		.until_ns = deadline,
		.id = &wait->id,
	};
}

#endif
