/* SPDX-License-Identifier: MIT */
/* System V shared memory. */
#define _GNU_SOURCE
#include "posix.h"
#include "attach.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/shm.h>

#ifndef SHM_HUGETLB
#define SHM_HUGETLB 04000
#define SHM_NORESERVE 010000
#endif

_Static_assert(sizeof(struct shmid_ds) == 112, "shmid_ds");
_Static_assert(offsetof(struct shmid_ds, shm_nattch) == 88, "shmid_ds");

_Static_assert(PK_SEGMENT_SPARSE == SHM_NORESERVE, "SHM_NORESERVE");

#define PAGE UINT64_C(4096) /* SHMLBA, which glibc asks the system for */

/* ---- shmget */

/* There are none here; so it is as on a machine that has none, where only the privileged may ask. */
static int refuse_huge_pages(void)
{
	return pk_process_capable(PK_CAP_IPC_LOCK) ? -ENOMEM : -EPERM;
}

static int make(struct portico *k, key_t key, size_t size, uint32_t flags, pk_id *id)
{
	if (size == 0 || size > pk_sysv_limit(k, PK_SHMMAX))
		return -EINVAL;
	if (flags & SHM_HUGETLB)
		return refuse_huge_pages();
	int error = pk_segment_create(k, key, size, flags & (0777 | SHM_NORESERVE), id);
	return error == -ENOSPC ? -ENOMEM : error; /* the instance's file system is the memory */
}

static int suits(struct portico *k, pk_id id, size_t size, struct pk_permission *permission)
{
	struct pk_segment_status status;
	int error = pk_segment_look(k, id, &status);
	if (error)
		return error == -EINVAL ? -EIDRM : error; /* it went just now: pk_get() looks again */
	*permission = status.permission;
	return size > status.size ? -EINVAL : 0;
}

static const struct pk_getter segments = { pk_segment_find, make, suits, PK_SEGMENTS };

PK_EXPORT int shmget(key_t key, size_t size, int flags)
{
	struct portico *k = pk_call();
	return (int)pk_result(k ? pk_get(k, &segments, key, size, flags)
				: pk_syscall3(SYS_shmget, key, size, flags));
}

/* ---- shmat, shmdt */

static int where(const void *address, int flags, unsigned *how, void **wanted)
{
	uintptr_t at = (uintptr_t)address;
	if (at % PAGE && !(flags & SHM_RND))
		return -EINVAL;
	at -= at % PAGE;
	if (!at)
		return flags & SHM_REMAP ? -EINVAL : 0;
	*wanted = (void *)at;
	*how |= flags & SHM_REMAP ? PK_MAP_FIXED : PK_MAP_VACANT;
	return 0;
}

static long attach(struct portico *k, int segment, const void *address, int flags)
{
	unsigned how = (flags & SHM_RDONLY ? PK_MAP_READ_ONLY : 0) | (flags & SHM_EXEC ? PK_MAP_EXECUTE : 0);
	void *got = NULL;
	pk_id id;
	int error = pk_sysv_find(k, PK_SEGMENTS, segment, &id);
	if (!error)
		error = where(address, flags, &how, &got);
	pk_fork_watch();
	if (!error)
		error = pk_segment_attach(k, id, how, &got);
	if (error)
		return error == -EEXIST ? -EINVAL : error == -ENOBUFS || error == -ENOSPC ? -ENOMEM : error;
	return (long)got;
}

PK_EXPORT void *shmat(int segment, const void *address, int flags)
{
	struct portico *k = pk_call();
	if (!k)
		return (void *)pk_result(pk_syscall3(SYS_shmat, segment, address, flags));
	long error = pk_enter(k);
	return (void *)pk_result(error ? error : attach(k, segment, address, flags));
}

/* What isn't ours may be the real kernel's, of a parent that had no instance. */
static long detach(struct portico *k, const void *address)
{
	long error = pk_segment_detach(k, address);
	return error == -EINVAL && pk_syscall1(SYS_shmdt, address) == 0 ? 0 : error;
}

PK_EXPORT int shmdt(const void *address)
{
	struct portico *k = pk_call();
	return (int)pk_result(k ? detach(k, address) : pk_syscall1(SYS_shmdt, address));
}

