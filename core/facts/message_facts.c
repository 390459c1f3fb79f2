/* SPDX-License-Identifier: MIT */
#include "message_facts.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

const char *message_beginning(const struct pk_glance *glance, uint32_t most, char text[PK_GLANCE_BYTES + 4])
{
	uint32_t shown = glance->shown < most ? glance->shown : most;
	for (uint32_t i = 0; i < shown; i++) {
		unsigned char byte = glance->bytes[i];
		text[i] = byte >= 0x20 && byte < 0x7f ? (char)byte : '.';
	}
	snprintf(text + shown, 4, "%s", shown < glance->cargo.data_bytes ? "..." : "");
	return text;
}

int64_t message_age_ns(const struct pk_glance *glance)
{
	return glance->posted_ns ? pk_monotonic_ns() - glance->posted_ns : 0;
}

const char *message_state(const struct pk_glance *glance)
{
	return !glance->is_queued ? "sender waits" : glance->posted_ns ? "receipt wanted" : "queued";
}

/* Of one that is queued, at least and at most: to the second, where it can be said. */
static void say_age(const struct pk_glance *glance, struct sink *sink)
{
	int64_t now = pk_realtime_seconds();
	if (glance->sent_to == 0)
		return;
	say_number(sink, NULL, "age_s", now > glance->sent_to ? now - glance->sent_to : 0);
	if (glance->sent_from != 0 && glance->sent_from < glance->sent_to && glance->sent_from < now)
		say_number(sink, NULL, "age_most_s", now - glance->sent_from);
}

void message_facts(uint32_t number, const struct pk_glance *glance, struct sink *sink)
{
	const struct pk_message *m = &glance->message;
	char text[PK_GLANCE_BYTES + 4];
	say_count(sink, NULL, "number", number);
	say_count(sink, NULL, "pid", m->pid);
	say_count(sink, NULL, "uid", m->uid);
	say_count(sink, NULL, "gid", m->gid);
	say_number(sink, NULL, "type", m->type);
	say_count(sink, NULL, "priority", pk_number_priority(m->number));
	say_count(sink, NULL, "bytes", glance->cargo.data_bytes);
	say_count(sink, NULL, "rights", glance->cargo.rights);
	say_truth(sink, NULL, "wants_answer", glance->cargo.wants_answer);
	say_count(sink, NULL, "memory_bytes", glance->cargo.memory_bytes);
	say_count(sink, NULL, "missed", m->more & PK_MORE_MISSED ? m->missed : 0);
	say_truth(sink, NULL, "queued", glance->is_queued);
	say_truth(sink, NULL, "receipt_wanted", m->more & PK_MORE_RECEIPT);
	if (glance->posted_ns)
		say_number(sink, NULL, "age_ns", message_age_ns(glance));
	say_age(glance, sink);
	say_text(sink, NULL, "text", message_beginning(glance, PK_GLANCE_BYTES, text));
}

int messages_each(struct portico *k, pk_id port, uint64_t most,
		  void (*visit)(uint32_t number, const struct pk_glance *glance, void *context),
		  void *context)
{
	struct pk_glance *glances = calloc(PK_GLANCE_MOST, sizeof *glances);
	uint32_t number = 0;
	int got = glances ? 1 : -ENOMEM;
	while (got > 0 && number < most && number < INT_MAX) {
		uint64_t left = most - number;
		got = pk_port_glance(k, port, number, glances,
				     left < UINT32_MAX ? (uint32_t)left : UINT32_MAX);
		for (int i = 0; i < got; i++)
			visit(number++, &glances[i], context);
	}
	free(glances);
	return got < 0 ? got : (int)number;
}
