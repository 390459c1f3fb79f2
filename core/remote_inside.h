/* SPDX-License-Identifier: MIT */
/* What a handle of a mount knows, for remote.c and remote_mount.c. */
#ifndef PK_REMOTE_INSIDE_H
#define PK_REMOTE_INSIDE_H

#include "remote.h"

#define PK_REMOTE_PORTS 4096u /* that one handle can name */

struct pk_remote_port {
	uint64_t inode;
	char name[PK_NAME_MAX + 1];
};

struct pk_remote {
	char mount[PK_PATH_MAX];
	_Atomic uint32_t lock;	/* among threads, to add a port */
	_Atomic uint32_t count; /* of ports; none is taken away */
	struct pk_remote_port ports[PK_REMOTE_PORTS];
};

#endif
