/* SPDX-License-Identifier: MIT */
/*
 * What ports, semaphore sets, segments and pipes have in common: an id, a
 * lock, an owner and a mode, a line of waits, and a repair for what a dead
 * holder of the lock left behind.
 */
#ifndef PK_OBJECT_H
#define PK_OBJECT_H

#include "permission.h"
#include "wait.h"

/* How each of those structs begins. */
struct pk_object {
	struct pk_head head;
	pk_lock_word lock;
};

int pk_object_lock_slowly(struct portico *k, unsigned table, pk_id id, void *object);

/* Lock what was found in that slot, repaired if need be.  0, or as pk_lock(). */
int pk_object_lock_found(struct portico *k, unsigned table, uint32_t slot, void *found);

/*
 * Find the object and lock it, repaired if need be.
 * -EINVAL: there never was such an object; -EIDRM: it is no more, or went while we waited.
 */
__attribute__((always_inline)) static inline int pk_object_lock(struct portico *k, unsigned table, pk_id id,
								void *object)
{
	struct pk_object *found = pk_slot(k, table, pk_id_slot(id));
	if (__builtin_expect(found && pk_entered(k) && pk_lock_free(&found->lock), 1)) {
		/* the word of what lives names its id, generation and all */
		if (__builtin_expect(pk_word_is(pk_load(&found->head.word), PK_LIVE, id), 1)) {
			*(struct pk_object **)object = found;
			return 0;
		}
		pk_unlock(&found->lock);
	}
	return pk_object_lock_slowly(k, table, id, object);
}

/* Lock whatever is in that slot, alive or not; NULL if there is no such slot. */
struct pk_object *pk_object_lock_slot(struct portico *k, unsigned table, uint32_t slot);

static inline void pk_object_unlock(void *object)
{
	pk_unlock(&((struct pk_object *)object)->lock);
}

/* Under the lock: put right what the last owner of the lock may have left half done. */
void pk_object_repair(struct portico *k, unsigned table, uint32_t slot);

/* Lock what guards the object of that slot, alive or not: itself, or the set that it is in.  NULL: it can't
 * be. */
struct pk_object *pk_object_lock_guard(struct portico *k, unsigned table, uint32_t slot);
void pk_object_unlock_guard(struct portico *k, unsigned table, struct pk_object *guard);

/* Under the guard: put right all that it guards. */
void pk_object_repair_guarded(struct portico *k, unsigned table, uint32_t slot, struct pk_object *guard);

/* Under the lock: the line in which waits of that purpose stand, or NULL. */
struct pk_wait_list *pk_object_line(struct portico *k, unsigned table, uint32_t slot, unsigned purpose);

/* Under the lock: somebody left the line; let those behind go on who can. */
void pk_object_advance(struct portico *k, unsigned table, uint32_t slot, struct pk_wakes *wakes);

/*
 * System V's id of an object, which fits an int: 14 bits of its generation
 * above 17 bits of its slot.  So one comes back for another object only after
 * its slot was used 16384 times.
 */
#define PK_SYSV_SLOT_BITS 17
#define PK_SYSV_SLOT_MASK ((1u << PK_SYSV_SLOT_BITS) - 1)
#define PK_SYSV_GENERATION_MASK 0x3fffu

static inline int pk_sysv_id(pk_id id)
{
	return (int)((pk_id_generation(id) & PK_SYSV_GENERATION_MASK) << PK_SYSV_SLOT_BITS |
		     (pk_id_slot(id) & PK_SYSV_SLOT_MASK));
}

/* Under the lock: the owner of a wait gives up.  With which error it fails; 0: it can't, and goes on. */
int pk_object_give_up(struct portico *k, unsigned table, uint32_t slot, struct pk_wait *wait,
		      uint32_t wait_slot, int error, struct pk_wakes *wakes);

#endif
