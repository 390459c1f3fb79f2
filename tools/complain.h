/* SPDX-License-Identifier: MIT */
/* Errors for people: "portico send: mailbox jobs: why; what to do". */
#ifndef TOOL_COMPLAIN_H
#define TOOL_COMPLAIN_H

/* Which command speaks; main.c sets it. */
extern const char *command_name;

__attribute__((format(printf, 1, 2))) void complain(const char *format, ...);

/* Say what an error (a negative errno of core) means for that thing, and what to do about it.  Returns
 * FAILED. */
int complain_of(const char *kind, const char *name, int error);

#endif
