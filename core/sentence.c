/* SPDX-License-Identifier: MIT */
#include "sentence.h"
#include "caller.h"
#include "label.h"
#include "pipe.h"
#include "task.h"
#include "object.h"

#define NAMED 3	      /* tasks or objects that a sentence names */
#define CYCLE_NAMED 8 /* of a cycle */

/* ---- tasks */

void pk_say_task(const struct pk_graph *graph, uint32_t slot, struct pk_text *text)
{
	const struct pk_graph_task *task = &graph->tasks[slot];
	pk_text_add(text, "pid ");
	pk_text_number(text, task->pid);
	pk_text_add(text, " (");
	pk_text_quote(text, task->command);
	if (task->suspended != 0)
		pk_text_add(text, ", suspended");
	else if (task->stopped)
		pk_text_add(text, ", stopped");
	pk_text_add(text, ")");
}

/* Different tasks, as many as a sentence names, and how many there are. */
struct crowd {
	uint32_t tasks[NAMED];
	uint32_t count;
};

static void join_crowd(struct crowd *crowd, uint32_t task)
{
	for (uint32_t i = 0; i < crowd->count && i < NAMED; i++)
		if (crowd->tasks[i] == task)
			return;
	if (crowd->count < NAMED)
		crowd->tasks[crowd->count] = task;
	crowd->count++;
}

static void say_crowd(const struct pk_graph *graph, const struct crowd *crowd, struct pk_text *text)
{
	for (uint32_t i = 0; i < crowd->count && i < NAMED; i++) {
		if (i > 0)
			pk_text_add(text, i + 1 == crowd->count ? " or " : ", ");
		pk_say_task(graph, crowd->tasks[i], text);
	}
	if (crowd->count > NAMED) {
		pk_text_add(text, " or ");
		pk_text_number(text, crowd->count - NAMED);
		pk_text_add(text, " more");
	}
}

/* ---- what it waits for */

static void say_integer(struct pk_text *text, int64_t number)
{
	if (number < 0)
		pk_text_character(text, '-');
	pk_text_number(text, number < 0 ? -(uint64_t)number : (uint64_t)number);
}

static void say_selection(const struct pk_graph_wait *wait, struct pk_text *text)
{
	static const char *const before[] = {
		[PK_TYPE] = "type ", [PK_TYPE_AT_MOST] = "a type up to ", [PK_TYPE_EXCEPT] = "any type but "
	};
	if (wait->select >= PK_TYPE && wait->select <= PK_TYPE_EXCEPT) {
		pk_text_add(text, before[wait->select]);
		say_integer(text, wait->type);
		pk_text_add(text, " ");
	}
	pk_text_add(text, "from ");
}

void pk_say_object(struct portico *k, unsigned table, pk_id object, struct pk_text *text)
{
	struct pk_label label;
	pk_label_of(k, table, object, &label);
	pk_text_add(text, label.kind);
	pk_text_add(text, " ");
	pk_text_quote(text, label.name);
}

static void say_semaphore(const struct pk_graph_wait *wait, const struct pk_enders *enders,
			  struct pk_text *text)
{
	pk_text_add(text, "for semaphore ");
	pk_text_number(text, enders->semaphore);
	pk_text_add(text, " of set ");
	pk_text_number(text, (uint64_t)pk_sysv_id(wait->object));
	if (enders->key != 0) {
		pk_text_add(text, " (key 0x");
		pk_text_hex(text, (uint32_t)enders->key);
		pk_text_add(text, ")");
	}
	pk_text_add(text, enders->change == 0 ? " to become 0" : " to rise");
}

/* The objects of a group, as far as a sentence goes. */
static void say_objects(struct portico *k, const struct pk_graph *graph, uint32_t slot, struct pk_text *text)
{
	uint32_t said = 0, more = 0;
	for (; slot != 0; slot = graph->waits[slot].next_member) {
		if (said == NAMED) {
			more++;
			continue;
		}
		if (said++ > 0)
			pk_text_add(text, " or ");
		pk_say_object(k, graph->waits[slot].table, graph->waits[slot].object, text);
	}
	if (more > 0) {
		pk_text_add(text, " or ");
		pk_text_number(text, more);
		pk_text_add(text, " more");
	}
}

