/* SPDX-License-Identifier: MIT */
/*
 * Owners and modes, checked as Linux checks them (ipcperms() in its
 * ipc/util.c): by effective ids, and by one class only.
 *
 * Who is owner or creator has the owner's bits and no other, though others'
 * would let it; who is in the owner's group or the creator's has the group's;
 * anybody else the others'.  Beyond that capabilities decide, not uid 0: access
 * is CAP_IPC_OWNER's, changing and removing the owner's, the creator's and
 * CAP_SYS_ADMIN's.
 *
 * Asking the kernel who one is costs more than a message.  So a process
 * remembers its effective ids; those of its calls that change them say so (of
 * <unistd.h>: posix/identity_calls.h), and before anything is refused, made or
 * looked up by key the kernel is asked.  Groups and capabilities are always
 * asked for, and only where the answer depends on them.  Who acts for another is
 * judged as that other: actor.h.
 */
#ifndef PK_PERMISSION_H
#define PK_PERMISSION_H

#include "kernel.h"

/* Capabilities by their numbers, capabilities(7). */
enum {
	PK_CAP_IPC_LOCK = 14,
	PK_CAP_IPC_OWNER = 15,
	PK_CAP_SYS_ADMIN = 21,
	PK_CAP_SYS_RESOURCE = 24,
};

/* Make this task's effective ids the owner's and creator's. */
void pk_permission_init(struct portico *k, struct pk_permission *permission, int32_t key, uint32_t mode);

int pk_permission_check_slowly(struct portico *k, const struct pk_permission *permission, uint32_t bits);

/* The bits that are set in any class, in each: as one who asks for an object says what for. */
static inline uint32_t pk_permission_bits(uint32_t flags)
{
	return ((flags >> 6 | flags >> 3 | flags) & 7) * 0111;
}

/* May this task do what the bits say: 0444 read, 0222 write, 0111 execute, or of these?  False: ask further.
 */
static inline bool pk_permission_at_a_glance(struct portico *k, const struct pk_permission *permission,
					     uint32_t bits)
{
	return k->mine->quick_uid == permission->uid && (bits & 0700 & ~permission->mode) == 0;
}

/* 0 or -EACCES. */
static inline int pk_permission_check(struct portico *k, const struct pk_permission *permission,
				      uint32_t bits)
{
	if (__builtin_expect(pk_permission_at_a_glance(k, permission, bits), 1))
		return 0;
	return pk_permission_check_slowly(k, permission, bits);
}

/* May it change or remove the object (owner, creator, or privileged)?  0 or -EPERM. */
int pk_permission_own(struct portico *k, const struct pk_permission *permission);

/* The same where it is that capability which privileges. */
int pk_permission_own_or(struct portico *k, const struct pk_permission *permission, int capability);

/*
 * Give it another owner, group and mode.  0 or -EPERM; -EINVAL: those ids are nobody's.  An owner gives it
 * away, as by IPC_SET; but not one for whom a server acts, who comes by a file.
 */
int pk_permission_change(struct portico *k, struct pk_permission *permission, const struct pk_permission *to);

#endif
