/* SPDX-License-Identifier: MIT */
#include "posix.h"
#include "task.h"
#include "tunable.h"

#include <errno.h>

static int use_found(struct portico *k, const struct pk_getter *how, pk_id id, size_t size, int flags)
{
	struct pk_permission permission;
	if (flags & IPC_CREAT && flags & IPC_EXCL)
		return -EEXIST;
	int error = how->suits(k, id, size, &permission);
	return error ? error : pk_permission_check(k, &permission, pk_permission_bits((uint32_t)flags));
}

/* The object of that key, or a new one; or -EINVAL, -EIDRM: it went while we looked. */
static int find_or_make(struct portico *k, const struct pk_getter *how, key_t key, size_t size, int flags,
			pk_id *id)
{
	int error = key == IPC_PRIVATE ? -ENOENT : how->find(k, key, id);
	if (error == 0)
		return use_found(k, how, *id, size, flags);
	if (error != -ENOENT || (key != IPC_PRIVATE && !(flags & IPC_CREAT)))
		return error;
	return how->make(k, key, size, (uint32_t)flags, id);
}

long pk_get(struct portico *k, const struct pk_getter *how, key_t key, size_t size, int flags)
{
	pk_id id = 0;
	int error = pk_enter(k), tries = 100;
	if (error)
		return error;
	pk_tunables_take_in(k);
	pk_task_refresh_ids(k); /* a program that gives up its privileges then looks for its objects */
	if (pk_load_relaxed(&pk_header(k)->mortals) != 0)
		pk_task_sweep(k, true); /* what is found has not ended */
	do				/* another may make or remove it between the look and the making */
		error = find_or_make(k, how, key, size, flags, &id);
	while ((error == -EIDRM || (error == -EEXIST && !(flags & IPC_EXCL))) && --tries > 0);
	if (error == -ENOBUFS)
		error = -ENOSPC;
	if (!error)
		pk_lifetime_use(k, how->table, id); /* LT2 */
	return error ? error : pk_sysv_id(id);
}
