/* SPDX-License-Identifier: MIT */
/*
 * Options: one table a command, from which its words are parsed and its --help
 * is written.  A mistake in them ends the program with USAGE and says where
 * the right ones stand; --help prints them and ends it with DONE.
 */
#ifndef TOOL_OPTIONS_H
#define TOOL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_kind {
	OPTION_FLAG,	/* bool */
	OPTION_TEXT,	/* const char * */
	OPTION_NUMBER,	/* int64_t */
	OPTION_SIZE,	/* uint64_t: 10, 64K, 1M, 2G */
	OPTION_SECONDS, /* int64_t, in nanoseconds: 2, 0.5 */
	OPTION_MODE,	/* unsigned: octal, up to 0777 */
};

struct option_entry {
	const char *name; /* without its dashes; NULL ends the table */
	char letter;	  /* 0: none */
	enum option_kind kind;
	void *value;
	const char *metavar, *help;
	bool *given; /* NULL, or set where it is given */
};

struct usage {
	const char *command, *operands, *summary;
	const struct option_entry *options;
	int fewest, most;	   /* operands; most < 0: any number */
	bool operands_end_options; /* what follows the first operand is not for us */
};

/* Returns the number of operands, which then stand first in argv; ends in NULL as main's does. */
int parse_options(const struct usage *usage, int argc, char **argv);

/* Complain and end with usage_status: USAGE, but for `portico run`. */
extern int usage_status;
__attribute__((format(printf, 1, 2), noreturn)) void bad_usage(const char *format, ...);

#define INSTANCE_OPTION(directory)                                                                           \
	{                                                                                                    \
		"kernel", 'k', OPTION_TEXT, (directory), "DIR", "the instance to use", NULL                  \
	}
#define JSON_OPTION(json)                                                                                    \
	{                                                                                                    \
		"json", 0, OPTION_FLAG, (json), NULL, "as JSON", NULL                                        \
	}

#endif
