/* SPDX-License-Identifier: MIT */
/*
 * System V IPC over core: what the calls share.
 *
 * Each call of libc's finds the process's instance, does its work there, and
 * says so as libc would.  A process that can't have an instance gets the real
 * kernel: the call passes through as if Portico weren't there.
 */
#ifndef PK_POSIX_H
#define PK_POSIX_H

#include "interrupt.h"
#include "lifetime.h"
#include "object.h"
#include "syscall.h"
#include "sysv.h"

#include <errno.h>
#include <sys/ipc.h>
#include <sys/types.h>

#define PK_EXPORT __attribute__((visibility("default")))

/* ---- instance.c */

extern _Atomic(struct portico *) pk_opened;
struct portico *pk_instance_open(void);

/* The instance of this process, opened on its first use; NULL: pass through. */
static inline struct portico *pk_instance(void)
{
	struct portico *k = pk_load(&pk_opened);
	return __builtin_expect(k != NULL, 1) ? k : pk_instance_open();
}

/* The same, as a call begins, which ends with pk_result(): in between signals are deferred (signal.h). */
static inline struct portico *pk_call(void)
{
	struct portico *k = pk_instance();
	if (__builtin_expect(k != NULL, 1))
		pk_inside_begin();
	return k;
}

/* What core or the real kernel returned, as a libc call returns it: the one place where errno is set. */
long pk_result(long result);

/* The same, which this is in line. */
static inline long pk_result_quickly(long result)
{
	if (__builtin_expect(result < 0, 0))
		return pk_result(result);
	pk_inside_end();
	return result;
}

/*
 * An address that no program has, of the first page or of the kernel's half: EFAULT, as of the kernel.
 * Any other that is bad is the program's fault.
 */
static inline bool pk_bad_address(const void *at)
{
	return (intptr_t)at < 4096;
}

/* ---- identity.c: ids that fit an int (pk_sysv_id), and owners and modes */

/* The object in the slot numbered `index`, for the *_STAT commands.  -EINVAL: none. */
static inline int pk_sysv_at(struct portico *k, unsigned table, int index, pk_id *id)
{
	struct pk_head *head =
		index < 0 ? NULL : pk_slot(k, table, (uint32_t)index & PK_SYSV_SLOT_MASK); /* an id will do */
	uint64_t word = head ? pk_load(&head->word) : PK_FREE;
	if (pk_word_kind(word) != PK_LIVE || (table == PK_PORTS && ((struct pk_port *)head)->use != PK_QUEUE))
		return -EINVAL; /* free, or a mailbox */
	*id = pk_word_id(word);
	return 0;
}

/* The object of that id.  -EINVAL: there is none, or it was removed. */
static inline int pk_sysv_find(struct portico *k, unsigned table, int sysv_id, pk_id *id)
{
	int error = pk_sysv_at(k, table, sysv_id, id);
	if (!error && pk_sysv_id(*id) != sysv_id)
		error = -EINVAL;
	if (!error)
		pk_lifetime_use(k, table, *id);
	return error;
}

/* The highest index in use (0 where there is none), and how many there are. */
int pk_sysv_highest(struct portico *k, unsigned table, int *count);

void pk_to_ipc_perm(pk_id id, const struct pk_permission *from, struct ipc_perm *to);
void pk_from_ipc_perm(const struct ipc_perm *from, struct pk_permission *to);

/* This process may have other ids than it had. */
void pk_identity_changed(void);

/*
 * ---- inform.c: the *_INFO commands.  `use`: what there is, for what Linux doesn't limit; else figures that
 * stand for its defaults.  Each returns the highest index in use.
 */
struct msginfo;
struct seminfo;
struct shminfo;
struct shm_info;
long pk_msg_inform(struct portico *k, bool use, struct msginfo *info);
long pk_sem_inform(struct portico *k, bool use, struct seminfo *info);
long pk_shm_inform(struct portico *k, struct shminfo *info);
long pk_shm_inform_use(struct portico *k, struct shm_info *info);

/* ---- get.c: what msgget(), semget() and shmget() have in common */

struct pk_getter {
	int (*find)(struct portico *k, key_t key, pk_id *id); /* -ENOENT */
	int (*make)(struct portico *k, key_t key, size_t size, uint32_t mode, pk_id *id);
	int (*suits)(struct portico *k, pk_id id, size_t size, struct pk_permission *permission);
	unsigned table;
};
long pk_get(struct portico *k, const struct pk_getter *how, key_t key, size_t size, int flags);

/* ---- fork.c: a fork's child shares its parent's attachments; see to that from now on */
void pk_fork_watch(void);

/* preload_fork.c, static_fork.c: as pthread_atfork(). */
void pk_at_fork(void (*prepare)(void), void (*parent)(void), void (*child)(void));

/* ---- preload_next.c: the next definition of that function, found once; NULL: there is none */
void *pk_next(_Atomic(void *) *found, const char *name);

#endif
