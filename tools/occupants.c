/* SPDX-License-Identifier: MIT */
#include "occupants.h"
#include "mounts.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_TOLD 5

/* Is that link of /proc one to the mount, or below it?  Only its text is read. */
static bool leads_into(const char *link, const char *mountpoint)
{
	char target[PATH_MAX];
	size_t length = strlen(mountpoint);
	ssize_t got = readlink(link, target, sizeof target - 1);
	if (got < 0)
		return false;
	target[got] = '\0';
	return strncmp(target, mountpoint, length) == 0 && (target[length] == '/' || target[length] == '\0');
}

static bool directory_leads_into(const char *directory, const char *mountpoint)
{
	DIR *links = opendir(directory);
	struct dirent *entry;
	bool found = false;
	while (links && !found && (entry = readdir(links)) != NULL) {
		char link[PATH_MAX];
		snprintf(link, sizeof link, "%s/%s", directory, entry->d_name);
		found = leads_into(link, mountpoint);
	}
	if (links)
		closedir(links);
	return found;
}

static bool occupies(const char *pid, const char *mountpoint)
{
	static const char *const links[] = { "cwd", "root", "exe" }, *const directories[] = { "fd",
											      "map_files" };
	char path[64 + NAME_MAX];
	for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
		snprintf(path, sizeof path, "/proc/%s/%s", pid, links[i]);
		if (leads_into(path, mountpoint))
			return true;
	}
	for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
		snprintf(path, sizeof path, "/proc/%s/%s", pid, directories[i]);
		if (directory_leads_into(path, mountpoint))
			return true;
	}
	return false;
}

/* What /proc/PID/comm says. */
static void name_of(const char *pid, char name[32])
{
	char path[64 + NAME_MAX];
	snprintf(path, sizeof path, "/proc/%s/comm", pid);
	FILE *file = fopen(path, "re");
	strcpy(name, "?");
	if (file && fgets(name, 32, file))
		name[strcspn(name, "\n")] = '\0';
	if (file)
		fclose(file);
}

bool stands_in(const char *mountpoint)
{
	return leads_into("/proc/self/cwd", mountpoint);
}

bool has_file_in(const char *mountpoint)
{
	return occupies("self", mountpoint);
}

/* Not ourselves; nor who started us, where the directory that we stand in is his. */
static bool is_another(const char *pid, bool standing)
{
	pid_t process = atoi(pid);
	return process != getpid() && !(standing && process == getppid());
}

bool describe_occupants(const char *mountpoint, char *text, size_t size)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	bool standing = stands_in(mountpoint);
	unsigned count = 0;
	size_t used = 0;
	text[0] = '\0';
	while (processes && (entry = readdir(processes)) != NULL) {
		char name[32];
		if (!isdigit((unsigned char)entry->d_name[0]) || !is_another(entry->d_name, standing) ||
		    !occupies(entry->d_name, mountpoint) || ++count > MOST_TOLD)
			continue;
		name_of(entry->d_name, name);
		used += (size_t)snprintf(text + used, used < size ? size - used : 0, "%s%s (pid %s)",
					 count > 1 ? ", " : "", name, entry->d_name);
	}
	if (count > MOST_TOLD && used < size)
		snprintf(text + used, size - used, " and %u more", count - MOST_TOLD);
	if (processes)
		closedir(processes);
	return count > 0;
}

/* ---- other namespaces */

static bool shares_mounts(const char *pid)
{
	char own[64], other[64], path[64 + NAME_MAX];
	snprintf(path, sizeof path, "/proc/%s/ns/mnt", pid);
	ssize_t own_length = readlink("/proc/self/ns/mnt", own, sizeof own),
		other_length = readlink(path, other, sizeof other);
	return own_length > 0 && own_length == other_length && memcmp(own, other, (size_t)own_length) == 0;
}

bool find_other_mount(const char *device, struct other_mount *other)
{
	struct dirent *entry;
	*other = (struct other_mount){ 0 };
	if (process_has_mount("self", device, other->path))
		return true;
	DIR *processes = opendir("/proc");
	while (processes && other->pid == 0 && (entry = readdir(processes)) != NULL) {
		if (!isdigit((unsigned char)entry->d_name[0]) || shares_mounts(entry->d_name) ||
		    !process_has_mount(entry->d_name, device, other->path))
			continue;
		other->pid = atoi(entry->d_name);
		name_of(entry->d_name, other->name);
	}
	if (processes)
		closedir(processes);
	return other->pid != 0;
}
