/* SPDX-License-Identifier: MIT */
#include "caller.h"
#include "label.h"
#include "pipe.h"
#include "sentence.h"

/* ---- finding them */

bool pk_caller_next(struct portico *k, pk_id mount, uint32_t *slot, struct pk_opened *call)
{
	uint32_t committed = pk_committed(k, PK_OPENINGS);
	while (*slot < committed)
		if (pk_opening_read(k, (*slot)++, call) && call->waits && (!mount || call->mount == mount))
			return true;
	return false;
}

bool pk_caller_is(const struct pk_opened *opened, uint32_t pid)
{
	return opened->pid == pid || (opened->pid != 0 && pk_thread_exists(pid, opened->pid));
}

bool pk_caller_known(struct portico *k, uint32_t pid)
{
	uint32_t committed = pk_committed(k, PK_OPENINGS);
	struct pk_opened opened;
	for (uint32_t slot = 1; slot < committed; slot++)
		if (pk_opening_read(k, slot, &opened) && pk_caller_is(&opened, pid))
			return true;
	return false;
}

static void find_openers(struct portico *k, pk_id object, unsigned table, unsigned ends,
			 struct pk_openers *openers)
{
	uint32_t committed = pk_committed(k, PK_OPENINGS);
	struct pk_opened opened;
	*openers = (struct pk_openers){ 0 };
	for (uint32_t slot = 1; slot < committed; slot++)
		if (pk_opening_read(k, slot, &opened) && !opened.waits && opened.table == table &&
		    opened.object == object && (opened.ends & ends))
			pk_openers_add(openers, opened.pid);
}

/* What others would have to have it open for. */
static unsigned other_ends(const struct pk_opened *call)
{
	bool reads =
		call->waits == PK_FILE_OPENED ? call->ends & PK_OPEN_TO_RECEIVE : call->waits == PK_FILE_READ;
	return reads ? PK_OPEN_TO_SEND : PK_OPEN_TO_RECEIVE;
}

void pk_caller_openers(struct portico *k, const struct pk_opened *call, struct pk_openers *openers)
{
	*openers = (struct pk_openers){ 0 };
	if (call->waits != PK_FILE_LOCKED)
		find_openers(k, call->object, call->table, other_ends(call), openers);
}

/* ---- telling of one */

static void say_pipe_openers(struct portico *k, pk_id pipe, unsigned ends, struct pk_text *text)
{
	struct pk_openers openers;
	find_openers(k, pipe, PK_PIPES, ends, &openers);
	pk_say_openers(&openers, "it open for ", text);
	pk_text_add(text, ends == PK_OPEN_TO_SEND ? "writing" : "reading");
}

void pk_say_pipe_users(struct portico *k, pk_id pipe, unsigned end, struct pk_text *text)
{
	say_pipe_openers(k, pipe, end == PK_PIPE_READ ? PK_OPEN_TO_SEND : PK_OPEN_TO_RECEIVE, text);
}

static void say_wish(struct portico *k, const struct pk_opened *call, struct pk_text *text)
{
	static const char *const before[][2] = {
		[PK_FILE_OPENED] = { "to open ", "to open " },
		[PK_FILE_READ] = { "to receive from ", "to read from " },
		[PK_FILE_WRITTEN] = { "to send to ", "to write to " },
		[PK_FILE_LOCKED] = { "to lock ", "to lock " },
	};
	pk_text_add(text, before[call->waits][call->table == PK_PIPES]);
	pk_say_object(k, call->table, call->object, text);
	if (call->waits == PK_FILE_OPENED)
		pk_text_add(text, call->ends & PK_OPEN_TO_SEND ? " for writing" : " for reading");
}

/* The mount's own wait for that; 0: it has just come, or is over. */
static uint32_t wait_for(const struct pk_graph *graph, const struct pk_opened *call)
{
	uint32_t slot = pk_id_slot(call->mount);
	uint8_t purpose = call->waits == PK_FILE_READ ? PK_FOR_RECEIVE : PK_FOR_SEND;
	if (slot >= graph->task_count || graph->tasks[slot].id != call->mount)
		return 0;
	slot = graph->tasks[slot].waits;
	while (slot != 0 && (graph->waits[slot].object != call->object ||
			     graph->waits[slot].table != PK_PORTS || graph->waits[slot].purpose != purpose))
		slot = graph->waits[slot].next;
	return slot;
}

static void say_enders(struct portico *k, const struct pk_graph *graph, const struct pk_opened *call,
		       struct pk_text *text)
{
	uint32_t wait = call->table == PK_PORTS ? wait_for(graph, call) : 0;
	if (call->waits == PK_FILE_LOCKED) {
		pk_text_add(text, "; whoever has locked it could end it");
	} else if (call->table == PK_PIPES) {
		pk_text_add(text, "; ");
		say_pipe_openers(k, call->object, other_ends(call), text);
	} else if (wait != 0) {
		pk_text_add(text, "; ");
		pk_say_enders(graph, wait, text);
	}
}

void pk_say_call(struct portico *k, const struct pk_graph *graph, const struct pk_opened *call,
		 const char *place, struct pk_text *text)
{
	pk_text_add(text, "waits ");
	pk_text_age(text, graph->now_ns - call->since_ns);
	pk_text_add(text, " ");
	say_wish(k, call, text);
	if (place)
		pk_text_add(text, *place ? " through the mount at " : " through a mount");
	if (place)
		pk_text_quote(text, place);
	say_enders(k, graph, call, text);
}
