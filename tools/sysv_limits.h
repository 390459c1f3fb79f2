/* SPDX-License-Identifier: MIT */
/* What `portico limits` shows and takes of System V's limits. */
#ifndef TOOL_SYSV_LIMITS_H
#define TOOL_SYSV_LIMITS_H

#include <portico/limits.h>
#include <stdbool.h>

/* Print them, and how much is used of those that are a number of things.  0, or a negative errno. */
int sysv_limits_print(portico *k, const char *prefix, int width, bool as_json);

/* NAME=VALUE, where the name is one of theirs, or sem="MSL MNS OPM MNI".  False: it is not; nonsense is wrong
 * usage. */
bool sysv_limits_take(struct portico_sysv_limits *limits, const char *word);

#endif
