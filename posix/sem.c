/* SPDX-License-Identifier: MIT */
/* System V semaphores. */
#define _GNU_SOURCE
#include "name.h"
#include "posix.h"
#include "semaphore_quick.h"
#include "set_bell.h"
#include "tunable.h"

#include <errno.h>
#include <portico/sysv.h>
#include <stdarg.h>
#include <string.h>
#include <sys/sem.h>
#include <time.h>

_Static_assert(sizeof(struct sembuf) == sizeof(struct pk_semaphore_part), "sembuf");
_Static_assert(offsetof(struct sembuf, sem_op) == offsetof(struct pk_semaphore_part, change), "sembuf");
_Static_assert(offsetof(struct sembuf, sem_flg) == offsetof(struct pk_semaphore_part, flags), "sembuf");
#ifdef __x86_64__ /* where each time has an unused word behind it */
_Static_assert(sizeof(struct semid_ds) == 104, "semid_ds");
_Static_assert(offsetof(struct semid_ds, sem_nsems) == 80, "semid_ds");
#else
_Static_assert(sizeof(struct semid_ds) == 88, "semid_ds");
_Static_assert(offsetof(struct semid_ds, sem_nsems) == 64, "semid_ds");
#endif

/* The last argument of semctl(). */
union argument {
	int value;
	struct semid_ds *ds;
	unsigned short *values;
	struct seminfo *info;
};

/* ---- semget */

static int find(struct portico *k, key_t key, pk_id *id)
{
	return pk_name_look_up(k, PK_NAME_SEM, &key, sizeof key, id);
}

static int make(struct portico *k, key_t key, size_t count, uint32_t mode, pk_id *id)
{
	return pk_set_create(k, key, (uint32_t)count, mode, id);
}

static int suits(struct portico *k, pk_id id, size_t count, struct pk_permission *permission)
{
	struct pk_set_status status;
	int error = pk_set_inspect(k, id, &status);
	if (error)
		return error;
	*permission = status.permission;
	return count > status.count ? -EINVAL : 0;
}

static const struct pk_getter sets = { find, make, suits, PK_SETS };

PK_EXPORT int semget(key_t key, int count, int flags)
{
	struct portico *k = pk_call();
	if (!k)
		return (int)pk_result(pk_syscall3(SYS_semget, key, count, flags));
	if (count < 0 || pk_sysv_over(k, PK_SEMMSL, (uint64_t)count))
		return (int)pk_result(-EINVAL);
	return (int)pk_result(pk_get(k, &sets, key, (size_t)count, flags));
}

/* ---- semop, semtimedop */

/*
 * What nearly all are, at a glance: then pk_call() was, and the set's lock is to be left.  NULL: look closer.
 */
__attribute__((always_inline)) static inline struct pk_set *
done_at_a_glance(int set, const struct sembuf *parts, size_t count, bool undo)
{
	struct portico *k = pk_load(&pk_opened);
	const struct pk_semaphore_part *first = (const struct pk_semaphore_part *)parts;
	if (!k || count - 1 >= pk_sysv_limit(k, PK_SEMOPM) || pk_bad_address(parts) ||
	    pk_recent_set.sysv_id != set)
		return NULL;
	pk_inside_begin();
	return count == 1 ? pk_set_operate_on_one(k, first, undo)
			  : pk_set_operate_on_several(k, first, (uint32_t)count);
}

/* What most are. */
static inline bool done_at_once(struct portico *k, int set, const struct sembuf *parts, size_t count)
{
	return count - 1 < pk_sysv_limit(k, PK_SEMOPM) && !pk_bad_address(parts) &&
	       pk_set_operate_again(k, set, (const struct pk_semaphore_part *)parts, (uint32_t)count);
}

static int check(struct portico *k, const struct sembuf *parts, size_t count)
{
	if (count == 0 || pk_sysv_over(k, PK_SEMOPM, count))
		return count ? -E2BIG : -EINVAL;
	return pk_bad_address(parts) ? -EFAULT : 0;
}

static __attribute__((noinline)) long operate(struct portico *k, int set, const struct sembuf *parts,
					      size_t count, int64_t until_ns)
{
	pk_id id;
	int error = check(k, parts, count);
	if (!error)
		error = pk_sysv_find(k, PK_SETS, set, &id);
	if (error)
		return error;
	error = pk_set_operate(k, id, (const struct pk_semaphore_part *)parts, (uint32_t)count, until_ns);
	return error == -ENOBUFS ? -ENOSPC : error;
}

