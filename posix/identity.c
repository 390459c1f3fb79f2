/* SPDX-License-Identifier: MIT */
/* System V ids and permissions. */
#include "posix.h"
#include "task.h"

#include <string.h>

/* glibc and musl lay it out alike, but name its ends differently. */
_Static_assert(offsetof(struct ipc_perm, uid) == 4 && offsetof(struct ipc_perm, mode) == 20, "ipc_perm");
_Static_assert(sizeof(struct ipc_perm) == 48, "ipc_perm");
#define PERM_KEY 0
#define PERM_SEQ 24

int pk_sysv_highest(struct portico *k, unsigned table, int *count)
{
	int committed = (int)pk_committed(k, table), highest = 0;
	pk_id id;
	*count = 0;
	for (int slot = 1; slot < committed; slot++) {
		if (pk_sysv_at(k, table, slot, &id) != 0)
			continue;
		highest = slot;
		++*count;
	}
	return highest;
}

void pk_to_ipc_perm(pk_id id, const struct pk_permission *from, struct ipc_perm *to)
{
	uint16_t sequence = (uint16_t)(pk_id_generation(id) & PK_SYSV_GENERATION_MASK);
	memset(to, 0, sizeof *to);
	to->uid = from->uid;
	to->gid = from->gid;
	to->cuid = from->cuid;
	to->cgid = from->cgid;
	to->mode = (__typeof__(to->mode))from->mode;
	memcpy((char *)to + PERM_KEY, &from->key, sizeof from->key);
	memcpy((char *)to + PERM_SEQ, &sequence, sizeof sequence);
}

void pk_from_ipc_perm(const struct ipc_perm *from, struct pk_permission *to)
{
	*to = (struct pk_permission){ .uid = from->uid, .gid = from->gid, .mode = from->mode & 0777 };
}

void pk_identity_changed(void)
{
	struct portico *k = pk_load(&pk_opened);
	/* a child by vfork() has other ids, and finds its parent's memory here */
	if (k && pk_self(k) != 0 && k->mine->process.pid == (uint32_t)pk_syscall0(SYS_getpid))
		pk_task_refresh_ids(k);
}
