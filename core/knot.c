/* SPDX-License-Identifier: MIT */
/* Who is stuck, and the cycles in that.  graph.h is the essay. */
#include "graph.h"
#include "task.h"
#include "wait.h"

/* ---- who might be */

/* K1 */
static bool waited_before(const struct pk_graph *graph, const struct pk_graph *before, uint32_t slot)
{
	const struct pk_graph_task *task = &graph->tasks[slot];
	if (slot >= before->task_count || before->tasks[slot].id != task->id || !before->tasks[slot].stuck)
		return false;
	for (uint32_t wait = task->waits; wait != 0; wait = graph->waits[wait].next)
		if (graph->waits[wait].tell == PK_TELL_THREAD &&
		    (wait >= before->wait_count || before->waits[wait].id != graph->waits[wait].id))
			return false;
	return true;
}

static bool may_be_stuck(const struct pk_graph *graph, const struct pk_graph *before, uint32_t slot)
{
	const struct pk_graph_task *task = &graph->tasks[slot];
	return task->id != 0 && task->threads != 0 && task->asleep >= task->threads &&
	       !(task->flags & PK_TASK_SUPERVISOR) && (!before || waited_before(graph, before, slot));
}

/* ---- who isn't */

/* How it is gone about: a round looks at all, and a later one at what changed since. */
struct search {
	struct pk_graph *graph;
	bool certain;	/* what isn't certain is open */
	uint32_t round; /* 0 isn't one */
};

static bool one_is_free(const struct search *search, struct pk_enders *enders)
{
	struct pk_graph *graph = search->graph;
	if (enders->can || enders->looked_at == search->round)
		return enders->can;
	enders->looked_at = search->round;
	for (uint32_t at = enders->first; at != 0; at = graph->ender[at].next)
		if (!graph->tasks[graph->ender[at].task].stuck)
			return enders->can = true;
	return false;
}

static bool one_can_end(const struct search *search, const struct pk_graph_wait *wait)
{
	struct pk_enders *enders = &search->graph->enders[wait->enders];
	return enders->open || (search->certain && !pk_enders_certain(enders)) ||
	       pk_enders_are_a_guess(search->graph, wait) || one_is_free(search, enders);
}

/* Of a group, any. */
static bool group_can_end(const struct search *search, uint32_t slot)
{
	const struct pk_graph_wait *waits = search->graph->waits;
	if (waits[slot].until_ns != PK_FOREVER)
		return true;
	for (; slot != 0; slot = waits[slot].next_member)
		if (one_can_end(search, &waits[slot]))
			return true;
	return false;
}

/* Is it told of by a completion there? */
static bool is_told_at(const struct pk_graph_wait *wait, pk_id port)
{
	return wait->tell == PK_TELL_PORT && wait->tell_port == port;
}

static bool is_for_completions(const struct pk_graph *graph, const struct pk_graph_wait *wait)
{
	return graph->enders[wait->enders].how == PK_ENDER_WAITS;
}

/* One that a thread sleeps in; in a group there may be a port for completions. */
static bool can_end(const struct search *search, uint32_t slot)
{
	const struct pk_graph *graph = search->graph;
	if (group_can_end(search, slot))
		return true;
	for (uint32_t at = slot; at != 0; at = graph->waits[at].next_member) {
		const struct pk_graph_wait *wait = &graph->waits[at];
		if (!is_for_completions(graph, wait))
			continue;
		for (uint32_t told = graph->tasks[wait->task].waits; told != 0;
		     told = graph->waits[told].next)
			if (is_told_at(&graph->waits[told], wait->object) && group_can_end(search, told))
				return true;
	}
	return false;
}

static bool may_go_on(const struct search *search, const struct pk_graph_task *task)
{
	const struct pk_graph *graph = search->graph;
	for (uint32_t wait = task->waits; wait != 0; wait = graph->waits[wait].next)
		if (graph->waits[wait].tell == PK_TELL_THREAD && can_end(search, wait))
			return true;
	return false;
}

static void release_who_may_go_on(struct search *search)
{
	struct pk_graph *graph = search->graph;
	bool changed = true;
	for (; changed; search->round++) {
		changed = false;
		for (uint32_t slot = 1; slot < graph->task_count; slot++)
			if (graph->tasks[slot].stuck && may_go_on(search, &graph->tasks[slot])) {
				graph->tasks[slot].stuck = PK_NOT_STUCK;
				changed = true;
			}
	}
}

