/* SPDX-License-Identifier: MIT */
/*
 * IPC_INFO, MSG_INFO, SEM_INFO and SHM_INFO: what is allowed, and what is used.
 *
 * What Linux doesn't limit it still reports, by figures that stand for its
 * defaults whatever the limits are: those are written down here as it has them.
 */
#define _GNU_SOURCE
#include "port.h"
#include "posix.h"
#include "segment.h"
#include "semaphore.h"
#include "tunable.h"

#include <limits.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

/* glibc's and musl's are alike. */
_Static_assert(sizeof(struct msginfo) == 32 && offsetof(struct msginfo, msgseg) == 28, "msginfo");
_Static_assert(sizeof(struct seminfo) == 40 && offsetof(struct seminfo, semaem) == 36, "seminfo");
_Static_assert(sizeof(struct shminfo) == 72 && offsetof(struct shminfo, shmall) == 32, "shminfo");
_Static_assert(sizeof(struct shm_info) == 48 && offsetof(struct shm_info, shm_tot) == 8, "shm_info");

/* What is larger than an int, an int can't say. */
static int clip(uint64_t value)
{
	return value < INT_MAX ? (int)value : INT_MAX;
}

static int limit(struct portico *k, enum pk_sysv_limit which)
{
	return clip(pk_sysv_limit(k, which));
}

long pk_msg_inform(struct portico *k, bool use, struct msginfo *info)
{
	int count, highest = pk_sysv_highest(k, PK_PORTS, &count);
	struct pk_port_status status;
	uint64_t messages = 0, bytes = 0;
	pk_id id;
	pk_tunables_take_in(k);
	*info = (struct msginfo){
		.msgpool = 512000,
		.msgmap = 16384,
		.msgmax = limit(k, PK_MSGMAX),
		.msgmnb = limit(k, PK_MSGMNB),
		.msgmni = limit(k, PK_MSGMNI),
		.msgssz = 16,
		.msgtql = 16384,
		.msgseg = 0xffff,
	};
	if (!use)
		return highest;
	for (int slot = 1; slot <= highest; slot++) {
		if (pk_sysv_at(k, PK_PORTS, slot, &id) != 0 || pk_port_inspect(k, id, &status) != 0)
			continue;
		messages += status.count;
		bytes += status.queued_bytes;
	}
	info->msgpool = count;
	info->msgmap = clip(messages);
	info->msgtql = clip(bytes);
	return highest;
}

long pk_sem_inform(struct portico *k, bool use, struct seminfo *info)
{
	int count, highest = pk_sysv_highest(k, PK_SETS, &count);
	struct pk_set_status status;
	uint64_t semaphores = 0;
	pk_id id;
	pk_tunables_take_in(k);
	*info = (struct seminfo){
		.semmap = 1024000000,
		.semmni = limit(k, PK_SEMMNI),
		.semmns = limit(k, PK_SEMMNS),
		.semmnu = 1024000000,
		.semmsl = limit(k, PK_SEMMSL),
		.semopm = limit(k, PK_SEMOPM),
		.semume = 500,
		.semusz = 20,
		.semvmx = PK_SEMAPHORE_MOST,
		.semaem = PK_SEMAPHORE_MOST,
	};
	if (!use)
		return highest;
	for (int slot = 1; slot <= highest; slot++)
		if (pk_sysv_at(k, PK_SETS, slot, &id) == 0 && pk_set_inspect(k, id, &status) == 0)
			semaphores += status.count;
	info->semusz = count;
	info->semaem = clip(semaphores);
	return highest;
}

long pk_shm_inform(struct portico *k, struct shminfo *info)
{
	int count;
	pk_tunables_take_in(k);
	*info = (struct shminfo){
		.shmmax = pk_sysv_limit(k, PK_SHMMAX),
		.shmmin = 1,
		.shmmni = pk_sysv_limit(k, PK_SHMMNI),
		.shmseg = pk_sysv_limit(k, PK_SHMMNI),
		.shmall = pk_sysv_limit(k, PK_SHMALL),
	};
	return pk_sysv_highest(k, PK_SEGMENTS, &count);
}

/* A segment's memory is all there from its beginning. */
long pk_shm_inform_use(struct portico *k, struct shm_info *info)
{
	int count, highest = pk_sysv_highest(k, PK_SEGMENTS, &count);
	struct pk_segment_status status;
	pk_id id;
	memset(info, 0, sizeof *info);
	memcpy(info, &count, sizeof count); /* used_ids, which musl spells otherwise */
	for (int slot = 1; slot <= highest; slot++)
		if (pk_sysv_at(k, PK_SEGMENTS, slot, &id) == 0 && pk_segment_look(k, id, &status) == 0)
			info->shm_tot += (status.size + PK_PAGE - 1) / PK_PAGE;
	info->shm_rss = info->shm_tot;
	return highest;
}
