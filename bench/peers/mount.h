/* SPDX-License-Identifier: MIT */
/*
 * A FUSE file system of this worker's own: an instance's mount, or the bare
 * server that does nothing (servers/bare.c).  Where the worker has one CPU with
 * its partner, the server has that one, too: what a call across CPUs costs is
 * the kernel's affair, and several times what is measured.
 */
#ifndef BENCH_MOUNT_H
#define BENCH_MOUNT_H

#include "place.h"

/* Mount it, as setup->mounted or setup->bare says.  -ENOTCONN: FUSE can't be had here. */
int mount_prepare(const struct setup *setup);

/* The path of a file below it; good until the next call. */
const char *mount_path(const char *directory, const char *name);

void mount_remove(void);

#endif
