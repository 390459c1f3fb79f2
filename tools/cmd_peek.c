/* SPDX-License-Identifier: MIT */
/* Messages as they lie in a mailbox or a queue, and stay there. */
#include "by_mount.h"
#include "columns.h"
#include "commands.h"
#include "complain.h"
#include "describe.h"
#include "instance.h"
#include "message_facts.h"
#include "options.h"
#include "remote.h"
#include "sinks.h"
#include "sysv_names.h"
#include "task.h"

#include <stdio.h>

#define PLAIN_BYTES 32u /* of each, in the table */

/* ---- a line each */

static void as_text(struct columns *columns, uint32_t number, const struct pk_glance *glance)
{
	const struct pk_message *m = &glance->message;
	struct described age, cargo;
	char text[PK_GLANCE_BYTES + 4];
	columns_add(columns, "%u", number);
	columns_add(columns, "%u", m->pid);
	columns_add(columns, "%lld", (long long)m->type);
	columns_add(columns, "%u", pk_number_priority(m->number));
	columns_add(columns, "%llu", (unsigned long long)glance->cargo.data_bytes);
	if (glance->posted_ns)
		columns_add(columns, "%s, %s", message_state(glance),
			    describe_age(&age, message_age_ns(glance)));
	else
		columns_add(columns, "%s", message_state(glance));
	describe_cargo(&cargo, &glance->cargo);
	columns_add(columns, "%s%s%s%s", message_beginning(glance, PLAIN_BYTES, text),
		    *cargo.text ? " [" : "", cargo.text, *cargo.text ? "]" : "");
}

static void add_line(uint32_t number, const struct pk_glance *glance, void *columns)
{
	as_text(columns, number, glance);
}

static void add_object(uint32_t number, const struct pk_glance *glance, void *sink)
{
	say_open(sink, NULL, '{');
	message_facts(number, glance, sink);
	say_close(sink, '}');
}

static const char *directory;
static uint64_t most = 10;
static bool json, numbered, msg;

static const struct option_entry options[] = {
	INSTANCE_OPTION(&directory),
	{ "count", 'n', OPTION_SIZE, &most, "N", "how many messages, the first that would be received (10)",
	  NULL },
	{ "port", 'p', OPTION_FLAG, &numbered, NULL, "NAME is the number of a port, as of `portico ls -a`",
	  NULL },
	{ "msg", 0, OPTION_FLAG, &msg, NULL, "NAME is the id, or the key (0x…), of a System V queue", NULL },
	JSON_OPTION(&json),
	{ 0 },
};

static const struct usage usage = {
	"peek", "NAME", "Look at the messages in a mailbox or queue, and leave them", options, 1, 1, false
};

static int find(struct portico *k, const char *name, pk_id *port)
{
	return msg ? find_sysv(k, &sysv_queue, name, port) : find_port(k, name, numbered, port);
}

int cmd_peek(int argc, char **argv)
{
	static const char *const headings[] = { "NUMBER", "PID",   "TYPE",  "PRIORITY",
						"BYTES",  "STATE", "BEGINS" };
	struct columns columns;
	pk_id port;
	int error;
	parse_options(&usage, argc, argv);
	if (msg && numbered)
		bad_usage("--msg and --port exclude each other");
	struct portico *k = numbered || msg ? open_instance(directory, 0, 0) : open_or_mount(directory, 0);
	if (k && pk_is_remote(k))
		return json ? refer_to_mount(k) : show_by_mount(k, argv[0], "/peek");
	if (!k || find(k, argv[0], &port) != 0)
		return FAILED;
	pk_task_sweep(k, true);
	if (json) {
		struct output output;
		struct sink *sink = output_as(&output, true, 0);
		say_open(sink, NULL, '[');
		error = messages_each(k, port, most, add_object, sink);
		say_close(sink, ']');
	} else {
		columns_begin(&columns, sizeof headings / sizeof headings[0], headings);
		error = messages_each(k, port, most, add_line, &columns);
		columns_end(&columns);
	}
	return error < 0 ? complain_of(msg ? "queue" : "mailbox", argv[0], error) : DONE;
}
