/* SPDX-License-Identifier: MIT */
#include "waiters.h"
#include "guard.h"
#include "party.h"
#include "pipe.h"
#include "set.h"
#include "task.h"

#include <stdio.h>

const char *purpose_word(unsigned purpose)
{
	static const char *const words[] = { "wait", "receive", "send", "change", "operate", "receipt" };
	return words[purpose <= PK_FOR_RECEIPT ? purpose : 0];
}

const char *wait_word(unsigned table, unsigned purpose, int64_t type)
{
	if (table == PK_PIPES && (type == PK_PIPE_READ || type == PK_PIPE_WRITE))
		return type == PK_PIPE_READ ? "read" : "write";
	return purpose_word(purpose);
}

const char *describe_selection(struct described *into, struct portico *k, unsigned select, int64_t type,
			       uint32_t from)
{
	static const char *const before[] = {
		[PK_TYPE] = "type", [PK_TYPE_AT_MOST] = "type at most", [PK_TYPE_EXCEPT] = "type not"
	};
	const struct pk_task *sender = select == PK_FROM ? pk_task_of_id(k, pk_task_by_tag(k, from)) : NULL;
	into->text[0] = '\0';
	if (select >= PK_TYPE && select <= PK_TYPE_EXCEPT)
		snprintf(into->text, sizeof into->text, "%s %lld", before[select], (long long)type);
	else if (select == PK_FROM)
		snprintf(into->text, sizeof into->text, "from pid %u", sender ? sender->pid : 0);
	return into->text;
}

/* ---- taking them, under the object's lock */

struct taking {
	struct portico *k;
	const struct pk_set_view *set; /* or NULL */
	struct waiter *waiters;
	uint32_t count, most, more;
};

static void take(struct taking *taking, const struct pk_wait *wait, uint32_t slot)
{
	if (taking->count == taking->most) {
		taking->more++;
		return;
	}
	struct waiter *waiter = &taking->waiters[taking->count++];
	*waiter = (struct waiter){
		.slot = slot,
		.task = pk_word_id(pk_load(&wait->head.word)),
		.since_ns = wait->since_ns,
		.until_ns = pk_load(&wait->until_ns),
		.purpose = wait->purpose,
		.tell = pk_load(&wait->tell),
		.completion = wait->completion,
	};
	if (wait->purpose == PK_FOR_RECEIVE) {
		waiter->select = wait->select;
		waiter->type = wait->type;
		waiter->from = wait->from;
	}
	if (taking->set)
		pk_set_blocking(taking->k, taking->set, wait, &waiter->part);
}

static void take_line(struct taking *taking, const struct pk_wait_list *list)
{
	uint32_t slot = list->first;
	for (uint32_t left = pk_committed(taking->k, PK_WAITS); left > 0 && slot != 0; left--) {
		const struct pk_wait *wait = pk_wait_at(taking->k, slot);
		if (!wait)
			break;
		take(taking, wait, slot);
		slot = wait->next;
	}
}

static int take_of_port(struct taking *taking, pk_id id)
{
	struct pk_port *port, *guard;
	int error = pk_port_lock(taking->k, id, &port, &guard);
	if (error)
		return error;
	take_line(taking, &port->receivers);
	take_line(taking, &port->senders);
	take_line(taking, &port->watchers);
	take_line(taking, &port->receipts);
	pk_port_unlock(taking->k, guard);
	return 0;
}

static int take_of_set(struct taking *taking, pk_id id)
{
	struct pk_set_view view;
	int error = pk_set_lock(taking->k, id, &view);
	if (error)
		return error;
	taking->set = &view;
	take_line(taking, &view.set->waiters);
	taking->set = NULL;
	pk_object_unlock(view.set);
	return 0;
}

static int take_of_pipe(struct taking *taking, pk_id id)
{
	struct pk_pipe *pipe;
	int error = pk_object_lock(taking->k, PK_PIPES, id, &pipe);
	if (error)
		return error;
	take_line(taking, &pipe->watchers);
	pk_object_unlock(pipe);
	return 0;
}

int waiters_take(struct portico *k, unsigned table, pk_id id, struct waiter *waiters, uint32_t most,
		 uint32_t *more)
{
	struct taking taking = { .k = k, .waiters = waiters, .most = most };
	int error = table == PK_PORTS  ? take_of_port(&taking, id)
		    : table == PK_SETS ? take_of_set(&taking, id)
				       : take_of_pipe(&taking, id);
	*more = taking.more;
	return error ? error : (int)taking.count;
}

/* ---- telling of one */

void waiter_facts(struct portico *k, const struct waiter *waiter, struct sink *sink)
{
	struct described selection;
	int64_t ahead_ns = pk_realtime_ns() - pk_monotonic_ns();
	say_text(sink, NULL, "for", purpose_word(waiter->purpose));
	describe_selection(&selection, k, waiter->select, waiter->type, waiter->from);
	if (*selection.text)
		say_text(sink, NULL, "detail", selection.text);
	if (waiter->purpose == PK_FOR_SEMAPHORES) {
		say_count(sink, NULL, "semaphore", waiter->part.semaphore);
		say_number(sink, NULL, "change", waiter->part.change);
	}
	say_number(sink, NULL, "since_ns", waiter->since_ns + ahead_ns);
	if (waiter->until_ns != PK_FOREVER)
		say_number(sink, NULL, "until_ns", waiter->until_ns + ahead_ns);
	say_truth(sink, NULL, "posted", waiter->tell == PK_TELL_PORT);
}
