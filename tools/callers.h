/* SPDX-License-Identifier: MIT */
/* Processes that wait at mounts of the instance, in calls of files. */
#ifndef TOOL_CALLERS_H
#define TOOL_CALLERS_H

#include "caller.h"

/* Where that daemon has mounted it; "": it isn't seen from here. */
const char *place_of_mount(uint32_t daemon);

/* Its command; "": it isn't seen from here, or has just ended. */
const char *command_of_caller(const struct pk_opened *call, char command[16]);

/* An array of what waits there: of a mount, or (mount 0) of the threads of a process. */
void callers_as_json(struct portico *k, const char *key, pk_id mount, uint32_t pid);

#endif
