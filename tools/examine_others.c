/* SPDX-License-Identifier: MIT */
/*
 * The doctor's look at processes that were started from tasks of the instance
 * and may not open it, since they are another user's.  Nobody tells them: their
 * System V calls go to the real kernel, as if Portico weren't there.
 */
#include "access.h"
#include "examine.h"
#include "inbox.h"
#include "task.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMED 6

/* What /proc/PID/status says, see proc_pid_status(5). */
struct process {
	unsigned pid, parent, uid, gid;
	char command[32];
	bool in_group; /* that the instance serves */
};

struct search {
	struct portico *k;
	unsigned owner, group;
	enum pk_access access;
	struct process *all;
	size_t count;
};

/* ---- the processes there are */

static bool lists(const char *numbers, unsigned wanted)
{
	char *end;
	for (unsigned long number = strtoul(numbers, &end, 10); end != numbers;
	     numbers = end, number = strtoul(numbers, &end, 10))
		if (number == wanted)
			return true;
	return false;
}

static void take_line(struct process *process, const char *line, unsigned group)
{
	sscanf(line, "Name: %31[^\n]", process->command);
	sscanf(line, "PPid: %u", &process->parent);
	sscanf(line, "Uid: %*u %u", &process->uid);
	if (sscanf(line, "Gid: %*u %u", &process->gid) == 1)
		process->in_group |= process->gid == group;
	if (strncmp(line, "Groups:", 7) == 0)
		process->in_group |= lists(line + 7, group);
}

static bool read_process(struct process *process, const char *pid, unsigned group)
{
	char path[64], *line = NULL;
	size_t room = 0;
	*process = (struct process){ .pid = (unsigned)atoi(pid) };
	snprintf(path, sizeof path, "/proc/%.20s/status", pid);
	FILE *file = process->pid > 0 ? fopen(path, "re") : NULL;
	while (file && getline(&line, &room, file) > 0)
		take_line(process, line, group);
	free(line);
	if (file)
		fclose(file);
	return file && process->parent > 0;
}

static bool read_all(struct search *search)
{
	DIR *processes = opendir("/proc");
	size_t room = 0;
	for (struct dirent *entry; processes && (entry = readdir(processes));) {
		if (search->count == room) {
			room = room * 2 + 64;
			struct process *more = realloc(search->all, room * sizeof *more);
			if (!more)
				break;
			search->all = more;
		}
		search->count += read_process(&search->all[search->count], entry->d_name, search->group);
	}
	if (processes)
		closedir(processes);
	return search->count > 0;
}

/* ---- which of them may not come in */

static bool is_served(const struct search *search, const struct process *process)
{
	return process->uid == 0 || process->uid == search->owner ||
	       (search->access == PK_ACCESS_GROUP && process->in_group);
}

static bool is_task(struct portico *k, unsigned pid)
{
	pk_id task;
	return pk_task_by_pid(k, pid, &task) == 0;
}

static const struct process *find(const struct search *search, unsigned pid)
{
	for (size_t i = 0; i < search->count; i++)
		if (search->all[i].pid == pid)
			return &search->all[i];
	return NULL;
}

static bool descends_from_task(const struct search *search, const struct process *process)
{
	for (size_t steps = 0; process && steps < search->count; steps++) {
		if (is_task(search->k, process->parent))
			return true;
		process = find(search, process->parent);
	}
	return false;
}

static void look(struct search *search)
{
	char names[256] = "";
	unsigned found = 0;
	for (size_t i = 0; i < search->count; i++) {
		const struct process *process = &search->all[i];
		if (is_served(search, process) || is_task(search->k, process->pid) ||
		    !descends_from_task(search, process))
			continue;
		size_t length = strlen(names);
		if (++found <= NAMED)
			snprintf(names + length, sizeof names - length, "%s%u (%s, uid %u)",
				 length ? ", " : "", process->pid, process->command, process->uid);
	}
	if (found > 0)
		report(LIMITED, "other users",
		       "`portico limits access=all`, or access=group:NAME, lets them in",
		       "%u process%s that tasks of the instance started may not open it, and ha%s the real "
		       "kernel's IPC: %s%s",
		       found, found == 1 ? "" : "es", found == 1 ? "s" : "ve", names,
		       found > NAMED ? ", and others" : "");
}

void examine_others(struct portico *k)
{
	struct search search = { .k = k, .owner = k->file.uid };
	int access = pk_access_get(k, &search.group);
	if (access < 0)
		return;
	search.access = (enum pk_access)access;
	static const char *const served[] = { "its owner", "its owner and a group", "every user" };
	report(GOOD, "access", NULL, "it serves %s, and root", served[access]);
	if (access != PK_ACCESS_ALL && read_all(&search))
		look(&search);
	free(search.all);
}
