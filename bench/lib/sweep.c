/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "report.h"

void report_sweep(FILE *to, const struct sweep *sweep, const struct result *points)
{
	fprintf(to, "# ns an operation: median, low and high quartile\n# %s", sweep->what);
	for (const struct entry *entry = sweep->group.entries; entry->peer; entry++)
		fprintf(to, "; %s", entry_name(entry));
	for (unsigned p = 0; p < sweep->count; p++) {
		fprintf(to, "\n%ld", sweep->values[p]);
		for (unsigned i = 0; sweep->group.entries[i].peer; i++) {
			const struct quartiles *ns = &points[p].of[i].ns;
			if (ns->median > 0)
				fprintf(to, " %.2f %.2f %.2f", ns->median, ns->low, ns->high);
			else
				fputs(" - - -", to);
		}
	}
	fputc('\n', to);
}