/* A task that reads or writes it by itself, and looks again every PK_TICK_NS. */
static bool is_in_pipe(const struct pk_graph_wait *wait)
{
	return wait->table == PK_PIPES && (wait->type == PK_PIPE_READ || wait->type == PK_PIPE_WRITE);
}

static void say_wish(struct portico *k, const struct pk_graph *graph, uint32_t slot, struct pk_text *text)
{
	static const char *const before[] = {
		"for ",
		[PK_FOR_RECEIVE] = "to receive ",
		[PK_FOR_SEND] = "to send to ",
		[PK_FOR_CHANGE] = "for a change of ",
		[PK_FOR_SEMAPHORES] = "for ",
		[PK_FOR_RECEIPT] = "for a receipt from ",
	};
	const struct pk_graph_wait *wait = &graph->waits[slot];
	if (wait->table == PK_SETS) {
		say_semaphore(wait, &graph->enders[wait->enders], text);
		return;
	}
	if (is_in_pipe(wait)) {
		pk_text_add(text, wait->type == PK_PIPE_READ ? "to read from " : "to write to ");
		pk_say_object(k, wait->table, wait->object, text);
		return;
	}
	pk_text_add(text, before[wait->purpose <= PK_FOR_RECEIPT ? wait->purpose : 0]);
	if (wait->purpose == PK_FOR_RECEIVE)
		say_selection(wait, text);
	say_objects(k, graph, slot, text);
}

/* ---- who could end it */

static const struct {
	const char *one, *several;
} reasons[] = {
	[PK_ENDER_RIGHT] = { "it holds a right to send", "they hold rights to send" },
	[PK_ENDER_OWNER] = { "it alone may receive", "" },
	[PK_ENDER_FROM] = { "only its messages are wanted", "" },
	[PK_ENDER_SENT] = { "it has sent there", "they have sent there" },
	[PK_ENDER_TOOK] = { "it has received there", "they have received there" },
	[PK_ENDER_MADE] = { "it made the mailbox", "" },
	[PK_ENDER_HOLDS] = { "it holds the semaphore", "they hold the semaphore" },
	[PK_ENDER_CHANGED] = { "it changed the semaphore last", "they changed the semaphore last" },
};

static const char *reason_of(const struct pk_enders *enders, const struct crowd *crowd)
{
	if (crowd->count != 1)
		return reasons[enders->how].several;
	if (crowd->tasks[0] == enders->last && enders->how == PK_ENDER_SENT)
		return "it sent last";
	if (crowd->tasks[0] == enders->last && enders->how == PK_ENDER_TOOK)
		return "it received last";
	return reasons[enders->how].one;
}

/* ---- who has a mailbox open as a file */

void pk_say_process(uint32_t pid, struct pk_text *text)
{
	char command[16];
	if (pid == 0) {
		pk_text_add(text, "a process of another pid namespace");
		return;
	}
	pk_text_add(text, "pid ");
	pk_text_number(text, pid);
	pk_text_add(text, " (");
	if (pk_process_command(pid, command))
		pk_text_quote(text, command);
	else
		pk_text_add(text, "ended, and left it to another");
	pk_text_add(text, ")");
}

static const char *open_to_what(const struct pk_graph_wait *wait)
{
	return wait->purpose == PK_FOR_RECEIVE ? " open to send" : " open to receive";
}

/* Of all members of a group. */
static void gather_openers(const struct pk_graph *graph, uint32_t slot, struct pk_openers *all)
{
	for (; slot != 0; slot = graph->waits[slot].next_member) {
		const struct pk_openers *openers = &graph->enders[graph->waits[slot].enders].openers;
		for (uint32_t i = 0; i < openers->count && i < PK_OPENERS; i++)
			pk_openers_add(all, openers->pid[i]);
		if (openers->count > PK_OPENERS)
			all->count = openers->count;
	}
}

