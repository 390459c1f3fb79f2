/* SPDX-License-Identifier: MIT */
/* The instance, to be looked at. */
#include "cycle.h"
#include "facts.h"
#include "flat.h"
#include "limit_facts.h"
#include "supervisor.h"
#include "views.h"

#include <portico/portico.h>
#include <unistd.h>

int version_text(FILE *text, pk_id none)
{
	(void)none;
	fprintf(text, "%s\n", PORTICO_VERSION);
	return 0;
}

int instance_text(FILE *text, pk_id none)
{
	(void)none;
	fprintf(text, "%s\n", server.kernel->directory);
	return 0;
}

int pid_text(FILE *text, pk_id none)
{
	(void)none;
	fprintf(text, "%d\n", (int)getpid());
	return 0;
}

int supervisor_text(FILE *text, pk_id none)
{
	pid_t pid = supervisor_pid();
	(void)none;
	if (pid > 0)
		fprintf(text, "%d\n", (int)pid);
	else
		fprintf(text, "%s\n", pid == 0 ? "none" : "lost");
	return 0;
}

/* ---- NAME VALUE, as `portico limits` takes them */

int limits_text(FILE *text, pk_id none)
{
	struct flat flat;
	struct portico_instance_limits own;
	struct portico_sysv_limits sysv;
	(void)none;
	int error = portico_limits_get(server.kernel, &own);
	if (!error)
		error = portico_sysv_limits_get(server.kernel, &sysv);
	if (error)
		return error;
	for (unsigned i = 0; i < INSTANCE_LIMITS; i++) {
		uint32_t most = *instance_limit_in(&own, &instance_limits[i]);
		fprintf(text, most ? "%s %u\n" : "%s none\n", instance_limits[i].name, most);
	}
	policy_facts(server.kernel, "", flat_sink(&flat, text));
	for (unsigned i = 0; i < SYSV_LIMITS; i++)
		fprintf(text, "%s %llu\n", sysv_limits[i].name,
			(unsigned long long)*sysv_limit_in(&sysv, &sysv_limits[i]));
	return 0;
}

/* ---- made by the clerk */

int stats_text(FILE *text, pk_id none)
{
	struct flat flat;
	(void)none;
	return instance_facts(server.kernel, flat_sink(&flat, text));
}

int deadlocks_text(FILE *text, pk_id none)
{
	struct pk_graph graph;
	(void)none;
	int error = pk_graph_take_twice(server.kernel, &graph);
	if (error)
		return error;
	for (uint32_t count; (count = pk_knot_cycle(&graph)) > 0;)
		cycle_lines(server.kernel, &graph, count, text);
	pk_graph_drop(&graph);
	return 0;
}
