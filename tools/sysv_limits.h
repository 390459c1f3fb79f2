/* SPDX-License-Identifier: MIT */
/* What `portico limits` takes of System V's limits. */
#ifndef TOOL_SYSV_LIMITS_H
#define TOOL_SYSV_LIMITS_H

#include <portico/limits.h>
#include <stdbool.h>

/* NAME=VALUE, where the name is one of theirs, or sem="MSL MNS OPM MNI".  False: it is not; nonsense is wrong
 * usage. */
bool sysv_limits_take(struct portico_sysv_limits *limits, const char *word);

#endif
