/* SPDX-License-Identifier: MIT */
/*
 * dlopen() in the preload object: the libc's own, but for RTLD_DEEPBIND.
 *
 * An object opened with that flag looks for symbols in itself and the libc
 * before it looks here, and so would get the real kernel's msgget(): PHP opens
 * its extensions like that.
 */
#define _GNU_SOURCE
#include "posix.h"

#include <dlfcn.h>

#ifndef RTLD_DEEPBIND
#define RTLD_DEEPBIND 8 /* glibc's; musl has none, and ignores it */
#endif

typedef void *dlopen_function(const char *file, int mode);

PK_EXPORT void *dlopen(const char *file, int mode)
{
	static _Atomic(void *) found;
	void *real = pk_next(&found, "dlopen");
	if (!real)
		return NULL;
	/* A tail call: glibc looks at the return address for whose search path to use. */
	return ((dlopen_function *)real)(file, mode & ~RTLD_DEEPBIND);
}
