/* SPDX-License-Identifier: MIT */
/*
 * The kernel's files that show System V, /proc/sysvipc/... and some of
 * /proc/sys/kernel/..., as preloaded programs see them: those of the instance.
 *
 * What opens a file compares the path's beginning, and hands all else on to the
 * next definition of itself, the libc's or another object's.  One of these files
 * is a descriptor of a file in memory that holds its text as of now; or, to write
 * a limit, of a file in the instance: core/tunable.h.  Looking makes no instance:
 * where there is none, there are no objects, and limits as a new one has them.
 *
 * A libc's own calls of open() aren't seen here: hence fopen() and freopen().
 */
#ifndef PK_VIEW_H
#define PK_VIEW_H

#include "posix.h"

#include <string.h>

#define PK_VIEW_NONE (-1)
#define PK_VIEW_PASS (-4096) /* no instance is to be had: the real file */

int pk_view_look_up(const char *path);

/* Which of the files that is, or PK_VIEW_NONE.  An address that can't be is the real call's to refuse. */
static inline int pk_view_find(const char *path)
{
	uintptr_t address = (uintptr_t)path;
	if (address < 4096 || address > (uintptr_t)INTPTR_MAX || strncmp(path, "/proc/sys", 9) != 0)
		return PK_VIEW_NONE;
	return pk_view_look_up(path);
}

/* A descriptor as open() would return with those flags, -errno, or PK_VIEW_PASS. */
int pk_view_open(int which, int flags);

/* As access() would say: 0, -errno, or PK_VIEW_PASS. */
int pk_view_access(int which, int mode);

/* preload_sysvipc.c: write the text of /proc/sysvipc/msg, sem or shm (0, 1, 2) to that file.  0 or -errno. */
int pk_view_write_objects(int fd, int family, bool any);

#endif
