/* SPDX-License-Identifier: MIT */
/* Requests that make, move and take away names. */
#ifndef PORTICO_FUSE_NAMING_H
#define PORTICO_FUSE_NAMING_H

#include "server.h"

#include "directory.h"

/* Who asks, as core wants to know it. */
const struct pk_client *asker_of(struct pk_client *asker);

void naming_mknod(fuse_req_t request, fuse_ino_t ino, const char *name, mode_t mode, dev_t device);
void naming_mkdir(fuse_req_t request, fuse_ino_t ino, const char *name, mode_t mode);
void naming_symlink(fuse_req_t request, const char *target, fuse_ino_t ino, const char *name);
void naming_link(fuse_req_t request, fuse_ino_t ino, fuse_ino_t parent, const char *name);
void naming_unlink(fuse_req_t request, fuse_ino_t ino, const char *name);
void naming_rmdir(fuse_req_t request, fuse_ino_t ino, const char *name);
void naming_rename(fuse_req_t request, fuse_ino_t from, const char *name, fuse_ino_t to, const char *new_name,
		   unsigned flags);

#endif
