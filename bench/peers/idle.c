/* SPDX-License-Identifier: MIT */
#include "idle.h"

#include <stdio.h>

static int make_mailbox(portico *instance, long number, portico_port *port)
{
	char name[32];
	snprintf(name, sizeof name, "idle-%ld", number);
	return portico_mailbox_create(instance, name, NULL, 0600, port);
}

/* The waits stand one at each mailbox, in turn; or all at one where there is no other. */
int make_idle(portico *instance, long mailboxes, long waits)
{
	portico_port port = { 0 }, completions = { 0 };
	portico_wait posted;
	long each = mailboxes > 0 ? mailboxes : waits > 0;
	int error = waits > 0 ? portico_completions_create(instance, &completions) : 0;
	for (long i = 0; i < each && !error; i++) {
		error = make_mailbox(instance, i, &port);
		for (long w = i; w < waits && !error; w += each)
			error = portico_post_receive(instance, &port, 1, 64, NULL, PORTICO_FOREVER,
						     completions, 0, &posted);
	}
	return error;
}
