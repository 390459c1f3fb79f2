/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "report.h"

#include <errno.h>
#include <string.h>

void report_machine(FILE *to, const struct machine *machine)
{
	fprintf(to, "%s, %d CPU%s%s, Linux %s, %s\n", machine->processor, machine->cpus,
		machine->cpus == 1 ? "" : "s", machine->virtual ? " of a virtual machine" : "",
		machine->kernel, machine->system);
	fprintf(to, "medians of ns an operation; ratio: its time by that of the first of its group, "
		    "with quartiles\n");
}

/* Two significant digits at the least, four at the most. */
static const char *number(char *text, size_t size, double value)
{
	snprintf(text, size, "%.*f", value < 10 ? 2 : value < 1000 ? 1 : 0, value);
	return text;
}

void report_section(FILE *to, const char *name)
{
	fprintf(to, "\n==== %s\n", name);
}

static void report_head(FILE *to, const struct group *group, const struct result *result)
{
	char note[48] = "";
	if (result->discarded > 0)
		snprintf(note, sizeof note, "  (%u of %u rounds kept)", result->rounds - result->discarded,
			 result->rounds);
	fprintf(to, "\n%s%s\n", group->name, note);
}

static void report_failure(FILE *to, const struct entry *entry, int error)
{
	const char *why = strerror(-error);
	if (error == 0)
		why = "the machine was never quiet";
	else if (error == -ENOPKG)
		why = "not installed";
	else if (error == -ENODEV)
		why = "it takes a second CPU";
	else if (error == -ENOTCONN)
		why = "nothing can be mounted with FUSE here";
	else if (error == -EXDEV)
		why = "not whose it should be, the kernel's or Portico's";
	fprintf(to, "  %-36s %s%s\n", entry_name(entry), error && error != -ENOPKG ? "not measured: " : "",
		why);
}

bool has_goal(const struct entry *entry, const struct measure *measure)
{
	return (entry->goal > 0 || entry->most_added_ns > 0) && measure->ratio.median > 0;
}

bool reaches_goal(const struct entry *entry, const struct measure *measure)
{
	if (entry->most_added_ns > 0)
		return measure->added.median <= entry->most_added_ns;
	return measure->ratio.median >= entry->goal;
}

static void report_ratio(FILE *to, const struct entry *entry, const struct measure *measure)
{
	char median[24], low[24], high[24], spread[56];
	const struct quartiles *ratio = &measure->ratio;
	const char *reached = reaches_goal(entry, measure) ? "met" : "missed";
	snprintf(spread, sizeof spread, "%s - %s", number(low, sizeof low, ratio->low),
		 number(high, sizeof high, ratio->high));
	fprintf(to, " %9s x %19s", number(median, sizeof median, ratio->median), spread);
	if (entry->most_added_ns > 0)
		fprintf(to, "\n    the first takes %.0f ns more; goal %.0f: %s", measure->added.median,
			entry->most_added_ns, reached);
	else if (entry->goal > 0)
		fprintf(to, "  goal %4g: %s", entry->goal, reached);
}

void report_group(FILE *to, const struct group *group, const struct result *result)
{
	report_head(to, group, result);
	for (unsigned i = 0; group->entries[i].peer; i++) {
		const struct entry *entry = &group->entries[i];
		const struct measure *measure = &result->of[i];
		char ns[24];
		if (measure->error || measure->ns.median <= 0) {
			report_failure(to, entry, measure->error);
			continue;
		}
		fprintf(to, "  %-32s %10s", entry_name(entry), number(ns, sizeof ns, measure->ns.median));
		if (i > 0 && measure->ratio.median > 0)
			report_ratio(to, entry, measure);
		fputc('\n', to);
	}
}

/* Said at the end, once more. */
void report_missed(FILE *to, const struct measured *all, unsigned count)
{
	unsigned goals = 0, missed = 0;
	for (unsigned i = 0; i < count; i++)
		for (unsigned e = 0; all[i].group->entries[e].peer; e++) {
			const struct entry *entry = &all[i].group->entries[e];
			const struct measure *measure = &all[i].result.of[e];
			if (!has_goal(entry, measure))
				continue;
			goals++;
			if (reaches_goal(entry, measure))
				continue;
			fprintf(to, "%s  %s: %s\n", missed++ ? "" : "\nmissed:\n", all[i].group->name,
				entry_name(entry));
		}
	fprintf(to, "\n%u of %u goals met\n", goals - missed, goals);
}
