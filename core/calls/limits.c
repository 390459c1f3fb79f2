/* SPDX-License-Identifier: MIT */
/* The calls of <portico/limits.h>, and the limits on ports. */
#include "actor.h"
#include "limit.h"
#include "listener.h"
#include "pool.h"
#include "public.h"
#include "task.h"

#include <errno.h>
#include <portico/limits.h>

/* ---- counting: slots are the truth, and only who has set a limit pays for it */

struct ports {
	uint32_t all, owned;
};

static struct ports count_ports(struct portico *k, uint32_t uid)
{
	struct ports count = { 0 };
	uint32_t committed = pk_committed(k, PK_PORTS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_port *port = pk_slot(k, PK_PORTS, slot);
		if (pk_word_kind(pk_load(&port->head.word)) != PK_LIVE)
			continue;
		count.all++;
		count.owned += port->permission.uid == uid;
	}
	return count;
}

static uint32_t count_rights(struct portico *k)
{
	uint32_t count = 0, committed = pk_committed(k, PK_RIGHTS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_right *right = pk_slot(k, PK_RIGHTS, slot);
		count += pk_load(&right->head.word) == pk_word(PK_HELD, pk_self(k)) &&
			 right->kind <= PK_RIGHT_TASK;
	}
	return count;
}

int pk_limit_allow_port(struct portico *k)
{
	const struct pk_header *header = pk_header(k);
	uint32_t most = pk_load_relaxed(&header->most_ports);
	uint32_t most_owned = pk_load_relaxed(&header->most_ports_per_owner);
	if ((most | most_owned) == 0)
		return 0;
	pk_task_refresh_ids(k);
	struct ports count = count_ports(k, pk_acting(k).uid);
	if (most != 0 && count.all >= most)
		return -ENOBUFS;
	return most_owned != 0 && count.owned >= most_owned ? -EDQUOT : 0;
}

/* ---- the calls */

PUBLIC int portico_limits_get(portico *instance, struct portico_instance_limits *limits)
{
	const struct pk_header *header = pk_header(instance);
	*limits = (struct portico_instance_limits){
		.ports = pk_load_relaxed(&header->most_ports),
		.ports_per_owner = pk_load_relaxed(&header->most_ports_per_owner),
		.rights_per_task = pk_load_relaxed(&header->most_rights_per_task),
		.pooled = pk_load_relaxed(&header->most_pooled),
		.taps_per_owner = pk_load_relaxed(&header->most_taps_per_owner),
	};
	return 0;
}

PUBLIC int portico_limits_set(portico *instance, const struct portico_instance_limits *limits)
{
	struct pk_header *header = pk_header(instance);
	int error = pk_enter(instance);
	if (error)
		return error;
	pk_task_refresh_ids(instance);
	uint32_t uid = pk_acting(instance).uid;
	if (uid != 0 && uid != instance->file.uid)
		return -EPERM;
	pk_store_relaxed(&header->most_ports, limits->ports);
	pk_store_relaxed(&header->most_ports_per_owner, limits->ports_per_owner);
	pk_store_relaxed(&header->most_rights_per_task, limits->rights_per_task);
	pk_store_relaxed(&header->most_pooled, limits->pooled);
	pk_store_relaxed(&header->most_taps_per_owner, limits->taps_per_owner);
	return 0;
}

PUBLIC int portico_limits_used(portico *instance, struct portico_instance_limits *used)
{
	int error = pk_enter(instance);
	if (error)
		return error;
	pk_task_refresh_ids(instance);
	struct ports ports = count_ports(instance, pk_acting(instance).uid);
	*used = (struct portico_instance_limits){
		.ports = ports.all,
		.ports_per_owner = ports.owned,
		.rights_per_task = count_rights(instance),
		.pooled = pk_pool_taken(instance),
		.taps_per_owner = pk_listener_most_taps(instance, pk_acting(instance).uid),
	};
	return 0;
}
