/* SPDX-License-Identifier: MIT */
/* The file of a segment: shm/ID in the instance. */
#ifndef PK_SEGMENT_FILE_H
#define PK_SEGMENT_FILE_H

#include "kernel.h"

/* Make it, with memory behind all of it (M1), or with `sparse` behind what is touched.  -ENOSPC. */
int pk_segment_file_make(struct portico *k, pk_id segment, uint64_t size_bytes, bool sparse);

/* Unlink it; with `empty` take its memory from whoever maps it, too. */
void pk_segment_file_remove(struct portico *k, pk_id segment, bool empty);

/* Map all of it, as pk_map() does.  -EIO: it isn't that large, so that touching it would be SIGBUS. */
int pk_segment_file_map(struct portico *k, pk_id segment, uint64_t size_bytes, unsigned how, void **address);

#endif
