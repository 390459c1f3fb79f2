/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "report.h"

#include <errno.h>
#include <portico/portico.h>
#include <string.h>
#include <time.h>

static void text(FILE *to, const char *string)
{
	fputc('"', to);
	for (; *string; string++) {
		if (*string == '"' || *string == '\\')
			fputc('\\', to);
		if ((unsigned char)*string >= ' ')
			fputc(*string, to);
	}
	fputc('"', to);
}

static void quartiles(FILE *to, const char *name, const struct quartiles *values)
{
	fprintf(to, ", \"%s\": {\"low\": %.3f, \"median\": %.3f, \"high\": %.3f}", name, values->low,
		values->median, values->high);
}

static const char *status(const struct measure *measure)
{
	if (measure->error)
		return measure->error == -ENOPKG     ? "not installed"
		       : measure->error == -ENOTCONN ? "not mounted"
						     : "not measured";
	return measure->ns.median > 0 ? "measured" : "never quiet";
}

static void entry_json(FILE *to, const struct entry *entry, const struct measure *measure)
{
	fputs("{\"name\": ", to);
	text(to, entry_name(entry));
	fprintf(to, ", \"status\": \"%s\", \"error\": %d, \"batch\": %llu", status(measure), -measure->error,
		(unsigned long long)measure->batch);
	if (measure->ns.median > 0)
		quartiles(to, "ns", &measure->ns);
	if (measure->ratio.median > 0)
		quartiles(to, "ratio", &measure->ratio);
	if (entry->goal > 0)
		fprintf(to, ", \"goal\": %g", entry->goal);
	if (entry->most_added_ns > 0 && measure->ratio.median > 0)
		quartiles(to, "added_ns", &measure->added);
	if (has_goal(entry, measure))
		fprintf(to, ", \"met\": %s", reaches_goal(entry, measure) ? "true" : "false");
	fputs("}", to);
}

static void entries(FILE *to, const char *margin, const struct group *group, const struct result *result)
{
	fprintf(to, "\"rounds\": %u, \"discarded\": %u, \"entries\": [", result->rounds, result->discarded);
	for (unsigned i = 0; group->entries[i].peer; i++) {
		fprintf(to, "%s\n%s", i > 0 ? "," : "", margin);
		entry_json(to, &group->entries[i], &result->of[i]);
	}
	fputs("]}", to);
}

static void sweep_json(FILE *to, const struct sweep *sweep, const struct result *points)
{
	fputs("    {\"name\": ", to);
	text(to, sweep->name);
	fputs(", \"what\": ", to);
	text(to, sweep->what);
	fputs(", \"points\": [", to);
	for (unsigned p = 0; p < sweep->count; p++) {
		fprintf(to, "%s\n      {\"value\": %ld, ", p > 0 ? "," : "", sweep->values[p]);
		entries(to, "        ", &sweep->group, &points[p]);
	}
	fputs("]}", to);
}

static void machine_json(FILE *to, const struct machine *machine)
{
	fputs("  \"machine\": {\"processor\": ", to);
	text(to, machine->processor);
	fprintf(to, ", \"cpus\": %d, \"virtual\": %s, \"kernel\": ", machine->cpus,
		machine->virtual ? "true" : "false");
	text(to, machine->kernel);
	fputs(", \"system\": ", to);
	text(to, machine->system);
	fputs("},\n", to);
}

void report_json(FILE *to, const struct machine *machine, const struct measured *all, unsigned count,
		 const struct result *points)
{
	fprintf(to, "{\n  \"portico\": \"" PORTICO_VERSION "\",\n  \"time\": %lld,\n", (long long)time(NULL));
	machine_json(to, machine);
	fputs("  \"groups\": [", to);
	for (unsigned i = 0; i < count; i++) {
		fputs(i > 0 ? ",\n    {\"name\": " : "\n    {\"name\": ", to);
		text(to, all[i].group->name);
		fputs(", ", to);
		entries(to, "      ", all[i].group, &all[i].result);
	}
	fputs("],\n  \"sweeps\": [", to);
	for (unsigned s = 0; s < sweep_count && points; s++) {
		fputs(s > 0 ? ",\n" : "\n", to);
		sweep_json(to, &sweeps[s], &points[s * POINTS]);
	}
	fputs("]\n}\n", to);
}
