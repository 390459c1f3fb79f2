/* SPDX-License-Identifier: MIT */
/*
 * What stands beside this program: PREFIX/bin/portico finds its siblings
 * under the same PREFIX, wherever that was moved to.
 */
#ifndef TOOL_SIBLINGS_H
#define TOOL_SIBLINGS_H

#include <limits.h>

#define SIBLING_DAEMON "libexec/portico/portico-fuse"
#define SIBLING_PRELOAD "lib/libportico-preload.so"

/* Its absolute path.  0, or a negative errno: -ENOENT where it isn't there. */
int find_sibling(const char *name, char path[PATH_MAX]);

#endif
