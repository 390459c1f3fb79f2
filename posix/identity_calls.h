/* SPDX-License-Identifier: MIT */
/*
 * The calls of <unistd.h> that change a process's effective ids: the libc's
 * own, and then what a process remembers of its ids is made anew, so that the
 * very next call is judged by them.  preload_identity.c and static_identity.c
 * say how the libc's own are called.
 *
 * Who changes them by system calls of its own is noticed when it makes or looks
 * for an object, or is refused something.
 */
#ifndef PK_IDENTITY_CALLS_H
#define PK_IDENTITY_CALLS_H

#include "posix.h"

#include <unistd.h>

/* CALL(name, its parameters, their names, the system call that it is) for each. */
#define PK_IDENTITY_CALLS(CALL)                                                                              \
	CALL(setuid, (uid_t uid), (uid), (SYS_setuid, (int)uid, 0, 0))                                       \
	CALL(seteuid, (uid_t uid), (uid), (SYS_setresuid, -1, (int)uid, -1))                                 \
	CALL(setreuid, (uid_t own, uid_t as), (own, as), (SYS_setreuid, (int)own, (int)as, 0))               \
	CALL(setresuid, (uid_t own, uid_t as, uid_t saved), (own, as, saved),                                \
	     (SYS_setresuid, (int)own, (int)as, (int)saved))                                                 \
	CALL(setgid, (gid_t gid), (gid), (SYS_setgid, (int)gid, 0, 0))                                       \
	CALL(setegid, (gid_t gid), (gid), (SYS_setresgid, -1, (int)gid, -1))                                 \
	CALL(setregid, (gid_t own, gid_t as), (own, as), (SYS_setregid, (int)own, (int)as, 0))               \
	CALL(setresgid, (gid_t own, gid_t as, gid_t saved), (own, as, saved),                                \
	     (SYS_setresgid, (int)own, (int)as, (int)saved))

#endif
