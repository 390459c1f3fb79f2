/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "report.h"

#include <portico/portico.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* ---- the machine */

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

void report_machine(FILE *to, const struct machine *machine)
{
	fprintf(to, "%s, %d CPU%s%s, Linux %s, %s\n", machine->processor, machine->cpus,
		machine->cpus == 1 ? "" : "s", machine->virtual ? " of a virtual machine" : "",
		machine->kernel, machine->system);
}

/* ---- the table */

void report_head(FILE *to)
{
	fprintf(to, "\n%-44s %10s %10s %8s %14s %7s\n", "ns an operation, medians", "Portico", "kernel",
		"ratio", "quartiles", "rounds");
}

void report_row(FILE *to, const struct result *result)
{
	unsigned kept = result->rounds - result->discarded;
	char spread[32], goal[32] = "";
	if (result->error || kept == 0) {
		fprintf(to, "%-44s not measured: %s\n", result->name,
			result->error ? strerror(-result->error) : "the machine was never quiet");
		return;
	}
	snprintf(spread, sizeof spread, "%.1f - %.1f", result->ratio.low, result->ratio.high);
	if (result->goal > 0)
		snprintf(goal, sizeof goal, "  goal %g: %s", result->goal,
			 result->ratio.median >= result->goal ? "met" : "missed");
	fprintf(to, "%-44s %10.1f %10.1f %8.1f %14s %3u/%u%s\n", result->name, result->portico_ns.median,
		result->kernel_ns.median, result->ratio.median, spread, kept, result->rounds, goal);
}

/* ---- JSON */

static void json_text(FILE *to, const char *text)
{
	fputc('"', to);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', to);
		if ((unsigned char)*text >= ' ')
			fputc(*text, to);
	}
	fputc('"', to);
}

static void json_quartiles(FILE *to, const char *name, const struct quartiles *values)
{
	fprintf(to, ", \"%s\": {\"low\": %.3f, \"median\": %.3f, \"high\": %.3f}", name, values->low,
		values->median, values->high);
}

static void json_row(FILE *to, const struct result *result)
{
	fputs("    {\"name\": ", to);
	json_text(to, result->name);
	fprintf(to, ", \"error\": %d, \"goal\": %g, \"rounds\": %u, \"discarded\": %u", -result->error,
		result->goal, result->rounds, result->discarded);
	fprintf(to, ", \"portico_batch\": %llu, \"kernel_batch\": %llu",
		(unsigned long long)result->portico_batch, (unsigned long long)result->kernel_batch);
	json_quartiles(to, "portico_ns", &result->portico_ns);
	json_quartiles(to, "kernel_ns", &result->kernel_ns);
	json_quartiles(to, "ratio", &result->ratio);
	fputs("}", to);
}

void report_json(FILE *to, const struct machine *machine, const struct result *results, unsigned count)
{
	fprintf(to,
		"{\n  \"portico\": \"" PORTICO_VERSION
		"\",\n  \"time\": %lld,\n  \"machine\": {\"processor\": ",
		(long long)time(NULL));
	json_text(to, machine->processor);
	fprintf(to, ", \"cpus\": %d, \"virtual\": %s, \"kernel\": ", machine->cpus,
		machine->virtual ? "true" : "false");
	json_text(to, machine->kernel);
	fputs(", \"system\": ", to);
	json_text(to, machine->system);
	fputs("},\n  \"rows\": [\n", to);
	for (unsigned i = 0; i < count; i++) {
		json_row(to, &results[i]);
		fputs(i + 1 < count ? ",\n" : "\n", to);
	}
	fputs("  ]\n}\n", to);
}
