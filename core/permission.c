/* SPDX-License-Identifier: MIT */
#include "permission.h"
#include "actor.h"
#include "log.h"
#include "task.h"

#include <errno.h>

void pk_permission_init(struct portico *k, struct pk_permission *permission, int32_t key, uint32_t mode)
{
	pk_task_refresh_ids(k);
	struct pk_identity maker = pk_acting(k);
	*permission = (struct pk_permission){
		.key = key,
		.uid = maker.uid,
		.gid = maker.gid,
		.cuid = maker.uid,
		.cgid = maker.gid,
		.mode = mode & 0777,
	};
}

/* ---- access */

static bool is_owner(struct portico *k, const struct pk_permission *permission)
{
	uint32_t uid = pk_acting(k).uid;
	return uid == permission->uid || uid == permission->cuid;
}

static bool in_group(struct portico *k, const struct pk_permission *permission)
{
	return pk_acting_in_group(k, permission->gid) ||
	       (permission->cgid != permission->gid && pk_acting_in_group(k, permission->cgid));
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

/* Then nothing else need be asked. */
static bool is_root_by_file(void)
{
	return pk_acts_for() && pk_acts_for()->uid == 0;
}

int pk_permission_check_slowly(struct portico *k, const struct pk_permission *permission, uint32_t bits)
{
	uint32_t wanted = (bits >> 6 | bits >> 3 | bits) & 7;
	if (is_root_by_file() || class_permits(k, permission, wanted))
		return 0;
	pk_task_refresh_ids(k); /* they may have changed since */
	if (class_permits(k, permission, wanted) || pk_acting_capable(PK_CAP_IPC_OWNER))
		return 0;
	pk_log(k, PK_LOG_REFUSED, PK_TABLES, 0, EACCES);
	return -EACCES;
}

/* ---- changing */

int pk_permission_own_or(struct portico *k, const struct pk_permission *permission, int capability)
{
	pk_task_refresh_ids(k);
	return is_owner(k, permission) || pk_acting_capable(capability) ? 0 : -EPERM;
}

int pk_permission_own(struct portico *k, const struct pk_permission *permission)
{
	return pk_permission_own_or(k, permission, PK_CAP_SYS_ADMIN);
}

/* The rules of chmod(2) and chown(2), to which a creator is nobody. */
static bool may_change_by_file(struct portico *k, const struct pk_permission *permission,
			       const struct pk_permission *to)
{
	if (!pk_acts_for() || pk_acts_for()->uid == 0)
		return true;
	return pk_acts_for()->uid == permission->uid && to->uid == permission->uid &&
	       (to->gid == permission->gid || pk_acting_in_group(k, to->gid));
}

int pk_permission_change(struct portico *k, struct pk_permission *permission, const struct pk_permission *to)
{
	int error = pk_permission_own(k, permission);
	if (error)
		return error;
	if (to->uid == UINT32_MAX || to->gid == UINT32_MAX)
		return -EINVAL;
	if (!may_change_by_file(k, permission, to))
		return -EPERM;
	if (pk_acts_for() && (to->uid != permission->uid || to->gid != permission->gid)) {
		permission->cuid = to->uid; /* who made a file is nobody to it once it is another's */
		permission->cgid = to->gid;
	}
	permission->uid = to->uid;
	permission->gid = to->gid;
	permission->mode = to->mode & 0777;
	return 0;
}
