/* SPDX-License-Identifier: MIT */
#include "cycle.h"

void cycle_lines(struct portico *k, const struct pk_graph *graph, uint32_t count, FILE *out)
{
	char line[1024];
	fprintf(out, "%s of %u task%s:\n", pk_knot_certain(graph, count) ? "deadlock" : "likely deadlock",
		count, count == 1 ? "" : "s");
	for (uint32_t i = 0; i < count; i++) {
		struct pk_text text = PK_TEXT(line);
		pk_text_add(&text, "  ");
		pk_say_task(graph, graph->steps[i].task, &text);
		pk_text_add(&text, " ");
		pk_say_wait(k, graph, graph->waits[graph->steps[i].wait].leader, &text);
		fprintf(out, "%s\n", line);
	}
}
