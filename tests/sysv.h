/* SPDX-License-Identifier: MIT */
/* What all tests of System V IPC share: plain programs that know nothing of Portico. */
#ifndef SYSV_H
#define SYSV_H

#include "check.h"

#include <limits.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#ifndef MSG_STAT_ANY /* musl has none of these */
#define MSG_STAT_ANY 13
#endif
#ifndef SEM_STAT_ANY
#define SEM_STAT_ANY 20
#endif
#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15
#endif

/* The call fails with that error. */
#define FAILS(call, error)                                                                                   \
	do {                                                                                                 \
		errno = 0;                                                                                   \
		CHECK_EQUAL((call), -1);                                                                     \
		CHECK_EQUAL(errno, (error));                                                                 \
	} while (0)

/* Preloaded or linked with Portico, or the real kernel: for what is meant to differ, once there is an
 * object.
 */
static inline bool on_portico(void)
{
	const char *instance = getenv("PORTICO_KERNEL");
	int before = errno;
	char path[256];
	snprintf(path, sizeof path, "%s/region", instance ? instance : "");
	bool there = access(path, F_OK) == 0;
	errno = before;
	return there;
}

#endif
