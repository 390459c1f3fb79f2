/* SPDX-License-Identifier: MIT */
/* The calls of <portico/set.h>. */
#include "portset.h"
#include "public.h"
#include "right.h"

#include <portico/set.h>

_Static_assert(sizeof(portico_port) == sizeof(pk_id), "a list of ports is one of ids");

PUBLIC int portico_set_create(portico *instance, portico_port *set)
{
	int error = pk_enter(instance);
	return error ? error : pk_portset_create(instance, &set->id);
}

PUBLIC int portico_set_add(portico *instance, portico_port set, portico_port port)
{
	pk_id id;
	int error = pk_name_to_port(instance, port.id, PK_TO_RECEIVE, &id);
	return error ? error : pk_portset_add(instance, set.id, id);
}

PUBLIC int portico_set_remove(portico *instance, portico_port set, portico_port port)
{
	pk_id id;
	int error = pk_name_to_port(instance, port.id, PK_TO_RECEIVE, &id);
	return error ? error : pk_portset_remove(instance, set.id, id);
}

PUBLIC int portico_set_list(portico *instance, portico_port set, portico_port *ports, unsigned most)
{
	int count = pk_portset_list(instance, set.id, ports ? &ports->id : NULL, most);
	for (int i = 0; i < count && (unsigned)i < most; i++)
		ports[i].id = pk_port_name(instance, ports[i].id);
	return count;
}
