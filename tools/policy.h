/* SPDX-License-Identifier: MIT */
/* What `portico limits` changes besides numbers: whom the instance serves, how long objects live.
 */
#ifndef TOOL_POLICY_H
#define TOOL_POLICY_H

#include "kernel.h"

/* Take a word such as `access=all`; false: it is about no policy.  What is none of its values is wrong usage.
 */
bool policy_take(const char *word);

/* Do what was taken: an exit status, what failed complained of. */
int policy_apply(struct portico *k);

#endif
