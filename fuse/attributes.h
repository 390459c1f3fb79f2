/* SPDX-License-Identifier: MIT */
/* Requests about extended attributes: user.portico.…, of a mailbox its limits; and about the space that is
 * left. */
#ifndef PORTICO_FUSE_ATTRIBUTES_H
#define PORTICO_FUSE_ATTRIBUTES_H

#include "server.h"

void attributes_get(fuse_req_t request, fuse_ino_t ino, const char *name, size_t size);
void attributes_list(fuse_req_t request, fuse_ino_t ino, size_t size);
void attributes_set(fuse_req_t request, fuse_ino_t ino, const char *name, const char *value, size_t size,
		    int flags);
void attributes_remove(fuse_req_t request, fuse_ino_t ino, const char *name);

void attributes_statfs(fuse_req_t request, fuse_ino_t ino);

#endif
