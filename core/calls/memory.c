/* SPDX-License-Identifier: MIT */
/* The calls of <portico/memory.h>. */
#include "part.h"
#include "public.h"

#include <portico/memory.h>

PUBLIC int portico_memory_allocate(portico *instance, size_t bytes, struct portico_memory *memory)
{
	uint64_t room;
	*memory = (struct portico_memory){ .bytes = bytes };
	int error = pk_memory_allocate(instance, bytes, &memory->id);
	if (!error)
		memory->address = pk_memory_at(instance, memory->id, &room);
	return error;
}

PUBLIC int portico_memory_free(portico *instance, const struct portico_memory *memory)
{
	return pk_memory_free(instance, memory->id);
}
