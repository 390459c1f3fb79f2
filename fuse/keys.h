/* SPDX-License-Identifier: MIT */
/*
 * Keys: numbers that stand for things of this process.  A key is a slot and
 * the generation it had, so one that outlived its thing finds nothing.  Keys
 * are never below KEY_FIRST.
 */
#ifndef PORTICO_FUSE_KEYS_H
#define PORTICO_FUSE_KEYS_H

#include <stdint.h>

#define KEY_FIRST (UINT64_C(1) << 32)
#define KEY_SLOTS (UINT32_C(1) << 31) /* so bit 31 of a key is clear */

struct key_slot {
	void *thing;
	uint32_t generation;
	uint32_t next_free;
};

struct keys {
	struct key_slot *slots;
	uint32_t count, free;
};

uint64_t key_make(struct keys *keys, void *thing); /* 0: no memory */
void *key_find(const struct keys *keys, uint64_t key);
void *key_drop(struct keys *keys, uint64_t key); /* what it stood for, or NULL */

#endif
