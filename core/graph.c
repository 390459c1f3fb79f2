/* SPDX-License-Identifier: MIT */
/* Taking the copy: tasks and waits.  graph.h is the essay. */
#include "graph.h"
#include "party.h"
#include "task.h"
#include "wait.h"

#include <errno.h>
#include <string.h>

/* ---- room for it */

/* What is posted while we count isn't left out. */
#define SLACK 64
/* Enders of one port at most, but for rights and listeners, which are counted. */
#define ENDERS_EACH 18

static uint32_t count_waits(struct portico *k)
{
	uint32_t count = 0, committed = pk_committed(k, PK_WAITS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		const struct pk_wait *wait = pk_wait_at(k, slot);
		count += wait && pk_wait_object(wait) != 0;
	}
	return count + SLACK;
}

/* Memory that is given out from its beginning on; with none, how much it would be. */
struct room {
	unsigned char *memory;
	uint64_t used;
};

static void *part(struct room *room, uint64_t count, uint64_t size)
{
	void *here = room->memory ? room->memory + room->used : NULL;
	room->used += (count * size + PK_LINE - 1) / PK_LINE * PK_LINE;
	return here;
}

static uint64_t divide(struct pk_graph *graph, void *memory)
{
	struct room room = { .memory = memory };
	graph->tasks = part(&room, graph->task_count, sizeof *graph->tasks);
	graph->waits = part(&room, graph->wait_count, sizeof *graph->waits);
	graph->enders = part(&room, graph->enders_most, sizeof *graph->enders);
	graph->ender = part(&room, graph->ender_most, sizeof *graph->ender);
	graph->bucket = part(&room, graph->buckets, sizeof *graph->bucket);
	graph->steps = part(&room, graph->task_count, sizeof *graph->steps);
	graph->queue = part(&room, graph->task_count, sizeof *graph->queue);
	return room.used;
}

static int make_room(struct portico *k, struct pk_graph *graph)
{
	uint32_t waits = count_waits(k);
	void *memory = NULL;
	*graph = (struct pk_graph){
		.task_count = pk_committed(k, PK_TASKS),
		.wait_count = pk_committed(k, PK_WAITS),
		.enders_count = 1,
		.ender_count = 1,
		.enders_most = waits,
		.ender_most = waits * ENDERS_EACH + 2 * pk_committed(k, PK_RIGHTS) +
			      pk_committed(k, PK_ADJUSTS) + 16 * pk_committed(k, PK_LISTENERS),
		.buckets = 2 * waits,
	};
	graph->bytes = divide(graph, NULL);
	if (pk_map(&memory, graph->bytes, -1, 0) != 0)
		return -ENOMEM;
	graph->memory = memory;
	divide(graph, memory);
	return 0;
}

void pk_graph_drop(struct pk_graph *graph)
{
	pk_unmap(graph->memory, graph->bytes);
}

/* ---- tasks */

static void read_task(struct portico *k, uint32_t slot, struct pk_graph_task *copy)
{
	const struct pk_task *task = pk_task_of(k, slot);
	if (!task)
		return;
	pk_id id = pk_slot_id(&task->head, slot);
	copy->pid = task->pid;
	copy->flags = task->flags;
	copy->pid_namespace = task->pid_namespace;
	copy->suspended = pk_load(&task->suspended);
	memcpy(copy->command, task->command, sizeof copy->command - 1);
	if (copy->pid_namespace == k->mine->process.pid_namespace)
		copy->threads = pk_process_threads(copy->pid, &copy->stopped);
	if (pk_load(&task->head.word) == pk_word(PK_LIVE, id))
		copy->id = id;
}

/* ---- waits */

static bool still_waits(struct portico *k, const struct pk_wait *wait, uint32_t slot,
			const struct pk_graph_wait *copy, uint64_t word)
{
	return pk_load(&wait->head.word) == word && pk_wait_id(k, slot) == copy->id &&
	       pk_wait_object(wait) == copy->object && pk_wait_is_waiting(k, wait);
}

static void read_wait(struct portico *k, struct pk_graph *graph, uint32_t slot)
{
	const struct pk_wait *wait = pk_wait_at(k, slot);
	uint64_t word = wait ? pk_load(&wait->head.word) : PK_FREE;
	uint32_t task = pk_id_slot(pk_word_id(word));
	if (pk_word_kind(word) != PK_CLAIMED || task >= graph->task_count ||
	    graph->tasks[task].id != pk_word_id(word))
		return;
	struct pk_graph_wait copy = {
		.id = pk_wait_id(k, slot),
		.object = pk_wait_object(wait),
		.tell_port = wait->tell_port,
		.since_ns = wait->since_ns,
		.until_ns = pk_load(&wait->until_ns),
		.type = wait->type,
		.task = task,
		.from = wait->from,
		.leader = pk_load(&wait->leader),
		.table = pk_load(&wait->table),
		.purpose = wait->purpose,
		.select = wait->select,
		.tell = pk_load(&wait->tell),
	};
	if (copy.object != 0 && copy.leader < graph->wait_count && still_waits(k, wait, slot, &copy, word))
		graph->waits[slot] = copy;
}

/* The members of a group to its leader, and leaders to their tasks; from the last, so that they stand in
 * order. */
static void link_waits(struct pk_graph *graph)
{
	for (uint32_t slot = graph->wait_count; slot-- > 1;) {
		struct pk_graph_wait *wait = &graph->waits[slot], *leader = &graph->waits[wait->leader];
		struct pk_graph_task *task = &graph->tasks[wait->task];
		if (wait->id == 0 || leader->id == 0 || leader->task != wait->task)
			continue;
		if (leader != wait) {
			wait->next_member = leader->next_member;
			leader->next_member = slot;
			continue;
		}
		wait->next = task->waits;
		task->waits = slot;
		task->asleep += wait->tell == PK_TELL_THREAD && wait->until_ns == PK_FOREVER;
	}
}

/* ---- all of it */

int pk_graph_take(struct portico *k, struct pk_graph *graph)
{
	int error = pk_enter(k);
	if (!error)
		error = make_room(k, graph);
	if (error)
		return error;
	graph->now_ns = pk_monotonic_ns();
	for (uint32_t slot = 1; slot < graph->task_count; slot++)
		read_task(k, slot, &graph->tasks[slot]);
	for (uint32_t slot = 1; slot < graph->wait_count; slot++)
		read_wait(k, graph, slot);
	link_waits(graph);
	pk_enders_find(k, graph);
	return 0;
}

static bool any_is_stuck(const struct pk_graph *graph)
{
	for (uint32_t slot = 1; slot < graph->task_count; slot++)
		if (graph->tasks[slot].stuck)
			return true;
	return false;
}

static void pause_a_moment(void)
{
	static const _Atomic uint32_t nothing;
	pk_sleep(&nothing, 0, pk_monotonic_ns() + PK_GRAPH_PAUSE_NS);
}

int pk_graph_take_twice(struct portico *k, struct pk_graph *graph)
{
	struct pk_graph before;
	int error = pk_enter(k);
	if (error)
		return error;
	pk_task_sweep(k, true); /* the dead wait for nothing, and end nothing */
	error = pk_graph_take(k, graph);
	if (error)
		return error;
	pk_knot_find(graph, NULL);
	if (!any_is_stuck(graph))
		return 0;
	before = *graph;
	pause_a_moment();
	error = pk_graph_take(k, graph);
	if (!error)
		pk_knot_find(graph, &before);
	pk_graph_drop(&before);
	return error;
}
