/* SPDX-License-Identifier: MIT */
#include "index.h"

#include <string.h>

enum lane_by { BY_TYPE, BY_SENDER };

/* The buffer: this, then uint32_t bucket[buckets], then struct entry heap[buckets]. */
struct index {
	pk_id port;
	uint32_t buckets;   /* a power of two; also the most lanes */
	uint32_t lanes;	    /* how many there are */
	uint32_t first;	    /* of them, linked by sibling */
	uint32_t in_heap;   /* entries */
	uint32_t is_sorted; /* the heap is kept */
	uint32_t by_sender; /* so are the lanes by sender */
};

struct entry {
	int64_t type;
	uint32_t lane;
	uint32_t reserved;
};

static uint64_t bytes_for(uint32_t buckets)
{
	return sizeof(struct index) + buckets * (sizeof(uint32_t) + sizeof(struct entry));
}

static uint32_t *buckets_of(struct index *index)
{
	return (uint32_t *)(index + 1);
}

static struct entry *heap_of(struct index *index)
{
	return (struct entry *)(buckets_of(index) + index->buckets);
}

/* NULL: there is none, or it can't be believed. */
static struct index *index_of(struct portico *k, const struct pk_port *port)
{
	uint32_t length;
	struct index *index = port->index != 0 ? pk_message_data(k, port->index, &length) : NULL;
	if (!index || length < sizeof *index || index->buckets == 0 ||
	    (index->buckets & (index->buckets - 1)) != 0 || length < bytes_for(index->buckets) ||
	    index->in_heap > index->buckets)
		return NULL;
	return index;
}

static struct pk_lane *lane_at(struct portico *k, const struct index *index, uint32_t slot)
{
	struct pk_lane *lane = pk_slot(k, PK_LANES, slot);
	return lane && pk_load_relaxed(&lane->head.word) == pk_word(PK_BODY, index->port) ? lane : NULL;
}

/* ---- finding lanes */

static uint32_t *bucket_of(struct index *index, enum lane_by by, int64_t value)
{
	uint64_t hash = ((uint64_t)value * 2 + by) * UINT64_C(0x9e3779b97f4a7c15);
	return &buckets_of(index)[(hash >> 32) & (index->buckets - 1)];
}

/* No walk over lanes is longer, whatever the index says. */
static uint32_t lanes_most(struct portico *k, const struct index *index)
{
	uint32_t committed = pk_committed(k, PK_LANES);
	return index->lanes < committed ? index->lanes : committed;
}

static uint32_t find_lane(struct portico *k, struct index *index, enum lane_by by, int64_t value)
{
	uint32_t slot = *bucket_of(index, by, value);
	for (uint32_t most = lanes_most(k, index); most > 0; most--) {
		const struct pk_lane *lane = lane_at(k, index, slot);
		if (!lane)
			break;
		if (lane->value == value && lane->by == by)
			return slot;
		slot = lane->chain;
	}
	return 0;
}

/* 0: there are as many as it has room for, or no memory. */
static uint32_t make_lane(struct portico *k, struct index *index, enum lane_by by, int64_t value)
{
	uint32_t slot, *bucket = bucket_of(index, by, value);
	if (index->lanes == index->buckets || pk_claim(k, PK_LANES, &slot) != 0)
		return 0;
	struct pk_lane *lane = pk_slot(k, PK_LANES, slot);
	lane->value = value;
	lane->by = by;
	lane->first = lane->last = lane->in_heap = 0;
	lane->chain = *bucket;
	lane->sibling = index->first;
	PK_POINT("index: lane filled in, not the port's");
	pk_store(&lane->head.word, pk_word(PK_BODY, index->port));
	*bucket = index->first = slot;
	index->lanes++;
	return slot;
}

/* ---- the heap of lanes by type */

static void heap_swap(struct entry *a, struct entry *b)
{
	struct entry was = *a;
	*a = *b;
	*b = was;
}

static void heap_push(struct index *index, struct pk_lane *lane, uint32_t slot)
{
	struct entry *heap = heap_of(index);
	uint32_t at = index->in_heap;
	if (lane->in_heap || at == index->buckets)
		return;
	lane->in_heap = 1;
	heap[index->in_heap++] = (struct entry){ .type = lane->value, .lane = slot };
	for (; at > 0 && heap[at].type < heap[(at - 1) / 2].type; at = (at - 1) / 2)
		heap_swap(&heap[at], &heap[(at - 1) / 2]);
}

static void heap_pop(struct index *index)
{
	struct entry *heap = heap_of(index);
	uint32_t at = 0, count = --index->in_heap;
	heap[0] = heap[count];
	for (;;) {
		uint32_t least = at, left = 2 * at + 1, right = left + 1;
		if (left < count && heap[left].type < heap[least].type)
			least = left;
		if (right < count && heap[right].type < heap[least].type)
			least = right;
		if (least == at)
			return;
		heap_swap(&heap[at], &heap[least]);
		at = least;
	}
}

