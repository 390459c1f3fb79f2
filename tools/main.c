/* SPDX-License-Identifier: MIT */
/* `portico`: one command, and its subcommands in a table. */
#include "commands.h"
#include "complain.h"
#include "layout.h"

#include <portico/portico.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct command {
	const char *name, *summary;
	int (*function)(int argc, char **argv);
} commands[] = {
	{ "run", "run a program whose System V IPC is the instance's", cmd_run },
	{ "mount", "show the instance as files", cmd_mount },
	{ "umount", "take such a mount away", cmd_umount },
	{ "create", "make a mailbox", cmd_create },
	{ "send", "send a message to a mailbox", cmd_send },
	{ "recv", "receive messages from a mailbox", cmd_recv },
	{ "peek", "look at the messages in a mailbox or a queue, and leave them", cmd_peek },
	{ "tap", "print what passes a mailbox or a queue, and leave it its way", cmd_tap },
	{ "drop", "remove messages from a System V queue", cmd_drop },
	{ "inject", "send a message to a System V queue", cmd_inject },
	{ "pause", "hand out nothing of a mailbox or a queue for now", cmd_pause },
	{ "unpause", "hand out what such a one holds again", cmd_unpause },
	{ "rm", "remove mailboxes, named pipes, System V objects", cmd_rm },
	{ "ls", "list what the instance holds", cmd_ls },
	{ "name", "list, give and take away names of mailboxes", cmd_name },
	{ "ps", "list who uses it, and what they wait for", cmd_ps },
	{ "why", "tell what a task waits for, and who could end it", cmd_why },
	{ "rights", "list who holds which right to what, and memory", cmd_rights },
	{ "suspend", "stop tasks where they are in nobody's way", cmd_suspend },
	{ "resume", "take back a suspension of each", cmd_resume },
	{ "end", "end tasks", cmd_end },
	{ "stat", "tell all about a mailbox, or about the instance", cmd_stat },
	{ "limits", "show what the instance allows, or change it", cmd_limits },
	{ "doctor", "tell what this machine allows, and what to do about the rest", cmd_doctor },
	{ "help", "print this, or the help of a command", cmd_help },
};

#define COMMANDS (sizeof commands / sizeof commands[0])

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* ---- a name mistyped */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance of two short words. */
static size_t distance(const char *a, const char *b)
{
	size_t row[32], columns = least(strlen(b), 31);
	for (size_t j = 0; j <= columns; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= columns; j++) {
			size_t change = diagonal + (a[i - 1] != b[j - 1]);
			diagonal = row[j];
			row[j] = least(change, least(row[j], row[j - 1]) + 1);
		}
	}
	return row[columns];
}

static int unknown(const char *name)
{
	const struct command *nearest = &commands[0];
	command_name = NULL;
	for (size_t i = 1; i < COMMANDS; i++)
		if (distance(name, commands[i].name) < distance(name, nearest->name))
			nearest = &commands[i];
	if (distance(name, nearest->name) <= 2)
		complain("no command '%s'; did you mean '%s'?", name, nearest->name);
	else
		complain("no command '%s'; see `portico help`", name);
	return USAGE;
}

/* ---- what is no command */

static void print_commands(FILE *to)
{
	fputs("usage: portico COMMAND [OPTION...] [OPERAND...]\n\n", to);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].summary);
	fputs("\n`portico COMMAND --help` says more; man portico(1) says all.\n"
	      "The instance is -k DIR, else $PORTICO_KERNEL, else $XDG_RUNTIME_DIR/portico, else "
	      "/dev/shm/portico-UID.\n",
	      to);
}

int cmd_help(int argc, char **argv)
{
	if (argc == 0 || strcmp(argv[0], "help") == 0 || argv[0][0] == '-') {
		print_commands(stdout);
		return DONE;
	}
	const struct command *command = find_command(argv[0]);
	if (!command)
		return unknown(argv[0]);
	char *help[] = { (char[]){ "--help" }, NULL };
	command_name = command->name;
	return command->function(1, help);
}

static int print_version(void)
{
	printf("portico %s (ABI %u)\n", PORTICO_VERSION, PK_ABI);
	return DONE;
}

static int dispatch(int argc, char **argv)
{
	if (argc < 2) {
		print_commands(stderr);
		return USAGE;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
		return print_version();
	const char *name = strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ? "help" : argv[1];
	const struct command *command = find_command(name);
	if (!command)
		return unknown(name);
	command_name = command->name;
	return command->function(argc - 2, argv + 2);
}

int main(int argc, char **argv)
{
	int status = dispatch(argc, argv);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		complain("standard output can't be written: %m; is its disk full?");
		return status == DONE ? FAILED : status;
	}
	return status;
}
