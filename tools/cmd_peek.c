/* SPDX-License-Identifier: MIT */
/* Messages as they lie in a mailbox or a queue, and stay there. */
#include "columns.h"
#include "commands.h"
#include "complain.h"
#include "describe.h"
#include "instance.h"
#include "json.h"
#include "options.h"
#include "peek.h"
#include "sysv_names.h"
#include "task.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define PLAIN_BYTES 32u /* of each, in the table */

/* How its bytes begin, as text; what isn't text is '.'. */
static const char *beginning(const struct pk_glance *glance, uint32_t most, char text[PK_GLANCE_BYTES + 4])
{
	uint32_t shown = glance->shown < most ? glance->shown : most;
	for (uint32_t i = 0; i < shown; i++) {
		unsigned char byte = glance->bytes[i];
		text[i] = byte >= 0x20 && byte < 0x7f ? (char)byte : '.';
	}
	snprintf(text + shown, 4, "%s", shown < glance->cargo.data_bytes ? "..." : "");
	return text;
}

static int64_t age_of(const struct pk_glance *glance)
{
	return glance->posted_ns ? pk_monotonic_ns() - glance->posted_ns : 0;
}

static const char *state_of(const struct pk_glance *glance)
{
	return !glance->is_queued ? "sender waits" : glance->posted_ns ? "receipt wanted" : "queued";
}

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
		columns_add(columns, "%s, %s", state_of(glance), describe_age(&age, age_of(glance)));
	else
		columns_add(columns, "%s", state_of(glance));
	describe_cargo(&cargo, &glance->cargo);
	columns_add(columns, "%s%s%s%s", beginning(glance, PLAIN_BYTES, text), *cargo.text ? " [" : "",
		    cargo.text, *cargo.text ? "]" : "");
}

static void as_json(uint32_t number, const struct pk_glance *glance)
{
	const struct pk_message *m = &glance->message;
	char text[PK_GLANCE_BYTES + 4];
	json_open(NULL, '{');
	json_count("number", number);
	json_count("pid", m->pid);
	json_count("uid", m->uid);
	json_count("gid", m->gid);
	json_number("type", m->type);
	json_count("priority", pk_number_priority(m->number));
	json_count("bytes", glance->cargo.data_bytes);
	json_count("rights", glance->cargo.rights);
	json_bool("wants_answer", glance->cargo.wants_answer);
	json_count("memory_bytes", glance->cargo.memory_bytes);
	json_count("missed", m->more & PK_MORE_MISSED ? m->missed : 0);
	json_bool("queued", glance->is_queued);
	json_bool("receipt_wanted", m->more & PK_MORE_RECEIPT);
	if (glance->posted_ns)
		json_number("age_ns", age_of(glance));
	json_text("text", beginning(glance, PK_GLANCE_BYTES, text));
	json_close('}');
}

/* ---- all that were asked for */

/* columns: NULL for JSON.  0 or a negative errno. */
static int list(struct portico *k, pk_id port, uint64_t most, struct columns *columns)
{
	struct pk_glance *glances = calloc(PK_GLANCE_MOST, sizeof *glances);
	uint32_t number = 0;
	int got = glances ? 1 : -ENOMEM;
	while (got > 0 && number < most) {
		uint64_t left = most - number;
		got = pk_port_glance(k, port, number, glances,
				     left < UINT32_MAX ? (uint32_t)left : UINT32_MAX);
		for (int i = 0; i < got; i++, number++) {
			if (columns)
				as_text(columns, number, &glances[i]);
			else
				as_json(number, &glances[i]);
		}
	}
	free(glances);
	return got < 0 ? got : 0;
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
	struct portico *k = open_instance(directory, 0, 0);
	if (!k || find(k, argv[0], &port) != 0)
		return FAILED;
	pk_task_sweep(k, true);
	if (json) {
		json_open(NULL, '[');
		error = list(k, port, most, NULL);
		json_close(']');
	} else {
		columns_begin(&columns, sizeof headings / sizeof headings[0], headings);
		error = list(k, port, most, &columns);
		columns_end(&columns);
	}
	return error ? complain_of(msg ? "queue" : "mailbox", argv[0], error) : DONE;
}