static void sort_lanes(struct portico *k, struct index *index)
{
	uint32_t slot = index->first;
	for (uint32_t most = lanes_most(k, index); most > 0; most--) {
		struct pk_lane *lane = lane_at(k, index, slot);
		if (!lane)
			break;
		lane->in_heap = 0;
		if (lane->by == BY_TYPE && lane->first != 0)
			heap_push(index, lane, slot);
		slot = lane->sibling;
	}
	index->is_sorted = 1;
}

/* The lane of the lowest type that isn't empty, or NULL. */
static struct pk_lane *lowest_lane(struct portico *k, struct index *index)
{
	if (!index->is_sorted)
		sort_lanes(k, index);
	while (index->in_heap > 0) {
		struct pk_lane *lane = lane_at(k, index, heap_of(index)[0].lane);
		if (lane && lane->first != 0)
			return lane;
		if (lane)
			lane->in_heap = 0;
		heap_pop(index);
	}
	return NULL;
}

/* ---- messages in lanes */

static struct pk_place *place_of(struct pk_message *m, enum lane_by by)
{
	return by == BY_TYPE ? &m->by_type : &m->by_sender;
}

/* After whom it stands: the last, but for one that was given back, or is more urgent. */
static uint32_t place_in(struct portico *k, const struct pk_lane *lane, enum lane_by by,
			 const struct pk_message *m, uint32_t most)
{
	uint32_t before = lane->last, after = lane->first;
	struct pk_message *at = pk_message_at(k, before);
	if (!at || at->number >> PK_SEQUENCE_BITS <= m->number >> PK_SEQUENCE_BITS) {
		for (; at && at->number > m->number && most > 0; most--)
			at = pk_message_at(k, before = place_of(at, by)->previous);
		return before;
	}
	before = 0; /* those before it are likely to be fewer */
	for (at = pk_message_at(k, after); at && at->number < m->number && most > 0; most--) {
		before = after;
		at = pk_message_at(k, after = place_of(at, by)->next);
	}
	return before;
}

static void link_in(struct portico *k, struct pk_lane *lane, enum lane_by by, uint32_t message,
		    struct pk_message *m, uint32_t most)
{
	struct pk_place *place = place_of(m, by);
	uint32_t before = place_in(k, lane, by, m, most);
	struct pk_message *at = pk_message_at(k, before);
	place->previous = at ? before : 0;
	place->next = at ? place_of(at, by)->next : lane->first;
	struct pk_message *next = pk_message_at(k, place->next);
	if (at)
		place_of(at, by)->next = message;
	else
		lane->first = message;
	if (next)
		place_of(next, by)->previous = message;
	else
		lane->last = message;
}

static bool add_to(struct portico *k, struct pk_port *port, struct index *index, enum lane_by by,
		   uint32_t message, struct pk_message *m)
{
	int64_t value = by == BY_TYPE ? m->type : m->sender;
	uint32_t slot = find_lane(k, index, by, value);
	if (slot == 0)
		slot = make_lane(k, index, by, value);
	struct pk_lane *lane = lane_at(k, index, slot);
	if (!lane)
		return false;
	place_of(m, by)->lane = slot;
	link_in(k, lane, by, message, m, pk_message_most(k, port->count));
	if (by == BY_TYPE && index->is_sorted)
		heap_push(index, lane, slot);
	return true;
}

static bool remove_from(struct portico *k, const struct index *index, enum lane_by by, struct pk_message *m)
{
	struct pk_place *place = place_of(m, by);
	struct pk_lane *lane = lane_at(k, index, place->lane);
	if (!lane)
		return false;
	struct pk_message *next = pk_message_at(k, place->next),
			  *previous = pk_message_at(k, place->previous);
	if (previous)
		place_of(previous, by)->next = place->next;
	else
		lane->first = place->next;
	if (next)
		place_of(next, by)->previous = place->previous;
	else
		lane->last = place->previous;
	return true;
}

void pk_index_add(struct portico *k, struct pk_port *port, uint32_t message, struct pk_message *m)
{
	struct index *index = index_of(k, port);
	if (!index || !add_to(k, port, index, BY_TYPE, message, m) ||
	    (index->by_sender && !add_to(k, port, index, BY_SENDER, message, m)))
		pk_index_drop(k, port);
}

void pk_index_remove(struct portico *k, struct pk_port *port, struct pk_message *m)
{
	struct index *index = index_of(k, port);
	if (port->count == 1 || !index || !remove_from(k, index, BY_TYPE, m) ||
	    (index->by_sender && !remove_from(k, index, BY_SENDER, m)))
		pk_index_drop(k, port);
}

/* Once somebody asks.  False: there was no memory, and the index was dropped. */
static bool sort_by_sender(struct portico *k, struct pk_port *port, struct index *index)
{
	uint32_t message = port->first;
	for (uint32_t left = pk_message_most(k, port->count); left > 0 && !index->by_sender; left--) {
		struct pk_message *m = pk_message_at(k, message);
		if (!m)
			break;
		if (!add_to(k, port, index, BY_SENDER, message, m)) {
			pk_index_drop(k, port);
			return false;
		}
		message = m->head.next;
	}
	index->by_sender = 1;
	return true;
}

