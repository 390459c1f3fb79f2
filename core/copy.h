/* SPDX-License-Identifier: MIT */
/*
 * Copying a message's bytes.  Most messages are short: up to 64 bytes take a
 * few moves in line.  Longer ones take memmove(), not memcpy(): glibc has two
 * symbols of that name, and an object that names no version gets the older,
 * slower one.
 */
#ifndef PK_COPY_H
#define PK_COPY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A vector register: a struct of that size would go by way of the stack. */
typedef uint64_t pk_pair __attribute__((vector_size(16)));

/* Two moves that overlap in the middle cover any length from one to two of that type. */
#define PK_COPY_ENDS(type, to, from, bytes)                                                                  \
	do {                                                                                                 \
		type head_, tail_;                                                                           \
		__builtin_memcpy(&head_, (from), sizeof head_);                                              \
		__builtin_memcpy(&tail_, (from) + (bytes) - sizeof tail_, sizeof tail_);                     \
		__builtin_memcpy((to), &head_, sizeof head_);                                                \
		__builtin_memcpy((to) + (bytes) - sizeof tail_, &tail_, sizeof tail_);                       \
	} while (0)

static inline void pk_copy(void *to_bytes, const void *from_bytes, size_t bytes)
{
	unsigned char *to = to_bytes;
	const unsigned char *from = from_bytes;
	if (bytes > 64) {
		memmove(to, from, bytes);
	} else if (bytes > 32) {
		PK_COPY_ENDS(pk_pair, to, from, 32);
		PK_COPY_ENDS(pk_pair, to + bytes - 32, from + bytes - 32, 32);
	} else if (bytes >= 16) {
		PK_COPY_ENDS(pk_pair, to, from, bytes);
	} else if (bytes >= 8) {
		PK_COPY_ENDS(uint64_t, to, from, bytes);
	} else {
		for (size_t i = 0; i < bytes; i++)
			to[i] = from[i];
	}
}

#endif
