/* SPDX-License-Identifier: MIT */
/*
 * Which processes keep a mount in use: by an open file, a mapping, their
 * directory, root or program; or by having it in a mount namespace of their own.
 */
#ifndef TOOL_OCCUPANTS_H
#define TOOL_OCCUPANTS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* This very process: by its working directory; or in any way. */
bool stands_in(const char *mountpoint);
bool has_file_in(const char *mountpoint);

/*
 * Others, as far as this user may see: "cat (pid 123), bash (pid 77)", of many the
 * first few and how many more.  False: none is to be seen.  The daemon isn't asked.
 */
bool describe_occupants(const char *mountpoint, char *text, size_t size);

/* Where a file system is mounted, too. */
struct other_mount {
	char path[PATH_MAX]; /* as it is called there */
	pid_t pid;	     /* a process of another namespace, which has it there; 0: it is in ours */
	char name[32];	     /* that process's */
};

/* False: nowhere, as far as this user may see. */
bool find_other_mount(const char *device, struct other_mount *other);

#endif
