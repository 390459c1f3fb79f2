/* SPDX-License-Identifier: MIT */
/* Which processes keep a mount in use: by an open file, a mapping, their directory, root or program. */
#ifndef TOOL_OCCUPANTS_H
#define TOOL_OCCUPANTS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * As far as this user may see: "cat (pid 123), bash (pid 77)", of many the
 * first few and how many more.  False: none is to be seen.  The daemon isn't asked.
 */
bool describe_occupants(const char *mountpoint, char *text, size_t size);

#endif
