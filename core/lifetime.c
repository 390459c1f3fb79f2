/* SPDX-License-Identifier: MIT */
#include "lifetime.h"
#include "actor.h"
#include "party.h"
#include "port.h"
#include "segment.h"
#include "semaphore.h"
#include "task.h"

#include <errno.h>
#include <string.h>

static const unsigned tables[] = { PK_PORTS, PK_SETS, PK_SEGMENTS };
#define TABLES (sizeof tables / sizeof tables[0])

/* ---- who made it */

/* A server makes it for that thread of a process, which is no task: nobody sees when it ends. */
static void name_client(struct pk_origin *origin, uint32_t thread)
{
	pk_store_relaxed(&origin->maker, 0);
	origin->pid = thread;
	memset(origin->command, 0, sizeof origin->command);
	if (thread != 0 && !pk_process_command(thread, origin->command))
		memset(origin->command, 0, sizeof origin->command);
}

void pk_origin_init(struct portico *k, struct pk_origin *origin, bool mortal)
{
	pk_store_relaxed(&origin->maker, k->mine->identity.tag);
	pk_store_relaxed(&origin->ended, 0);
	origin->pid = k->mine->process.pid;
	pk_store_relaxed(&origin->lifetime,
			 mortal ? pk_load_relaxed(&pk_header(k)->sysv_lifetime) : PK_LIFETIME_PERSIST);
	memcpy(origin->command, k->mine->process.command, sizeof origin->command);
	if (pk_acts_for() && !mortal)
		name_client(origin, pk_acts_for()->thread);
}

struct pk_origin *pk_origin_of(unsigned table, void *object)
{
	switch (table) {
	case PK_PORTS:
		return &((struct pk_port *)object)->origin;
	case PK_SETS:
		return &((struct pk_set *)object)->origin;
	default:
		return &((struct pk_segment *)object)->origin;
	}
}

/* The live object in that slot, and its id; or NULL. */
static void *live_at(struct portico *k, unsigned table, uint32_t slot, pk_id *id)
{
	struct pk_head *head = pk_slot(k, table, slot);
	uint64_t word = head ? pk_load(&head->word) : PK_FREE;
	if (pk_word_kind(word) != PK_LIVE)
		return NULL;
	*id = pk_word_id(word);
	return head;
}

/* The maker of that tag is another now, or none. */
static void change_maker(struct portico *k, uint32_t tag, uint32_t to)
{
	uint32_t now = (uint32_t)pk_realtime_seconds();
	for (unsigned i = 0; i < TABLES; i++) {
		uint32_t committed = pk_committed(k, tables[i]);
		for (uint32_t slot = 1; slot < committed; slot++) {
			pk_id id;
			void *object = live_at(k, tables[i], slot, &id);
			struct pk_origin *origin = object ? pk_origin_of(tables[i], object) : NULL;
			if (!origin || pk_load_relaxed(&origin->maker) != tag)
				continue;
			if (to == 0)
				pk_store(&origin->ended, now);
			pk_store(&origin->maker, to);
		}
	}
}

/* ---- who uses it */

static bool is_use(const struct pk_use *use, unsigned table, pk_id id)
{
	return pk_word_kind(pk_load(&use->head.word)) == PK_CLAIMED && pk_load(&use->object) == id &&
	       use->table == table;
}

static bool is_recorded(struct portico *k, unsigned table, pk_id id)
{
	uint32_t committed = pk_committed(k, PK_USES);
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_use *use = pk_slot(k, PK_USES, slot);
		if (is_use(use, table, id) && pk_word_id(pk_load(&use->head.word)) == pk_self(k))
			return true;
	}
	return false;
}

/* Where none can be had the object lives as if this task hadn't used it: that is no reason to fail. */
static void record(struct portico *k, unsigned table, pk_id id)
{
	uint32_t slot;
	if (pk_claim(k, PK_USES, &slot) != 0)
		return;
	struct pk_use *use = pk_slot(k, PK_USES, slot);
	use->table = table;
	pk_store(&use->object, id);
	PK_POINT("lifetime: use recorded");
}

/* What this thread recorded last, so that it needn't look for that again. */
static _Thread_local struct {
	uint64_t serial;
	pk_id self, id;
	unsigned table;
} last;

void pk_lifetime_use_slowly(struct portico *k, unsigned table, pk_id id)
{
	if (last.id == id && last.table == table && last.self == pk_self(k) && last.serial == k->serial)
		return;
	void *object = pk_slot(k, table, pk_id_slot(id));
	const struct pk_origin *origin = object && pk_enter(k) == 0 ? pk_origin_of(table, object) : NULL;
	if (!origin || pk_load_relaxed(&origin->lifetime) != PK_LIFETIME_LAST_USER)
		return;
	if (pk_load_relaxed(&origin->maker) != k->mine->identity.tag && !is_recorded(k, table, id))
		record(k, table, id);
	last.id = 0;
	last.serial = k->serial;
	last.self = pk_self(k);
	last.table = table;
	last.id = id;
}