static int64_t deadline_after(const struct timespec *timeout)
{
	int64_t now = pk_monotonic_ns(), after;
	if (__builtin_mul_overflow((int64_t)timeout->tv_sec, INT64_C(1000000000), &after) ||
	    __builtin_add_overflow(after, timeout->tv_nsec, &after) ||
	    __builtin_add_overflow(after, now, &after))
		return PK_FOREVER;
	return after;
}

/* Whether the time is one is asked after the parts have been looked at. */
static long operate_until(struct portico *k, int set, const struct sembuf *parts, size_t count,
			  const struct timespec *timeout)
{
	if (pk_bad_address(timeout))
		return -EFAULT;
	int error = check(k, parts, count);
	if (!error && (timeout->tv_sec < 0 || timeout->tv_nsec < 0 || timeout->tv_nsec >= 1000000000))
		error = -EINVAL;
	if (error)
		return error;
	return done_at_once(k, set, parts, count) ? 0
						  : operate(k, set, parts, count, deadline_after(timeout));
}

static __attribute__((noinline)) int operate_or_pass(int set, const struct sembuf *parts, size_t count)
{
	struct portico *k = pk_call();
	if (k && done_at_once(k, set, parts, count))
		return (int)pk_result_quickly(0);
	return (int)pk_result(k ? operate(k, set, parts, count, PK_FOREVER)
				: pk_syscall3(SYS_semop, set, parts, count));
}

/* Each of these passes on to the next what it can't do, and keeps little while it tries: semaphore_quick.h.
 */
static __attribute__((noinline)) int finish(struct pk_set *set)
{
	pk_set_finish(set);
	return (int)pk_result_quickly(0);
}

static __attribute__((noinline)) int operate_with_undo(int set, const struct sembuf *parts)
{
	struct pk_set *done = done_at_a_glance(set, parts, 1, true);
	return __builtin_expect(done != NULL, 1) ? finish(done) : operate_or_pass(set, parts, 1);
}

static __attribute__((noinline)) int operate_on_several(int set, const struct sembuf *parts, size_t count)
{
	struct pk_set *done = done_at_a_glance(set, parts, count, false);
	return __builtin_expect(done != NULL, 1) ? finish(done) : operate_or_pass(set, parts, count);
}

PK_EXPORT int semop(int set, struct sembuf *parts, size_t count)
{
	if (__builtin_expect(count != 1, 0))
		return operate_on_several(set, parts, count);
	struct pk_set *done = done_at_a_glance(set, parts, 1, false);
	return __builtin_expect(done != NULL, 1) ? finish(done) : operate_with_undo(set, parts);
}

PK_EXPORT int semtimedop(int set, struct sembuf *parts, size_t count, const struct timespec *timeout)
{
	if (!timeout)
		return semop(set, parts, count);
	struct portico *k = pk_call();
	return (int)pk_result(k ? operate_until(k, set, parts, count, timeout)
				: pk_syscall4(SYS_semtimedop, set, parts, count, timeout));
}

/* ---- semctl */

/* What the set is, if its mode allows that, and there is somewhere to write it, or read what it shall be. */
static int inspect(struct portico *k, pk_id id, uint32_t bits, const void *address,
		   struct pk_set_status *status)
{
	int error = pk_set_inspect(k, id, status);
	if (!error)
		error = pk_permission_check(k, &status->permission, bits);
	return !error && pk_bad_address(address) ? -EFAULT : error;
}

static int stat_set(struct portico *k, pk_id id, bool any, struct semid_ds *ds)
{
	struct pk_set_status status;
	pk_set_reap(k, id, true); /* whose end would show */
	int error = inspect(k, id, any ? 0 : 0444, ds, &status);
	if (error)
		return error;
	memset(ds, 0, sizeof *ds);
	pk_to_ipc_perm(id, &status.permission, &ds->sem_perm);
	ds->sem_otime = status.operation_time;
	ds->sem_ctime = status.change_time;
	ds->sem_nsems = (unsigned short)status.count;
	return 0;
}

static int set_set(struct portico *k, pk_id id, const struct semid_ds *ds)
{
	struct pk_permission permission;
	pk_from_ipc_perm(&ds->sem_perm, &permission);
	return pk_set_adjust(k, id, &permission);
}

