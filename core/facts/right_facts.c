/* SPDX-License-Identifier: MIT */
#include "right_facts.h"
#include "object.h"
#include "task.h"

#include <stdio.h>

static const char *const kinds[] = {
	[HOLDING_MEMORY] = "memory",	    [PK_RIGHT_RECEIVE] = "receive", [PK_RIGHT_SEND] = "send",
	[PK_RIGHT_SEND_ONCE] = "send once", [PK_RIGHT_TASK] = "task",
};

const char *right_word(uint32_t kind)
{
	return kinds[kind <= PK_RIGHT_TASK ? kind : HOLDING_MEMORY];
}

const char *request_word(uint32_t kind)
{
	switch (kind) {
	case PK_ASK_DEAD_NAME:
		return "dead name";
	case PK_ASK_NO_SENDERS:
		return "no senders";
	case PK_ASK_DESTROYED:
		return "port destroyed";
	default:
		return "task ended";
	}
}

void right_label(struct portico *k, const struct holding *holding, struct described *into)
{
	const struct pk_task *task =
		holding->kind == PK_RIGHT_TASK ? pk_task_of_id(k, holding->object) : NULL;
	if (holding->kind == HOLDING_MEMORY)
		describe_bytes(into, holding->bytes);
	else if (holding->kind != PK_RIGHT_TASK)
		describe_object(k, PK_PORTS, holding->object, into);
	else if (task)
		snprintf(into->text, sizeof into->text, "pid %u", task->pid);
	else
		snprintf(into->text, sizeof into->text, "task (ended)");
}

bool right_is_dead(struct portico *k, const struct holding *holding)
{
	int error;
	if (holding->kind == HOLDING_MEMORY)
		return false;
	return holding->kind == PK_RIGHT_TASK ? !pk_task_of_id(k, holding->object)
					      : !pk_object(k, PK_PORTS, holding->object, &error);
}

uint32_t right_senders(struct portico *k, const struct holding *holding)
{
	int error;
	const struct pk_port *port = pk_object(k, PK_PORTS, holding->object, &error);
	return port ? port->sends : 0;
}

/* ---- the message that carries it */

const char *describe_carrier(struct portico *k, const struct holding *holding, struct described *port)
{
	const struct pk_message *m = pk_message_at(k, holding->message);
	enum pk_kind kind = m ? pk_word_kind(pk_load(&m->head.word)) : PK_FREE;
	port->text[0] = '\0';
	if (kind != PK_QUEUED && kind != PK_GRANTED && kind != PK_HELD)
		return "in a message that isn't sent yet";
	describe_object(k, PK_PORTS, m->port, port);
	return kind == PK_QUEUED ? "in a message at" : "in a message taken from";
}

/* ---- to a sink */

static void say_requests(struct portico *k, const struct holdings *holdings, const struct holding *right,
			 struct sink *sink)
{
	say_open(sink, "requests", '[');
	for (size_t i = 0; i < holdings->count; i++) {
		const struct holding *request = &holdings->list[i];
		struct described port;
		if (!holding_is_request(request) || !holding_is_about(request, right))
			continue;
		say_open(sink, NULL, '{');
		say_text(sink, NULL, "event", request_word(request->kind));
		say_text(sink, NULL, "told_at", describe_object(k, PK_PORTS, request->tell, &port));
		say_close(sink, '}');
	}
	say_close(sink, ']');
}

static void say_holder(struct portico *k, const struct holding *holding, struct sink *sink)
{
	const struct pk_task *task = pk_task_of_id(k, holding->task);
	struct described port;
	say_count(sink, NULL, "pid", task ? task->pid : 0);
	if (task) {
		char command[sizeof task->command + 1];
		snprintf(command, sizeof command, "%.16s", task->command);
		say_text(sink, NULL, "command", command);
	} else {
		describe_carrier(k, holding, &port);
		say_text(sink, NULL, "message_at", port.text);
	}
}

void right_facts(struct portico *k, const struct holdings *holdings, const struct holding *holding,
		 struct sink *sink)
{
	struct described object;
	say_holder(k, holding, sink);
	say_text(sink, NULL, "kind", right_word(holding->kind));
	say_count(sink, NULL, "references", holding->references);
	if (holding->kind == HOLDING_MEMORY) {
		say_count(sink, NULL, "bytes", holding->bytes);
		return;
	}
	right_label(k, holding, &object);
	say_text(sink, NULL, "to", object.text);
	say_truth(sink, NULL, "dead", right_is_dead(k, holding));
	if (holding->kind == PK_RIGHT_RECEIVE)
		say_count(sink, NULL, "senders", right_senders(k, holding));
	say_requests(k, holdings, holding, sink);
}
