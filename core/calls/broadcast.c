/* SPDX-License-Identifier: MIT */
/* The calls of <portico/broadcast.h>. */
#include "listener.h"
#include "public.h"
#include "right.h"

#include <portico/broadcast.h>

PUBLIC int portico_listen(portico *instance, portico_port source, portico_port port,
			  portico_listener *listener)
{
	pk_id from, to;
	int error = pk_name_to_port(instance, source.id, PK_TO_LOOK, &from);
	if (!error)
		error = pk_name_to_port(instance, port.id, PK_TO_LOOK, &to);
	return error ? error : pk_listen(instance, from, to, &listener->id);
}

PUBLIC int portico_unlisten(portico *instance, portico_listener listener)
{
	return pk_unlisten(instance, listener.id);
}

PUBLIC int portico_listener_status(portico *instance, portico_listener listener,
				   struct portico_listener_totals *totals)
{
	struct pk_listener_status found;
	int error = pk_listener_inspect(instance, listener.id, &found);
	if (error)
		return error;
	*totals = (struct portico_listener_totals){
		.source = { found.source },
		.port = { found.port },
		.heard = found.heard,
		.missed = found.missed,
		.missed_lately = found.missed_lately,
	};
	return 0;
}
