/* SPDX-License-Identifier: MIT */
#include "failures.h"

#include <string.h>

#define QUOTED 80u

static struct failure {
	const struct entry *entry; /* NULL: none */
	pk_id id;
	struct quoted command;
	char why[200];
} failures[FAILURES];
static unsigned next;

static char printable(char c)
{
	return c >= 0x20 && c < 0x7f ? c : '.';
}

void quote(struct quoted *into, const char *line, size_t bytes)
{
	unsigned shown = bytes < QUOTED ? (unsigned)bytes : QUOTED;
	for (unsigned i = 0; i < shown; i++)
		into->text[i] = printable(line[i]);
	snprintf(into->text + shown, 4, "%s", shown < bytes ? "..." : "");
}

static struct failure *find(const struct entry *entry, pk_id id)
{
	for (unsigned i = 0; i < FAILURES; i++)
		if (failures[i].entry == entry && failures[i].id == id)
			return &failures[i];
	return NULL;
}

void failure_note(const struct entry *entry, pk_id id, const struct quoted *command, const char *why)
{
	struct failure *failure = find(entry, id);
	if (!failure)
		failure = &failures[next++ % FAILURES];
	*failure = (struct failure){ .entry = entry, .id = id, .command = *command };
	for (size_t i = 0; i + 1 < sizeof failure->why && why[i]; i++)
		failure->why[i] = printable(why[i]); /* it may name a word of the command */
}

void failure_forget(const struct entry *entry, pk_id id)
{
	struct failure *failure = find(entry, id);
	if (failure)
		*failure = (struct failure){ 0 };
}

void failure_tell(FILE *text, const struct entry *entry, pk_id id)
{
	const struct failure *failure = find(entry, id);
	if (failure)
		fprintf(text, "failed: %s: %s\n", failure->command.text, failure->why);
}
