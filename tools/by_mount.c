/* SPDX-License-Identifier: MIT */
#include "by_mount.h"
#include "columns.h"
#include "commands.h"
#include "complain.h"
#include "describe.h"
#include "instance.h"
#include "remote.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int refuse_by_mount(portico *k, const char *what)
{
	complain("instance %s: you reach it by its mount on %s only, and %s can't be done by files",
		 portico_directory(k), pk_remote_mount(k), what);
	return FAILED;
}

/* What does in the mount what a command would do. */
static const struct {
	const char *command, *file, *how;
} places[] = {
	{ "ls", "view/", "what is there, each with a status" },
	{ "stat", "view/", "each with a status" },
	{ "peek", "view/", "each mailbox and queue with a peek" },
	{ "tap", "view/mbox/NAME/tap", "a line for each message that comes" },
	{ "ps", "task/", "for each a directory PID, with status and waits" },
	{ "why", "task/PID/why", "the same, for its owner" },
	{ "rights", "task/PID/rights", "the same, for its owner" },
	{ "suspend", "task/PID/ctl", "write `suspend` there" },
	{ "resume", "task/PID/ctl", "write `resume` there" },
	{ "end", "task/PID/ctl", "write `signal TERM` there" },
	{ "pause", "view/mbox/NAME/ctl", "write `pause` there" },
	{ "unpause", "view/mbox/NAME/ctl", "write `resume` there" },
	{ "drop", "view/msg/ID/ctl", "write `drop N` there" },
	{ "inject", "view/msg/ID/ctl", "write `inject TYPE TEXT` there" },
	{ "limits", "kernel/limits", "to be read" },
	{ "name", "mbox/", "with ls, mv, ln, mkdir and rm" },
	{ "rm", "", "with rm in fifo/, msg/, sem/ and shm/" },
};

int refer_to_mount(portico *k)
{
	const char *mount = pk_remote_mount(k);
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
		if (strcmp(places[i].command, command_name) == 0) {
			complain("you reach the instance by its mount on %s only; use %s/%s: %s", mount,
				 mount, places[i].file, places[i].how);
			return FAILED;
		}
	return refuse_by_mount(k, "this");
}

/* ---- recv */

static int print_message(const char *data, size_t bytes, bool lines)
{
	if (fwrite(data, 1, bytes, stdout) == bytes && (!lines || putchar('\n') != EOF) &&
	    fflush(stdout) == 0)
		return DONE;
	complain("standard output can't be written: %m; the message is lost");
	return FAILED;
}

static int recv_one(portico *k, const char *name, portico_port port, bool lines, int64_t deadline)
{
	static char buffer[PK_LARGEST];
	ssize_t got = portico_receive(k, port, buffer, sizeof buffer, NULL, NULL, deadline);
	if (got == -EAGAIN || got == -ETIMEDOUT)
		return NOTHING;
	return got < 0 ? complain_of("mailbox", name, (int)got) : print_message(buffer, (size_t)got, lines);
}

int recv_by_mount(portico *k, const char *name, uint64_t count, bool all, bool lines, int64_t deadline)
{
	portico_port port;
	int status = DONE;
	if (find_mailbox(k, name, &port.id) != 0)
		return FAILED;
	if (!all) {
		for (; count > 0 && status == DONE; count--)
			status = recv_one(k, name, port, lines, deadline);
		return status;
	}
	status = recv_one(k, name, port, lines, deadline);
	if (status != DONE)
		return status;
	do
		status = recv_one(k, name, port, lines, PORTICO_NOW);
	while (status == DONE);
	return status == NOTHING ? DONE : status;
}

/* ---- stat, peek */

static int show(portico *k, const char *kind, const char *what, const char *name, const char *file)
{
	char path[PK_REMOTE_PATH], line[4096];
	int error = pk_remote_path(k, what, name, file, path);
	FILE *text = error ? NULL : fopen(path, "re");
	if (!text)
		return complain_of(kind, name, error ? error : -errno);
	while (fgets(line, sizeof line, text))
		fputs(line, stdout);
	fclose(text);
	return DONE;
}

int show_by_mount(portico *k, const char *name, const char *file)
{
	return show(k, "mailbox", "/view/mbox/", name, file);
}

int show_instance_by_mount(portico *k)
{
	return show(k, "file", "/kernel/", "stats", "");
}

/* ---- ls */

struct list {
	portico *k;
	struct columns *columns; /* NULL: quiet */
	const char *kind, *quiet_option;
};

static void list_file(const struct list *list, const char *name, const struct stat *attr)
{
	struct described user, mode, bytes;
	if (!list->columns) {
		printf("%s%s\n", list->quiet_option, name);
		return;
	}
	columns_add(list->columns, "%s", list->kind);
	columns_add(list->columns, "%s", name);
	columns_add(list->columns, "%s", describe_user(&user, attr->st_uid));
	columns_add(list->columns, "%s", describe_mode(&mode, attr->st_mode & 0777));
	columns_add(list->columns, "%s", describe_bytes(&bytes, (uint64_t)attr->st_size));
}

/* Of a directory in the mount, and below; `in`: its name there, with a '/' after it, or "". */
static void list_in(const struct list *list, const char *what, const char *in)
{
	char path[PK_REMOTE_PATH], name[PK_NAME_MAX + 2];
	struct dirent *entry;
	struct stat attr;
	DIR *directory = pk_remote_path(list->k, what, in, "", path) == 0 ? opendir(path) : NULL;
	while (directory && (entry = readdir(directory)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    snprintf(name, sizeof name, "%s%s", in, entry->d_name) > PK_NAME_MAX ||
		    pk_remote_path(list->k, what, name, "", path) != 0 || lstat(path, &attr) != 0)
			continue;
		if (S_ISREG(attr.st_mode))
			list_file(list, name, &attr);
		else if (S_ISDIR(attr.st_mode) && strcat(name, "/"))
			list_in(list, what, name);
	}
	if (directory)
		closedir(directory);
}

int list_by_mount(portico *k, bool quiet)
{
	static const struct {
		const char *what, *kind, *option;
	} kinds[] = {
		{ "/mbox/", "mailbox", "-- " },	  { "/fifo/", "fifo", "--fifo " },
		{ "/msg/", "queue", "--msg " },	  { "/sem/", "semaphores", "--sem " },
		{ "/shm/", "segment", "--shm " },
	};
	static const char *const headings[] = { "KIND", "NAME OR ID", "OWNER", "MODE", "HOLDS" };
	struct columns columns;
	columns_begin(&columns, sizeof headings / sizeof headings[0], headings);
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		struct list list = { k, quiet ? NULL : &columns, kinds[i].kind, kinds[i].option };
		list_in(&list, kinds[i].what, "");
	}
	if (!quiet)
		columns_end(&columns);
	return DONE;
}
