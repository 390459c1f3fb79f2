/* SPDX-License-Identifier: MIT */
/* Names of mailboxes: listed, given and taken away, in directories. */
#include "columns.h"
#include "commands.h"
#include "complain.h"
#include "describe.h"
#include "instance.h"
#include "json.h"
#include "options.h"

#include <portico/names.h>
#include <stdio.h>
#include <string.h>

static const char *directory;
static bool json, deep, exchange, keep, mode_given;
static unsigned mode;

static const struct option_entry options[] = {
	INSTANCE_OPTION(&directory),
	{ "deep", 'R', OPTION_FLAG, &deep, NULL, "ls: what lies below directories in it, too", NULL },
	{ "mode", 0, OPTION_MODE, &mode, "OCTAL",
	  "add: who may look it up (644); mkdir: who may list it, and put names there (755)", &mode_given },
	{ "exchange", 'x', OPTION_FLAG, &exchange, NULL, "mv: give what has the new name the old one", NULL },
	{ "no-replace", 'n', OPTION_FLAG, &keep, NULL, "mv: not in the place of another", NULL },
	JSON_OPTION(&json),
	{ 0 },
};

static const struct usage usage = {
	"name",
	"ls [DIRECTORY] | add NAME MAILBOX | mv NAME NEW | rm NAME... | mkdir NAME...",
	"List the names of mailboxes, give a mailbox a further one, change names, take them "
	"away, make directories of them",
	options,
	1,
	-1,
	false
};

static int report(const char *name, int error)
{
	return error ? complain_of("name", name, error) : DONE;
}

/* ---- ls */

static int visit_as_text(const struct portico_name_entry *entry, void *context)
{
	struct columns *columns = context;
	struct described user, permission;
	bool is_directory = entry->flags & PORTICO_DIRECTORY;
	columns_add(columns, "%s%s", entry->name, is_directory ? "/" : "");
	columns_add(columns, "%s", describe_user(&user, entry->uid));
	columns_add(columns, "%s", describe_mode(&permission, entry->mode));
	columns_add(columns, "%s",
		    entry->flags & PORTICO_PERSISTENT ? "it is removed" : "its owner's task ends");
	return 0;
}

static int visit_as_json(const struct portico_name_entry *entry, void *context)
{
	char octal[8];
	(void)context;
	snprintf(octal, sizeof octal, "%04o", entry->mode);
	json_open(NULL, '{');
	json_text("name", entry->name);
	json_bool("directory", entry->flags & PORTICO_DIRECTORY);
	json_bool("persistent", entry->flags & PORTICO_PERSISTENT);
	json_count("uid", entry->uid);
	json_count("gid", entry->gid);
	json_text("mode", octal);
	json_close('}');
	return 0;
}

static int list_names(struct portico *k, char **operands)
{
	static const char *const headings[] = { "NAME", "OWNER", "MODE", "STAYS UNTIL" };
	const char *listed = operands[0] ? operands[0] : "";
	unsigned flags = deep ? PORTICO_DEEP : 0;
	struct columns columns;
	int error;
	if (json) {
		json_open(NULL, '[');
		error = portico_name_list(k, listed, flags, visit_as_json, NULL);
		json_close(']');
	} else {
		columns_begin(&columns, sizeof headings / sizeof headings[0], headings);
		error = portico_name_list(k, listed, flags, visit_as_text, &columns);
		columns_end(&columns);
	}
	return report(*listed ? listed : "/", error);
}

/* ---- the others */

static int add_name(struct portico *k, char **operands)
{
	pk_id port;
	if (find_mailbox(k, operands[1], &port) != 0)
		return FAILED;
	return report(operands[0], portico_name_register(k, operands[0], (portico_port){ port },
							 mode_given ? mode : 0644, PORTICO_PERSISTENT));
}

static int change_name(struct portico *k, char **operands)
{
	unsigned flags = (exchange ? PORTICO_EXCHANGE : 0) | (keep ? PORTICO_NOREPLACE : 0);
	return report(operands[0], portico_name_rename(k, operands[0], operands[1], flags));
}

static int remove_names(struct portico *k, char **operands)
{
	int status = DONE;
	for (; *operands; operands++)
		status |= report(*operands, portico_name_unregister(k, *operands));
	return status;
}

static int make_directories(struct portico *k, char **operands)
{
	int status = DONE;
	for (; *operands; operands++)
		status |= report(*operands,
				 portico_name_make_directory(k, *operands, mode_given ? mode : 0755));
	return status;
}

static const struct verb {
	const char *name;
	int fewest, most; /* operands; most < 0: any number */
	bool creates;
	int (*function)(struct portico *k, char **operands);
} verbs[] = {
	{ "ls", 0, 1, false, list_names },	    { "add", 2, 2, false, add_name },
	{ "mv", 2, 2, false, change_name },	    { "rm", 1, -1, false, remove_names },
	{ "mkdir", 1, -1, true, make_directories },
};

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	bad_usage("'%s' is none of ls, add, mv, rm and mkdir", name);
}

int cmd_name(int argc, char **argv)
{
	int count = parse_options(&usage, argc, argv) - 1;
	const struct verb *verb = find_verb(argv[0]);
	if (count < verb->fewest || (verb->most >= 0 && count > verb->most))
		bad_usage("%s: %s operands", verb->name, count < verb->fewest ? "too few" : "too many");
	struct portico *k = open_instance(directory, verb->creates ? PORTICO_CREATE : 0, 0);
	return k ? verb->function(k, argv + 1) : FAILED;
}
