/* SPDX-License-Identifier: MIT */
/* Who uses a region, whether or not it can be read: the kernel's word, not the region's. */
#ifndef TOOL_USERS_H
#define TOOL_USERS_H

#include <stdbool.h>

struct users {
	bool any;	 /* some process has it open: it may be one that isn't seen from here */
	unsigned seen;	 /* processes that map it, but for this one */
	char names[256]; /* the first of them: "123 (sh), 456 (python3)" */
};

/* Of the region at that path; none where there is no such file. */
void find_users(const char *region, struct users *users);

#endif
