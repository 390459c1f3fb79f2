/* SPDX-License-Identifier: MIT */
/*
 * The instance: a directory that holds the region, and how it comes to be.
 *
 *   DIR/region   the shared memory; mode 0600, unless it serves others, too: access.h
 *   DIR/shm/     one file per System V segment
 *   DIR/bells/   a named pipe for each port or semaphore that somebody polls; bell.h
 *   DIR/sysctl/  a file for each limit of System V that somebody wrote to; tunable.h
 *   DIR/mnt/     a mount point for `portico mount`
 *
 * Whoever comes first makes the region aside, complete, as a file without a
 * name, and then names it, without replacing: a loser of that race throws its
 * own away and uses the winner's, and nobody ever opens a half-made one.  Where
 * a file system has no such files it is DIR/region.new.N meanwhile, and its
 * maker holds a lock on it; who makes or may make an instance removes those
 * that nobody has locked.
 *
 * Of the path only the last part is made, and only in an empty directory, or
 * none, does an instance come to be: a path mistyped is an error.
 *
 *  Z1  What is named DIR/region is complete, and is never written over.
 *  Z2  Memory is committed before it is touched; a full file system is an
 *      error of the call that wanted more, never a SIGBUS in a bystander.
 *  Z3  What a killed maker leaves is found unlocked, and removed by the next.
 */
#ifndef PK_REGION_H
#define PK_REGION_H

#include "kernel.h"

/* Why the last pk_kernel_open() of this thread failed, in words. */
struct pk_reason {
	char text[384];
};

/*
 * Find the instance's directory: `directory`, or where that is NULL
 * $PORTICO_KERNEL, else $XDG_RUNTIME_DIR/portico, else /dev/shm/portico-UID.
 * *named: it was asked for by name, not found by default.  -ENAMETOOLONG.
 */
int pk_region_find(const char *directory, char found[PK_PATH_MAX], bool *named);

/* A variable of the environment, or NULL where that is empty, too. */
const char *pk_environment(const char *name);

/* Map the instance, after making it where there is none (and `create`). */
int pk_kernel_open(const char *directory, bool create, struct portico **opened, struct pk_reason *reason);
/* The same, and where the region is closed to this user by the instance's mount: remote.h. */
int pk_kernel_open_or_mount(const char *directory, bool create, struct portico **opened,
			    struct pk_reason *reason);
void pk_kernel_close(struct portico *k);

/* Could one be made there, where there is none?  Tries it, and leaves nothing; if not, the reason says why.
 */
int pk_region_try(const char *directory, struct pk_reason *reason);

/* Z3: how many files killed makers left; and remove them. */
unsigned pk_region_tidy(const char *directory, bool remove);

/* What its file says now. */
int pk_region_inspect(struct portico *k, struct pk_file *file);

/* Back that range with memory.  -ENOSPC: the file system is full. */
int pk_region_commit(struct portico *k, uint64_t offset, uint64_t size_bytes);

/* Give it back: the range reads as zeroes, and may be committed again. */
void pk_region_discard(struct portico *k, uint64_t offset, uint64_t size_bytes);

/*
 * A fork's child shares its parent's open file description, and with it the
 * parent's mark of life: open the file anew and map it in the old one's place.
 * Where it can't be opened any more (privileges or root given up) the inherited
 * one serves on.  -EIO: the instance is gone.
 */
int pk_region_remap(struct portico *k);
/* The parent's mark goes with this process no more: it has counted what it inherited. */
void pk_region_leave_parent(struct portico *k);

/* Does anybody but this process hold the mark of life of that slot? */
bool pk_region_marked(struct portico *k, uint64_t mark);

/* Write "DIR/name" to path.  -ENAMETOOLONG. */
int pk_region_path(struct portico *k, const char *name, char path[PK_PATH_MAX]);

uint64_t pk_layout_hash(void);

#endif
