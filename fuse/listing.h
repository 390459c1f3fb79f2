/* SPDX-License-Identifier: MIT */
/* Requests to list a directory: its places, and what its collection shows. */
#ifndef PORTICO_FUSE_LISTING_H
#define PORTICO_FUSE_LISTING_H

#include "server.h"

void listing_read(fuse_req_t request, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *file);

#endif
