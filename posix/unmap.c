/* SPDX-License-Identifier: MIT */
/*
 * munmap(), mremap() and mmap(MAP_FIXED): the real ones, and where segments
 * are attached they are counted anew, as the kernel would have it.  A program
 * may unmap one by these, or map another thing over it; and shmdt() mustn't
 * unmap that.
 */
#define _GNU_SOURCE
#include "attach.h"
#include "mapping.h"
#include "posix.h"

#include <stdarg.h>
#include <sys/mman.h>

/* The call begins as pk_call(), if there is anything to count. */
static struct portico *with_segments(void)
{
	struct portico *k = pk_load(&pk_opened);
	if (__builtin_expect(!k || !pk_mappings_any(k), 1))
		return NULL;
	pk_inside_begin();
	return k;
}

static uint64_t page_end(uint64_t address, uint64_t size)
{
	return address + (size + PK_PAGE - 1) / PK_PAGE * PK_PAGE;
}

/* A system call that waits until the list is locked. */
struct call {
	long number;
	long arguments[6];
};

static long act(void *context)
{
	const struct call *call = context;
	const long *a = call->arguments;
	return pk_syscall6(call->number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

PK_EXPORT int munmap(void *address, size_t size)
{
	struct call call = { SYS_munmap, { (long)address, (long)size } };
	struct portico *k = with_segments();
	uint64_t from = (uint64_t)(uintptr_t)address;
	return (int)pk_result(k ? pk_attach_unmap(k, from, page_end(from, size), act, &call) : act(&call));
}

PK_EXPORT void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
	struct call call = { SYS_mmap, { (long)address, (long)size, protection, flags, fd, offset } };
	struct portico *k = flags & MAP_FIXED ? with_segments() : NULL;
	uint64_t from = (uint64_t)(uintptr_t)address;
	long got = k ? pk_attach_unmap(k, from, page_end(from, size), act, &call) : act(&call);
	return (void *)pk_result(got);
}

#undef mmap64
PK_EXPORT void *mmap64(void *address, size_t size, int protection, int flags, int fd, off_t offset)
	__attribute__((alias("mmap")));

PK_EXPORT void *mremap(void *address, size_t size, size_t new_size, int flags, ...)
{
	void *wanted = NULL;
	if (flags & MREMAP_FIXED) {
		va_list list;
		va_start(list, flags);
		wanted = va_arg(list, void *);
		va_end(list);
	}
	struct call call = { SYS_mremap, { (long)address, (long)size, (long)new_size, flags, (long)wanted } };
	struct portico *k = with_segments();
	uint64_t from = (uint64_t)(uintptr_t)address;
	long got = k ? pk_attach_move(k, from, page_end(0, size), page_end(0, new_size), act, &call)
		     : act(&call);
	return (void *)pk_result(got);
}