void pk_knot_find(struct pk_graph *graph, const struct pk_graph *before)
{
	struct search search = { .graph = graph, .certain = true, .round = 1 };
	for (uint32_t slot = 1; slot < graph->task_count; slot++)
		graph->tasks[slot].stuck = may_be_stuck(graph, before, slot) ? PK_STUCK : PK_NOT_STUCK;
	release_who_may_go_on(&search);
	for (uint32_t slot = 1; slot < graph->task_count; slot++)
		if (!graph->tasks[slot].stuck && may_be_stuck(graph, before, slot))
			graph->tasks[slot].stuck = PK_LIKELY_STUCK;
	for (uint32_t i = 1; i < graph->enders_count; i++)
		graph->enders[i].can = false;
	search.certain = false;
	release_who_may_go_on(&search);
}

/* ---- cycles: the shortest way from a task back to itself, breadth first */

struct walk {
	struct pk_graph *graph;
	uint32_t start, first, last; /* of the queue */
	uint32_t from, by;	     /* the task that was reached, and the wait that leads on */
};

/* True: it is where we began. */
static bool reach(struct walk *walk, uint32_t slot)
{
	struct pk_graph_task *task = &walk->graph->tasks[slot];
	if (!task->stuck || task->seen == walk->start)
		return false;
	task->seen = walk->start;
	task->before = walk->from;
	task->by = walk->by;
	walk->graph->queue[walk->last++] = slot;
	return slot == walk->start;
}

static bool reach_enders(struct walk *walk, uint32_t slot)
{
	const struct pk_graph *graph = walk->graph;
	for (; slot != 0; slot = graph->waits[slot].next_member) {
		const struct pk_enders *enders = &graph->enders[graph->waits[slot].enders];
		walk->by = slot;
		for (uint32_t at = enders->first; at != 0; at = graph->ender[at].next)
			if (reach(walk, graph->ender[at].task))
				return true;
	}
	return false;
}

/* By its own waits that are told of where that one waits. */
static bool reach_told(struct walk *walk, uint32_t slot)
{
	const struct pk_graph *graph = walk->graph;
	for (; slot != 0; slot = graph->waits[slot].next_member) {
		const struct pk_graph_wait *wait = &graph->waits[slot];
		if (!is_for_completions(graph, wait))
			continue;
		for (uint32_t told = graph->tasks[wait->task].waits; told != 0;
		     told = graph->waits[told].next)
			if (is_told_at(&graph->waits[told], wait->object) && reach_enders(walk, told))
				return true;
	}
	return false;
}

static bool step(struct walk *walk)
{
	const struct pk_graph *graph = walk->graph;
	for (uint32_t wait = graph->tasks[walk->from].waits; wait != 0; wait = graph->waits[wait].next)
		if (graph->waits[wait].tell == PK_TELL_THREAD &&
		    (reach_enders(walk, wait) || reach_told(walk, wait)))
			return true;
	return false;
}

/* From its end. */
static uint32_t note_cycle(const struct walk *walk)
{
	const struct pk_graph_task *tasks = walk->graph->tasks;
	struct pk_knot_step *steps = walk->graph->steps;
	uint32_t count = 0, task = walk->start, at;
	do
		count++;
	while ((task = tasks[task].before) != walk->start);
	at = count;
	do {
		steps[--at] = (struct pk_knot_step){ .task = tasks[task].before, .wait = tasks[task].by };
		task = tasks[task].before;
	} while (task != walk->start);
	return count;
}

uint32_t pk_knot_cycle_of(struct pk_graph *graph, uint32_t task)
{
	struct walk walk = { .graph = graph, .start = task, .from = task };
	if (!graph->tasks[task].stuck)
		return 0;
	for (uint32_t slot = 1; slot < graph->task_count; slot++)
		graph->tasks[slot].seen = 0;
	do {
		if (step(&walk))
			return note_cycle(&walk);
		walk.from = graph->queue[walk.first];
	} while (walk.first++ < walk.last);
	return 0;
}

uint32_t pk_knot_cycle(struct pk_graph *graph)
{
	for (uint32_t slot = 1; slot < graph->task_count; slot++) {
		uint32_t count = graph->tasks[slot].told ? 0 : pk_knot_cycle_of(graph, slot);
		graph->tasks[slot].told = true;
		for (uint32_t i = 0; i < count; i++)
			graph->tasks[graph->steps[i].task].told = true;
		if (count > 0)
			return count;
	}
	return 0;
}

bool pk_knot_certain(const struct pk_graph *graph, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (graph->tasks[graph->steps[i].task].stuck != PK_STUCK)
			return false;
	return true;
}
