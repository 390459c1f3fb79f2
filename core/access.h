/* SPDX-License-Identifier: MIT */
/*
 * Whom an instance serves: its owner and root, or also a group, or everybody.
 *
 * The real kernel keeps the door, by the modes of the instance's directory and
 * of the region, which are the truth.  Whoever gets in may write all of the
 * shared memory; so those that an instance serves trust each other, and owners
 * and modes of its objects tell them apart as signs on doors do, not locks.
 *
 *             DIR            DIR/region   shm/, bells/,  what lies in these
 *                                       sysctl/
 *   owner     0700           0600         0700           0600
 *   group     0750           0660         0777           0666
 *   all       0755           0666         0777           0666
 *
 * What lies in the directory is guarded by it, so that what one uid makes
 * another may open and remove whichever group they share.  mnt/ stays the
 * owner's.
 *
 *  AC1  While it opens, what is within is opened before the directory is; while
 *      it closes, the directory first.  A death between leaves it closed.
 */
#ifndef PK_ACCESS_H
#define PK_ACCESS_H

#include "kernel.h"

enum pk_access {
	PK_ACCESS_OWNER,
	PK_ACCESS_GROUP,
	PK_ACCESS_ALL,
};

#define PK_GROUP_AS_IS UINT32_MAX

/* Whom it serves now; *gid: which group, where it is one.  Or a negative errno. */
int pk_access_get(struct portico *k, uint32_t *gid);

/*
 * Have it serve them.  gid: for PK_ACCESS_GROUP, which; PK_GROUP_AS_IS: the one
 * that its directory has.  -EPERM: that is for its owner and root.
 */
int pk_access_set(struct portico *k, enum pk_access access, uint32_t gid);

/*
 * Let those pass whom a mount in its directory serves: 0711, where it is 0700.  They see no name there, and
 * what lies there stays closed.  0, or a negative errno.
 */
int pk_access_let_pass(struct portico *k);

/* A file or pipe that this process has just made in shm/, bells/ or sysctl/: let those open it whom it
 * serves. */
void pk_access_extend(struct portico *k, int fd);

/* Does that directory, of an instance, let in others than its owner, and only in? */
bool pk_access_open_to_others(const struct pk_file *directory);

#endif
