/* SPDX-License-Identifier: MIT */
/* For test programs of names: what they look up, register and list. */
#ifndef NAMES_H
#define NAMES_H

#include "right.h"

#include "check.h"

#include <portico/names.h>
#include <portico/rights.h>

static portico *k;
static const char *program;

static inline portico_port mailbox(void)
{
	portico_port port;
	CHECK_EQUAL(portico_mailbox_create(k, NULL, NULL, 0600, &port), 0);
	return port;
}

static inline int look_up(const char *name)
{
	portico_port port;
	return portico_name_look_up(k, name, &port);
}

static inline void check_names(const char *name, portico_port port)
{
	portico_port found = { 0 };
	CHECK_EQUAL(portico_name_look_up(k, name, &found), 0);
	CHECK_EQUAL(found.id, port.id);
}

static inline int register_it(const char *name, portico_port port)
{
	return portico_name_register(k, name, port, 0600, PORTICO_PERSISTENT);
}

static inline int make_directory(const char *name)
{
	return portico_name_make_directory(k, name, 0755);
}

struct seen {
	char text[512];
	int stop_after, result;
};

static inline int see(const struct portico_name_entry *entry, void *context)
{
	struct seen *seen = context;
	const char *mark = entry->flags & PORTICO_DIRECTORY ? "/" : "";
	snprintf(seen->text + strlen(seen->text), sizeof seen->text - strlen(seen->text), "[%s%s]",
		 entry->name, mark);
	return --seen->stop_after == 0 ? seen->result : 0;
}

/* They are all there, and nothing else is. */
static inline void check_lists(const char *directory, unsigned flags, const char *const *names)
{
	struct seen seen = { 0 };
	size_t length = 0;
	CHECK_EQUAL(portico_name_list(k, directory, flags, see, &seen), 0);
	for (; *names; names++) {
		char entry[64];
		length += (size_t)snprintf(entry, sizeof entry, "[%s]", *names);
		CHECK(strstr(seen.text, entry));
	}
	CHECK_EQUAL(strlen(seen.text), length);
}

#define OTHER 65534

static inline void become_other(void)
{
	CHECK_EQUAL(setegid(OTHER), 0);
	CHECK_EQUAL(seteuid(OTHER), 0);
}

static inline int look_up_and_exit(const char *name)
{
	int error = look_up(name);
	return error < 0 ? -error : 0;
}

/* As main(): with look-up-and-exit it is what a child goes on as. */
static inline int run_name_cases(const struct test_case *cases, int argc, char **argv)
{
	char path[4096] = "";
	CHECK(readlink("/proc/self/exe", path, sizeof path - 1) > 0);
	program = path;
	if (portico_open(NULL, PORTICO_CREATE, &k) != 0) {
		fprintf(stderr, "%s\n", portico_open_error());
		return 1;
	}
	if (argc == 3 && strcmp(argv[1], "look-up-and-exit") == 0)
		return look_up_and_exit(argv[2]);
	int status = run_cases(cases, argc, argv);
	portico_close(k);
	return status;
}

#endif
