/* SPDX-License-Identifier: MIT */
/* Scripts about several ports. */
#ifndef INTERLEAVE_PORTS_H
#define INTERLEAVE_PORTS_H

#include "interleave_mail.h"

/* One of several ports, as actors know them by number. */
static pk_id ports[3];

static inline int64_t sends_to(struct portico *kernel, int64_t which)
{
	uint32_t message;
	CHECK_EQUAL(pk_message_make_from(kernel, "a", 1, 1, &message), 0);
	int error = pk_port_send(kernel, ports[which], message, NULL, NULL);
	if (error)
		pk_message_release(kernel, message);
	return error;
}

static inline int64_t receives_from(struct portico *kernel, int64_t which)
{
	struct pk_want any = PK_WANT_ANY;
	uint32_t message;
	int error = pk_port_receive(kernel, ports[which], &any, NULL, &message, NULL);
	if (!error)
		pk_message_release(kernel, message);
	return error;
}

#endif