/* ---- shmctl */

static int stat_segment(struct portico *k, pk_id id, bool any, struct shmid_ds *ds)
{
	struct pk_segment_status status;
	int error = pk_segment_inspect(k, id, &status);
	if (!error && !any)
		error = pk_permission_check(k, &status.permission, 0444);
	if (!error && pk_bad_address(ds))
		error = -EFAULT;
	if (error)
		return error;
	memset(ds, 0, sizeof *ds);
	pk_to_ipc_perm(id, &status.permission, &ds->shm_perm);
	if (status.removed)
		ds->shm_perm.mode |= SHM_DEST;
	if (status.pinned)
		ds->shm_perm.mode |= SHM_LOCKED;
	ds->shm_segsz = status.size;
	ds->shm_atime = status.attach_time;
	ds->shm_dtime = status.detach_time;
	ds->shm_ctime = status.change_time;
	ds->shm_cpid = (pid_t)status.creator_pid;
	ds->shm_lpid = (pid_t)status.last_pid;
	ds->shm_nattch = status.attached;
	return 0;
}

static int set_segment(struct portico *k, pk_id id, const struct shmid_ds *ds)
{
	struct pk_permission permission;
	pk_from_ipc_perm(&ds->shm_perm, &permission);
	return pk_segment_adjust(k, id, &permission);
}

/* Who isn't privileged may lock as much memory as its limit says, the kernel says. */
static int check_lock_limit(uint64_t size)
{
	struct rlimit limit;
	if (pk_process_capable(PK_CAP_IPC_LOCK) ||
	    pk_syscall4(SYS_prlimit64, 0, RLIMIT_MEMLOCK, 0, &limit) != 0)
		return 0;
	if (limit.rlim_cur == 0)
		return -EPERM;
	return size > limit.rlim_cur ? -ENOMEM : 0;
}

/* Its memory is the file system's, which only its mappers could keep from being swapped: it is noted, no
 * more. */
static int lock_segment(struct portico *k, pk_id id, bool lock)
{
	struct pk_segment_status status;
	int error = pk_segment_look(k, id, &status);
	if (!error)
		error = pk_permission_own_or(k, &status.permission, PK_CAP_IPC_LOCK);
	if (!error && lock && !status.pinned)
		error = check_lock_limit((status.size + PAGE - 1) / PAGE * PAGE);
	return error ? error : pk_segment_pin(k, id, lock);
}

static long control(struct portico *k, int segment, int command, struct shmid_ds *ds)
{
	bool by_index = command == SHM_STAT || command == SHM_STAT_ANY;
	pk_id id;
	if (segment < 0)
		return -EINVAL;
	if (pk_bad_address(ds) && (command == IPC_SET || command == IPC_INFO || command == SHM_INFO))
		return -EFAULT;
	if (command == IPC_INFO)
		return pk_shm_inform(k, (struct shminfo *)ds);
	if (command == SHM_INFO)
		return pk_shm_inform_use(k, (struct shm_info *)ds);
	long error = by_index ? pk_sysv_at(k, PK_SEGMENTS, segment, &id)
			      : pk_sysv_find(k, PK_SEGMENTS, segment, &id);
	if (error)
		return error;
	switch (command) {
	case IPC_STAT:
		return stat_segment(k, id, false, ds);
	case SHM_STAT:
	case SHM_STAT_ANY:
		error = stat_segment(k, id, command == SHM_STAT_ANY, ds);
		return error ? error : pk_sysv_id(id);
	case IPC_SET:
		return set_segment(k, id, ds);
	case IPC_RMID:
		return pk_segment_remove(k, id);
	case SHM_LOCK:
	case SHM_UNLOCK:
		return lock_segment(k, id, command == SHM_LOCK);
	default:
		return -EINVAL;
	}
}

PK_EXPORT int shmctl(int segment, int command, struct shmid_ds *ds)
{
	struct portico *k = pk_call();
	if (!k)
		return (int)pk_result(pk_syscall3(SYS_shmctl, segment, command, ds));
	long error = pk_enter(k);
	return (int)pk_result(error ? error : control(k, segment, command, ds));
}