/* "pid 12 (sh) and pid 14 (cat) have " */
static void say_who_opens(const struct pk_openers *openers, struct pk_text *text)
{
	for (uint32_t i = 0; i < openers->count && i < PK_OPENERS; i++) {
		if (i > 0)
			pk_text_add(text, i + 1 == openers->count ? " and " : ", ");
		pk_say_process(openers->pid[i], text);
	}
	if (openers->count > PK_OPENERS)
		pk_text_add(text, " and others");
	pk_text_add(text, openers->count == 1 ? " has " : " have ");
}

void pk_say_openers(const struct pk_openers *openers, const char *what, struct pk_text *text)
{
	if (openers->count > 0)
		say_who_opens(openers, text);
	else
		pk_text_add(text, "nobody has ");
	pk_text_add(text, what);
}

static void say_openers(const struct pk_graph_wait *wait, const struct pk_openers *openers,
			struct pk_text *text)
{
	const char *what = wait->next_member == 0 ? "it" : openers->count > 0 ? "one of them" : "any of them";
	pk_say_openers(openers, what, text);
	pk_text_add(text, open_to_what(wait));
}

/* "pid 12 (worker) holds it (SEM_UNDO 1), for 7 s" */
static void say_holder(const struct pk_graph *graph, const struct pk_enders *enders, struct pk_text *text)
{
	pk_say_task(graph, graph->ender[enders->first].task, text);
	pk_text_add(text, " holds it (SEM_UNDO ");
	say_integer(text, graph->ender[enders->first].units);
	pk_text_add(text, ")");
	int64_t held = pk_realtime_seconds() - graph->ender[enders->first].since;
	if (held > 0) { /* to the second: less isn't known */
		pk_text_add(text, ", for ");
		pk_text_number(text, (uint64_t)held);
		pk_text_add(text, " s");
	}
}

static void say_nobody(const struct pk_graph_wait *wait, const struct pk_enders *enders, struct pk_text *text)
{
	if (enders->how == PK_ENDER_RIGHT && enders->open)
		pk_text_add(text, "no task holds a right to send there; a message may carry one");
	else if (enders->how == PK_ENDER_RIGHT)
		pk_text_add(text, "nobody holds a right to send there");
	else if (enders->how == PK_ENDER_FROM)
		pk_text_add(text, "the task whose messages it wants is no more");
	else if (wait->table == PK_SETS)
		pk_text_add(text, "any task may change that");
	else if (wait->table == PK_PIPES)
		pk_text_add(text, "whoever has it open could end it");
	else if (enders->mailbox)
		say_openers(wait, &(struct pk_openers){ 0 }, text);
	else if (wait->purpose == PK_FOR_RECEIVE)
		pk_text_add(text, "any task may send there; none that lives has");
	else if (wait->purpose == PK_FOR_SEND || wait->purpose == PK_FOR_RECEIPT)
		pk_text_add(text, "any task may receive there; none that lives has");
	else
		pk_text_add(text, "any task that uses it ends this");
}

static void say_told_of(const struct pk_graph *graph, const struct pk_graph_wait *wait, struct pk_text *text)
{
	uint32_t count = 0;
	for (uint32_t told = graph->tasks[wait->task].waits; told != 0; told = graph->waits[told].next)
		count += graph->waits[told].tell == PK_TELL_PORT &&
			 graph->waits[told].tell_port == wait->object;
	if (count == 0) {
		pk_text_add(text, "nothing is posted that is told of there");
		return;
	}
	pk_text_add(text, "any of ");
	pk_text_number(text, count);
	pk_text_add(text, " that it has posted could end it");
}

static void gather(const struct pk_graph *graph, uint32_t slot, struct crowd *crowd)
{
	for (; slot != 0; slot = graph->waits[slot].next_member) {
		const struct pk_enders *enders = &graph->enders[graph->waits[slot].enders];
		for (uint32_t at = enders->first; at != 0; at = graph->ender[at].next)
			join_crowd(crowd, graph->ender[at].task);
	}
}

