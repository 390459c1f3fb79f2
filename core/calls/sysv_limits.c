/* SPDX-License-Identifier: MIT */
/* The calls of <portico/limits.h> about System V. */
#include "actor.h"
#include "public.h"
#include "task.h"
#include "tunable.h"

#include <errno.h>
#include <portico/limits.h>
#include <string.h>

/* As enum pk_sysv_limit has them. */
_Static_assert(sizeof(struct portico_sysv_limits) == PK_SYSV_LIMITS * sizeof(uint64_t), "sysv_limits");
_Static_assert(offsetof(struct portico_sysv_limits, semmni) == PK_SEMMNI * sizeof(uint64_t), "sysv_limits");
_Static_assert(offsetof(struct portico_sysv_limits, shmmni) == PK_SHMMNI * sizeof(uint64_t), "sysv_limits");

PUBLIC int portico_sysv_limits_get(portico *instance, struct portico_sysv_limits *limits)
{
	uint64_t values[PK_SYSV_LIMITS];
	int error = pk_enter(instance);
	if (error)
		return error;
	pk_tunables_take_in(instance);
	for (unsigned i = 0; i < PK_SYSV_LIMITS; i++)
		values[i] = pk_sysv_limit(instance, i);
	memcpy(limits, values, sizeof values);
	return 0;
}

PUBLIC int portico_sysv_limits_set(portico *instance, const struct portico_sysv_limits *limits)
{
	uint64_t values[PK_SYSV_LIMITS];
	int error = pk_enter(instance);
	if (error)
		return error;
	memcpy(values, limits, sizeof values);
	for (unsigned i = 0; i < PK_SYSV_LIMITS; i++)
		if (values[i] > pk_sysv_most(i))
			return -EINVAL;
	pk_task_refresh_ids(instance);
	uint32_t uid = pk_acting(instance).uid;
	if (uid != 0 && uid != instance->file.uid)
		return -EPERM;
	pk_tunables_take_in(instance); /* that was before */
	for (unsigned i = 0; i < PK_SYSV_LIMITS; i++)
		pk_store_relaxed(&pk_header(instance)->sysv_limits[i], values[i]);
	return 0;
}

PUBLIC int portico_sysv_limits_most(struct portico_sysv_limits *most)
{
	uint64_t values[PK_SYSV_LIMITS];
	for (unsigned i = 0; i < PK_SYSV_LIMITS; i++)
		values[i] = pk_sysv_most(i);
	memcpy(most, values, sizeof values);
	return 0;
}

PUBLIC int portico_sysv_limits_used(portico *instance, struct portico_sysv_limits *used)
{
	uint64_t values[PK_SYSV_LIMITS];
	int error = pk_enter(instance);
	if (error)
		return error;
	pk_sysv_used(instance, values);
	memcpy(used, values, sizeof values);
	return 0;
}
