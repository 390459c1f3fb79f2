/* SPDX-License-Identifier: MIT */
/*
 * Memory in the instance, which messages carry by moving it: no copy, at any
 * size.  portico_memory(3).
 */
#ifndef PORTICO_MEMORY_H
#define PORTICO_MEMORY_H

#include <portico/portico.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Owned by one task.  Its address is this process's; a message may bring it to another at another. */
struct portico_memory {
	uint64_t id; /* 0: none */
	void *address;
	size_t bytes;
};

/*
 * Allocate so many bytes, 1 to 16 GiB less 512 KiB; they are zero, and begin a
 * page.  It is this task's until it is freed or sent, or the task ends.
 * -EINVAL (none, or too many), -ENOBUFS (no gap is long enough), -ENOSPC.
 */
int portico_memory_allocate(portico *instance, size_t bytes, struct portico_memory *memory);

/* Give it back.  -EINVAL: it isn't this task's, or is freed already. */
int portico_memory_free(portico *instance, const struct portico_memory *memory);

#ifdef __cplusplus
}
#endif

#endif
