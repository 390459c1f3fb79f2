/* SPDX-License-Identifier: MIT */
/*
 * Between the public calls and core: what a caller wants, and how it is handed
 * a message.
 */
#ifndef PK_DELIVER_H
#define PK_DELIVER_H

#include "copy.h"
#include "port.h"

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

/* Copy a held message out, and release it. */
static inline ssize_t pk_deliver(struct portico *k, uint32_t message, void *buffer, size_t size_bytes,
				 struct portico_envelope *envelope)
{
	uint32_t length;
	struct pk_message *m = pk_message_at(k, message);
	if (!m)
		return -EIO;
	const void *data = pk_message_data_at(k, message, m, &length);
	if (!data || length > size_bytes) { /* scribbled since it was chosen */
		pk_message_release_at(k, message, m);
		return -EIO;
	}
	pk_copy(buffer, data, length);
	if (envelope)
		*envelope = (struct portico_envelope){
			.type = m->type,
			.sender = { m->sender },
			.pid = (pid_t)m->pid,
			.uid = m->uid,
			.gid = m->gid,
			.port = { m->port },
			.priority = pk_number_priority(m->number),
			.missed = m->more & PK_MORE_MISSED ? m->missed : 0,
		};
	pk_message_release_at(k, message, m);
	return length;
}

#endif
