/* SPDX-License-Identifier: MIT */
#include "users.h"
#include "platform.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define NAMED 8 /* of those seen */

/* Does the process of that number map that file?  See proc_pid_maps(5). */
static bool maps(const char *pid, const struct stat *file)
{
	char path[64], *line = NULL;
	size_t room = 0;
	bool found = false;
	snprintf(path, sizeof path, "/proc/%.20s/maps", pid);
	FILE *table = fopen(path, "re");
	while (table && !found && getline(&line, &room, table) > 0) {
		unsigned major_number, minor_number;
		unsigned long inode;
		found = sscanf(line, "%*s %*s %*s %x:%x %lu", &major_number, &minor_number, &inode) == 3 &&
			inode == file->st_ino && major_number == major(file->st_dev) &&
			minor_number == minor(file->st_dev);
	}
	free(line);
	if (table)
		fclose(table);
	return found;
}

static void add_name(struct users *users, const char *pid)
{
	char path[64], command[32] = "";
	size_t length = strlen(users->names);
	snprintf(path, sizeof path, "/proc/%.20s/comm", pid);
	FILE *file = fopen(path, "re");
	if (file) {
		if (fgets(command, sizeof command, file))
			command[strcspn(command, "\n")] = '\0';
		fclose(file);
	}
	if (++users->seen <= NAMED)
		snprintf(users->names + length, sizeof users->names - length, "%s%.20s (%s)",
			 length ? ", " : "", pid, command);
	else if (users->seen == NAMED + 1)
		snprintf(users->names + length, sizeof users->names - length, ", and others");
}

static void find_mappers(const struct stat *file, struct users *users)
{
	DIR *processes = opendir("/proc");
	for (struct dirent *entry; processes && (entry = readdir(processes));)
		if (atoi(entry->d_name) > 0 && atoi(entry->d_name) != getpid() && maps(entry->d_name, file))
			add_name(users, entry->d_name);
	if (processes)
		closedir(processes);
}

void find_users(const char *region, struct users *users)
{
	struct stat file;
	*users = (struct users){ .any = false };
	int fd = open(region, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return;
	if (fstat(fd, &file) == 0)
		find_mappers(&file, users);
	users->any = users->seen > 0 || pk_process_any_marked(fd);
	close(fd);
}
