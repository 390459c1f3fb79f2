/* SPDX-License-Identifier: MIT */
/*
 * What which user may do at a mount: fuse_users files|top|pipes|views|sysv|table ...
 *
 * `table` reads what is expected, a line each: operations, separated by commas;
 * on what, in the same way, each perhaps with `:` and what is said or where it
 * leads; and the outcome for each user that the first line names.  `group` there
 * is both the one whose own group it is and the one who is in it besides.
 */
#include "fuse_users.h"

#include <stdarg.h>
#include <sys/stat.h>

static int differences;

void differs(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	differences++;
}

const char *path_of(const char *format, ...)
{
	static char paths[PATHS][PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % PATHS];
	va_list arguments;
	va_start(arguments, format);
	CHECK(vsnprintf(path, PATH_MAX, format, arguments) < PATH_MAX);
	va_end(arguments);
	return path;
}

/* ---- a table */

static const char *const blanks = " \t\n";

static bool is_of(enum who who, const char *column)
{
	bool in_group = who == MEMBER || who == ASSOCIATE;
	return strcmp(column, users[who].name) == 0 || (in_group && strcmp(column, "group") == 0);
}

/* Who they are that head the columns after the first two. */
static int read_columns(char *line, char names[USERS][16])
{
	int count = 0;
	char *rest, *word = strtok_r(line, blanks, &rest);
	for (int column = 0; word; column++, word = strtok_r(NULL, blanks, &rest))
		if (column >= 2 && count < USERS)
			snprintf(names[count++], sizeof names[0], "%s", word);
	return count;
}

/* Of what is tried on it what stands after a colon is said, or is where it leads. */
static void try_cell(const char *operation, const char *on, const char *column, const char *expected)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s", on);
	char *to = strchr(path, ':');
	if (to)
		*to++ = '\0';
	for (enum who who = 0; who < USERS; who++) {
		if (!is_of(who, column))
			continue;
		const char *was = outcome(attempt(who, operation_of(operation), path, to));
		if (strcmp(was, expected) != 0)
			differs("%s %s by %s: %s, not %s", operation, on, users[who].name, was, expected);
	}
}

/* Each of the operations on each of the paths, in order. */
static void try_cells(char *operations, const char *paths, const char *column, const char *expected)
{
	char *rest_of_operations, *rest_of_paths, again[PATH_MAX];
	for (char *operation = strtok_r(operations, ",", &rest_of_operations); operation;
	     operation = strtok_r(NULL, ",", &rest_of_operations)) {
		snprintf(again, sizeof again, "%s", paths);
		for (char *path = strtok_r(again, ",", &rest_of_paths); path;
		     path = strtok_r(NULL, ",", &rest_of_paths))
			try_cell(operation, path, column, expected);
	}
}

static void play_line(char *line, char names[USERS][16], int columns)
{
	char *rest, operations[256];
	const char *listed = strtok_r(line, blanks, &rest), *paths = strtok_r(NULL, blanks, &rest);
	CHECK(paths);
	for (int column = 0; column < columns; column++) {
		const char *expected = strtok_r(NULL, blanks, &rest);
		CHECK(expected);
		snprintf(operations, sizeof operations, "%s", listed);
		try_cells(operations, paths, names[column], expected);
	}
}

static int play_table(void)
{
	char line[2 * PATH_MAX], names[USERS][16];
	int columns = 0, lines = 0;
	while (fgets(line, sizeof line, stdin)) {
		if (line[strspn(line, blanks)] == '\0' || line[0] == '#')
			continue;
		if (columns == 0) {
			columns = read_columns(line, names);
			continue;
		}
		play_line(line, names, columns);
		lines++;
	}
	return lines;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	int played = 0;
	umask(0);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (strcmp(what, "table") == 0)
		played = play_table();
	else if (strcmp(what, "files") == 0 && argc == 4)
		played = play_files(argv[2], argv[3]);
	else if (strcmp(what, "top") == 0 && argc == 4)
		played = play_top_files(argv[2], argv[3]);
	else if (strcmp(what, "pipes") == 0 && argc == 4)
		played = play_pipes(argv[2], argv[3]);
	else if (strcmp(what, "views") == 0 && argc == 3)
		played = play_views(argv[2]);
	else if (strcmp(what, "sysv") == 0)
		played = play_sysv(argc > 2 ? argv[2] : NULL);
	if (played == 0)
		return 2;
	fprintf(stderr, "%d tried\n", played);
	return differences > 0;
}
