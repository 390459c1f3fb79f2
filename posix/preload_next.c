/* SPDX-License-Identifier: MIT */
/* What stands behind an interposed function, in the preload object. */
#define _GNU_SOURCE
#include "posix.h"

#include <dlfcn.h>

/* In an old glibc it is in a library of its own, and a program may lack that. */
extern void *dlsym(void *handle, const char *name) __attribute__((weak));

void *pk_next(_Atomic(void *) *found, const char *name)
{
	void *next = pk_load(found);
	if (!next && dlsym) {
		next = dlsym(RTLD_NEXT, name);
		pk_store(found, next);
	}
	return next;
}
