/* SPDX-License-Identifier: MIT */
/* Why the last command failed of each thing that takes them: of the last FAILURES things only.  One thread's.
 */
#ifndef PORTICO_FUSE_FAILURES_H
#define PORTICO_FUSE_FAILURES_H

#include "tree.h"

#define FAILURES 256

/* How a line began, as text: what isn't printable is '.'. */
struct quoted {
	char text[84];
};
void quote(struct quoted *into, const char *line, size_t bytes);

/* A command for it succeeded: what failed before is past. */
void failure_forget(const struct entry *entry, pk_id id);

void failure_note(const struct entry *entry, pk_id id, const struct quoted *command, const char *why);

/* "failed: COMMAND: WHY", if that was the last. */
void failure_tell(FILE *text, const struct entry *entry, pk_id id);

#endif
