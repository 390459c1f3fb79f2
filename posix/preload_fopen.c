/* SPDX-License-Identifier: MIT */
/* fopen() and freopen() in the preload object: the next definition's, but for the files of view.h. */
#include "text.h"
#include "view.h"

#include <fcntl.h>
#include <stdio.h>

typedef FILE *fopen_function(const char *path, const char *mode);
typedef FILE *freopen_function(const char *path, const char *mode, FILE *stream);

fopen_function fopen64;
freopen_function freopen64;

static int flags_of(const char *mode)
{
	int flags = *mode == 'r' ? O_RDONLY : O_WRONLY | O_CREAT;
	for (; *mode && *mode != ','; mode++) {
		if (*mode == '+')
			flags = (flags & ~O_ACCMODE) | O_RDWR;
		else if (*mode == 'e')
			flags |= O_CLOEXEC;
		else if (*mode == 'x')
			flags |= O_EXCL;
	}
	return flags;
}

/* A descriptor of one of ours, -1 with errno set, or PK_VIEW_PASS. */
static int open_for(const char *path, const char *mode)
{
	int which = pk_view_find(path);
	if (__builtin_expect(which == PK_VIEW_NONE, 1))
		return PK_VIEW_PASS;
	int fd = pk_view_open(which, flags_of(mode));
	return fd == PK_VIEW_PASS ? fd : (int)pk_result(fd);
}

static FILE *stream_of(int fd, const char *mode)
{
	FILE *stream = fd < 0 ? NULL : fdopen(fd, mode);
	if (fd >= 0 && !stream)
		pk_close(fd);
	return stream;
}

#define DEFINE_FOPEN(name)                                                                                   \
	PK_EXPORT FILE *name(const char *path, const char *mode)                                             \
	{                                                                                                    \
		static _Atomic(void *) found;                                                                \
		int fd = open_for(path, mode);                                                               \
		if (fd != PK_VIEW_PASS)                                                                      \
			return stream_of(fd, mode);                                                          \
		fopen_function *next = (fopen_function *)pk_next(&found, #name);                             \
		return next ? next(path, mode) : NULL;                                                       \
	}

DEFINE_FOPEN(fopen)
DEFINE_FOPEN(fopen64)

/*
 * Opened anew by its number: another description of the same file, which gets the
 * lock that tells of a writer (core/tunable.h) before the first loses it.
 */
static FILE *reopen(freopen_function *next, int fd, const char *mode, FILE *stream)
{
	char path[32];
	FILE *again = next(pk_proc_path(path, "/proc/self/fd/", (uint32_t)fd, ""), mode, stream);
	if (again && *mode != 'r')
		pk_file_share(fileno(again));
	pk_close(fd);
	return again;
}

#define DEFINE_FREOPEN(name)                                                                                 \
	PK_EXPORT FILE *name(const char *path, const char *mode, FILE *stream)                               \
	{                                                                                                    \
		static _Atomic(void *) found;                                                                \
		freopen_function *next = (freopen_function *)pk_next(&found, #name);                         \
		int fd = next ? open_for(path, mode) : -1;                                                   \
		if (fd == PK_VIEW_PASS)                                                                      \
			return next(path, mode, stream);                                                     \
		if (fd >= 0)                                                                                 \
			return reopen(next, fd, mode, stream);                                               \
		fclose(stream);                                                                              \
		return NULL;                                                                                 \
	}

DEFINE_FREOPEN(freopen)
DEFINE_FREOPEN(freopen64)