uint32_t pk_index_find(struct portico *k, struct pk_port *port, const struct pk_want *want)
{
	struct index *index = index_of(k, port);
	const struct pk_lane *lane = NULL;
	if (!index) {
		pk_index_drop(k, port); /* scribbled */
		return 0;
	}
	if (want->select == PK_TYPE_AT_MOST)
		lane = lowest_lane(k, index);
	else if (want->select == PK_TYPE)
		lane = lane_at(k, index, find_lane(k, index, BY_TYPE, want->type));
	else if (sort_by_sender(k, port, index))
		lane = lane_at(k, index, find_lane(k, index, BY_SENDER, want->from));
	if (!lane || (want->select == PK_TYPE_AT_MOST && lane->value > want->type))
		return 0;
	return lane->first;
}

/* ---- making and dropping */

static uint32_t buckets_for(uint32_t messages)
{
	uint32_t buckets = 64;
	while (buckets < messages * 2 && buckets < (1u << 21))
		buckets *= 2;
	return buckets;
}

static struct index *make_empty(struct portico *k, struct pk_port *port, pk_id id)
{
	uint32_t body, length, buckets = buckets_for(port->count);
	if (pk_message_claim(k, bytes_for(buckets), &body) != 0)
		return NULL;
	struct pk_message *m = pk_message_at(k, body);
	struct index *index = pk_message_data(k, body, &length);
	if (!index) {
		pk_message_release(k, body);
		return NULL;
	}
	memset(index, 0, sizeof *index + buckets * sizeof(uint32_t));
	index->port = id;
	index->buckets = buckets;
	m->type = PK_PORTS;
	pk_store(&m->head.word, pk_word(PK_BODY, id));
	port->index = body;
	return index;
}

bool pk_index_make(struct portico *k, struct pk_port *port, pk_id id)
{
	if (!make_empty(k, port, id))
		return false;
	uint32_t message = port->first, previous = 0;
	for (uint32_t left = pk_message_most(k, port->count); left > 0 && port->index != 0; left--) {
		struct pk_message *m = pk_message_at(k, message);
		if (!m)
			break;
		m->previous = previous;
		pk_index_add(k, port, message, m);
		previous = message;
		message = m->head.next;
	}
	return port->index != 0;
}

void pk_index_drop(struct portico *k, struct pk_port *port)
{
	struct index *index = index_of(k, port);
	if (index) {
		uint32_t slot = index->first;
		for (uint32_t most = lanes_most(k, index); most > 0; most--) {
			const struct pk_lane *lane = lane_at(k, index, slot);
			if (!lane)
				break;
			uint32_t next = lane->sibling;
			pk_release(k, PK_LANES, slot);
			slot = next;
		}
		pk_message_release(k, port->index);
	}
	port->index = 0;
}

static void release_body(struct portico *k, uint32_t message, struct pk_message *m, void *context)
{
	if (pk_load(&m->head.word) == pk_word(PK_BODY, *(const pk_id *)context) && m->type == PK_PORTS)
		pk_message_release(k, message);
}

void pk_index_forget(struct portico *k, struct pk_port *port, pk_id id)
{
	uint32_t committed = pk_committed(k, PK_LANES);
	port->index = 0;
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_head *head = pk_slot(k, PK_LANES, slot);
		if (head && pk_load(&head->word) == pk_word(PK_BODY, id))
			pk_release(k, PK_LANES, slot);
	}
	pk_message_each(k, release_body, &id);
}

/* ---- checking */

static bool stands_in(struct portico *k, const struct index *index, enum lane_by by, uint32_t message,
		      struct pk_message *m)
{
	const struct pk_place *place = place_of(m, by);
	const struct pk_lane *lane = lane_at(k, index, place->lane);
	struct pk_message *next = pk_message_at(k, place->next),
			  *previous = pk_message_at(k, place->previous);
	return lane && lane->by == by && lane->value == (by == BY_TYPE ? m->type : (int64_t)m->sender) &&
	       (previous ? place_of(previous, by)->next : lane->first) == message &&
	       (next ? place_of(next, by)->previous : lane->last) == message &&
	       (!previous || previous->number <= m->number);
}

bool pk_index_valid(struct portico *k, struct pk_port *port)
{
	const struct index *index = index_of(k, port);
	uint32_t message = port->first, previous = 0;
	if (port->index == 0)
		return true;
	for (uint32_t left = pk_message_most(k, port->count); left > 0; left--) {
		struct pk_message *m = pk_message_at(k, message);
		if (!index || !m || m->previous != previous || !stands_in(k, index, BY_TYPE, message, m) ||
		    (index->by_sender && !stands_in(k, index, BY_SENDER, message, m)))
			return false;
		previous = message;
		message = m->head.next;
	}
	return true;
}
