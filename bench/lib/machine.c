/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "report.h"

#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* The rest of the first line of a file that begins with `start`; what stood in `value` where there is none.
 */
static void line_after(const char *path, const char *start, char *value, size_t size)
{
	char line[4096];
	FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof line, file)) {
		if (strncmp(line, start, strlen(start)) != 0)
			continue;
		const char *rest = line + strlen(start);
		rest += strspn(rest, " \t:=\"");
		snprintf(value, size, "%.*s", (int)strcspn(rest, "\"\n"), rest);
		break;
	}
	if (file)
		fclose(file);
}

void machine_describe(struct machine *machine)
{
	struct utsname names;
	char flags[4096] = "";
	uname(&names);
	*machine = (struct machine){ .processor = "", .system = "Linux" };
	snprintf(machine->processor, sizeof machine->processor, "%s", names.machine);
	snprintf(machine->kernel, sizeof machine->kernel, "%s", names.release);
	line_after("/proc/cpuinfo", "model name", machine->processor, sizeof machine->processor);
	line_after("/etc/os-release", "PRETTY_NAME", machine->system, sizeof machine->system);
	line_after("/proc/cpuinfo", "flags", flags, sizeof flags);
	machine->virtual = strstr(flags, " hypervisor") != NULL;
	machine->cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
}
