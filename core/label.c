/* SPDX-License-Identifier: MIT */
#include "label.h"
#include "pipe.h"
#include "port.h"
#include "task.h"

static void say(struct pk_label *label, const char *kind, const char *name)
{
	struct pk_text text = PK_TEXT(label->name);
	label->kind = kind;
	pk_text_add(&text, name);
}

static void say_number(struct pk_label *label, const char *kind, uint64_t number)
{
	struct pk_text text = PK_TEXT(label->name);
	label->kind = kind;
	pk_text_number(&text, number);
}

static const char *named(const char *name)
{
	return *name ? name : "(unnamed)";
}

static void label_inbox(struct portico *k, pk_id id, struct pk_label *label)
{
	const struct pk_port *port = pk_slot(k, PK_PORTS, pk_id_slot(id));
	const struct pk_task *task = port ? pk_task_of(k, pk_id_slot(port->owner)) : NULL;
	struct pk_text text = PK_TEXT(label->name);
	label->kind = "inbox";
	pk_text_add(&text, "of pid ");
	pk_text_number(&text, task ? task->pid : 0);
}

static void label_port(struct portico *k, pk_id id, struct pk_label *label)
{
	struct pk_port_status port;
	if (pk_port_inspect(k, id, &port) != 0) {
		say(label, "port", "(gone)");
		return;
	}
	switch (port.use) {
	case PK_MAILBOX:
		say(label, "mailbox", named(port.name));
		break;
	case PK_QUEUE:
		say_number(label, "queue", (uint64_t)pk_sysv_id(id));
		break;
	case PK_COMPLETIONS:
		say_number(label, "completions", pk_id_slot(id));
		break;
	case PK_PORT_SET:
		say_number(label, "port set", pk_id_slot(id));
		break;
	case PK_TAP:
		say_number(label, "tap", pk_id_slot(id));
		break;
	case PK_INBOX:
		label_inbox(k, id, label);
		break;
	default:
		if (*port.name)
			say(label, "port", port.name);
		else
			say_number(label, "port", pk_id_slot(id));
	}
}

void pk_label_of(struct portico *k, unsigned table, pk_id id, struct pk_label *label)
{
	struct pk_pipe_status pipe;
	switch (table) {
	case PK_PORTS:
		label_port(k, id, label);
		break;
	case PK_SETS:
		say_number(label, "semaphores", (uint64_t)pk_sysv_id(id));
		break;
	case PK_SEGMENTS:
		say_number(label, "segment", (uint64_t)pk_sysv_id(id));
		break;
	case PK_PIPES:
		say(label, "fifo", pk_pipe_inspect(k, id, &pipe) == 0 ? named(pipe.name) : "(gone)");
		break;
	default:
		if (table < PK_TABLES)
			say_number(label, pk_table_name(table), pk_id_slot(id));
		else
			say(label, "", "");
	}
}

void pk_text_quote(struct pk_text *text, const char *more)
{
	for (; *more; more++)
		pk_text_character(text, (unsigned char)*more < 0x20 || *more == 0x7f ? '?' : *more);
}

static void add_rounded(struct pk_text *text, int64_t ns, int64_t unit_ns, const char *unit)
{
	pk_text_number(text, (uint64_t)((ns + unit_ns / 2) / unit_ns));
	pk_text_add(text, unit);
}

#define SECOND INT64_C(1000000000)

void pk_text_age(struct pk_text *text, int64_t ns)
{
	int64_t tenths = ns > 0 ? ns / (SECOND / 10) : 0;
	if (tenths < 100) {
		pk_text_number(text, (uint64_t)(tenths / 10));
		pk_text_character(text, '.');
		add_rounded(text, tenths % 10, 1, " s");
	} else if (tenths < 1200) {
		add_rounded(text, ns, SECOND, " s");
	} else if (tenths < 72000) {
		add_rounded(text, ns, 60 * SECOND, " min");
	} else if (tenths < 1728000) {
		add_rounded(text, ns, 3600 * SECOND, " h");
	} else {
		add_rounded(text, ns, 86400 * SECOND, " d");
	}
}
