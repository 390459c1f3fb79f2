/* SPDX-License-Identifier: MIT */
#include "keys.h"

#include <stdbool.h>
#include <stdlib.h>

static bool grow(struct keys *keys)
{
	uint32_t count = keys->count ? keys->count * 2 : 64;
	struct key_slot *slots = count <= KEY_SLOTS ? realloc(keys->slots, count * sizeof *slots) : NULL;
	if (!slots)
		return false;
	for (uint32_t i = count - 1; i > 0 && i >= keys->count; i--) { /* slot 0 is never used */
		slots[i] = (struct key_slot){ .generation = 1, .next_free = keys->free };
		keys->free = i;
	}
	keys->slots = slots;
	keys->count = count;
	return true;
}

uint64_t key_make(struct keys *keys, void *thing)
{
	if (keys->free == 0 && !grow(keys))
		return 0;
	uint32_t slot = keys->free;
	struct key_slot *s = &keys->slots[slot];
	keys->free = s->next_free;
	s->thing = thing;
	return (uint64_t)s->generation << 32 | slot;
}

static struct key_slot *slot_of(const struct keys *keys, uint64_t key)
{
	uint32_t slot = (uint32_t)key;
	struct key_slot *s = slot < keys->count ? &keys->slots[slot] : NULL;
	return s && s->thing && s->generation == key >> 32 ? s : NULL;
}

void *key_find(const struct keys *keys, uint64_t key)
{
	struct key_slot *s = slot_of(keys, key);
	return s ? s->thing : NULL;
}

void *key_drop(struct keys *keys, uint64_t key)
{
	struct key_slot *s = slot_of(keys, key);
	if (!s)
		return NULL;
	void *thing = s->thing;
	s->thing = NULL;
	s->generation = s->generation == UINT32_MAX ? 1 : s->generation + 1;
	s->next_free = keys->free;
	keys->free = (uint32_t)key;
	return thing;
}
