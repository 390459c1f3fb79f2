/* SPDX-License-Identifier: MIT */
/*
 * open() and its kin in the preload object: the next definition's, but for the
 * files of view.h.  Of a libc's headers no more than the flags is used: they
 * define some of these names away.
 */
#include "preload_fifo.h"
#include "view.h"

#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

#ifndef O_TMPFILE
#define O_TMPFILE (020000000 | O_DIRECTORY)
#endif

typedef int open_function(const char *path, int flags, ...);
typedef int openat_function(int directory, const char *path, int flags, ...);
typedef int checked_open_function(const char *path, int flags);
typedef int checked_openat_function(int directory, const char *path, int flags);
typedef int creat_function(const char *path, mode_t mode);
typedef int access_function(const char *path, int mode);

/* What the libcs declare where one asks for more, or for nobody. */
open_function open64;
openat_function openat64;
creat_function creat64;
checked_open_function __open_2, __open64_2;
checked_openat_function __openat_2, __openat64_2;
access_function eaccess, euidaccess;

/* The libc's is called with a mode always: it looks at it where the flags say so. */
#define MODE_AFTER(flags, mode)                                                                              \
	mode_t mode = 0;                                                                                     \
	if ((flags)&O_CREAT || ((flags)&O_TMPFILE) == O_TMPFILE) {                                           \
		va_list list;                                                                                \
		va_start(list, flags);                                                                       \
		mode = va_arg(list, mode_t);                                                                 \
		va_end(list);                                                                                \
	}

/* True: it is one of ours, and *result what to return. */
static bool opened(const char *path, int flags, int *result)
{
	int which = pk_view_find(path);
	if (__builtin_expect(which == PK_VIEW_NONE, 1))
		return false;
	int fd = pk_view_open(which, flags);
	if (fd == PK_VIEW_PASS)
		return false;
	*result = (int)pk_result(fd);
	return true;
}

static int open_by_kernel(int directory, const char *path, int flags, mode_t mode)
{
	return (int)pk_result(pk_syscall4(SYS_openat, directory, path, flags, mode));
}

#define DEFINE_OPEN(name)                                                                                    \
	PK_EXPORT int name(const char *path, int flags, ...)                                                 \
	{                                                                                                    \
		static _Atomic(void *) found;                                                                \
		int result;                                                                                  \
		MODE_AFTER(flags, mode)                                                                      \
		if (opened(path, flags, &result))                                                            \
			return result;                                                                       \
		open_function *next = (open_function *)pk_next(&found, #name);                               \
		return pk_fifo_opened(path, next ? next(path, flags, mode)                                   \
						 : open_by_kernel(AT_FDCWD, path, flags, mode));             \
	}

#define DEFINE_OPENAT(name)                                                                                  \
	PK_EXPORT int name(int directory, const char *path, int flags, ...)                                  \
	{                                                                                                    \
		static _Atomic(void *) found;                                                                \
		int result;                                                                                  \
		MODE_AFTER(flags, mode)                                                                      \
		if (opened(path, flags, &result))                                                            \
			return result;                                                                       \
		openat_function *next = (openat_function *)pk_next(&found, #name);                           \
		return pk_fifo_opened(path, next ? next(directory, path, flags, mode)                        \
						 : open_by_kernel(directory, path, flags, mode));            \
	}

/* Those that a program calls which was compiled with _FORTIFY_SOURCE. */
#define DEFINE_CHECKED_OPEN(name)                                                                            \
	PK_EXPORT int name(const char *path, int flags)                                                      \
	{                                                                                                    \
		static _Atomic(void *) found;                                                                \
		int result;                                                                                  \
		if (opened(path, flags, &result))                                                            \
			return result;                                                                       \
		checked_open_function *next = (checked_open_function *)pk_next(&found, #name);               \
		return pk_fifo_opened(path,                                                                  \
				      next ? next(path, flags) : open_by_kernel(AT_FDCWD, path, flags, 0));  \
	}

#define DEFINE_CHECKED_OPENAT(name)                                                                          \
	PK_EXPORT int name(int directory, const char *path, int flags)                                       \
	{                                                                                                    \
		static _Atomic(void *) found;                                                                \
		int result;                                                                                  \
		if (opened(path, flags, &result))                                                            \
			return result;                                                                       \
		checked_openat_function *next = (checked_openat_function *)pk_next(&found, #name);           \
		return pk_fifo_opened(path, next ? next(directory, path, flags)                              \
						 : open_by_kernel(directory, path, flags, 0));               \
	}

#define DEFINE_CREAT(name)                                                                                   \
	PK_EXPORT int name(const char *path, mode_t mode)                                                    \
	{                                                                                                    \
		static _Atomic(void *) found;                                                                \
		const int flags = O_CREAT | O_WRONLY | O_TRUNC;                                              \
		int result;                                                                                  \
		if (opened(path, flags, &result))                                                            \
			return result;                                                                       \
		creat_function *next = (creat_function *)pk_next(&found, #name);                             \
		return pk_fifo_opened(path, next ? next(path, mode)                                          \
						 : open_by_kernel(AT_FDCWD, path, flags, mode));             \
	}

DEFINE_OPEN(open)
DEFINE_OPEN(open64)
DEFINE_OPENAT(openat)
DEFINE_OPENAT(openat64)
DEFINE_CHECKED_OPEN(__open_2)
DEFINE_CHECKED_OPEN(__open64_2)
DEFINE_CHECKED_OPENAT(__openat_2)
DEFINE_CHECKED_OPENAT(__openat64_2)
DEFINE_CREAT(creat)
DEFINE_CREAT(creat64)

/* ---- access(): where the real kernel has none of these files, programs that look first shall find them */

static bool judged(const char *path, int mode, int *result)
{
	int which = pk_view_find(path);
	if (__builtin_expect(which == PK_VIEW_NONE, 1))
		return false;
	int error = pk_view_access(which, mode);
	if (error == PK_VIEW_PASS)
		return false;
	*result = (int)pk_result(error);
	return true;
}

#define DEFINE_ACCESS(name)                                                                                  \
	PK_EXPORT int name(const char *path, int mode)                                                       \
	{                                                                                                    \
		static _Atomic(void *) found;                                                                \
		int result;                                                                                  \
		if (judged(path, mode, &result))                                                             \
			return result;                                                                       \
		access_function *next = (access_function *)pk_next(&found, #name);                           \
		return next ? next(path, mode)                                                               \
			    : (int)pk_result(pk_syscall3(SYS_faccessat, AT_FDCWD, path, mode));              \
	}

DEFINE_ACCESS(access)
DEFINE_ACCESS(eaccess)
DEFINE_ACCESS(euidaccess)

PK_EXPORT int faccessat(int directory, const char *path, int mode, int flags)
{
	static _Atomic(void *) found;
	int result;
	if (judged(path, mode, &result))
		return result;
	int (*next)(int, const char *, int, int) = pk_next(&found, "faccessat");
	return next ? next(directory, path, mode, flags)
		    : (int)pk_result(pk_syscall3(SYS_faccessat, directory, path, mode));
}
