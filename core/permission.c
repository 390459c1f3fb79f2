/* SPDX-License-Identifier: MIT */
#include "permission.h"
#include "log.h"
#include "task.h"

#include <errno.h>

void pk_permission_init(struct portico *k, struct pk_permission *permission, int32_t key, uint32_t mode)
{
	pk_task_refresh_ids(k);
	*permission = (struct pk_permission){
		.key = key,
		.uid = k->mine->identity.uid,
		.gid = k->mine->identity.gid,
		.cuid = k->mine->identity.uid,
		.cgid = k->mine->identity.gid,
		.mode = mode & 0777,
	};
}

/* ---- access */

static bool is_owner(struct portico *k, const struct pk_permission *permission)
{
	uint32_t uid = k->mine->identity.uid;
	return uid == permission->uid || uid == permission->cuid;
}

static bool in_group(struct portico *k, const struct pk_permission *permission)
{
	uint32_t gid = k->mine->identity.gid;
	return gid == permission->gid || gid == permission->cgid || pk_process_in_group(permission->gid) ||
	       pk_process_in_group(permission->cgid);
}

/* The bits of the one class that the task is in. */
static bool class_permits(struct portico *k, const struct pk_permission *permission, uint32_t wanted)
{
	uint32_t group = permission->mode >> 3, others = permission->mode;
	if (is_owner(k, permission))
		return (wanted & ~(permission->mode >> 6)) == 0;
	if ((wanted & ~(group & others)) == 0)
		return true; /* whichever of them it is in */
	if ((wanted & ~group) != 0 && (wanted & ~others) != 0)
		return false;
	return (wanted & ~(in_group(k, permission) ? group : others)) == 0;
}

int pk_permission_check_slowly(struct portico *k, const struct pk_permission *permission, uint32_t bits)
{
	uint32_t wanted = (bits >> 6 | bits >> 3 | bits) & 7;
	if (class_permits(k, permission, wanted))
		return 0;
	pk_task_refresh_ids(k); /* they may have changed since */
	if (class_permits(k, permission, wanted) || pk_process_capable(PK_CAP_IPC_OWNER))
		return 0;
	pk_log(k, PK_LOG_REFUSED, PK_TABLES, 0, EACCES);
	return -EACCES;
}

/* ---- changing */

int pk_permission_own_or(struct portico *k, const struct pk_permission *permission, int capability)
{
	pk_task_refresh_ids(k);
	return is_owner(k, permission) || pk_process_capable(capability) ? 0 : -EPERM;
}

int pk_permission_own(struct portico *k, const struct pk_permission *permission)
{
	return pk_permission_own_or(k, permission, PK_CAP_SYS_ADMIN);
}

int pk_permission_change(struct portico *k, struct pk_permission *permission, const struct pk_permission *to)
{
	int error = pk_permission_own(k, permission);
	if (error)
		return error;
	if (to->uid == UINT32_MAX || to->gid == UINT32_MAX)
		return -EINVAL;
	permission->uid = to->uid;
	permission->gid = to->gid;
	permission->mode = to->mode & 0777;
	return 0;
}