static long get_one(struct portico *k, pk_id id, int semaphore, int command)
{
	struct pk_semaphore_status status;
	int error =
		pk_semaphore_inspect(k, id, (uint32_t)semaphore, &status); /* a negative one is none, too */
	if (error)
		return error;
	uint32_t found = command == GETVAL    ? status.value
			 : command == GETPID  ? status.pid
			 : command == GETNCNT ? status.rising
					      : status.zero;
	return found;
}

static long get_all(struct portico *k, pk_id id, unsigned short *values)
{
	struct pk_set_status status;
	int error = inspect(k, id, 0444, values, &status);
	return error ? error : pk_set_load(k, id, values);
}

static long set_one(struct portico *k, pk_id id, int semaphore, int value)
{
	uint16_t stored = (uint16_t)value;
	return semaphore < 0 ? -EINVAL : pk_set_store(k, id, (uint32_t)semaphore, 1, &stored);
}

static long set_all(struct portico *k, pk_id id, const unsigned short *values)
{
	struct pk_set_status status;
	int error = inspect(k, id, 0222, values, &status);
	return error ? error : pk_set_store(k, id, 0, status.count, values);
}

/* What is found wrong before it is looked for the set. */
static int check_argument(int set, int command, union argument argument)
{
	if (set < 0)
		return -EINVAL;
	if (command == SETVAL)
		return argument.value < 0 || argument.value > PK_SEMAPHORE_MOST ? -ERANGE : 0;
	if (command == IPC_SET || command == IPC_INFO || command == SEM_INFO)
		return pk_bad_address(argument.ds) ? -EFAULT : 0;
	return 0;
}

static long control_set(struct portico *k, pk_id id, int semaphore, int command, union argument argument)
{
	switch (command) {
	case IPC_STAT:
		return stat_set(k, id, false, argument.ds);
	case IPC_SET:
		return set_set(k, id, argument.ds);
	case IPC_RMID:
		return pk_set_destroy(k, id);
	case GETVAL:
	case GETPID:
	case GETNCNT:
	case GETZCNT:
		return get_one(k, id, semaphore, command);
	case GETALL:
		return get_all(k, id, argument.values);
	case SETVAL:
		return set_one(k, id, semaphore, argument.value);
	case SETALL:
		return set_all(k, id, argument.values);
	default:
		return -EINVAL;
	}
}

static long control(struct portico *k, int set, int semaphore, int command, union argument argument)
{
	pk_id id;
	long error = check_argument(set, command, argument);
	if (error)
		return error;
	switch (command) {
	case IPC_INFO:
	case SEM_INFO:
		return pk_sem_inform(k, command == SEM_INFO, argument.info);
	case SEM_STAT:
	case SEM_STAT_ANY:
		error = pk_sysv_at(k, PK_SETS, set, &id);
		if (!error)
			error = stat_set(k, id, command == SEM_STAT_ANY, argument.ds);
		return error ? error : pk_sysv_id(id);
	default:
		error = pk_sysv_find(k, PK_SETS, set, &id);
		return error ? error : control_set(k, id, semaphore, command, argument);
	}
}

static bool takes_argument(int command)
{
	return command != IPC_RMID && command != GETVAL && command != GETPID && command != GETNCNT &&
	       command != GETZCNT;
}

PK_EXPORT int semctl(int set, int semaphore, int command, ...)
{
	union argument argument = { .ds = NULL };
	va_list list;
	va_start(list, command);
	if (takes_argument(command))
		argument = va_arg(list, union argument);
	va_end(list);
	struct portico *k = pk_call();
	if (!k)
		return (int)pk_result(pk_syscall4(SYS_semctl, set, semaphore, command, argument.ds));
	long error = pk_enter(k);
	return (int)pk_result(error ? error : control(k, set, semaphore, command, argument));
}

/* ---- beyond System V: in this file, since who names it weak gets of an archive what is linked anyway */

PK_EXPORT int portico_sem_fd(int set, int semaphore)
{
	struct portico *k = pk_call();
	pk_id id;
	if (!k)
		return -ENOSYS;
	int result = pk_enter(k);
	if (!result)
		result = pk_sysv_find(k, PK_SETS, set, &id);
	if (!result)
		result = pk_set_bell_open(k, id, (uint32_t)semaphore); /* a negative one is none */
	pk_inside_end();
	return result;
}
