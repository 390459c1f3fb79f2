/* SPDX-License-Identifier: MIT */
/* Mailboxes and queues, to be looked at. */
#include "port.h"
#include "views.h"

int port_status_text(FILE *text, pk_id port)
{
	struct pk_port_status status;
	int error = pk_port_inspect(server.kernel, port, &status);
	if (error)
		return error;
	fprintf(text, "messages %u\n", status.count);
	fprintf(text, "bytes %llu\n", (unsigned long long)status.queued_bytes);
	return 0;
}