void pk_say_enders(const struct pk_graph *graph, uint32_t slot, struct pk_text *text)
{
	const struct pk_graph_wait *wait = &graph->waits[slot];
	const struct pk_enders *enders = &graph->enders[wait->enders];
	struct crowd crowd = { 0 };
	struct pk_openers openers = { 0 };
	gather(graph, slot, &crowd);
	gather_openers(graph, slot, &openers);
	if (enders->paused) {
		pk_text_add(text, "it is paused, and nothing is received there until it is resumed");
	} else if (enders->how == PK_ENDER_WAITS) {
		say_told_of(graph, wait, text);
	} else if (crowd.count == 0 || pk_enders_are_a_guess(graph, wait)) {
		if (openers.count > 0)
			say_openers(wait, &openers, text);
		else
			say_nobody(wait, enders, text);
	} else if (enders->how == PK_ENDER_HOLDS && crowd.count == 1) {
		say_holder(graph, enders, text);
	} else {
		const char *reason = reason_of(enders, &crowd);
		say_crowd(graph, &crowd, text);
		pk_text_add(text, " could end it");
		if (wait->next_member == 0 && *reason) {
			pk_text_add(text, ": ");
			pk_text_add(text, reason);
		}
		if (openers.count > 0) {
			pk_text_add(text, "; ");
			say_openers(wait, &openers, text);
		}
	}
}

/* ---- all of it */

void pk_say_wait(struct portico *k, const struct pk_graph *graph, uint32_t slot, struct pk_text *text)
{
	const struct pk_graph_wait *wait = &graph->waits[slot];
	pk_text_add(text, "waits ");
	if (is_in_pipe(wait)) {
		say_wish(k, graph, slot, text);
		pk_text_add(text, "; ");
		pk_say_pipe_users(k, wait->object, (unsigned)wait->type, text);
		return;
	}
	pk_text_age(text, graph->now_ns - wait->since_ns);
	pk_text_add(text, wait->tell == PK_TELL_PORT ? " (posted) " : " ");
	say_wish(k, graph, slot, text);
	if (wait->until_ns != PK_FOREVER) {
		pk_text_add(text, ", for at most ");
		pk_text_age(text, wait->until_ns - graph->now_ns);
		pk_text_add(text, " more");
	}
	pk_text_add(text, "; ");
	pk_say_enders(graph, slot, text);
}

/* ---- deadlocks */

/* The task's first wait that a thread sleeps in: it speaks for all. */
static bool speaks_for_its_task(const struct pk_graph *graph, uint32_t slot)
{
	uint32_t first = graph->tasks[graph->waits[slot].task].waits;
	while (first != 0 && graph->waits[first].tell != PK_TELL_THREAD)
		first = graph->waits[first].next;
	return first == slot;
}

static void say_cycle(const struct pk_graph *graph, uint32_t count, struct pk_text *text)
{
	pk_text_add(text, pk_knot_certain(graph, count) ? "; a deadlock: it waits for "
							: "; likely a deadlock: it waits for ");
	for (uint32_t i = 1; i < count && i <= CYCLE_NAMED; i++) {
		pk_say_task(graph, graph->steps[i].task, text);
		pk_text_add(text, ", which waits for ");
	}
	if (count > CYCLE_NAMED + 1) {
		pk_text_number(text, count - CYCLE_NAMED - 1);
		pk_text_add(text, " more, of which the last waits for ");
	}
	if (count == 1)
		pk_text_add(text, "itself");
	else
		pk_say_task(graph, graph->steps[0].task, text);
}

void pk_say_stuck(struct portico *k, struct pk_graph *graph, uint32_t slot, struct pk_text *text)
{
	const struct pk_graph_wait *wait = &graph->waits[slot];
	pk_say_wait(k, graph, slot, text);
	if (!graph->tasks[wait->task].stuck || !speaks_for_its_task(graph, slot))
		return;
	uint32_t count = pk_knot_cycle_of(graph, wait->task);
	if (count > 0)
		say_cycle(graph, count, text);
	else if (graph->enders[wait->enders].first != 0)
		pk_text_add(text, "; that is stuck, too");
}