uint32_t pk_lifetime_users(struct portico *k, unsigned table, pk_id id)
{
	uint32_t committed = pk_committed(k, PK_USES), count = 0;
	for (uint32_t slot = 1; slot < committed; slot++)
		count += is_use(pk_slot(k, PK_USES, slot), table, id);
	return count;
}

static void release_uses(struct portico *k, pk_id task)
{
	uint64_t theirs = pk_word(PK_CLAIMED, task);
	uint32_t committed = pk_committed(k, PK_USES);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_use *use = pk_slot(k, PK_USES, slot);
		if (pk_load(&use->head.word) != theirs)
			continue;
		pk_store(&use->object, 0);
		pk_release(k, PK_USES, slot);
	}
}

/* ---- what is over */

static int64_t latest(int64_t a, int64_t b, int64_t c)
{
	int64_t later = a > b ? a : b;
	return later > c ? later : c;
}

/* When something was last done with it, in seconds. */
static int64_t last_done(unsigned table, const void *object)
{
	const struct pk_port *port = object;
	const struct pk_set *set = object;
	const struct pk_segment *segment = object;
	switch (table) {
	case PK_PORTS:
		return latest(port->send_time, port->receive_time, port->change_time);
	case PK_SETS:
		return latest(set->operation_time, set->change_time, 0);
	default:
		return latest(segment->attach_time, segment->detach_time, segment->change_time);
	}
}

/* LT1 */
static bool is_over(struct portico *k, unsigned table, void *object, pk_id id)
{
	const struct pk_origin *origin = pk_origin_of(table, object);
	uint32_t lifetime = pk_load_relaxed(&origin->lifetime);
	const struct pk_segment *segment = table == PK_SEGMENTS ? object : NULL;
	bool attached = segment && segment->attached > 0;
	if (lifetime == PK_LIFETIME_PERSIST || (segment && segment->removed))
		return false;
	if (lifetime <= PK_IDLE_MOST)
		return !attached && pk_realtime_seconds() - last_done(table, object) > (int64_t)lifetime;
	if (pk_task_by_tag(k, pk_load(&origin->maker)) != 0)
		return false;
	return lifetime == PK_LIFETIME_CREATOR || (!attached && pk_lifetime_users(k, table, id) == 0);
}

static void end(struct portico *k, unsigned table, pk_id id)
{
	PK_POINT("lifetime: over, not ended");
	if (table == PK_PORTS)
		pk_port_end(k, id);
	else if (table == PK_SETS)
		pk_set_end(k, id);
	else
		pk_segment_end(k, id);
}

static void end_those_of(struct portico *k, unsigned table)
{
	uint32_t committed = pk_committed(k, table);
	for (uint32_t slot = 1; slot < committed; slot++) {
		pk_id id;
		void *object = live_at(k, table, slot, &id);
		if (object && is_over(k, table, object, id))
			end(k, table, id);
	}
}

/* To end a segment is to reap those that died attached to it, which ends what they were the last users of. */
static _Thread_local bool ending;

void pk_lifetimes_end(struct portico *k)
{
	if (pk_load_relaxed(&pk_header(k)->mortals) == 0 || ending || pk_enter(k) != 0)
		return;
	ending = true;
	for (unsigned i = 0; i < TABLES; i++)
		end_those_of(k, tables[i]);
	ending = false;
}

/* ---- the ends of processes */

void pk_lifetimes_reap(struct portico *k, pk_id dead)
{
	release_uses(k, dead);
	PK_POINT("lifetime: uses gone, still the maker");
	change_maker(k, pk_task_tag(dead), 0);
}

void pk_lifetimes_leave(struct portico *k)
{
	if (pk_load_relaxed(&pk_header(k)->mortals) == 0)
		return;
	pk_lifetimes_reap(k, pk_self(k));
	pk_lifetimes_end(k);
}

void pk_lifetimes_inherit(struct portico *k, pk_id former, pk_id heir)
{
	uint32_t committed = pk_committed(k, PK_USES);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_head *head = pk_slot(k, PK_USES, slot);
		uint64_t word = pk_word(PK_CLAIMED, former);
		pk_swap_if(&head->word, &word, pk_word(PK_CLAIMED, heir));
	}
	PK_POINT("lifetime: uses inherited, not the maker");
	change_maker(k, pk_task_tag(former), pk_task_tag(heir));
}

int pk_lifetime_set(struct portico *k, uint32_t lifetime)
{
	int error = pk_enter(k);
	if (error)
		return error;
	pk_task_refresh_ids(k);
	uint32_t uid = pk_acting(k).uid;
	if (uid != 0 && uid != k->file.uid)
		return -EPERM;
	if (lifetime != PK_LIFETIME_PERSIST)
		pk_store(&pk_header(k)->mortals, 1);
	pk_store(&pk_header(k)->sysv_lifetime, lifetime);
	return 0;
}
