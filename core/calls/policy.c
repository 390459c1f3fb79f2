/* SPDX-License-Identifier: MIT */
/* The calls of <portico/policy.h>. */
#include "access.h"
#include "lifetime.h"
#include "public.h"

#include <errno.h>
#include <portico/policy.h>

_Static_assert((int)PORTICO_ACCESS_ALL == (int)PK_ACCESS_ALL, "accesses are the same");
_Static_assert(PORTICO_GROUP_AS_IS == PK_GROUP_AS_IS, "no group");

PUBLIC int portico_access_get(portico *instance, gid_t *group)
{
	uint32_t gid;
	int access = pk_access_get(instance, &gid);
	if (access >= 0 && group)
		*group = gid;
	return access;
}

PUBLIC int portico_access_set(portico *instance, enum portico_access access, gid_t group)
{
	if ((unsigned)access > PORTICO_ACCESS_ALL)
		return -EINVAL;
	return pk_access_set(instance, (enum pk_access)access,
			     access == PORTICO_ACCESS_GROUP ? group : PK_GROUP_AS_IS);
}

#define IDLE_MOST_S (366u * 24 * 60 * 60)

PUBLIC int portico_lifetime_get(portico *instance, uint32_t *idle_s)
{
	uint32_t lifetime = pk_load_relaxed(&pk_header(instance)->sysv_lifetime);
	if (lifetime == PK_LIFETIME_PERSIST)
		return PORTICO_LIFETIME_PERSIST;
	if (lifetime > PK_IDLE_MOST)
		return lifetime == PK_LIFETIME_CREATOR ? PORTICO_LIFETIME_CREATOR
						       : PORTICO_LIFETIME_LAST_USER;
	if (idle_s)
		*idle_s = lifetime;
	return PORTICO_LIFETIME_IDLE;
}

PUBLIC int portico_lifetime_set(portico *instance, enum portico_lifetime lifetime, uint32_t idle_s)
{
	switch (lifetime) {
	case PORTICO_LIFETIME_PERSIST:
		return pk_lifetime_set(instance, PK_LIFETIME_PERSIST);
	case PORTICO_LIFETIME_CREATOR:
		return pk_lifetime_set(instance, PK_LIFETIME_CREATOR);
	case PORTICO_LIFETIME_LAST_USER:
		return pk_lifetime_set(instance, PK_LIFETIME_LAST_USER);
	case PORTICO_LIFETIME_IDLE:
		return idle_s < 1 || idle_s > IDLE_MOST_S ? -EINVAL : pk_lifetime_set(instance, idle_s);
	default:
		return -EINVAL;
	}
}
