/* SPDX-License-Identifier: MIT */
/* The calls of <portico/policy.h>. */
#include "access.h"
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
